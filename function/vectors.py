"""Scores many transactions at once, in numpy; the formula is that in the head of `function.model`.

`adapters.core` imports it with the first batch that is worth it, so that a function that never
sees one starts sooner and stays smaller; `training` scores tables with it. Its sums are in another
order than those of `scoring`, so that a probability may differ in the last of its digits.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat
from struct import Struct
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from function.model import Model
from function.observations import SCORE_BOUNDS
from function.policy import Policy, ThresholdPolicy

Floats = NDArray[np.float64]

_SCORE_BOUNDS = np.array(SCORE_BOUNDS)

ROWS_AT_ONCE = 1024
"""What stays within a processor's own memory: 29 numbers of 8 bytes a row, a few times over."""


class Verdicts(NamedTuple):
    """What many transactions are found to be, each list in their order.

    Attributes
    ----------
    frauds
        Whether each is called a fraud.
    probabilities
        Of a fraud, 0 to 1.
    thresholds
        The probabilities where the decisions turn, 0 to 1; without an end where it is one for all.
    contributions
        Of each its features' contributions to the log-odds; empty where they were not asked for.
    score_counts
        How many of the probabilities are in each bucket of `SCORE_BOUNDS`.
    """

    frauds: list[bool]
    probabilities: list[float]
    thresholds: Iterable[float]
    contributions: list[list[float]]
    score_counts: list[int]


class VectorScorer:
    """A model made ready for scoring many transactions at once.

    Parameters
    ----------
    model
        As `read_model` returns it.
    policy
        What turns its probabilities into decisions; its own threshold where it is None.
    """

    def __init__(self, model: Model, policy: Policy | None = None) -> None:
        features = model.features
        self._policy = policy or ThresholdPolicy(model.threshold)
        self._names = [each.name for each in features]
        self._known_places: dict[tuple[str, ...], tuple[list[int] | slice, int]] = {}
        self._intercept = model.intercept
        self._logarithmic = [
            position for position, each in enumerate(features) if each.transform == "log1p"
        ]
        self._scale = np.array([each.scale for each in features])
        self._mean = np.array([each.mean for each in features])
        self._offset = np.array([each.offset for each in features])
        self._linear = np.array([each.linear for each in features])
        self._signed_log = np.array([each.signed_log for each in features])
        self._any_signed_log = bool(self._signed_log.any())
        most = max((len(each.hinges) for each in features), default=0)
        # Features with fewer hinges than others have some more here, of no weight.
        self._knots, self._weights = np.zeros((2, most, len(features)))
        for position, feature in enumerate(features):
            for number, hinge in enumerate(feature.hinges):
                self._knots[number, position] = hinge.knot
                self._weights[number, position] = hinge.weight

    def contributions(self, values: Floats) -> Floats:
        """Return each feature's contribution to the log-odds of each transaction.

        Parameters
        ----------
        values : ndarray of float, shape (n, number of features)
            In the order of the model's features, as a client sends them.

        Returns
        -------
        ndarray of float, shape (n, number of features)
            With the intercept, those of a row add up to its log-odds.
        """
        contributions = np.tile(self._offset, (len(values), 1))
        for term, weights in self._terms(values):
            contributions += weights * term
        return contributions

    def _terms(self, values: Floats) -> Iterator[tuple[Floats, Floats]]:
        """Yield what is to be multiplied by which weights, a column a feature, and added up."""
        z = values - self._mean
        for position in self._logarithmic:
            z[:, position] = np.log1p(values[:, position]) - self._mean[position]
        z /= self._scale
        yield z, self._linear
        if self._any_signed_log:
            # log1p takes twice as long; below 1 it tells 1e-16 more, which is lost in the sum.
            logarithm = np.abs(z)
            logarithm += 1
            np.log(logarithm, out=logarithm)
            np.copysign(logarithm, z, out=logarithm)
            yield logarithm, self._signed_log
        for knots, weights in zip(self._knots, self._weights, strict=True):
            yield np.maximum(z - knots, 0), weights

    def probabilities(self, values: Floats) -> Floats:
        """Return the probability that each transaction is a fraud.

        Parameters
        ----------
        values : ndarray of float, shape (n, number of features)
            As `contributions` takes them.

        Returns
        -------
        ndarray of float, shape (n,)
            0 to 1.
        """
        sums = [
            self._sums(values[start : start + ROWS_AT_ONCE])
            for start in range(0, len(values), ROWS_AT_ONCE)
        ]
        return self._sigmoid(np.concatenate(sums) if sums else np.empty(0))

    def _sums(self, values: Floats) -> Floats:
        """Add up the contributions of each transaction without making them one by one."""
        sums: Floats = np.full(len(values), self._offset.sum())
        for term, weights in self._terms(values):
            # Not by matrix multiplication, whose last digits depend on what other rows there are.
            sums += np.einsum("ij,j->i", term, weights)
        return sums

    def decide(
        self, numbers: Floats, columns: Sequence[str], *, explained: bool = False
    ) -> Verdicts:
        """Score many transactions.

        Parameters
        ----------
        numbers : ndarray of float, shape (n, number of columns)
            A transaction a row, at least one, whose ranges have been checked.
        columns
            What the numbers of a row are: the model's features and Amount among them.
        explained
            Whether to give the contributions too.

        Returns
        -------
        Verdicts
        """
        features, amount = self._places(tuple(columns))
        values = numbers[:, features]
        contributions: list[list[float]] = []
        if explained:
            found = self.contributions(values)
            contributions = found.tolist()
            probabilities = self._sigmoid(found.sum(axis=1))
        else:
            probabilities = self.probabilities(values)
        frauds, thresholds = self._policy.decide(probabilities, numbers[:, amount])  # type: ignore[arg-type]
        one_for_all = isinstance(thresholds, float)
        buckets = np.bincount(
            _SCORE_BOUNDS.searchsorted(probabilities), minlength=len(_SCORE_BOUNDS)
        )
        return Verdicts(
            frauds.tolist(),  # type: ignore[attr-defined]
            probabilities.tolist(),
            repeat(thresholds) if one_for_all else thresholds.tolist(),  # type: ignore[attr-defined]
            contributions,
            buckets.tolist(),
        )

    def _sigmoid(self, sums: Floats) -> Floats:
        with np.errstate(over="ignore"):  # where exp is beyond all bounds, the probability is 0
            probabilities: Floats = 1 / (1 + np.exp(-(self._intercept + sums)))
        return probabilities

    def _places(self, columns: tuple[str, ...]) -> tuple[list[int] | slice, int]:
        if columns not in self._known_places:
            features: list[int] | slice = [columns.index(name) for name in self._names]
            if features == list(range(len(columns))):
                features = slice(None)  # all of them as they are: no copy
            self._known_places = {columns: (features, columns.index("Amount"))}
        return self._known_places[columns]


def matrix_of(rows: Iterable[Sequence[float]], width: int) -> Floats:
    """Make a matrix of rows.

    Parameters
    ----------
    rows
        Each of as many numbers.
    width
        How many.

    Returns
    -------
    ndarray of float, shape (n, width)
    """
    # numpy would look at each number by itself to learn its type: that takes three times as long.
    pack = Struct(f"{width}d").pack
    return np.frombuffer(b"".join([pack(*row) for row in rows])).reshape(-1, width)
