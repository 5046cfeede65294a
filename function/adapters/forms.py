"""Types of what is read or written piece by piece, and not by one type; for the document alone.

`scoring_operation` uses them. The tests send what these types allow and what they do not, and
compare with them what is answered.
"""

from typing import Annotated, Literal

import msgspec

from function.adapters.problems import Problem
from function.scoring import Decision
from function.transaction import TimedTransaction, Transaction

ReasonsWanted = Annotated[int, msgspec.Meta(ge=0, le=9999)]
NotEmpty = Annotated[str, msgspec.Meta(min_length=1)]
JsonMediaType = Annotated[
    str, msgspec.Meta(pattern="^(application/json|[a-z0-9.-]+/[a-z0-9.-]+[+]json)( *;.*)?$")
]
EXTENSIBLE = msgspec.Meta(
    extra_json_schema={
        "propertyNames": {"pattern": "^[a-z0-9]+$"},
        "unevaluatedProperties": {"type": ["string", "integer", "boolean", "null"]},
    }
)
"""Of an event: it may have further attributes, with such names and of such types."""


class TransactionEvent(msgspec.Struct, kw_only=True):
    """A CloudEvent 1.0 that holds a transaction.

    In place of data, data_base64 may hold the transaction's JSON in base64.

    Attributes
    ----------
    specversion
        The version of CloudEvents.
    type
        What the event is about.
    source
        Where it comes from: a URI reference.
    id
        Its own name; the decision bears it where the transaction has none.
    data
        What is to be scored.
    subject
        Given back with the answer, as all further attributes are.
    time
        When it happened (RFC 3339).
    datacontenttype
        The data's media type: JSON.
    dataschema
        The URI of a schema.
    """

    specversion: Literal["1.0"]
    type: Literal["dev.fraud.transaction.v1"]
    source: NotEmpty
    id: NotEmpty
    data: Transaction
    subject: str | None = None
    time: str | None = None
    datacontenttype: JsonMediaType | None = None
    dataschema: str | None = None


class TimedTransactionEvent(TransactionEvent, kw_only=True):
    """A CloudEvent 1.0 that holds a transaction for a model that uses Time."""

    data: TimedTransaction


TimedTransactionEvent.__doc__ = TransactionEvent.__doc__  # it describes the attributes


class DecisionEvent(msgspec.Struct, kw_only=True):
    """A CloudEvent 1.0 that holds a decision, with the subject and all extensions of its question.

    Attributes
    ----------
    specversion
        The version of CloudEvents.
    type
        What the event is about.
    source
        The revision that decided.
    id
        That of the event that is answered.
    time
        When it was decided (RFC 3339).
    datacontenttype
        The data's media type.
    data
        What the function says of the transaction.
    """

    specversion: Literal["1.0"]
    type: Literal["dev.fraud.decision.v1"]
    source: NotEmpty
    id: NotEmpty
    time: Annotated[str, msgspec.Meta(extra_json_schema={"format": "date-time"})]
    datacontenttype: Literal["application/json"]
    data: Decision


class LineProblem(Problem, kw_only=True):
    """A problem with one line of a stream.

    Attributes
    ----------
    type
        Which kind of problem it is: a tag URI.
    title
        The same in a few words.
    status
        The HTTP status code that it would have alone.
    detail
        What is wrong with this line, in a sentence.
    errors
        Every single fault; absent where there is nothing to list.
    error
        Always absent.
    line
        The line's number, from 1 on.
    """

    line: int


class CsvDecision(msgspec.Struct):
    """A row of CSV: what the function says of one transaction; a cell may be empty.

    Attributes
    ----------
    id
        The transaction's own id, or else the row's number, from 1 on.
    probability
        The probability of a fraud, 0 to 1; empty where there is a problem.
    fraud
        "true" where it is called a fraud, else "false"; empty where there is a problem.
    problem
        What is wrong with the row: a Problem, as JSON; empty where nothing is.
    """

    id: str
    probability: float | None
    fraud: bool | None
    problem: str | None
