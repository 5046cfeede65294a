"""What POST / takes and gives, in each of its forms; `scoring` loads it for the document."""

from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec

from function.adapters import comma_separated, events, examples, ndjson, transactions
from function.adapters.core import Core
from function.adapters.forms import (
    EXTENSIBLE,
    CsvDecision,
    DecisionEvent,
    LineProblem,
    NotEmpty,
    ReasonsWanted,
    TimedTransactionEvent,
    TransactionEvent,
)
from function.adapters.operations import Content, Operation, Parameter
from function.adapters.requests import REASONS_PARAMETER
from function.adapters.transactions import Decisions
from function.errors import (
    BatchTooLargeError,
    BodyTooLargeError,
    InvalidInputError,
    LineTooLongError,
    MalformedBodyError,
    UnsupportedMediaTypeError,
)
from function.scoring import Decision
from function.transaction import EVENT_TYPE, TimedTransaction

DESCRIPTION = """\
The content type says in which form the transactions come; the answer comes in the same form.

One JSON object is answered with one decision and its three weightiest reasons, an array with \
decisions in the same order and without reasons. NDJSON and CSV may be of any length: they are \
answered line by line while they come, a bad line with its problem in its place, so a client has \
to read while it writes.

A CloudEvent is answered with a CloudEvent, a batch of them with a batch. With headers that begin \
with ce-, a JSON object is the data of a binary CloudEvent; then all of ce-specversion, ce-type, \
ce-source and ce-id have to be there."""

REASONS = Parameter(
    REASONS_PARAMETER,
    "query",
    ReasonsWanted,
    "How many reasons each decision gives; in the place of 3 for one transaction and 0 for many.",
)
EVENT_HEADERS = (
    ("specversion", Literal["1.0"], "A binary CloudEvent's version of CloudEvents."),
    ("type", Literal[EVENT_TYPE], "What it is about."),
    ("source", NotEmpty, "Where it comes from."),
    ("id", NotEmpty, "Its own name."),
    ("subject", str, "What it is about in its source; given back with the answer."),
)
EVENT = {
    "specversion": "1.0",
    "type": EVENT_TYPE,
    "source": "/shop/7",
    "id": "event-1",
    "subject": "card-9",
}
REPLY = {
    "specversion": "1.0",
    "id": "event-1",
    "source": "/fraud/local",
    "type": "dev.fraud.decision.v1",
    "time": "2026-01-31T12:00:00Z",
    "datacontenttype": "application/json",
    "subject": "card-9",
}


def scoring_operation(core: Core) -> Operation:
    """Describe POST /.

    Parameters
    ----------
    core
        Knows what a transaction must have.

    Returns
    -------
    Operation
    """
    return Operation(
        name="score",
        summary="How probable it is that transactions are frauds, and why",
        description=DESCRIPTION,
        takes=_taken(core.reader.kind),
        gives=_given(),
        parameters=(
            REASONS,
            *(
                Parameter(f"ce-{name}", "header", kind, says, example=EVENT[name])
                for name, kind, says in EVENT_HEADERS
            ),
        ),
        headers=(
            Parameter("fraud-model", "header", str, "Which model answers NDJSON or CSV."),
            *(
                Parameter(
                    f"ce-{name}", "header", str, f"The answer's {name}, to a binary CloudEvent."
                )
                for name in ("specversion", "type", "source", "id", "time", "subject")
            ),
        ),
        problems=(
            BatchTooLargeError,
            MalformedBodyError,
            BodyTooLargeError,
            LineTooLongError,
            UnsupportedMediaTypeError,
            InvalidInputError,
        ),
    )


def _taken(transaction: type) -> Mapping[str, Content]:
    timed = issubclass(transaction, TimedTransaction)
    event: object = Annotated[TimedTransactionEvent if timed else TransactionEvent, EXTENSIBLE]
    one = examples.TRANSACTION
    question = {**EVENT, "data": one}
    return {
        transactions.MEDIA_TYPE: Content((transaction, list[transaction]), one),  # type: ignore[valid-type]
        ndjson.MEDIA_TYPE: Content((transaction,), _lines(one)),
        comma_separated.MEDIA_TYPE: Content((transaction,), _rows(one)),
        events.STRUCTURED_MEDIA_TYPE: Content((event,), question),
        events.BATCH_MEDIA_TYPE: Content((list[event],), [question]),  # type: ignore[valid-type]
    }


def _given() -> Mapping[str, Content]:
    event: object = Annotated[DecisionEvent, EXTENSIBLE]
    alone = examples.decision(model=examples.MODEL)
    explained = examples.decision(reasons=examples.REASONS, model=examples.MODEL)
    row = {"id": alone.id, "probability": alone.probability, "fraud": "true", "problem": ""}
    return {
        transactions.MEDIA_TYPE: Content((Decision, Decisions), explained),
        ndjson.MEDIA_TYPE: Content((Decision, LineProblem), _lines(alone)),
        comma_separated.MEDIA_TYPE: Content((CsvDecision,), _rows(row)),
        events.STRUCTURED_MEDIA_TYPE: Content((event,), {**REPLY, "data": explained}),
        events.BATCH_MEDIA_TYPE: Content((list[event],), [{**REPLY, "data": alone}]),  # type: ignore[valid-type]
    }


def _lines(value: object) -> str:
    return msgspec.json.encode(value).decode() + "\n"


def _rows(members: Mapping[str, object]) -> str:
    return f"{','.join(members)}\n{','.join(map(str, members.values()))}\n"
