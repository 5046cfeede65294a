"""A credit-card transaction: its fields and their ranges.

`reading` makes transactions from JSON, `diagnosis` explains why one could not be made, `scoring`
scores them.
"""

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Annotated

import msgspec

COMPONENT_LIMIT = 1e9
"""Far beyond any real component (at most 150 in the data set); keeps the arithmetic finite."""

AMOUNT_LIMIT = 1e12
TIME_LIMIT = 1e12

Component = Annotated[float, msgspec.Meta(ge=-COMPONENT_LIMIT, le=COMPONENT_LIMIT)]
Euros = Annotated[float, msgspec.Meta(ge=0, le=AMOUNT_LIMIT)]
Seconds = Annotated[float, msgspec.Meta(ge=0, le=TIME_LIMIT)]


class Transaction(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """One transaction of the ULB data set's form.

    Attributes
    ----------
    V1, ..., V28
        Principal components of the card-holder's data, without unit.
    Amount
        The amount in euros, 0 or more.
    Time
        Seconds since the first transaction of the data set; optional.
    id
        The client's own name for the transaction; optional, and given back with the decision.
    """

    V1: Component
    V2: Component
    V3: Component
    V4: Component
    V5: Component
    V6: Component
    V7: Component
    V8: Component
    V9: Component
    V10: Component
    V11: Component
    V12: Component
    V13: Component
    V14: Component
    V15: Component
    V16: Component
    V17: Component
    V18: Component
    V19: Component
    V20: Component
    V21: Component
    V22: Component
    V23: Component
    V24: Component
    V25: Component
    V26: Component
    V27: Component
    V28: Component
    Amount: Euros
    Time: Seconds | None = None
    id: str | None = None


REQUIRED_FIELDS = (*(f"V{number}" for number in range(1, 29)), "Amount")
"""What every transaction has, whatever the model."""

NUMBER_FIELDS = (*REQUIRED_FIELDS, "Time")
"""What a model can use."""

IGNORED_COLUMN = "Class"
"""The truth, which the data set's own file has; it is of no use to whoever scores."""

CSV_COLUMNS = (*NUMBER_FIELDS, "id", IGNORED_COLUMN)
"""What a CSV file may have."""

EVENT_TYPE = "dev.fraud.transaction.v1"
"""Of a CloudEvent that holds a transaction."""

RANGES = {**dict.fromkeys(REQUIRED_FIELDS, Component), "Amount": Euros, "Time": Seconds}
"""The type of each, in the order of `NUMBER_FIELDS`."""


class TimedTransaction(Transaction, kw_only=True):
    """A transaction for a model that uses Time, which is then required.

    Attributes
    ----------
    V1, ..., V28
        Principal components of the card-holder's data, without unit.
    Amount
        The amount in euros, 0 or more.
    Time
        Seconds since the first transaction of the data set.
    id
        The client's own name for the transaction; optional, and given back with the decision.
    """

    Time: Seconds


def numbers_getter(names: Sequence[str]) -> Callable[[Transaction], tuple[float, ...]]:
    """Make what takes numbers out of a transaction.

    Parameters
    ----------
    names
        Some of `NUMBER_FIELDS`, at least two.

    Returns
    -------
    callable
        It takes a transaction and returns the fields of these names, in their order.
    """
    if tuple(names) != REQUIRED_FIELDS:
        return attrgetter(*names)
    astuple, count = msgspec.structs.astuple, len(REQUIRED_FIELDS)
    # The whole and its head take a quarter of the time of as many look-ups by name.
    return lambda transaction: astuple(transaction)[:count]
