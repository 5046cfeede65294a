"""Says how far a metric can be trusted: it is measured again on resamples of the test part.

`study` calls it for one model, `comparison` for two on the same resamples: what transactions were
drawn moves both metrics alike, so that their difference is known far better than either.

Bradley Efron, Robert Tibshirani: An Introduction to the Bootstrap. Chapman and Hall 1993,
section 13.3, the percentile interval.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from training.evaluation import Evaluation, Scored

RESAMPLES = 1000
LEVEL = 0.95
METRICS = ("average_precision", "precision", "recall", "fallout", "brier", "log_loss")
"""What is measured: fields of `function.model.Metrics`."""

MARGIN = 0.02
"""How much average precision NEW may lose, at worst, and still be no worse.

Retrained without a tenth of the rows, the default recipe's interval of the difference was found to
reach down to -0.009: twice that, so that no honest retraining fails by bad luck. It is about
half the standard error of a single average precision.
"""

Floats = NDArray[np.float64]


class Interval(NamedTuple):
    """What `LEVEL` of the resamples lie within."""

    low: float
    high: float


@dataclass(frozen=True)
class Difference:
    """A metric of two models on the same transactions, and the interval of new - old."""

    old: float
    new: float
    difference: float
    interval: Interval


def differences(old: Evaluation, new: Evaluation, seed: int = 0) -> dict[str, Difference]:
    """Compare two models by every metric.

    Parameters
    ----------
    old, new
        The same transactions in the same order, each with its own scores and threshold.
    seed
        For the resamples, 0 or more.

    Returns
    -------
    dict of Difference
        By the name of the metric, in the order of `METRICS`.
    """
    found = resampled([old.test, new.test], [old.threshold, new.threshold], seed)
    return {
        name: Difference(before, after, after - before, interval_of(values[:, 1] - values[:, 0]))
        for name, values in found.items()
        for before, after in [(getattr(old.metrics, name), getattr(new.metrics, name))]
    }


@dataclass(frozen=True)
class Verdict:
    """One of three words, and why."""

    name: Literal["better", "no worse", "worse"]
    sentence: str


def verdict_of(interval: Interval, margin: float) -> Verdict:
    """Judge by the interval of the difference in average precision.

    Parameters
    ----------
    interval
        Of new - old.
    margin
        What may be lost and still be no worse, 0 to 1.

    Returns
    -------
    Verdict
        What is not shown to be no worse counts as worse; the sentence says which it is.
    """
    low, high = interval
    span = f"The 95% interval of the difference in average precision, {low:+.4f} to {high:+.4f},"
    if low > 0:
        return Verdict("better", f"{span} lies above 0.")
    if low >= -margin:
        return Verdict("no worse", f"{span} does not reach below the margin, {-margin:g}.")
    beyond = f"{span} reaches below the margin, {-margin:g}"
    if high < 0:
        return Verdict("worse", f"{beyond}, and lies below 0.")
    return Verdict("worse", f"{beyond}: what is not shown to be no worse counts as worse.")


def intervals(scored: Scored, threshold: float, seed: int = 0) -> dict[str, Interval]:
    """Return an interval for each metric of one model.

    Parameters
    ----------
    scored
        The test part.
    threshold
        Between 0 and 1.
    seed
        For the resamples, 0 or more.

    Returns
    -------
    dict of Interval
        By the name of the metric, in the order of `METRICS`.
    """
    found = resampled([scored], [threshold], seed)
    return {name: interval_of(values[:, 0]) for name, values in found.items()}


def interval_of(values: Floats) -> Interval:
    """Return the percentile interval.

    Parameters
    ----------
    values
        Shape (resamples,).

    Returns
    -------
    Interval
    """
    low, high = np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(float(low), float(high))


def resampled(
    scored: Sequence[Scored], thresholds: Sequence[float], seed: int = 0
) -> dict[str, Floats]:
    """Measure one or more models on the same resamples of the same transactions.

    Parameters
    ----------
    scored
        For each model the same transactions with its scores; a fraud is among them.
    thresholds
        The threshold of each, between 0 and 1.
    seed
        For the resamples, 0 or more.

    Returns
    -------
    dict of ndarray, shape (at most `RESAMPLES`, models)
        By the name of the metric, in the order of `METRICS`. A resample that happens to hold no
        fraud is left out.
    """
    generator = np.random.default_rng(seed)
    models = [Weighted(each, bound) for each, bound in zip(scored, thresholds, strict=True)]
    truth = scored[0].truth
    rows = []
    for _ in range(RESAMPLES):
        drawn = generator.integers(len(truth), size=len(truth))
        weights = np.bincount(drawn, minlength=len(truth)).astype(np.float64)
        if weights @ truth > 0:
            rows.append([model.metrics(weights) for model in models])
    stacked = np.array(rows)
    return {name: stacked[:, :, index] for index, name in enumerate(METRICS)}


class Weighted:
    """A model's scores, made ready to be measured with any weights of the transactions.

    Between two frauds' scores the honest transactions matter by their number alone. So all scores
    are put into groups once, and a resample costs a pass over them instead of a sort.

    Parameters
    ----------
    scored
        The transactions, n of them.
    threshold
        Between 0 and 1.
    """

    def __init__(self, scored: Scored, threshold: float) -> None:
        truth, scores = scored.truth, scored.scores
        levels = np.unique(np.append(scores[truth == 1], threshold))
        # How many levels lie above: a transaction counts from its own level on.
        self._groups = len(levels) - np.searchsorted(levels, scores, side="right")
        self._at_threshold = len(levels) - 1 - int(np.searchsorted(levels, threshold))
        self._count = len(levels) + 1
        self._frauds = np.flatnonzero(truth)
        self._squares = (scores - truth) ** 2
        self._logarithms = _log_losses(scored)

    def metrics(self, weights: Floats) -> tuple[float, ...]:
        """Measure with these weights.

        Parameters
        ----------
        weights
            Shape (n,), each 0 or more; at least one fraud has more than 0.

        Returns
        -------
        tuple of float
            In the order of `METRICS`; as `training.evaluation.metrics_of` measures, where all
            weights are 1.
        """
        caught = self._cumulated(self._groups[self._frauds], weights[self._frauds])
        alerts = self._cumulated(self._groups, weights)
        frauds, total = caught[-1], alerts[-1]
        precisions = np.divide(caught, alerts, out=np.ones_like(alerts), where=alerts > 0)
        at = self._at_threshold
        return (
            float(np.diff(caught, prepend=0.0) @ precisions / frauds),
            float(precisions[at]),
            float(caught[at] / frauds),
            float((alerts[at] - caught[at]) / (total - frauds)) if total > frauds else 0.0,
            float(weights @ self._squares / total),
            float(weights @ self._logarithms / total),
        )

    def _cumulated(self, groups: NDArray[np.intp], weights: Floats) -> Floats:
        return np.cumsum(np.bincount(groups, weights=weights, minlength=self._count))


def _log_losses(scored: Scored) -> Floats:
    right = np.where(scored.truth == 1, scored.scores, 1 - scored.scores)
    # As scikit-learn does it: what was held impossible and came true must not cost infinitely much.
    smallest = np.finfo(np.float64).eps
    losses: Floats = -np.log(np.clip(right, smallest, 1 - smallest))
    return losses
