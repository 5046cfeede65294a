"""The few points of a curve that a drawing and its table need; the modules plots_* call it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.evaluation import Scored
from training.sweep import Sweep

Floats = NDArray[np.float64]
Indices = NDArray[np.int_]

LOWEST_THRESHOLD = 1e-4
"""Below it nearly everything is called a fraud."""

LEVELS = 100
PER_DECADE = 5
NORMAL_95 = 1.96


@dataclass(frozen=True)
class Bin:
    """Transactions with about the same score.

    Attributes
    ----------
    low, high
        The scores lie from `low` to below `high`.
    transactions, frauds
        How many there are.
    score
        The mean of the scores, 0 to 1.
    """

    low: float
    high: float
    transactions: int
    frauds: int
    score: float

    @property
    def share(self) -> float:
        """The share of frauds, 0 to 1."""
        return self.frauds / self.transactions

    @property
    def interval(self) -> tuple[float, float]:
        """Where the share of frauds may lie, with 95% confidence.

        Edwin Wilson: Probable Inference, the Law of Succession, and Statistical Inference.
        Journal of the American Statistical Association 22, 1927.
        """
        count, square = self.transactions, NORMAL_95**2
        centre = (self.frauds + square / 2) / (count + square)
        width = (
            NORMAL_95
            * np.sqrt(self.frauds * (count - self.frauds) / count + square / 4)
            / (count + square)
        )
        return max(0.0, float(centre - width)), min(1.0, float(centre + width))


def at_recalls(sweep: Sweep) -> Indices:
    """Find where a curve reaches each of `LEVELS` of recall for the first time.

    Parameters
    ----------
    sweep
        k thresholds.

    Returns
    -------
    ndarray of int, shape (at most `LEVELS`,)
        Rising indices into the sweep, each once.
    """
    wanted = np.arange(1, LEVELS + 1) / LEVELS
    # Shares are quotients: a level that is meant to be equal may differ in the last digit.
    found: Indices = np.searchsorted(sweep.recall, wanted - 1e-9)
    return np.unique(found)


def along_recall(sweep: Sweep) -> Indices:
    """Find the corners of a curve of precision over recall.

    Parameters
    ----------
    sweep
        k thresholds.

    Returns
    -------
    ndarray of int, shape (at most 2 * `LEVELS`,)
        Rising indices into the sweep: where a fraud is caught, and just before the next.
    """
    caught = at_recalls(sweep)
    return np.unique(np.append(caught, np.maximum(caught[1:] - 1, caught[0])))


def at_thresholds(sweep: Sweep, thresholds: Floats) -> Indices:
    """Find what thresholds do.

    Parameters
    ----------
    sweep
        k thresholds.
    thresholds
        Shape (n,), 0 to 1.

    Returns
    -------
    ndarray of int, shape (n,)
        Indices into the sweep.
    """
    found: Indices = np.searchsorted(-sweep.thresholds, -thresholds, side="right") - 1
    return found


def drawn_thresholds(sweep: Sweep) -> Floats:
    """Choose the thresholds between which a curve may be drawn straight.

    Parameters
    ----------
    sweep
        k thresholds.

    Returns
    -------
    ndarray of float, shape (n,)
        Rising, from `LOWEST_THRESHOLD` to 1.
    """
    even = np.geomspace(LOWEST_THRESHOLD, 1, LEVELS + 1)
    # Where a fraud is caught, the precision jumps.
    jumps = sweep.thresholds[at_recalls(sweep)]
    return np.unique(np.append(even, jumps[jumps >= LOWEST_THRESHOLD]))


def table_thresholds() -> Floats:
    """Return the thresholds of a table, from `LOWEST_THRESHOLD` to 1.

    Returns
    -------
    ndarray of float
        Rising, `PER_DECADE` in each power of ten.
    """
    decades = -round(np.log10(LOWEST_THRESHOLD))
    return np.geomspace(LOWEST_THRESHOLD, 1, PER_DECADE * decades + 1)


def confusion(scored: Scored, threshold: float) -> tuple[tuple[int, int], tuple[int, int]]:
    """Count what becomes of honest transactions and of frauds.

    Parameters
    ----------
    scored
        n transactions.
    threshold
        Between 0 and 1.

    Returns
    -------
    honest : tuple of int
        How many were let pass, and how many called frauds.
    frauds : tuple of int
        The same of the frauds.
    """
    alerts, fraud = scored.scores >= threshold, scored.truth == 1
    return (
        (int(np.sum(~fraud & ~alerts)), int(np.sum(~fraud & alerts))),
        (int(np.sum(fraud & ~alerts)), int(np.sum(fraud & alerts))),
    )


def reliability(scored: Scored) -> list[Bin]:
    """Put transactions with about the same score together.

    Parameters
    ----------
    scored
        n transactions.

    Returns
    -------
    list of Bin
        Two for each power of ten, by the scores, those without a transaction left out; the first
        holds all below `LOWEST_THRESHOLD`.
    """
    decades = -round(np.log10(LOWEST_THRESHOLD))
    edges = np.append(0.0, np.geomspace(LOWEST_THRESHOLD, 1, 2 * decades + 1))
    # A score of exactly 1 belongs to the last bin.
    bins = np.minimum(np.searchsorted(edges, scored.scores, side="right") - 1, len(edges) - 2)
    return [
        Bin(
            low=float(edges[each]),
            high=float(edges[each + 1]),
            transactions=int(np.sum(bins == each)),
            frauds=int(scored.truth[bins == each].sum()),
            score=float(scored.scores[bins == each].mean()),
        )
        for each in np.unique(bins)
    ]
