"""Compares the latest transactions with the training data; the adapter for metrics calls it.

By the population stability index (PSI) of each feature and of the probabilities, and by the rate of
alerts. Days of which nothing is wrong differ too, by the index that the model file gives for each
number as its baseline; only what lies well beyond that counts.
"""

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from function.model import Distribution, Reference
from function.observations import Observed

LEAST_SAMPLES = 1_000
"""Below, chance alone makes an index that looks like drift."""

LEAST_SHARE = 1e-4
"""What an empty bin counts as, so that the index stays finite."""

LIMIT = 0.2
"""What is widely taken for a change."""

BEYOND_BASELINE = 2
DEVIATIONS = 4
"""How far the number of alerts may lie from the expected one, in standard deviations."""

Status = Literal["unknown", "stable", "drifted"]
STATUSES: tuple[Status, ...] = ("unknown", "stable", "drifted")


class Drift(NamedTuple):
    """How far the latest transactions are from the training data.

    Attributes
    ----------
    samples
        How many were looked at.
    features
        The PSI of each feature by name; not a number where there are too few samples.
    score
        That of the probabilities.
    alert_rate
        The share of them that was called a fraud.
    status
        "drifted" where an index is over 0.2 and over twice its baseline, or where there are more
        or fewer alerts than chance explains; "unknown" below 1,000 samples.
    """

    samples: int
    features: dict[str, float]
    score: float
    alert_rate: float
    status: Status


def drift_of(latest: Sequence[Observed], reference: Reference, names: Sequence[str]) -> Drift:
    """Compare.

    Parameters
    ----------
    latest
        What was decided lately.
    reference
        The training data.
    names
        The model's features, in its order.

    Returns
    -------
    Drift
    """
    samples = len(latest)
    if samples < LEAST_SAMPLES:
        return Drift(samples, dict.fromkeys(names, math.nan), math.nan, math.nan, "unknown")
    columns = zip(*(each.numbers(each.transaction) for each in latest), strict=True)
    distributions = [reference.features[name] for name in names]
    indices = list(map(_index_of, distributions, columns))
    score = _index_of(reference.score, [each.probability for each in latest])
    alerts = sum(each.fraud for each in latest)
    drifted = any(map(_is_far, [*distributions, reference.score], [*indices, score]))
    drifted = drifted or _is_unlikely(alerts, reference.alert_rate * samples)
    status: Status = "drifted" if drifted else "stable"
    return Drift(samples, dict(zip(names, indices, strict=True)), score, alerts / samples, status)


def population_stability_index(expected: Iterable[float], actual: Iterable[float]) -> float:
    """Return how far two distributions are apart.

    The sum over the bins of (actual - expected) · log(actual / expected), the symmetric
    Kullback-Leibler divergence.

    Parameters
    ----------
    expected, actual
        The share of each bin, 0 to 1, as many of the one as of the other.

    Returns
    -------
    float
        0 or more; over 0.2 is widely taken for a change.
    """
    return sum(
        (now - was) * math.log(now / was)
        for was, now in zip(map(_filled, expected), map(_filled, actual), strict=True)
    )


def _filled(share: float) -> float:
    return max(share, LEAST_SHARE)


def _index_of(distribution: Distribution, values: Sequence[float]) -> float:
    counts = [0] * len(distribution.shares)
    for value in values:
        counts[bisect_right(distribution.edges, value)] += 1
    return population_stability_index(
        distribution.shares, [count / len(values) for count in counts]
    )


def _is_far(distribution: Distribution, index: float) -> bool:
    return index > max(LIMIT, BEYOND_BASELINE * distribution.baseline_psi)


def _is_unlikely(alerts: int, expected: float) -> bool:
    """Compare with the deviation of a Poisson distribution, which rare events follow."""
    return abs(alerts - expected) > DEVIATIONS * math.sqrt(max(expected, 1))
