"""Makes transactions of rows of numbers, checked as those of JSON objects are.

KServe's protocols send transactions so; `inference_v1` and `inference_request` call it.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import starmap
from types import GenericAlias
from typing import Any

import msgspec

from function.diagnosis import fault_of_field
from function.errors import Fault, InvalidInputError
from function.transaction import (
    NUMBER_FIELDS,
    RANGES,
    REQUIRED_FIELDS,
    Transaction,
)

COLUMNS = NUMBER_FIELDS
"""The order of a row: V1 to V28, Amount, and Time where there is one."""

Row = Sequence[object]
FaultAt = Callable[[int, int, str], Fault]
"""Makes the fault of a number from its row, its column and what is wrong with it."""


def _type_of(names: Sequence[str]) -> Any:  # noqa: ANN401  a type that is made here
    """Make the type of rows; msgspec remembers how to check a Struct, and nothing else."""
    row = GenericAlias(tuple, tuple(RANGES[name] for name in names))
    return msgspec.defstruct("Rows", [("rows", list[row])])  # type: ignore[valid-type]


_TYPES = {len(names): _type_of(names) for names in (REQUIRED_FIELDS, COLUMNS)}


def widths(required: Collection[str]) -> tuple[int, ...]:
    """Return how many numbers a row may have.

    Parameters
    ----------
    required
        The fields that a transaction must have.

    Returns
    -------
    tuple of int
        29 and 30, or 30 alone where Time is required.
    """
    return tuple(range(len(required), len(COLUMNS) + 1))


def transactions_of(rows: Sequence[Row], fault_at: FaultAt) -> list[Transaction]:
    """Make a transaction of each row.

    Parameters
    ----------
    rows
        All of the same width, one of `widths`, in the order of `COLUMNS`.
    fault_at
        Says where a number that is refused stood.

    Returns
    -------
    list of Transaction
        In the same order.

    Raises
    ------
    InvalidInputError
        If anything in them is no number, not finite or out of the range of its field; it names
        every fault.
    """
    if not rows:
        return []
    try:
        checked = msgspec.convert({"rows": rows}, _TYPES[len(rows[0])])
    except msgspec.ValidationError:
        raise InvalidInputError(faults_of(rows, fault_at)) from None
    return list(starmap(Transaction, checked.rows))


def faults_of(rows: Sequence[Row], fault_at: FaultAt) -> Iterator[Fault]:
    """Find what `transactions_of` refuses.

    Parameters
    ----------
    rows, fault_at
        The same.

    Yields
    ------
    Fault
        Row by row.
    """
    for row, values in enumerate(rows):
        for column, (name, value) in enumerate(zip(COLUMNS, values, strict=False)):
            if (detail := fault_of_field(name, value, COLUMNS)) is not None:
                yield fault_at(row, column, f"{name}: {detail}")
