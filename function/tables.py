"""Reads the numbers of many transactions straight into numpy.

simdjson reads one JSON array of numbers into memory that numpy can use: no object is made for a
number, which is what reading one by one takes most of its time for. `table_of_rows` makes such an
array of CSV, for the adapter; `plain_objects` makes one of JSON objects. numpy and simdjson are
loaded with the first text that is worth it.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, get_args

import numpy as np
import simdjson
from numpy.typing import NDArray

from function.transaction import RANGES

Floats = NDArray[np.float64]

ROW_END = 1e99
"""Stands where a row ends, since simdjson does not tell; no number is taken that is as large."""


@dataclass(frozen=True)
class Table:
    """The numbers of many transactions, all within their ranges.

    Attributes
    ----------
    columns
        Their names.
    numbers : ndarray of float, shape (n, number of columns)
        A transaction a row.
    """

    columns: tuple[str, ...]
    numbers: Floats

    def __len__(self) -> int:
        """Return how many transactions there are."""
        return len(self.numbers)

    def __getitem__(self, places: slice) -> Floats:
        """Return the numbers of some, which may be kept without keeping all others."""
        rows: Floats = self.numbers[places].copy()
        return rows


def table_of_rows(text: bytes, columns: tuple[str, ...]) -> Table | None:
    r"""Read lines of numbers.

    Parameters
    ----------
    text
        Numbers with commas between them, and a \n at the end of each line; at least one line.
    columns
        The names of what each line has to hold, at least two.

    Returns
    -------
    Table or None
        None where anything is written in another way than JSON's numbers are, is out of its range
        or missing.
    """
    if b"[" in text or b"\r" in text:
        return None
    width = len(columns) + 1
    # After the last comma there has to be a number too.
    numbers = numbers_of(b"[%b0]" % text.replace(b"\n", b",%g," % ROW_END))
    if numbers is None or numbers.size % width != 1:
        return None
    rows = numbers[:-1].reshape(-1, width)
    if (rows[:, -1] != ROW_END).any():
        return None
    return table_of_numbers(columns, rows[:, :-1])


_PARSER = simdjson.Parser()


def numbers_of(array: bytes | bytearray) -> Floats | None:
    """Read a JSON array of numbers.

    Parameters
    ----------
    array
        Its text. What is in arrays within it is taken as if it were in it itself.

    Returns
    -------
    ndarray of float, shape (n,) or None
        None where it is not JSON, or has anything but numbers.
    """
    try:
        parsed: Any = _PARSER.parse(array)
        return np.frombuffer(parsed.as_buffer(of_type="d"))
    # Not JSON; not a number; a whole number of more than 64 bits.
    except (ValueError, TypeError, RuntimeError):
        return None


def table_of_numbers(columns: tuple[str, ...], numbers: Floats) -> Table | None:
    """Make a table, if all is within its range.

    Parameters
    ----------
    columns
        The names.
    numbers : ndarray of float, shape (n, number of columns)
        A transaction a row.

    Returns
    -------
    Table or None
        None where a number is out of its range.
    """
    least, most = _bounds(columns)
    if (numbers < least).any() or (numbers > most).any():
        return None
    return Table(columns, numbers)


@lru_cache(maxsize=64)
def _bounds(columns: tuple[str, ...]) -> tuple[Floats, Floats]:
    ranges = [get_args(RANGES[name])[1] if name in RANGES else None for name in columns]
    least = [each.ge if each else -np.inf for each in ranges]
    most = [each.le if each else ROW_END / 2 for each in ranges]
    return np.array(least), np.array(most)
