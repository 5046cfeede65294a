"""Reads structured CloudEvents that are plain and right, at once; `events` calls it.

Nearly all are: they have the specification's attributes, perhaps the usual extensions, and a
transaction as their data. Such an event is read in one pass, where `event_reading` takes it apart
first, because it has to name every fault and to keep what it does not know.
"""

from functools import lru_cache
from typing import Annotated, Any, Literal

import msgspec

from function.adapters.event import SPECVERSION, Event
from function.reading import Reader, colons_of
from function.transaction import EVENT_TYPE, Transaction

FILLED = Annotated[str, msgspec.Meta(min_length=1)]
REQUIRED: dict[str, Any] = {
    "specversion": Literal[SPECVERSION],
    "type": Literal[EVENT_TYPE],
    "id": FILLED,
    "source": FILLED,
}
OPTIONAL: dict[str, Any] = {
    "datacontenttype": Literal["application/json"],
    "subject": str,
    "time": str,
    "dataschema": str,
    "traceparent": str,
    "tracestate": str,
    "partitionkey": str,
}


def plain_event(body: bytes, reader: Reader) -> tuple[Event, Transaction] | None:
    """Read a structured event and its transaction, if nothing about it is wrong or unusual.

    Parameters
    ----------
    body
        The JSON text.
    reader
        Knows what the transaction in it must have.

    Returns
    -------
    event : Event
        Without its data.
    transaction : Transaction
        What it held. Both are None where the event has to be read by `event_reading`.
    """
    try:
        found = _decoder_of(reader.kind).decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    members = msgspec.structs.asdict(found)
    transaction = members.pop("data")
    attributes = {name: value for name, value in members.items() if value is not None}
    # Another count of colons means that a name may be there twice.
    colons = 1 + len(attributes) + "".join(attributes.values()).count(":")
    if body.count(b":") != colons + colons_of(transaction):
        return None
    return Event(attributes, None, "/data", structured=True), transaction


@lru_cache(maxsize=2)
def _decoder_of(kind: type[Transaction]) -> msgspec.json.Decoder[Any]:
    fields: list[Any] = [*REQUIRED.items(), ("data", kind)]
    fields += [(name, each | None, None) for name, each in OPTIONAL.items()]
    return msgspec.json.Decoder(
        msgspec.defstruct("PlainEvent", fields, forbid_unknown_fields=True, gc=False)
    )
