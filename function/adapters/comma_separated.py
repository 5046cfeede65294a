"""CSV with the data set's own header: a transaction a row comes, a decision a row goes.

https://www.rfc-editor.org/rfc/rfc4180, but for line breaks within cells; `streams` calls it.

Nearly all rows are read many at once, as a table of numbers. What cannot be read so goes row by
row and cell by cell, and becomes the text of JSON, so that its numbers are read, checked and
diagnosed as those of any other transaction.
"""

import csv
import io
import math
import re
from collections import Counter
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

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
from function.transaction import CSV_COLUMNS, IGNORED_COLUMN

if TYPE_CHECKING:
    from function.tables import Table

MEDIA_TYPE = "text/csv"
ALLOWED = "allowed are V1 to V28, Amount, Time, id and Class"
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
PLAIN_IDS = re.compile(rb"[ !#-\[\]-~\n]*")
"""Printable ASCII but for the quote and the backslash, which CSV or JSON would write otherwise."""


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
        self._columns = tuple(name for name in self._names if name != "id")
        self._row = 0

    def answer_block(self, block: bytes) -> bytes:
        r"""Answer many rows at once, if nothing is wrong or unusual with any of them.

        Parameters
        ----------
        block
            Rows, each with its \n.

        Returns
        -------
        bytes
            The rows that `answer` would return, probabilities to 1e-15.

        Raises
        ------
        InputError
            If they have to be answered one by one.
        """
        if b"\r" in block:
            block = block.replace(b"\r\n", b"\n")
        ids: list[str] = []
        if "id" in self._names:
            ids, block = self._parted(block)
        table = self._table_of(block)
        verdicts = self._core.decide_table(table)
        numbered = range(self._row + 1, self._row + 1 + len(table))
        self._row += len(table)
        names = (
            [name if name.strip() else number for name, number in zip(ids, numbered, strict=True)]
            if ids
            else numbered
        )
        answers = list(zip(names, verdicts.probabilities, verdicts.frauds, strict=True))
        # JSON of so plain cells is CSV but for the brackets and quotes, and quickly made.
        text = msgspec.json.encode(answers)[2:-2] + b"],["
        return text.replace(b"],[", b",\n").replace(b'"', b"")

    def _parted(self, block: bytes) -> tuple[list[str], bytes]:
        """Part the ids from the rest of the rows."""
        place = self._names.index("id")
        cells = [line.split(b",", place + 1) for line in block.split(b"\n")[:-1]]
        if min(map(len, cells)) <= place:
            raise MalformedBodyError("A row is too short.")
        ids = b"\n".join([each.pop(place) for each in cells])
        if not PLAIN_IDS.fullmatch(ids):
            raise MalformedBodyError("An id has to be read by itself.")
        return ids.decode("ascii").split("\n"), b"\n".join(
            [*(b",".join(each) for each in cells), b""]
        )

    def _table_of(self, block: bytes) -> "Table":
        from function.tables import table_of_rows  # noqa: PLC0415  with the first rows

        if self._columns[-1] == IGNORED_COLUMN:  # it stands in quotes in the data set's own file
            block = block.replace(b',"0"\n', b",0\n").replace(b',"1"\n', b",1\n")
        table = table_of_rows(block, self._columns)
        if table is None:
            raise MalformedBodyError("The rows have to be read one by one.")
        return table

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
            self._core.observations.add_error(error)
            problem = msgspec.json.encode(problem_of(error)).decode()
            return _row_of([self._row, "", "", problem])

    def _decided(self, line: bytes | None) -> bytes:
        if line is None:
            raise LineTooLongError(LINE_LIMIT)
        decision = self._core.decide(
            self._core.reader.read_transaction(self._json_of(_cells_of(line))), 0
        )
        fraud = "true" if decision.fraud else "false"
        return _row_of([decision.id or self._row, repr(decision.probability), fraud, ""])

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


def _check(names: list[str], required: Collection[str]) -> None:
    faults = [
        Fault(f"the column {shown(name)} is there {count} times", pointer="")
        for name, count in Counter(names).items()
        if count > 1
    ]
    faults += [
        Fault(f"unknown column {shown(name)}; {ALLOWED}", pointer="")
        for name in names
        if name not in CSV_COLUMNS
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
