"""Writes down what the training data looks like, so that later data can be compared with it.

`train` calls it; the result goes into the model file.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from function.drift import population_stability_index
from function.model import Distribution, Reference
from training.evaluation import Scored
from training.splits import first_day_count

Floats = NDArray[np.float64]

BINS = 10
FEATURE_TAILS = (0.001, 0.01, 0.99, 0.999)
SCORE_TAILS = (0.99, 0.995, 0.998, 0.999, 0.9995)
"""About one transaction in 580 is a fraud: what happens to quality happens up here."""

DIGITS = 6


def reference_of(
    table: pd.DataFrame, features: Sequence[str], scored: Scored, threshold: float
) -> Reference:
    """Describe the training data.

    Parameters
    ----------
    table
        As `training.table.read` returns it.
    features
        The model's, by name.
    scored
        The same transactions with out-of-fold scores, which are like those of transactions to come.
    threshold
        The model's, between 0 and 1.

    Returns
    -------
    Reference
    """
    order = np.argsort(table["Time"].to_numpy(), kind="stable")
    first = first_day_count(table)
    return Reference(
        features={
            name: distribution_of(table[name].to_numpy()[order], first, FEATURE_TAILS)
            for name in features
        },
        score=distribution_of(scored.scores[order], first, SCORE_TAILS),
        alert_rate=_short(np.mean(scored.scores >= threshold)),
    )


def distribution_of(values: Floats, first: int, tails: Sequence[float]) -> Distribution:
    """Describe one number.

    Parameters
    ----------
    values
        Shape (n,), in the order of time.
    first
        How many of them are of the first day, from 1 to n - 1.
    tails
        The levels of the quantiles wanted near the ends, each 0 to 1.

    Returns
    -------
    Distribution
    """
    edges = np.array([_short(edge) for edge in decile_edges(values)])
    return Distribution(
        edges=tuple(edges.tolist()),
        shares=tuple(_short(share) for share in shares_of(values, edges)),
        tails={f"{level:g}": _short(np.quantile(values, level)) for level in tails},
        baseline_psi=_short(psi(values[:first], values[first:])),
    )


def decile_edges(values: Floats) -> Floats:
    """Return the values between ten bins with an equal share of the data, each once.

    Parameters
    ----------
    values
        Shape (n,).

    Returns
    -------
    ndarray of float, shape (at most 9,)
        Rising.
    """
    return np.unique(np.quantile(values, np.arange(1, BINS) / BINS))


def shares_of(values: Floats, edges: Floats) -> Floats:
    """Return the share of the values in each bin.

    Parameters
    ----------
    values
        Shape (n,).
    edges
        Shape (k,), rising; a value belongs to the bin after the last edge that it reaches.

    Returns
    -------
    ndarray of float, shape (k + 1,)
    """
    bins = np.searchsorted(edges, values, side="right")
    return np.bincount(bins, minlength=len(edges) + 1) / len(values)


def psi(expected: Floats, actual: Floats) -> float:
    """Return the population stability index of some values against others.

    Parameters
    ----------
    expected
        Shape (n,); their deciles are the bins.
    actual
        Shape (m,).

    Returns
    -------
    float
        0 or more; over 0.2 is widely taken for a change.
    """
    edges = decile_edges(expected)
    return population_stability_index(
        shares_of(expected, edges).tolist(), shares_of(actual, edges).tolist()
    )


def _short(number: float | np.floating) -> float:
    """Round to as many digits as mean something, which keeps the model file small."""
    return float(f"{number:.{DIGITS}g}")
