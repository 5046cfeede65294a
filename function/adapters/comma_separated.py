"""CSV with the data set's own header: a transaction a row comes, a decision a row goes.

https://www.rfc-editor.org/rfc/rfc4180, but for line breaks within cells; `streams` calls it.

A row becomes the text of a JSON object, so that its numbers are read, checked and diagnosed as
those of any other transaction. Nearly all rows take the short way, by a template; what it cannot
render goes cell by cell.
"""

import csv
import io
import math
import re
from collections import Counter
from collections.abc import Collection, Sequence
from contextlib import suppress

import msgspec

from function.adapters.core import Core
from function.adapters.problems import problem_of
from function.diagnosis import shown
from function.errors import (
    Fault,
    InputError,
    InvalidInputError,
    LineTooLongError,
    MalformedBodyError,
)
from function.lines import LINE_LIMIT
from function.transaction import NUMBER_FIELDS, Transaction

MEDIA_TYPE = "text/csv"
IGNORED_COLUMN = "Class"
"""The truth, which the data set's own file has; it is of no use here."""

COLUMNS = (*NUMBER_FIELDS, "id", IGNORED_COLUMN)
ALLOWED = "allowed are V1 to V28, Amount, Time, id and Class"
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
SPECIAL = re.compile(rb'["\\{}\[\]:]')
"""What would be more than a cell in the template."""


class CsvTranslator:
    """Answers rows.

    Parameters
    ----------
    core
        The model, and what it can score.
    header
        The file's first line; None where it was too long.

    Raises
    ------
    InvalidInputError
        If a column is missing, unknown, or there twice.
    """

    media_type = MEDIA_TYPE
    head = b"id,probability,fraud,problem\n"

    def __init__(self, core: Core, header: bytes | None) -> None:
        if header is None:
            raise LineTooLongError(LINE_LIMIT)
        self._core = core
        self._names = [name.strip() for name in _cells_of(header.removeprefix(b"\xef\xbb\xbf"))]
        _check(self._names, core.reader.required)
        self._template = _template_of(self._names)
        self._row = 0

    def answer(self, line: bytes | None) -> bytes:
        """Answer the next row.

        Parameters
        ----------
        line
            Without its end; None where it was too long.

        Returns
        -------
        bytes
            A row, with its end: the id, or else the row's number from 1, the probability and
            whether it is a fraud; or the id or number and, as JSON, the problem. Nothing for a line
            that is blank.
        """
        if line is not None and not line.strip():
            return b""
        self._row += 1
        try:
            return self._decided(line)
        except InputError as error:
            problem = msgspec.json.encode(problem_of(error)).decode()
            return _row_of([self._row, "", "", problem])

    def _decided(self, line: bytes | None) -> bytes:
        if line is None:
            raise LineTooLongError(LINE_LIMIT)
        decision = self._core.scorer.decide(self._transaction(line))
        fraud = "true" if decision.fraud else "false"
        return _row_of([decision.id or self._row, repr(decision.probability), fraud, ""])

    def _transaction(self, line: bytes) -> Transaction:
        cells = line.split(b",")
        if len(cells) == len(self._names) and not SPECIAL.search(line):
            # What fails here may be a number that JSON writes otherwise, and else needs a diagnosis
            # cell by cell.
            with suppress(InputError):
                return self._core.reader.read_transaction(self._template % tuple(cells))
        return self._core.reader.read_transaction(self._json_of(_cells_of(line)))

    def _json_of(self, cells: list[str]) -> bytes:
        if len(cells) != len(self._names):
            expected = f"expected {len(self._names)} cells, as in the header; got {len(cells)}"
            raise InvalidInputError([Fault(expected, pointer="")])
        members = {
            name: _value_of(name, cell)
            for name, cell in zip(self._names, cells, strict=True)
            if name != IGNORED_COLUMN and cell.strip()
        }
        return msgspec.json.encode(members)


def _value_of(name: str, cell: str) -> str | float:
    if name == "id" or not NUMBER.fullmatch(cell.strip()):
        return cell
    number = float(cell)
    return number if math.isfinite(number) else cell


def _template_of(names: list[str]) -> bytes:
    """Return the JSON of a row with a place for each cell, in the order of the columns."""
    text = ""
    for name in names:
        if name == IGNORED_COLUMN:
            text += "%.0b"  # takes a cell and leaves nothing of it
        else:
            place = '"%b"' if name == "id" else "%b"
            text += f'{"," if ":" in text else ""}"{name}":{place}'
    return f"{{{text}}}".encode()


def _check(names: list[str], required: Collection[str]) -> None:
    faults = [
        Fault(f"the column {shown(name)} is there {count} times", pointer="")
        for name, count in Counter(names).items()
        if count > 1
    ]
    faults += [
        Fault(f"unknown column {shown(name)}; {ALLOWED}", pointer="")
        for name in names
        if name not in COLUMNS
    ]
    faults += [
        Fault(f"the column {name} is missing from the header", pointer="")
        for name in required
        if name not in names
    ]
    if faults:
        raise InvalidInputError(faults)


def _cells_of(line: bytes) -> list[str]:
    try:
        return next(csv.reader([line.decode()]), [])
    except UnicodeDecodeError as error:
        raise MalformedBodyError(f"The row is not UTF-8: byte {error.start} is wrong.") from None
    except csv.Error as error:
        raise MalformedBodyError(f"The row is not CSV: {error}.") from None


def _row_of(cells: Sequence[object]) -> bytes:
    output = io.StringIO()
    csv.writer(output, lineterminator="\n").writerow(cells)
    return output.getvalue().encode()
