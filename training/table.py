"""Reads a CSV file of transactions; `training.train` and the tests call it.

pandas reads the file. Only where that goes wrong are the rows read once more, one by one, for the
first fault, its line and its column.
"""

import gzip
import warnings
import zlib
from pathlib import Path

import pandas as pd

from training.errors import DataError
from training.rows import (
    COLUMNS,
    COMPONENTS,
    NUMBER,
    RANGES,
    TARGET,
    Row,
    Source,
    first_fault,
    rows_of,
    shown,
)

__all__ = ["COLUMNS", "COMPONENTS", "LEAST_OF_EACH", "TARGET", "read"]

LEAST_OF_EACH = 2
"""Transactions of each class: one to train on, one to test with."""

_TYPES = {**dict.fromkeys(COLUMNS, "float64"), TARGET: "int64"}

_EXPECTED = "Time, V1 to V28, Amount and Class"
_GZIP = b"\x1f\x8b"
# How files of other kinds begin, and what they are.
_OTHER_KINDS = {
    b"PK\x03\x04": "a zip archive or an Excel workbook",
    b"\xd0\xcf\x11\xe0": "an Excel workbook",
    b"BZh": "compressed by bzip2",
    b"\xfd7zX": "compressed by xz",
    b"\x28\xb5\x2f\xfd": "compressed by Zstandard",
    b"PAR1": "a Parquet file",
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
}
_OTHER_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}

# pandas alone minds a last quotation mark that is not closed, or a blank line that ends with CR and
# stands before a comma.
_NO_FAULT_FOUND = (
    " cannot be read as CSV, though no single row is at fault. Close all quotation marks, use "
    "Windows or Unix line ends and leave out blank lines."
)


def read(path: Path) -> pd.DataFrame:
    """Read a file of the data set's form.

    Parameters
    ----------
    path
        A CSV file, plain or compressed by gzip, with the columns Time, V1 to V28, Amount and Class
        in any order. Other columns are ignored, and so are blank lines.

    Returns
    -------
    pandas.DataFrame
        Those columns in that order, a row for each transaction: Class is 0 or 1 (int64), the others
        are within what the function accepts (float64).

    Raises
    ------
    DataError
        If the file cannot be read, lacks a column or has one twice, holds a row of another length
        or a cell that is not allowed, or has not at least two transactions of each class. The
        message names the file, and the line and column where there is one.
    """
    try:
        table = _table_of(_source_of(path))
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(
            f"{path} is a gzip file that is cut off or damaged: {error}. Copy or compress it again."
        ) from None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from None
    _check_classes(path, table)
    return table


def _source_of(path: Path) -> Source:
    # A pipe would be empty at the second reading.
    if path.exists() and not path.is_file():
        raise DataError(f"{path} cannot be read: it is not a file. Give a CSV file.")
    source = Source(path, "gzip" if _start_of(Source(path, None)).startswith(_GZIP) else None)
    start = _start_of(source)
    for signature, kind in _OTHER_KINDS.items():
        if start.startswith(signature):
            raise _not_csv(path, kind)
    return source


def _start_of(source: Source) -> bytes:
    with gzip.open(source.path) if source.compression else source.path.open("rb") as file:
        return bytes(file.read(4))


def _not_csv(path: Path, kind: str) -> DataError:
    return DataError(
        f"{path} is {kind}; a CSV file is expected, in UTF-8, plain or compressed by gzip. "
        "Export or unpack it as one."
    )


def _table_of(source: Source) -> pd.DataFrame:
    names = _names_of(source)
    try:
        table = _read_quickly(source, names)
    except ValueError as error:
        fault = first_fault(source, names) or _NO_FAULT_FOUND
        raise DataError(f"{source.path}{fault}") from error
    if _may_lack_cells(table, names) and (found := first_fault(source, names)):
        raise DataError(f"{source.path}{found}")
    return table[COLUMNS].astype(_TYPES)


def _names_of(source: Source) -> list[str]:
    """Return the names of all columns in the file's order."""
    row = next(rows_of(source), None)
    if row is None:
        raise DataError(f"{source.path} is empty; expected is a CSV file with {_EXPECTED}.")
    # The quotes are still there where a space stands before them.
    names = [cell.strip().strip('"') for cell in row.cells]
    for name in COLUMNS:
        if names.count(name) > 1:
            raise DataError(f"{source.path}, {row.place}: {_twice(names, name)}")
    if missing := [name for name in COLUMNS if name not in names]:
        raise _lacking(source.path, row, missing)
    return names


def _twice(names: list[str], name: str) -> str:
    positions = [str(position) for position, each in enumerate(names, 1) if each == name]
    return (
        f"the column {name} is there more than once, in the positions {_listed(positions)}. "
        "Remove or rename all but one."
    )


def _lacking(path: Path, row: Row, missing: list[str]) -> DataError:
    text = ",".join(row.cells)
    if "\0" in text:
        return _not_csv(path, "not text")
    if all(NUMBER.fullmatch(cell) for cell in row.cells):
        return DataError(
            f"{path} has no header: {row.place} holds numbers. Put the names of its columns above "
            f"them; expected are {_EXPECTED}."
        )
    for separator, plural in _OTHER_SEPARATORS.items():
        if separator in text and missing == COLUMNS:
            return DataError(
                f"{path}, {row.place}: the cells are separated by {plural}; commas are expected, "
                "and a point in numbers. Export the file so."
            )
    return DataError(
        f"{path} has no column {_listed(missing)}: its header, {row.place}, is {shown(text)}. "
        f"Expected are {_EXPECTED}, in any order and so written."
    )


def _listed(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if words[1:] else words)


def _read_quickly(source: Source, names: list[str]) -> pd.DataFrame:
    with warnings.catch_warnings():
        # A column of mixed types is either ignored or refused below, in better words.
        warnings.simplefilter("ignore", pd.errors.DtypeWarning)
        table = pd.read_csv(
            source.path,
            compression=source.compression,
            header=0,  # not skiprows, which loses a row where lines end with CR and one is blank
            names=_distinct(names),
            na_filter=False,  # so that NA and an empty cell make a column of text
            encoding_errors="replace",  # in a column that is ignored any letters are allowed
        )
    # pandas makes the surplus of cells in the first row an index.
    if not isinstance(table.index, pd.RangeIndex) or not (table.empty or _is_allowed(table)):
        raise ValueError("it holds something that is not allowed")
    return table


def _distinct(names: list[str]) -> list[str]:
    """Rename the columns that are ignored: pandas wants no name twice."""
    return [
        name if name in COLUMNS else f"ignored {position}" for position, name in enumerate(names)
    ]


def _is_allowed(table: pd.DataFrame) -> bool:
    for name, (lowest, highest) in RANGES.items():
        # Not pandas' own question for numbers, which counts True and False among them.
        if table[name].dtype.kind not in "iuf" or not table[name].between(lowest, highest).all():
            return False
    return bool(table[TARGET].isin([0, 1]).all())


def _may_lack_cells(table: pd.DataFrame, names: list[str]) -> bool:
    """Tell whether a row may be too short unseen: pandas fills it up with empty texts."""
    return names[-1] not in COLUMNS and bool((table.iloc[:, -1] == "").any())


def _check_classes(path: Path, table: pd.DataFrame) -> None:
    if table.empty:
        raise DataError(f"{path} holds no transactions: below its header there are no rows.")
    frauds = int(table[TARGET].sum())
    honest = len(table) - frauds
    if min(honest, frauds) < LEAST_OF_EACH:
        raise DataError(
            f"{path} holds {honest} honest transactions (Class 0) and {frauds} frauds (Class 1); "
            f"each must be there at least {LEAST_OF_EACH} times."
        )
