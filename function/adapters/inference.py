"""What KServe's two protocols have in common: the model's name, and how their JSON is walked.

`inference_v1`, `inference_request` and `tensors` use it. The fast decoder makes a dict of a JSON
object, `diagnosis` an `Object`; what is here takes either, so that there is one reading of both.
"""

import msgspec

from function.diagnosis import Object, repeated_keys, shown
from function.errors import Fault, InvalidInputError

MODEL_NAME = "fraud"
"""What every model is called in a path; its own name says only by which recipe it was made."""

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What the fast decoder raises for what it cannot read."""


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
