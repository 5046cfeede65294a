"""Reads a CSV file row by row and finds the first cell that is not allowed.

`table` calls it for the header, and for what pandas refused: pandas is fast, but does not say which
line and column are at fault.
"""

import csv
import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Literal

from function.transaction import AMOUNT_LIMIT, COMPONENT_LIMIT, TIME_LIMIT

TARGET = "Class"
COMPONENTS = [f"V{number}" for number in range(1, 29)]
COLUMNS = ["Time", *COMPONENTS, "Amount", TARGET]

# What the function refuses, a model must not be trained on.
RANGES = {
    "Time": (0.0, TIME_LIMIT),
    **dict.fromkeys(COMPONENTS, (-COMPONENT_LIMIT, COMPONENT_LIMIT)),
    "Amount": (0.0, AMOUNT_LIMIT),
    TARGET: (0.0, 1.0),
}

# Narrower than Python's float(), which also takes 1_000, nan and digits of other scripts.
NUMBER = re.compile(r"[ \t]*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?[ \t]*", re.ASCII | re.IGNORECASE)

_LONGEST_SHOWN = 40
_LONGEST_CELL = 2**31 - 1


@dataclass(frozen=True)
class Source:
    """A file and how it is packed."""

    path: Path
    compression: Literal["gzip"] | None


@dataclass(frozen=True)
class Row:
    """The cells of a row, and its lines as an editor counts them."""

    first_line: int
    last_line: int
    cells: list[str]

    @property
    def place(self) -> str:
        """Name its lines."""
        if self.first_line == self.last_line:
            return f"line {self.first_line}"
        return f"lines {self.first_line} to {self.last_line}"


def first_fault(source: Source, names: list[str]) -> str | None:
    """Find the first row of another length, or the first cell that is not allowed.

    Parameters
    ----------
    source
        The file.
    names
        Of all its columns.

    Returns
    -------
    str or None
        The rest of a sentence that begins with the file's name: line, column and fault. None where
        nothing is wrong.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    for row in islice(rows_of(source), 1, None):
        if len(row.cells) != len(names):
            return f", {row.place}: {_wrong_length(row, names)}"
        for name, cell in zip(names, row.cells, strict=True):
            if name in RANGES and (fault := _fault_of(name, cell)):
                return f", {row.place}, column {name}: {fault}"
    return None


def _wrong_length(row: Row, names: list[str]) -> str:
    words = f"the number of cells is {len(row.cells)}, but {len(names)} in the header."
    if row.first_line != row.last_line:
        return f"{words} A quotation mark is opened there and closed late or never; remove it."
    return f"{words} Cells are separated by commas; numbers have a decimal point and no comma."


def _fault_of(name: str, cell: str) -> str | None:
    lowest, highest = RANGES[name]
    number = float(cell) if NUMBER.fullmatch(cell) else None
    if name == TARGET:
        return None if number in {0, 1} else f"{shown(cell)} is neither 0 (honest) nor 1 (fraud)."
    if not cell.strip():
        return "the cell is empty. Write a number there or remove the row."
    if number is None:
        return f"{shown(cell)} is not a number; a number is written as 1234.5 or 1.2e-3."
    if not lowest <= number <= highest:
        return (
            f"{shown(cell)} is outside what the function accepts, {lowest:g} to {highest:g}. "
            "Correct it or remove the row."
        )
    return None


def shown(text: str) -> str:
    """Quote a text for a message.

    Parameters
    ----------
    text
        Of any length.

    Returns
    -------
    str
        Cut, on one line, and with what cannot be printed as escapes.
    """
    return repr(text) if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]!r}..."


def rows_of(source: Source) -> Iterator[Row]:
    """Read all rows but the blank ones, and count their lines as an editor counts.

    Parameters
    ----------
    source
        The file.

    Yields
    ------
    Row
        The header first.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    # The limit of before would blame a long text that nobody asks for, which pandas takes.
    csv.field_size_limit(_LONGEST_CELL)
    with _opened(source) as text:
        reader = csv.reader(text)
        lines_before = 0
        for cells in reader:
            if not _is_blank(cells):
                yield Row(lines_before + 1, reader.line_num, cells)
            lines_before = reader.line_num


def _opened(source: Source) -> IO[str]:
    if source.compression:
        return gzip.open(source.path, "rt", encoding="utf-8-sig", errors="replace", newline="")
    return source.path.open(encoding="utf-8-sig", errors="replace", newline="")


def _is_blank(cells: list[str]) -> bool:
    # A pair of quotes alone is no blank line: its cell is there, and empty.
    return not cells or (len(cells) == 1 and cells[0] != "" and not cells[0].strip(" \t"))
