"""Turns answers into the lines of the output; `exchange` makes them, `run` has them turned.

The function numbers lines within a request, and a request holds a chunk: here the numbers become
those of the file. What is written is thus what the function would answer to the file as a whole.
Lines stay bytes: to make objects of them would take longer than to score them.
"""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import msgspec

from client.errors import AnswerError
from client.source import Chunk, Kind
from client.state import Tally

CSV_HEAD = b"id,probability,fraud,problem\n"
FRAUD, HONEST = b",true,\n", b",false,\n"
"""How a decision ends in CSV, and nothing else does."""

PROBLEM = b'{"line":'
"""How a problem begins in NDJSON, and nothing else does."""


_NOTHING = msgspec.Raw(b"")


@dataclass(frozen=True)
class Answer:
    r"""What is answered to a chunk.

    Attributes
    ----------
    kind
        In what form.
    body
        A line for each of the chunk's that is not blank, each with its \n, without a head.
    models
        How many rows each model has answered, by its name and version; empty where none said.
    """

    kind: Kind
    body: bytes
    models: dict[str, int] = field(default_factory=dict)


class _Line(msgspec.Struct):
    """What is taken of an answer in NDJSON; numbers are kept as they are written."""

    id: str | None = None
    probability: msgspec.Raw = _NOTHING
    fraud: bool | None = None


def tally_of(answer: Answer) -> Tally:
    """Count what is answered.

    Parameters
    ----------
    answer
        Of one chunk.

    Returns
    -------
    Tally
    """
    body = answer.body
    rows = body.count(b"\n")
    if answer.kind == "csv":
        frauds = body.count(FRAUD)
        decisions = frauds + body.count(HONEST)
        return Tally(decisions, frauds, rows - decisions)
    # A quote within a string has a backslash before it: these can be nothing but members.
    frauds = body.count(b'"fraud":true')
    decisions = frauds + body.count(b'"fraud":false')
    problems = body.count(b"\n" + PROBLEM) + body.startswith(PROBLEM)
    return Tally(decisions, frauds, problems, rows - decisions - problems)


def check_count(chunk: Chunk, body: bytes) -> None:
    """Make sure that every line of a chunk is answered.

    Parameters
    ----------
    chunk
        What was sent.
    body
        The lines that were answered.

    Raises
    ------
    AnswerError
        If there are more or fewer than there should be.
    """
    count = body.count(b"\n")
    whole = not body or body.endswith(b"\n")
    # To look for blank lines takes longer than to count all of them, and mostly there are none.
    if not whole or (count != chunk.count and count != len(chunk.lines)):
        raise AnswerError(
            f"To {len(chunk.lines)} lines came {count} in return: is --url that of the function?"
        )


def in_csv(chunk: Chunk, answer: Answer, rows: int, id_place: int | None) -> bytes:
    """Return the lines of a CSV.

    Parameters
    ----------
    chunk
        What was sent.
    answer
        What came.
    rows
        How many rows were answered before.
    id_place
        Which of the input's columns, from 0, is the id; None where none is.

    Returns
    -------
    bytes
        A line each: the id or the row's number, the probability, whether it is a fraud, and the
        problem as JSON.
    """
    if answer.kind == "csv":
        return _numbered_csv(chunk, answer.body, rows, id_place)
    return b"".join(_csv_of_ndjson(chunk, answer.body))


def in_ndjson(chunk: Chunk, answer: Answer, rows: int, id_place: int | None) -> bytes:
    """Return the lines of NDJSON.

    Parameters
    ----------
    chunk, answer, rows, id_place
        As `in_csv` takes them.

    Returns
    -------
    bytes
        A line each: a decision, or a problem with the number of the input's line or row.
    """
    if answer.kind == "ndjson":
        return _numbered_ndjson(chunk, answer.body)
    return b"".join(map(_ndjson_of_csv, _lines(in_csv(chunk, answer, rows, id_place))))


Form = Callable[[Chunk, Answer, int, int | None], bytes]


def _lines(body: bytes) -> list[bytes]:
    return body.split(b"\n")[:-1]


def _numbered_csv(chunk: Chunk, body: bytes, rows: int, id_place: int | None) -> bytes:
    lines = enumerate(_lines(body), 1)
    if id_place is None:
        return b"".join(
            [b"%d%b\n" % (rows + number, line[line.index(b",") :]) for number, line in lines]
        )
    return b"".join(
        b"%d%b\n" % (rows + number, line[line.index(b",") :])
        if line.startswith(b"%d," % number) and _is_nameless(chunk, number, line, id_place)
        else line + b"\n"
        for number, line in lines
    )


def _is_nameless(chunk: Chunk, number: int, answer: bytes, id_place: int) -> bool:
    """Tell whether an answer begins with the row's number, and not with an id that looks so."""
    if not answer.endswith((FRAUD[:-1], HONEST[:-1])):
        return True
    return not cell_of(chunk.lines[number - 1], id_place).strip()


def _numbered_ndjson(chunk: Chunk, body: bytes) -> bytes:
    if PROBLEM not in body:
        return body
    return b"".join(_numbered_line(chunk, line) for line in _lines(body))


def _numbered_line(chunk: Chunk, line: bytes) -> bytes:
    if not line.startswith(PROBLEM):
        return line + b"\n"
    number, rest = _number_of(line)
    return b"%b%d,%b\n" % (PROBLEM, chunk.start.lines + number, rest)


def _number_of(problem: bytes) -> tuple[int, bytes]:
    number, _, rest = problem[len(PROBLEM) :].partition(b",")
    return int(number), rest


def _csv_of_ndjson(chunk: Chunk, body: bytes) -> Iterator[bytes]:
    decoder = msgspec.json.Decoder(_Line)
    for number, line in zip(chunk.numbers, _lines(body), strict=True):
        if line.startswith(PROBLEM):
            yield b"%d,,,%b\n" % (number, _quoted(b"{" + _number_of(line)[1]))
            continue
        found = decoder.decode(line)
        name = b"%d" % number if found.id is None else _cell(found.id.encode())
        fraud = b"" if found.fraud is None else b"true" if found.fraud else b"false"
        yield b"%b,%b,%b,\n" % (name, bytes(found.probability), fraud)


def _ndjson_of_csv(line: bytes) -> bytes:
    if line.endswith((FRAUD[:-1], HONEST[:-1])):
        name, probability, fraud, _ = line.rsplit(b",", 3)
        text = msgspec.json.encode(_unquoted(name).decode())
        return b'{"id":%b,"fraud":%b,"probability":%b}\n' % (text, fraud, probability)
    number, _, _, problem = line.split(b",", 3)
    return b"%b%b,%b\n" % (PROBLEM, number, _unquoted(problem).removeprefix(b"{"))


def cell_of(row: bytes, place: int) -> str:
    """Return one cell of a row.

    Parameters
    ----------
    row
        A line of a CSV.
    place
        Which, from 0.

    Returns
    -------
    str
        Empty where the row has no such cell.
    """
    cells = next(csv.reader([row.decode(errors="replace")]), [])
    return cells[place] if place < len(cells) else ""


def _cell(text: bytes) -> bytes:
    return _quoted(text) if any(sign in text for sign in (b",", b'"', b"\r", b"\n")) else text


def _quoted(text: bytes) -> bytes:
    return b'"%b"' % text.replace(b'"', b'""')


def _unquoted(cell: bytes) -> bytes:
    return cell[1:-1].replace(b'""', b'"') if cell.startswith(b'"') else cell
