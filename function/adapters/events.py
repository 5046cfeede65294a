"""CloudEvents 1.0 over HTTP: a transaction comes, a decision goes; `application` calls it."""

import re
from collections.abc import Mapping
from functools import lru_cache
from time import gmtime, strftime, time_ns
from urllib.parse import quote

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from function.adapters.core import Core
from function.adapters.event import (
    DATA_MEDIA_TYPE,
    HEADER_PREFIX,
    NOT_TAKEN_OVER,
    SPECVERSION,
    Event,
    transaction_of,
    transactions_of,
)
from function.adapters.event_reading import binary_event, structured_event, structured_events
from function.adapters.plain_event import Found, plain_binary_event, plain_structured_event
from function.adapters.requests import headers_of, reasons_wanted, traceparent_of
from function.adapters.transactions import REASONS_OF_EACH
from function.reading import Reader
from function.scoring import Decision

STRUCTURED_MEDIA_TYPE = "application/cloudevents+json"
BATCH_MEDIA_TYPE = "application/cloudevents-batch+json"
PLAIN = re.compile("[!#$&-~]*")
"""What needs no encoding as a header's value: printable ASCII but for the space, " and %."""

DECISION_TYPE = "dev.fraud.decision.v1"


def score_event(core: Core, request: Request, body: bytes, *, structured: bool) -> Response:
    """Answer an event that holds a transaction with an event that holds the decision.

    Parameters
    ----------
    core
        The model, what it can score, and the revision, which names the answer's source.
    request
        Its headers hold a binary event's attributes; its query may ask for a number of reasons.
    body
        The event of a structured request, the data of a binary one.
    structured
        Which of the two it is; the answer is in the same mode.

    Returns
    -------
    Response

    Raises
    ------
    InputError
        If this is no CloudEvent, or not one that holds a transaction; it names every fault.
    """
    attributes, transaction = _read(core.reader, request, body, structured=structured)
    decision = core.decide(transaction, reasons_wanted(request, core.reasons))
    _name(decision, attributes)
    if trace := traceparent_of(request):
        # Who delivers an event may say more about its trace than the event does.
        attributes.setdefault("traceparent", trace)
    if structured:
        fixed = _fixed_attributes(core.revision)
        reply = {**fixed, "time": _now(), **attributes, "data": decision}
        return Response(msgspec.json.encode(reply), media_type=STRUCTURED_MEDIA_TYPE)
    response = Response(msgspec.json.encode(decision), media_type=DATA_MEDIA_TYPE)
    headers = response.raw_headers
    headers += _fixed_headers(core.revision)
    headers.append((b"ce-time", _now().encode()))
    headers += map(_header, attributes, attributes.values())
    return response


def _read(reader: Reader, request: Request, body: bytes, *, structured: bool) -> Found:
    if structured:
        found = plain_structured_event(body, reader)
        return found or _found_in(structured_event(body, reader), reader)
    found = plain_binary_event(headers_of(request.scope), body, reader)
    return found or _found_in(binary_event(request.scope["headers"], body), reader)


def _found_in(event: Event, reader: Reader) -> Found:
    transaction = transaction_of(event, reader)
    return _taken_over(event), transaction


def score_batch(core: Core, request: Request, body: bytes) -> Response:
    """Answer a batch of events with a batch of decisions, in its order.

    Parameters
    ----------
    core
        The model, what it can score, and the revision, which names the answers' source.
    request
        Its query may ask for a number of reasons.
    body
        A JSON array of events.

    Returns
    -------
    Response

    Raises
    ------
    InputError
        If any of them is no CloudEvent, or not one that holds a transaction; it names every fault
        of every event.
    """
    events = structured_events(body, core.reader)
    transactions = transactions_of(events, core.reader)
    decisions = core.decide_all(transactions, reasons_wanted(request, REASONS_OF_EACH))
    replies, fixed = [], _fixed_attributes(core.revision)
    for event, decision in zip(events, decisions, strict=True):
        attributes = _taken_over(event)
        _name(decision, attributes)
        decision.model = core.scorer.reference
        replies.append({**fixed, "time": _now(), **attributes, "data": decision})
    return Response(msgspec.json.encode(replies), media_type=BATCH_MEDIA_TYPE)


def _name(decision: Decision, attributes: Mapping[str, object]) -> None:
    """Let a decision on a transaction without an id bear the event's."""
    if decision.id is None:
        decision.id = str(attributes["id"])


@lru_cache(maxsize=1)
def _fixed_attributes(revision: str) -> Mapping[str, str]:
    """Return what all replies of a revision have in common."""
    return {
        "specversion": SPECVERSION,
        "source": f"/fraud/{revision}",
        "type": DECISION_TYPE,
        "datacontenttype": DATA_MEDIA_TYPE,
    }


@lru_cache(maxsize=1)
def _fixed_headers(revision: str) -> list[tuple[bytes, bytes]]:
    """Return the same for a binary reply, whose media type is in a header of HTTP's own."""
    return [
        _header(name, value)
        for name, value in _fixed_attributes(revision).items()
        if name != "datacontenttype"
    ]


def _taken_over(event: Event) -> dict[str, object]:
    """Return the id, and what else a reply takes over."""
    given = event.attributes
    return {"id": given["id"]} | {name: given[name] for name in given if name not in NOT_TAKEN_OVER}


def _now() -> str:
    return _time_of(time_ns() // 1_000_000)


@lru_cache(maxsize=1)  # under load, several replies are made in a millisecond
def _time_of(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    return f"{strftime('%Y-%m-%dT%H:%M:%S', gmtime(seconds))}.{rest:03}Z"


@lru_cache(maxsize=64)  # a few names come with every event; others are the client's own
def _header_name(name: str) -> bytes:
    return HEADER_PREFIX + name.encode("ascii")


def _header(name: str, value: object) -> tuple[bytes, bytes]:
    """Encode an attribute as the HTTP protocol binding asks: all but printable ASCII, and " and %.

    https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md
    section 3.1.3.2.
    """
    text = value if isinstance(value, str) else str(value).lower()
    if not PLAIN.fullmatch(text):
        text = quote(text, safe="!#$&'()*+,-./:;<=>?@[\\]^_`{|}~")
    return _header_name(name), text.encode("ascii")
