"""Splits the transactions into a part to train on and one to test on.

`train`, `study` and `compare` call it.
"""

import pandas as pd
from sklearn.model_selection import train_test_split

from training.table import TARGET

TRAIN_SHARE = 0.7
DAY_S = 86_400

Split = tuple[pd.DataFrame, pd.DataFrame]


def stratified(table: pd.DataFrame, seed: int) -> Split:
    """Split 70/30 at random, with the same share of frauds in both parts.

    Parameters
    ----------
    table
        As `training.table.read` returns it.
    seed
        0 or more.

    Returns
    -------
    train, test : pandas.DataFrame
    """
    train, test = train_test_split(
        table, train_size=TRAIN_SHARE, stratify=table[TARGET], random_state=seed
    )
    return train, test


def by_time(table: pd.DataFrame) -> Split:
    """Train on the first 70% in the order of Time: it tells more of the days to come.

    Parameters
    ----------
    table
        As `training.table.read` returns it.

    Returns
    -------
    train, test : pandas.DataFrame
        In the order of Time.
    """
    return _cut(table, int(len(table) * TRAIN_SHARE))


def by_day(table: pd.DataFrame) -> Split:
    """Train on the first day and test on what follows.

    Parameters
    ----------
    table
        As `training.table.read` returns it.

    Returns
    -------
    train, test : pandas.DataFrame
        In the order of Time; the two halves of it, where the data does not reach beyond a day.
    """
    return _cut(table, first_day_count(table))


def first_day_count(table: pd.DataFrame) -> int:
    """Count the transactions of the first day.

    Parameters
    ----------
    table
        As `training.table.read` returns it.

    Returns
    -------
    int
        From 1 on; half of the transactions, where the data does not reach beyond a day.
    """
    first_day = int((table["Time"] < table["Time"].min() + DAY_S).sum())
    return first_day if first_day < len(table) else len(table) // 2


def without_duplicates(split: Split) -> Split:
    """Drop the transactions that are there before in every column, in either part.

    Parameters
    ----------
    split
        The training and the test part.

    Returns
    -------
    train, test : pandas.DataFrame
        Nothing in the test part has a twin to learn from.
    """
    train, test = split
    first = (~pd.concat(split).duplicated()).to_numpy()
    return train[first[: len(train)]], test[first[len(train) :]]


def _cut(table: pd.DataFrame, count: int) -> Split:
    ordered = table.sort_values("Time", kind="stable")
    return ordered[:count], ordered[count:]
