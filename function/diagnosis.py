"""Explains, exactly and completely, why a body is not one or more transactions.

`reading` calls `faults_of` for what its fast decoder refused. Python's own JSON parser is used
because it shows what the fast one hides: keys that are there twice, and the NaN and Infinity that
many writers produce although JSON (RFC 8259) has no such numbers.
"""

import json
import sys
from collections import Counter
from collections.abc import Collection, Iterator

import msgspec

from function.errors import Fault, MalformedBodyError
from function.limits import TOO_DEEP, check_count
from function.transaction import REQUIRED_FIELDS, Transaction

ALLOWED = "allowed are V1 to V28, Amount, Time and id"
SHOWN_CHARACTERS = 40
LONGEST_INTEGER = 300
"""Digits; Python refuses to read integers of more than 4,300, and a double ends at 309."""


class Object(list[tuple[str, object]]):
    """A JSON object as the pairs that were sent, so that equal keys are still seen."""


def _number_types() -> dict[str, msgspec.inspect.FloatType]:
    described = msgspec.inspect.type_info(Transaction)
    assert isinstance(described, msgspec.inspect.StructType)  # noqa: S101  for the type checker
    types: dict[str, msgspec.inspect.FloatType] = {}
    for field in described.fields:
        kinds = getattr(field.type, "types", (field.type,))
        for kind in kinds:
            if isinstance(kind, msgspec.inspect.FloatType):
                types[field.name] = kind
    return types


NUMBER_TYPES = _number_types()


def faults_of(
    body: bytes,
    *,
    pointer: str = "",
    array_allowed: bool = True,
    required: Collection[str] = REQUIRED_FIELDS,
    limit: int,
) -> Iterator[Fault]:
    """Find every fault of a body that should be a transaction or an array of them.

    Parameters
    ----------
    body
        The JSON text.
    pointer
        A JSON Pointer to put before those of the faults, where the body is part of a document.
    array_allowed
        Whether an array of transactions is as good as a single one.
    required
        The fields that a transaction must have.
    limit
        How many transactions an array may have.

    Yields
    ------
    Fault
        In the order of the document; none where nothing is wrong.

    Raises
    ------
    MalformedBodyError
        If the body is empty, not UTF-8, not JSON, or nested too deeply to be read.
    BatchTooLargeError
        If there are more than the limit.
    """
    document = parse(body)
    if isinstance(document, Object) or not isinstance(document, list) or not array_allowed:
        yield from faults_of_transaction(document, pointer, required)
        return
    check_count(len(document), limit)
    for index, item in enumerate(document):
        yield from faults_of_transaction(item, f"{pointer}/{index}", required)


def parse(body: bytes) -> object:
    """Parse JSON so that nothing of it is lost.

    Parameters
    ----------
    body
        The JSON text; NaN and Infinity are taken for numbers.

    Returns
    -------
    object
        As `json.loads` returns it, with an `Object` for each object.

    Raises
    ------
    MalformedBodyError
        If the body is empty, not UTF-8, not JSON, or nested too deeply to be read.
    """
    if not body.strip():
        raise MalformedBodyError("The body is empty; JSON was expected.")
    try:
        return json.loads(
            body.decode(), object_pairs_hook=Object, parse_int=_integer, parse_constant=float
        )
    except UnicodeDecodeError as error:
        raise MalformedBodyError(f"The body is not UTF-8: byte {error.start} is wrong.") from None
    except json.JSONDecodeError as error:
        raise MalformedBodyError(
            f"The body is not JSON: {error.msg} (line {error.lineno}, column {error.colno})."
        ) from None
    except RecursionError:
        raise MalformedBodyError(TOO_DEEP) from None


def _integer(digits: str) -> float:
    return int(digits) if len(digits) <= LONGEST_INTEGER else float(digits)


def faults_of_transaction(
    item: object, pointer: str, required: Collection[str] = REQUIRED_FIELDS
) -> Iterator[Fault]:
    """Find every fault of what should be a transaction.

    Parameters
    ----------
    item
        As `parse` returns it.
    pointer
        Where it stands in the document.
    required
        The fields that it must have.

    Yields
    ------
    Fault
    """
    if not isinstance(item, Object):
        yield Fault(f"expected a transaction, an object; got {shown(item)}", pointer)
        return
    yield from repeated_keys(item, pointer)
    for name, value in item:
        if (detail := fault_of_field(name, value, required)) is not None:
            yield Fault(detail, joined(pointer, name))
    present = {name for name, _ in item}
    for name in required:
        if name not in present:
            yield Fault("missing; expected a finite number", joined(pointer, name))


def repeated_keys(document: object, pointer: str = "") -> list[Fault]:
    """Find the keys that an object has more than once.

    Parameters
    ----------
    document
        As `parse` returns it.
    pointer
        Where it stands in the document.

    Returns
    -------
    list of Fault
        Empty where every key is there once, or the document is no object.
    """
    if not isinstance(document, Object):
        return []
    times = Counter(name for name, _ in document)
    return [
        Fault(f"the field is there {count} times", joined(pointer, name))
        for name, count in times.items()
        if count > 1
    ]


def fault_of_field(name: str, value: object, required: Collection[str]) -> str | None:
    """Say what is wrong with a field's value.

    Parameters
    ----------
    name
        The field's.
    value
        What the JSON parser made of it.
    required
        The fields that a transaction must have.

    Returns
    -------
    str or None
        What was expected and what was sent; None where nothing is wrong.
    """
    if name == "id":
        fine = value is None or isinstance(value, str)
        return None if fine else f"expected a string, got {shown(value)}"
    if name not in NUMBER_TYPES:
        return f"unknown field; {ALLOWED}"
    if value is None and name not in required:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not _is_finite(value):
        return f"expected a finite number, got {shown(value)}"
    least, most = NUMBER_TYPES[name].ge, NUMBER_TYPES[name].le
    if least is None or most is None or least <= value <= most:
        return None
    return f"expected a number from {least:g} to {most:g}, got {shown(value)}"


def _is_finite(value: float) -> bool:
    """Tell whether a double holds it; math.isfinite fails for an integer that none holds."""
    return abs(value) <= sys.float_info.max


def joined(pointer: str, name: str) -> str:
    """Add a key to a JSON Pointer.

    Parameters
    ----------
    pointer
        Where the object stands.
    name
        The key.

    Returns
    -------
    str
        Escaped as RFC 6901 asks, and the key cut to about forty characters.
    """
    return f"{pointer}/{_cut(name).replace('~', '~0').replace('/', '~1')}"


def shown(value: object) -> str:
    """Return a value as a message shows it: as JSON, and short.

    Parameters
    ----------
    value
        What the JSON parser made of it.

    Returns
    -------
    str
        At most about forty characters.
    """
    if isinstance(value, Object | dict):
        return "an object"
    if isinstance(value, list):
        return "an array"
    if isinstance(value, int | float) and abs(value) > sys.float_info.max:
        return "Infinity, or a number beyond 1.8e308"
    return _cut(json.dumps(value, ensure_ascii=False))


def _cut(text: str) -> str:
    # JSON may name half of a surrogate pair, which UTF-8, and so an answer, cannot hold.
    text = text[: SHOWN_CHARACTERS + 1].encode(errors="backslashreplace").decode()
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"
