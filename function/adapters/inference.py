"""What KServe's two protocols share: the model's name, their answers, and how JSON is walked.

`inference_v1`, `inference_request` and `tensors` use it. The fast decoder makes a dict of a JSON
object, `diagnosis` an `Object`; what is here takes either, so that there is one reading of both.
"""

import msgspec

from function.diagnosis import Object, repeated_keys, shown
from function.errors import Fault, InvalidInputError
from function.scoring import Decision, ModelReference

MODEL_NAME = "fraud"
"""What every model is called in a path; its own name says only by which recipe it was made."""

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What the fast decoder raises for what it cannot read."""


BINARY_MEDIA_TYPE = "application/octet-stream"
JSON_MEDIA_TYPE = "application/json"


class Predictions(msgspec.Struct):
    """The answer by the protocol v1.

    Attributes
    ----------
    predictions
        A decision for each instance, in order.
    model
        That made them.
    """

    predictions: list[Decision]
    model: ModelReference


class Output(msgspec.Struct, omit_defaults=True):
    """A tensor of the answer.

    Attributes
    ----------
    name
        What it holds.
    shape
        The number of transactions.
    datatype
        What its elements are.
    data
        An element for each transaction, in order; absent where they are bytes behind the JSON.
    parameters
        How many bytes, then.
    """

    name: str
    shape: tuple[int]
    datatype: str
    data: list[float | bool] | msgspec.UnsetType = msgspec.UNSET
    parameters: dict[str, int] | msgspec.UnsetType = msgspec.UNSET


class InferenceResponse(msgspec.Struct, omit_defaults=True):
    """The answer by the protocol v2.

    Attributes
    ----------
    model_name
        Of every model here.
    model_version
        The first characters of the digest of the one that answers.
    outputs
        The tensors that were asked for.
    id
        The client's own name for the request.
    """

    model_name: str
    model_version: str
    outputs: list[Output]
    id: str | None = None


def is_array(value: object) -> bool:
    """Tell whether a value was a JSON array.

    Parameters
    ----------
    value
        As either parser made it.

    Returns
    -------
    bool
    """
    return isinstance(value, list) and not isinstance(value, Object)


def members_of(value: object, place: str, expected: str) -> dict[str, object]:
    """Return the members of what should be a JSON object.

    Parameters
    ----------
    value
        As either parser made it.
    place
        Its JSON Pointer.
    expected
        What it should be, such as "a tensor".

    Returns
    -------
    dict
        By name.

    Raises
    ------
    InvalidInputError
        If it is no object, or has a member more than once.
    """
    if not isinstance(value, dict | Object):
        raise InvalidInputError(
            [Fault(f"expected {expected}, an object; got {shown(value)}", place)]
        )
    if faults := repeated_keys(value, place):
        raise InvalidInputError(faults)
    return dict(value)


def parameters_of(members: dict[str, object], place: str) -> dict[str, object]:
    """Return the parameters of a request, an input or an output.

    Parameters
    ----------
    members
        What it has.
    place
        Its JSON Pointer.

    Returns
    -------
    dict
        By name; empty where there are none.

    Raises
    ------
    InvalidInputError
        If they are no object, or one of them is there more than once.
    """
    given = members.get("parameters")
    return {} if given is None else members_of(given, f"{place}/parameters", "parameters")
