"""What the adapters that score have in common: the core, made for one model.

`application` makes it; the adapters that score use it.
"""

from collections.abc import Sequence

from function.reading import Reader
from function.scoring import Decision, Scorer
from function.transaction import Transaction


class Core:
    """The core, made for one model.

    Parameters
    ----------
    scorer
        The model.
    revision
        The revision's name.

    Attributes
    ----------
    scorer, revision
        The same.
    reader
        Reads what the model can score.
    """

    def __init__(self, scorer: Scorer, revision: str) -> None:
        self.scorer = scorer
        self.revision = revision
        self.reader = Reader(time_required=scorer.model.needs_time)

    def decide(self, transaction: Transaction, reasons: int) -> Decision:
        """Score one transaction that stands alone.

        Parameters
        ----------
        transaction
            What is scored.
        reasons
            How many reasons to give, 0 or more.

        Returns
        -------
        Decision
            With its model.
        """
        decision = self.scorer.decide(transaction, reasons)
        decision.model = self.scorer.reference
        return decision

    def decide_all(self, transactions: Sequence[Transaction], reasons: int) -> list[Decision]:
        """Score many.

        Parameters
        ----------
        transactions
            What is scored.
        reasons
            How many reasons to give of each, 0 or more.

        Returns
        -------
        list of Decision
            In the same order and without their model.
        """
        return [self.scorer.decide(each, reasons) for each in transactions]
