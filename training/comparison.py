"""Compares two model files: metrics, decisions, the transactions that move most, and a verdict.

`compare` calls it and shows what it finds. OLD is what is deployed, NEW is what might be.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from function.model import Model
from training.bootstrap import Difference, Verdict, differences, verdict_of
from training.progress import Report
from training.scoring import (
    Shift,
    as_it_is,
    check_refit,
    probabilities_of,
    refitted,
    shifts_of,
)
from training.table import TARGET

STEPS = 4
"""How many steps `compare` reports."""

MOVERS = 20
REASONS = 3

Floats = NDArray[np.float64]
Judge = Literal["recipes", "files"]


@dataclass(frozen=True)
class Count:
    """How many transactions there are, and how many of them are frauds."""

    transactions: int
    frauds: int


@dataclass(frozen=True)
class Decisions:
    """What the model files call frauds, each at its own threshold.

    Attributes
    ----------
    old_alerts, new_alerts
        What each calls frauds.
    to_fraud, to_honest
        Whose decision changes, by what NEW makes of them.
    changed_share
        The share of all transactions whose decision changes, 0 to 1.
    jaccard
        What both call frauds over what either does, 0 to 1; 1 where neither calls anything so.
    """

    old_alerts: Count
    new_alerts: Count
    to_fraud: Count
    to_honest: Count
    changed_share: float
    jaccard: float


@dataclass(frozen=True)
class Opinion:
    """A probability of a fraud, 0 to 1, and whether it reaches the model's threshold."""

    probability: float
    fraud: bool


@dataclass(frozen=True)
class Mover:
    """A transaction that the models see differently.

    Attributes
    ----------
    row
        Its place in the file, from 1, the header and blank lines not counted.
    amount
        In euros.
    fraud
        The truth.
    old, new
        What each model says.
    reasons
        The `REASONS` features whose contributions differ most, the greatest difference first.
    """

    row: int
    amount: float
    fraud: bool
    old: Opinion
    new: Opinion
    reasons: tuple[Shift, ...]


@dataclass(frozen=True)
class Comparison:
    """All that is found.

    Attributes
    ----------
    judge
        "recipes": metrics and verdict are those of the recipes, refitted to the first 70% of the
        time and measured on the rest. "files": of the model files on all transactions.
    measured
        What the metrics were measured on.
    metrics
        By name, those of `training.bootstrap.METRICS`.
    decisions, movers
        Always of the model files on all transactions.
    intercept
        By how much NEW's lies higher, in log-odds: it moves every transaction.
    verdict
        By the average precision.
    """

    judge: Judge
    measured: Count
    metrics: dict[str, Difference]
    decisions: Decisions
    movers: tuple[Mover, ...]
    intercept: float
    verdict: Verdict


def compare(
    old: Model, new: Model, table: pd.DataFrame, judge: Judge, margin: float, report: Report
) -> Comparison:
    """Compare two models.

    Parameters
    ----------
    old, new
        As `function.model.read_model` returns them.
    table
        As `training.table.read` returns it.
    judge
        What metrics and verdict are about, as in `Comparison`.
    margin
        In average precision, 0 to 1.
    report
        Called at the start of each of the `STEPS`.

    Returns
    -------
    Comparison

    Raises
    ------
    TrainingError
        If the recipes are to be judged and cannot be fitted again.
    """
    if judge == "recipes":
        check_refit(old, new)
    measure = refitted if judge == "recipes" else as_it_is
    report(f"measuring OLD, {old.name} {old.version}")
    before = measure(old, table)
    report(f"measuring NEW, {new.name} {new.version}")
    after = measure(new, table)
    report("measuring both on resamples")
    metrics = differences(before, after)
    report("comparing the decisions of the files")
    both = _Both(old, new, table)
    return Comparison(
        judge=judge,
        measured=_count(before.test.truth),
        metrics=metrics,
        decisions=both.decisions(),
        movers=both.movers(),
        intercept=new.intercept - old.intercept,
        verdict=verdict_of(metrics["average_precision"].interval, margin),
    )


def _count(truth: NDArray[np.int_]) -> Count:
    return Count(len(truth), int(truth.sum()))


class _Both:
    """Two model files and what they say of the same transactions."""

    def __init__(self, old: Model, new: Model, table: pd.DataFrame) -> None:
        self._models, self._table = (old, new), table
        self._old, self._new = (probabilities_of(model, table) for model in self._models)
        self._before, self._after = self._old >= old.threshold, self._new >= new.threshold

    def decisions(self) -> Decisions:
        truth = self._table[TARGET].to_numpy()
        before, after = self._before, self._after
        either = int(np.sum(before | after))
        return Decisions(
            old_alerts=_count(truth[before]),
            new_alerts=_count(truth[after]),
            to_fraud=_count(truth[after & ~before]),
            to_honest=_count(truth[before & ~after]),
            changed_share=float(np.mean(before != after)),
            jaccard=int(np.sum(before & after)) / either if either else 1.0,
        )

    def movers(self) -> tuple[Mover, ...]:
        # By probability: in log-odds, those move most of which both models are sure. Equal moves
        # come in the file's order.
        moved = np.abs(self._new - self._old)
        chosen = np.argsort(-moved, kind="stable")[: min(MOVERS, np.count_nonzero(moved))]
        rows = self._table.iloc[chosen]
        reasons = shifts_of(*self._models, rows, REASONS)
        return tuple(
            Mover(
                row=int(place) + 1,
                amount=float(row["Amount"]),
                fraud=bool(row[TARGET]),
                old=Opinion(float(self._old[place]), bool(self._before[place])),
                new=Opinion(float(self._new[place]), bool(self._after[place])),
                reasons=why,
            )
            for place, (_, row), why in zip(chosen, rows.iterrows(), reasons, strict=True)
        )
