"""Sends every line of a chunk as a CloudEvent of its own; `score` makes it, `run` calls it.

The events are binary and go one by one, because that is what every receiver takes, a Broker of any
version among them (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/
http-protocol-binding.md). The function answers with a decision; a Broker says 202 and no more.
"""

import csv
import hashlib
from collections import Counter
from http import HTTPStatus
from urllib.parse import quote

import msgspec

from client.answers import PROBLEM, Answer
from client.errors import AnswerError, SourceError
from client.sending import Reply, Sender, refusal_of
from client.source import Chunk, Kind
from function.transaction import (
    CSV_COLUMNS,
    EVENT_TYPE,
    IGNORED_COLUMN,
    NUMBER_FIELDS,
    REQUIRED_FIELDS,
    Transaction,
)

CHUNK_BYTES = 32_000
"""About 50 events: so many are sent again, with the same ids, where a run is killed."""

DIGEST_CHARACTERS = 16
PLAIN = "!#$&'()*+,-./:;<=>?@[\\]^_`{|}~"
"""What may stand in a header as it is, beside letters and digits: section 3.1.3.2 of the above."""

FAULTS = frozenset((400, 413, 422))
"""Statuses that are about one event, and not about all of them."""


class _Named(msgspec.Struct):
    name: str
    version: str


class _Decision(msgspec.Struct):
    """What is needed of a decision; the line that is written is the function's own."""

    fraud: bool
    probability: float
    model: _Named | None = None


class _Problem(msgspec.Struct):
    type: str
    title: str
    status: int
    detail: str = ""
    errors: list[dict[str, str]] = []


class EventsExchange:
    """Sends each line of a chunk as an event, one after the other.

    Parameters
    ----------
    sender
        Posts.
    kind
        What the lines are.
    header
        A CSV's first line.
    event_source
        The events' source: a URI reference.

    Raises
    ------
    SourceError
        If a column is missing, unknown, or there twice.
    """

    def __init__(self, sender: Sender, kind: Kind, header: bytes, event_source: str) -> None:
        self._sender = sender
        self._names = column_names(header) if kind == "csv" else []
        if self._names:
            _check(self._names)
        self._headers = {
            "Content-Type": "application/json",
            "ce-specversion": "1.0",
            "ce-type": EVENT_TYPE,
            "ce-source": quote(event_source, safe=PLAIN),
        }

    async def answer(self, chunk: Chunk) -> Answer:
        """Have the events of a chunk taken.

        Parameters
        ----------
        chunk
            Some lines.

        Returns
        -------
        Answer
            Of each its decision; its id alone, where there is none; or its problem.

        Raises
        ------
        RefusedError
            If events as such are not taken.
        AnswerError
            If what comes is neither a decision nor nothing.
        UnreachableError
            If nothing comes.
        """
        lines: list[bytes] = []
        models: Counter[str] = Counter()
        for number, line in zip(chunk.numbers, chunk.lines, strict=True):
            try:
                transaction = self._transaction_of(line)
            except (ValueError, csv.Error) as error:
                lines.append(_problem(number - chunk.start.lines, _unreadable(error)))
                continue
            name = transaction.id or _derived_id(number, line)
            reply = await self._sender.post(
                _data_of(transaction), {**self._headers, "ce-id": quote(name, safe=PLAIN)}
            )
            lines.append(_line_of(number - chunk.start.lines, name, reply, models))
        return Answer("ndjson", b"".join(lines), dict(models))

    def _transaction_of(self, line: bytes) -> Transaction:
        if not self._names:
            return msgspec.json.decode(line, type=Transaction)
        cells = next(csv.reader([line.removesuffix(b"\r").decode()]), [])
        if len(cells) != len(self._names):
            raise ValueError(f"expected {len(self._names)} cells, as in the header")
        members = {
            name: _value_of(name, cell)
            for name, cell in zip(self._names, cells, strict=True)
            if name != IGNORED_COLUMN and cell.strip()
        }
        return msgspec.convert(members, type=Transaction)


def column_names(header: bytes) -> list[str]:
    """Return the names of a CSV's columns.

    Parameters
    ----------
    header
        Its first line.

    Returns
    -------
    list of str
    """
    text = header.strip(b"\r\n").decode(errors="replace")
    return [name.strip() for name in next(csv.reader([text]), [])]


def _check(names: list[str]) -> None:
    faults = [f"{name} is missing" for name in REQUIRED_FIELDS if name not in names]
    faults += [f'"{name[:40]}" is unknown' for name in names if name not in CSV_COLUMNS]
    faults += [f"{name} is there twice" for name in CSV_COLUMNS if names.count(name) > 1]
    if faults:
        raise SourceError(
            f"The header is wrong: {', '.join(faults[:10])}; expected are V1 to V28, Amount, and "
            "optionally id, Time and Class."
        )


def _value_of(name: str, cell: str) -> str | float:
    if name not in NUMBER_FIELDS:
        return cell
    try:
        return float(cell)
    except ValueError:
        return cell


def _derived_id(number: int, line: bytes) -> str:
    """Name a line by what it is and where: the same again and again, another in another file."""
    return f"{number}-{hashlib.sha256(line).hexdigest()[:DIGEST_CHARACTERS]}"


def _data_of(transaction: Transaction) -> bytes:
    members = msgspec.structs.asdict(transaction)
    return msgspec.json.encode({name: each for name, each in members.items() if each is not None})


def _line_of(number: int, name: str, reply: Reply, models: Counter[str]) -> bytes:
    if reply.status in FAULTS:
        return _problem(number, _problem_of(reply))
    if reply.status not in (HTTPStatus.OK, HTTPStatus.ACCEPTED, HTTPStatus.NO_CONTENT):
        raise refusal_of(reply)
    if not reply.body.strip():
        return b'{"id":%b}\n' % msgspec.json.encode(name)
    try:
        decision = msgspec.json.decode(reply.body, type=_Decision)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise AnswerError(
            "An event was answered with what is no decision: is --url that of the function, or of "
            "a Broker?"
        ) from None
    if decision.model:
        models[f"{decision.model.name} {decision.model.version}"] += 1
    return reply.body.replace(b"\n", b"") + b"\n"


def _problem_of(reply: Reply) -> _Problem:
    try:
        return msgspec.json.decode(reply.body, type=_Problem)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _Problem("about:blank", HTTPStatus(reply.status).phrase, reply.status)


def _unreadable(error: Exception) -> _Problem:
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    return _Problem("about:blank", "The line is no transaction", status, f"{error}.")


def _problem(number: int, problem: _Problem) -> bytes:
    return b"%b%d,%b\n" % (PROBLEM, number, msgspec.json.encode(problem)[1:])
