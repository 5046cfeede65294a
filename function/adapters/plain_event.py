"""Reads CloudEvents that are plain and right, at once; `events` calls it.

Nearly all are: they have the specification's attributes, perhaps the usual extensions, and a
transaction as their data. Of such an event no more is kept than its reply takes over, where
`event_reading` takes it apart first, because it has to name every fault and to keep what it does
not know.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any, Literal

import msgspec

from function.adapters.event import (
    DATA_MEDIA_TYPE,
    NAME,
    NOT_TAKEN_OVER,
    REQUIRED_HEADERS,
    SPECVERSION,
    attribute_name,
)
from function.reading import Reader, colons_of
from function.transaction import EVENT_TYPE, Transaction

FILLED = Annotated[str, msgspec.Meta(min_length=1)]
REQUIRED: dict[str, Any] = {
    "specversion": Literal[SPECVERSION],
    "type": Literal[EVENT_TYPE],
    "id": FILLED,
    "source": FILLED,
}
TAKEN_OVER = ("subject", "traceparent", "tracestate", "partitionkey")
OPTIONAL: dict[str, Any] = {
    "datacontenttype": Literal[DATA_MEDIA_TYPE],
    "time": str,
    "dataschema": str,
    **dict.fromkeys(TAKEN_OVER, str),
}

VERSION, TYPE, JSON = SPECVERSION.encode(), EVENT_TYPE.encode(), DATA_MEDIA_TYPE.encode()

Found = tuple[dict[str, object], Transaction]
"""The attributes that a reply takes over, the id among them, and the event's transaction."""


def plain_binary_event(headers: Mapping[bytes, bytes], body: bytes, reader: Reader) -> Found | None:
    """Read a binary event and its transaction, if nothing about the event is wrong or unusual.

    Parameters
    ----------
    headers
        By names in lower case.
    body
        The data.
    reader
        Knows what the transaction in it must have.

    Returns
    -------
    Found or None
        None where the event has to be read by `event_reading`.

    Raises
    ------
    MalformedBodyError, InvalidInputError
        As `Reader.read_transaction` does.
    """
    taken_over = _taken_over(tuple(headers))
    if (
        not taken_over
        or headers[b"ce-specversion"] != VERSION
        or headers[b"ce-type"] != TYPE
        or headers.get(b"content-type") != JSON
        or not headers[b"ce-source"]
        or not headers[b"ce-id"]
    ):
        return None
    attributes: dict[str, object] = {}
    for name, header in taken_over:
        if b"%" in headers[header]:
            return None
        attributes[name] = headers[header].decode("latin-1")
    return attributes, reader.read_transaction(body)


@lru_cache(maxsize=16)  # those of one source are always the same
def _taken_over(headers: tuple[bytes, ...]) -> list[tuple[str, bytes]]:
    """Return what a reply takes over, and its headers; nothing where one is missing or wrong."""
    names = {header: name for header in headers if (name := attribute_name(header)) is not None}
    right = REQUIRED_HEADERS.issubset(headers) and all(map(NAME.fullmatch, names.values()))
    if not right or len(set(names.values())) < len(names):
        return []
    return [
        (name, header)
        for header, name in names.items()
        if name == "id" or name not in NOT_TAKEN_OVER
    ]


def plain_structured_event(body: bytes, reader: Reader) -> Found | None:
    """Read a structured event and its transaction, if nothing about these is wrong or unusual.

    Parameters
    ----------
    body
        The JSON text.
    reader
        Knows what the transaction in it must have.

    Returns
    -------
    Found or None
        None where the event has to be read by `event_reading`.
    """
    try:
        found = _decoder_of(reader.kind).decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    transaction, *given = msgspec.structs.astuple(found)
    texts = list(filter(None, given))
    # Another count of colons means that a name may be there twice.
    colons = 1 + len(texts) + "".join(texts).count(":")
    if body.count(b":") != colons + colons_of(transaction):
        return None
    attributes = {"id": found.id}
    taken_over = given[-len(TAKEN_OVER) :]
    if any(taken_over):
        attributes |= {
            name: text for name, text in zip(TAKEN_OVER, taken_over, strict=True) if text
        }
    return attributes, transaction


@lru_cache(maxsize=2)
def _decoder_of(kind: type[Transaction]) -> msgspec.json.Decoder[Any]:
    fields: list[Any] = [("data", kind), *REQUIRED.items()]
    fields += [(name, each | None, None) for name, each in OPTIONAL.items()]
    return msgspec.json.Decoder(
        msgspec.defstruct("PlainEvent", fields, forbid_unknown_fields=True, gc=False)
    )
