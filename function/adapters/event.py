"""A CloudEvent 1.0 as it came, and what it must be; all that read or answer events use it."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

import msgspec

from function.adapters.requests import media_type_of
from function.diagnosis import joined, shown
from function.errors import Fault, InvalidInputError, UnsupportedMediaTypeError
from function.reading import Reader
from function.transaction import EVENT_TYPE, Transaction

SPECVERSION = "1.0"
DATA_MEDIA_TYPE = "application/json"
REQUIRED_ATTRIBUTES = ("id", "source", "specversion", "type")
TEXT_ATTRIBUTES = frozenset(("subject", "time", "datacontenttype", "dataschema"))
OWN_ATTRIBUTES = TEXT_ATTRIBUTES.union(REQUIRED_ATTRIBUTES)
NOT_TAKEN_OVER = OWN_ATTRIBUTES - {"subject"}
"""What a reply has of its own or not at all; it takes over the subject and all extensions."""

HEADER_PREFIX = b"ce-"
REQUIRED_HEADERS = frozenset(HEADER_PREFIX + name.encode() for name in REQUIRED_ATTRIBUTES)
NAME = re.compile(r"[a-z0-9]+")
DATA_EXPECTED = {
    "data": "missing; expected a transaction",
    "data_base64": "expected a transaction in base64, and no data beside it",
}
"""The members of a structured event that are no attributes, and what is said of a bad one."""

Attribute = str | int | bool


class Event(msgspec.Struct):
    """A CloudEvent as it came.

    Attributes
    ----------
    attributes
        Context attributes by name; until they are checked, of any type.
    data
        The text of the data, or None where the event has none.
    pointer
        The JSON Pointer of the data in the request's body.
    structured
        Whether the event is in the body, or else spread over headers and body.
    place
        The JSON Pointer of a structured event in the request's body: its index in a batch.
    """

    attributes: dict[str, object]
    data: bytes | None
    pointer: str
    structured: bool
    place: str = ""

    def fault(self, name: str, detail: str) -> Fault:
        """Return a fault of an attribute, placed where the client wrote it."""
        if self.structured:
            return Fault(detail, pointer=joined(self.place, name))
        header = "content-type" if name == "datacontenttype" else f"ce-{name}"
        return Fault(detail, header=header)


@lru_cache(maxsize=64)  # a few come with every event; others are the client's own
def attribute_name(header: bytes) -> str | None:
    """Tell which attribute of a binary event a header holds.

    Parameters
    ----------
    header
        Its name in lower case.

    Returns
    -------
    str or None
        None for a header that has nothing to do with events.
    """
    if header == b"content-type":
        return "datacontenttype"
    if not header.startswith(HEADER_PREFIX):
        return None
    return header.removeprefix(HEADER_PREFIX).decode("latin-1")


def transaction_of(event: Event, reader: Reader) -> Transaction:
    """Check an event and read its transaction.

    Parameters
    ----------
    event
        As it was read.
    reader
        Reads what the model can score.

    Returns
    -------
    Transaction

    Raises
    ------
    UnsupportedMediaTypeError
        If its data is not JSON.
    MalformedBodyError
        If its data says that it is JSON and is not.
    InvalidInputError
        If an attribute or a field is wrong; it names every fault.
    """
    _check_data_content_type(event)
    faults = [] if _is_plain(event) else list(attribute_faults(event))
    if event.attributes.get("type", EVENT_TYPE) != EVENT_TYPE:
        raise InvalidInputError(faults)
    if event.data is None:
        expected = DATA_EXPECTED[event.pointer.rpartition("/")[2]]
        raise InvalidInputError([*faults, Fault(expected, event.pointer)])
    try:
        transaction = reader.read_transaction(event.data, pointer=event.pointer)
    except InvalidInputError as error:
        raise InvalidInputError([*faults, *error.faults]) from None
    if faults:
        raise InvalidInputError(faults)
    return transaction


def transactions_of(events: Iterable[Event], reader: Reader) -> list[Transaction]:
    """Check a batch of events and read their transactions.

    Parameters
    ----------
    events
        As they were read.
    reader
        Reads what the model can score.

    Returns
    -------
    list of Transaction
        In the order of the events.

    Raises
    ------
    UnsupportedMediaTypeError, MalformedBodyError
        As `transaction_of` does, for the first event at fault.
    InvalidInputError
        If an attribute or a field is wrong; it names every fault of every event.
    """
    transactions: list[Transaction] = []
    faults: list[Fault] = []
    for event in events:
        try:
            transactions.append(transaction_of(event, reader))
        except InvalidInputError as error:
            faults += error.faults
    if faults:
        raise InvalidInputError(faults)
    return transactions


def _check_data_content_type(event: Event) -> None:
    given = event.attributes.get("datacontenttype")
    if given is None:
        return
    media_type = media_type_of(str(given))
    if media_type != DATA_MEDIA_TYPE and not media_type.endswith("+json"):
        raise UnsupportedMediaTypeError(
            f"The event's data is of type {shown(given)}; {DATA_MEDIA_TYPE} was expected."
        )


def _is_plain(event: Event) -> bool:
    """Tell whether its attributes are the specification's own, and right, as they mostly are."""
    attributes = event.attributes
    return (
        attributes.get("specversion") == SPECVERSION
        and attributes.get("type") == EVENT_TYPE
        and bool(attributes.get("id") and attributes.get("source"))
        and OWN_ATTRIBUTES.issuperset(attributes)
        # Headers are text.
        and (not event.structured or set(map(type, attributes.values())) == {str})
    )


def attribute_faults(event: Event) -> Iterator[Fault]:
    """Find every fault of an event's attributes.

    Parameters
    ----------
    event
        As it was read.

    Yields
    ------
    Fault
    """
    for name in REQUIRED_ATTRIBUTES:
        value = event.attributes.get(name)
        if value is None:
            yield event.fault(name, "missing; every CloudEvent has it")
        elif not isinstance(value, str) or not value:
            yield event.fault(name, f"expected a string that is not empty, got {shown(value)}")
    for name, expected in (("specversion", SPECVERSION), ("type", EVENT_TYPE)):
        value = event.attributes.get(name)
        if isinstance(value, str) and value not in ("", expected):
            yield event.fault(name, f'expected "{expected}", got {shown(value)}')
    for name, value in event.attributes.items():
        if not NAME.fullmatch(name):
            yield event.fault(name, "expected a name of lower-case letters and digits")
        if name in TEXT_ATTRIBUTES and not isinstance(value, str):
            yield event.fault(name, f"expected a string, got {shown(value)}")
        elif name not in REQUIRED_ATTRIBUTES and not isinstance(value, Attribute):
            detail = f"expected a string, a whole number or a boolean, got {shown(value)}"
            yield event.fault(name, detail)
