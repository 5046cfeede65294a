"""The transaction and the answer that the document shows: the data set's first fraud.

The tests compare the transaction with examples/fraud.json, and the answers with those that the
default model gives.
"""

from function.scoring import Decision, ModelReference, Reason

TRANSACTION = {
    "id": "first-fraud",
    "Time": 406.0,
    "V1": -2.3122265423263,
    "V2": 1.95199201064158,
    "V3": -1.60985073229769,
    "V4": 3.9979055875468,
    "V5": -0.522187864667764,
    "V6": -1.42654531920595,
    "V7": -2.53738730624579,
    "V8": 1.39165724829804,
    "V9": -2.77008927719433,
    "V10": -2.77227214465915,
    "V11": 3.20203320709635,
    "V12": -2.89990738849473,
    "V13": -0.595221881324605,
    "V14": -4.28925378244217,
    "V15": 0.389724120274487,
    "V16": -1.14074717980657,
    "V17": -2.83005567450437,
    "V18": -0.0168224681808257,
    "V19": 0.416955705037907,
    "V20": 0.126910559061474,
    "V21": 0.517232370861764,
    "V22": -0.0350493686052974,
    "V23": -0.465211076182388,
    "V24": 0.320198198514526,
    "V25": 0.0445191674731724,
    "V26": 0.177839798284401,
    "V27": 0.261145002567677,
    "V28": -0.143275874698919,
    "Amount": 0.0,
}
REASONS = (
    Reason("V4", 3.0142666806258243),
    Reason("V14", 2.7893047666795554),
    Reason("V10", 2.2221931704993265),
)
MODEL = ModelReference("signed-log", "9b7a921df758")


def decision(**members: object) -> Decision:
    """Return the decision on the transaction.

    Parameters
    ----------
    **members
        Of `Decision`, where they are others: its reasons and its model.

    Returns
    -------
    Decision
    """
    return Decision("first-fraud", True, 0.8226824239148824, 0.0808134729751659, **members)  # type: ignore[arg-type]
