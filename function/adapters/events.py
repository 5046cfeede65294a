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
from function.adapters.event import SPECVERSION, Event, transaction_of, transactions_of
from function.adapters.event_reading import binary_event, structured_event, structured_events
from function.adapters.plain_event import plain_event
from function.adapters.requests import reasons_wanted, traceparent_of
from function.adapters.transactions import REASONS_OF_EACH
from function.reading import Reader
from function.scoring import Decision
from function.transaction import Transaction

STRUCTURED_MEDIA_TYPE = "application/cloudevents+json"
BATCH_MEDIA_TYPE = "application/cloudevents-batch+json"
PLAIN = re.compile("[!#$&-~]*")
"""What needs no encoding as a header's value: printable ASCII but for the space, " and %."""

DECISION_TYPE = "dev.fraud.decision.v1"
DATA_MEDIA_TYPE = "application/json"
NOT_CARRIED_OVER = frozenset(
    ("id", "source", "specversion", "type", "time", "datacontenttype", "dataschema")
)
"""The specification's own attributes, which a reply has of its own or not at all; the subject and
all extensions are carried over."""


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
    event, transaction = _read(core.reader, request, body, structured=structured)
    decision = core.decide(transaction, reasons_wanted(request, core.reasons))
    _name(decision, event)
    attributes = _reply_attributes(event)
    if trace := traceparent_of(request):
        # Who delivers an event may say more about its trace than the event does.
        attributes.setdefault("traceparent", trace)
    if structured:
        fixed = _fixed_attributes(core.revision)
        reply = {**fixed, "time": _now(), **attributes, "data": decision}
        return Response(msgspec.json.encode(reply), media_type=STRUCTURED_MEDIA_TYPE)
    response = Response(msgspec.json.encode(decision), media_type=DATA_MEDIA_TYPE)
    response.raw_headers += [
        *_fixed_headers(core.revision),
        (b"ce-time", _now().encode()),
        *[(_header_name(name), _header_value(value)) for name, value in attributes.items()],
    ]
    return response


def _read(
    reader: Reader, request: Request, body: bytes, *, structured: bool
) -> tuple[Event, Transaction]:
    if not structured:
        event = binary_event(request.scope["headers"], body)
    elif found := plain_event(body, reader):
        return found
    else:
        event = structured_event(body, reader)
    return event, transaction_of(event, reader)


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
        _name(decision, event)
        decision.model = core.scorer.reference
        own = _reply_attributes(event)
        replies.append({**fixed, "time": _now(), **own, "data": decision})
    return Response(msgspec.json.encode(replies), media_type=BATCH_MEDIA_TYPE)


def _name(decision: Decision, event: Event) -> None:
    """Let a decision on a transaction without an id bear the event's."""
    if decision.id is None:
        decision.id = str(event.attributes["id"])


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
        (_header_name(name), _header_value(value))
        for name, value in _fixed_attributes(revision).items()
        if name != "datacontenttype"
    ]


def _reply_attributes(event: Event) -> dict[str, object]:
    """Return what a reply takes over."""
    given = event.attributes
    attributes = {"id": given["id"]}
    if not NOT_CARRIED_OVER.issuperset(given):
        attributes |= {name: given[name] for name in given if name not in NOT_CARRIED_OVER}
    return attributes


def _now() -> str:
    seconds, nanoseconds = divmod(time_ns(), 1_000_000_000)
    return f"{_second(seconds)}.{nanoseconds // 1_000:06}Z"


@lru_cache(maxsize=1)  # events come by the thousand
def _second(seconds: int) -> str:
    return strftime("%Y-%m-%dT%H:%M:%S", gmtime(seconds))


@lru_cache(maxsize=64)  # a few names come with every event; others are the client's own
def _header_name(name: str) -> bytes:
    return b"ce-" + name.encode("ascii")


def _header_value(value: object) -> bytes:
    """Encode an attribute as the HTTP protocol binding asks: all but printable ASCII, and " and %.

    https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md
    section 3.1.3.2.
    """
    text = value if isinstance(value, str) else str(value).lower()
    if not PLAIN.fullmatch(text):
        text = quote(text, safe="!#$&'()*+,-./:;<=>?@[\\]^_`{|}~")
    return text.encode("ascii")
