"""Reads CloudEvents 1.0: binary, structured, or a batch of structured ones; `events` calls it.

The forms are those of the CloudEvents JSON format and HTTP protocol binding. They are read here
and not by the CloudEvents SDK because an answer must name every attribute at fault, and the SDK
takes several times as long as scoring; the tests speak to this module through the SDK.
"""

import base64
import binascii
from collections.abc import Iterable, Iterator, Mapping
from typing import NoReturn
from urllib.parse import unquote

import msgspec

from function import diagnosis
from function.adapters.event import (
    DATA_EXPECTED,
    REQUIRED_HEADERS,
    Event,
    attribute_faults,
    attribute_name,
)
from function.diagnosis import shown
from function.errors import Fault, InvalidInputError, MalformedBodyError, refuse
from function.limits import check_count, check_values
from function.reading import Reader, members_in

_VALUE = msgspec.json.Decoder()

Headers = Iterable[tuple[bytes, bytes]]


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
    for header, value in headers:
        if (name := attribute_name(header)) is not None:
            text = value.decode("latin-1")
            if "%" in text and header != b"content-type":
                text = unquote(text)
            attributes[name] = text
    return Event(attributes, body, "", structured=False)


def structured_event(body: bytes, reader: Reader, place: str = "") -> Event:
    """Read an event that is a JSON object.

    Parameters
    ----------
    body
        The JSON text.
    reader
        Knows what the transaction in it must have.
    place
        The JSON Pointer of that text in the document that holds it.

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
    BatchTooLargeError
        If there are too many values in it.
    """
    check_values(body, reader.most_values)
    try:
        members, doubtful = members_in(body)
        attributes = {
            name: value
            for name, raw in members.items()
            if name not in DATA_EXPECTED and (value := _VALUE.decode(raw)) is not None
        }
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        faults = _faults_of_document(diagnosis.parse(body), reader, place)
        _refuse(faults, error)
    if doubtful:
        refuse(diagnosis.repeated_keys(diagnosis.parse(body), place))
    data, name = _data_of(members)
    return Event(attributes, data, f"{place}/{name}", structured=True, place=place)


def structured_events(body: bytes, reader: Reader) -> list[Event]:
    """Read a batch of events, a JSON array.

    Parameters
    ----------
    body
        The JSON text.
    reader
        Knows what the transactions in them must have.

    Returns
    -------
    list of Event
        Their attributes and their data are not checked yet.

    Raises
    ------
    MalformedBodyError
        If the body is not JSON.
    InvalidInputError
        If it is no array, or an event in it is no object or holds what is no JSON number; it names
        every fault of every event.
    BatchTooLargeError
        If there are more than the reader takes, or too many values in them.
    """
    check_values(body, reader.most_values)
    try:
        texts = msgspec.json.decode(body, type=list[msgspec.Raw])
        check_count(len(texts), reader.most)
        return [
            structured_event(bytes(text), reader, f"/{index}") for index, text in enumerate(texts)
        ]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, InvalidInputError) as error:
        _refuse(_faults_of_batch(diagnosis.parse(body), reader), error)


def _data_of(members: dict[str, msgspec.Raw]) -> tuple[bytes | None, str]:
    """Return the data's text and the name of the member that holds it."""
    if "data_base64" not in members:
        return bytes(members["data"]) if "data" in members else None, "data"
    return None if "data" in members else _decoded(members["data_base64"]), "data_base64"


def _faults_of_batch(document: object, reader: Reader) -> Iterator[Fault]:
    if isinstance(document, diagnosis.Object) or not isinstance(document, list):
        yield Fault(f"expected an array of CloudEvents, got {shown(document)}", "")
        return
    check_count(len(document), reader.most)
    for index, item in enumerate(document):
        yield from _faults_of_document(item, reader, f"/{index}")


def _faults_of_document(document: object, reader: Reader, place: str) -> list[Fault]:
    """Find every fault of what should be an event and what the fast decoder cannot read."""
    if not isinstance(document, diagnosis.Object):
        return [Fault(f"expected a CloudEvent, got {shown(document)}", place)]
    members = dict(document)
    attributes = {name: value for name, value in members.items() if name not in DATA_EXPECTED}
    event = Event(attributes, None, f"{place}/data", structured=True, place=place)
    faults = [*diagnosis.repeated_keys(document, place), *attribute_faults(event)]
    if "data" in members:
        faults += diagnosis.faults_of_transaction(members["data"], event.pointer, reader.required)
    return faults


def _refuse(faults: Iterable[Fault], error: Exception) -> NoReturn:
    """Say what is wrong with a body that the fast decoder cannot read."""
    refuse(faults)
    raise MalformedBodyError(f"The body cannot be read: {error}.")


def _decoded(raw: msgspec.Raw) -> bytes | None:
    try:
        return base64.b64decode(msgspec.json.decode(raw, type=str), validate=True)
    except (msgspec.DecodeError, binascii.Error, ValueError):
        return None
