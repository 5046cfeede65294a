"""Reads a CloudEvent 1.0 that holds a transaction, binary or structured; `events` calls it.

The forms are those of the CloudEvents JSON format and HTTP protocol binding. They are read here
and not by the CloudEvents SDK because an answer must name every attribute at fault, and the SDK
takes several times as long as scoring; the tests speak to this module through the SDK.
"""

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from typing import NoReturn
from urllib.parse import unquote

import msgspec

from function import diagnosis
from function.adapters.requests import media_type_of
from function.diagnosis import shown
from function.errors import (
    Fault,
    InvalidInputError,
    MalformedBodyError,
    UnsupportedMediaTypeError,
)
from function.reading import Reader
from function.transaction import Transaction

TRANSACTION_TYPE = "dev.fraud.transaction.v1"
SPECVERSION = "1.0"
HEADER_PREFIX = b"ce-"
REQUIRED_ATTRIBUTES = ("id", "source", "specversion", "type")
REQUIRED_HEADERS = frozenset(HEADER_PREFIX + name.encode() for name in REQUIRED_ATTRIBUTES)
NAME = re.compile(r"[a-z0-9]+")
DATA_EXPECTED = {
    "data": "missing; expected a transaction",
    "data_base64": "expected a transaction in base64, and no data beside it",
}
"""The members of a structured event that are no attributes, and what is said of a bad one."""

Attribute = str | int | bool
Headers = Iterable[tuple[bytes, bytes]]


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
        Whether the event is the body, or else spread over headers and body.
    """

    attributes: dict[str, object]
    data: bytes | None
    pointer: str
    structured: bool

    def fault(self, name: str, detail: str) -> Fault:
        """Return a fault of an attribute, placed where the client wrote it."""
        if self.structured:
            return Fault(detail, pointer=f"/{name}")
        header = "content-type" if name == "datacontenttype" else f"ce-{name}"
        return Fault(detail, header=header)


def is_binary_event(headers: Mapping[bytes, bytes]) -> bool:
    """Tell whether a request's headers hold the attributes of an event.

    Parameters
    ----------
    headers
        By names in lower case.

    Returns
    -------
    bool
        True from the first required attribute on, so that an incomplete event is told what it
        lacks.
    """
    return not REQUIRED_HEADERS.isdisjoint(headers)


def binary_event(headers: Headers, body: bytes) -> Event:
    """Read an event whose attributes are headers and whose data is the body.

    Parameters
    ----------
    headers
        Names in lower case, and values.
    body
        The data.

    Returns
    -------
    Event
        Nothing of it is checked yet.
    """
    attributes: dict[str, object] = {}
    for name, value in headers:
        if name.startswith(HEADER_PREFIX):
            text = unquote(value.decode("latin-1"))
            attributes[name[len(HEADER_PREFIX) :].decode("latin-1")] = text
        elif name == b"content-type":
            attributes["datacontenttype"] = value.decode("latin-1")
    return Event(attributes, body, "", structured=False)


def structured_event(body: bytes, reader: Reader) -> Event:
    """Read an event that is a JSON object.

    Parameters
    ----------
    body
        The JSON text.
    reader
        Knows what the transaction in it must have.

    Returns
    -------
    Event
        Its attributes and its data are not checked yet.

    Raises
    ------
    MalformedBodyError
        If the body is not JSON.
    InvalidInputError
        If it is no object, or has a member twice, or holds what is no JSON number.
    """
    try:
        members = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
        attributes = {
            name: value
            for name, raw in members.items()
            if name not in DATA_EXPECTED and (value := msgspec.json.decode(raw)) is not None
        }
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        _refuse(body, reader, error)
    # Outside its members' texts an object has one colon for each key.
    colons = len(members) + sum(bytes(raw).count(b":") for raw in members.values())
    if body.count(b":") != colons and (faults := diagnosis.repeated_keys(diagnosis.parse(body))):
        raise InvalidInputError(faults)
    return Event(attributes, *_data_of(members), structured=True)


def _data_of(members: dict[str, msgspec.Raw]) -> tuple[bytes | None, str]:
    """Return the data's text and where it stands."""
    if "data_base64" not in members:
        return bytes(members["data"]) if "data" in members else None, "/data"
    return None if "data" in members else _decoded(members["data_base64"]), "/data_base64"


def _refuse(body: bytes, reader: Reader, error: Exception) -> NoReturn:
    """Say exactly what is wrong with a body that the fast decoder cannot read."""
    document = diagnosis.parse(body)
    if not isinstance(document, diagnosis.Object):
        raise InvalidInputError([Fault(f"expected a CloudEvent, got {shown(document)}", "")])
    members = dict(document)
    attributes = {name: value for name, value in members.items() if name not in DATA_EXPECTED}
    event = Event(attributes, None, "/data", structured=True)
    faults = [*diagnosis.repeated_keys(document), *_attribute_faults(event)]
    if "data" in members:
        faults += diagnosis.faults_of_transaction(members["data"], event.pointer, reader.required)
    if faults:
        raise InvalidInputError(faults)
    raise MalformedBodyError(f"The body cannot be read: {error}.")


def _decoded(raw: msgspec.Raw) -> bytes | None:
    try:
        return base64.b64decode(msgspec.json.decode(raw, type=str), validate=True)
    except (msgspec.DecodeError, binascii.Error, ValueError):
        return None


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
    faults = list(_attribute_faults(event))
    if event.attributes.get("type", TRANSACTION_TYPE) != TRANSACTION_TYPE:
        raise InvalidInputError(faults)
    if event.data is None:
        expected = DATA_EXPECTED[event.pointer.lstrip("/")]
        raise InvalidInputError([*faults, Fault(expected, event.pointer)])
    try:
        transaction = reader.read_transaction(event.data, pointer=event.pointer)
    except InvalidInputError as error:
        raise InvalidInputError([*faults, *error.faults]) from None
    if faults:
        raise InvalidInputError(faults)
    return transaction


def _check_data_content_type(event: Event) -> None:
    given = event.attributes.get("datacontenttype")
    if given is None:
        return
    media_type = media_type_of(str(given))
    if media_type != "application/json" and not media_type.endswith("+json"):
        raise UnsupportedMediaTypeError(
            f"The event's data is of type {shown(given)}; application/json was expected."
        )


def _attribute_faults(event: Event) -> Iterable[Fault]:
    for name in REQUIRED_ATTRIBUTES:
        value = event.attributes.get(name)
        if value is None:
            yield event.fault(name, "missing; every CloudEvent has it")
        elif not isinstance(value, str) or not value:
            yield event.fault(name, f"expected a string that is not empty, got {shown(value)}")
    for name, expected in (("specversion", SPECVERSION), ("type", TRANSACTION_TYPE)):
        value = event.attributes.get(name)
        if isinstance(value, str) and value not in ("", expected):
            yield event.fault(name, f'expected "{expected}", got {shown(value)}')
    for name, value in event.attributes.items():
        if not NAME.fullmatch(name):
            yield event.fault(name, "expected a name of lower-case letters and digits")
        if name not in REQUIRED_ATTRIBUTES and not isinstance(value, Attribute):
            detail = f"expected a string, a whole number or a boolean, got {shown(value)}"
            yield event.fault(name, detail)
