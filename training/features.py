"""The transforms that bend a linear model: each adds terms to every standardised feature.

`recipes` puts them into pipelines. They are additive: a term depends on one feature alone, which is
what makes the reasons of a decision exact.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.preprocessing import StandardScaler
from sklearn.utils import gen_batches
from sklearn.utils.validation import check_is_fitted, validate_data

from function.model import Hinge

Matrix = NDArray[np.float64]

BATCH = 10_000
"""Transactions at a time."""


class Terms(TransformerMixin, BaseEstimator, ABC):  # type: ignore[misc]  # scikit-learn has no types
    """Add terms to every feature; what they are, subclasses say.

    Attributes
    ----------
    n_features_in_ : int
        How many features there were on input.
    feature_names_in_ : ndarray of str, shape (n_features_in_,)
        Their names, where the input had names.
    """

    def fit(self, X: ArrayLike, y: ArrayLike | None = None) -> Self:  # noqa: ARG002, N803
        """Learn how many features there are, and what the terms need to know of them.

        Parameters
        ----------
        X
            Shape (n_samples, n_features).
        y
            Not used.

        Returns
        -------
        Terms
            Itself.

        Raises
        ------
        ValueError
            If X is not a matrix of finite numbers, or a parameter is not allowed.
        """
        self._learn(validate_data(self, X, dtype=np.float64))
        return self

    def transform(self, X: ArrayLike) -> Matrix:  # noqa: N803
        """Return the features, then the first term of each, then the second, and so on.

        Parameters
        ----------
        X
            Shape (n_samples, n_features).

        Returns
        -------
        ndarray of float, shape (n_samples, n_features * (1 + number of terms))

        Raises
        ------
        NotFittedError
            If `fit` was not called.
        ValueError
            If X is not a matrix of finite numbers with as many features as in `fit`.
        """
        check_is_fitted(self, "n_features_in_")
        z = validate_data(self, X, reset=False, dtype=np.float64)
        blocks = np.empty((len(z), 1 + len(self.labels()), z.shape[1]))
        blocks[:, 0] = z
        for number, added in enumerate(self._added(z), start=1):
            blocks[:, number] = added
        return blocks.reshape(len(z), -1)

    def get_feature_names_out(self, input_features: Sequence[str] | None = None) -> NDArray[Any]:
        """Return the names of the output's features.

        Parameters
        ----------
        input_features
            Names of the input's features; those seen in fit where it is None.

        Returns
        -------
        ndarray of str, shape (n_features * (1 + number of terms),)

        Raises
        ------
        NotFittedError
            If `fit` was not called.
        """
        check_is_fitted(self, "n_features_in_")
        names = getattr(self, "feature_names_in_", input_features)
        if names is None:
            names = [f"x{number}" for number in range(self.n_features_in_)]
        added = [f"{label}({name})" for label in self.labels() for name in names]
        return np.array([*names, *added], dtype=np.object_)

    @abstractmethod
    def folded(self, weights: Matrix) -> list[dict[str, Any]]:
        """Say what the model file says of the terms and their weights.

        Parameters
        ----------
        weights
            Shape (1 + number of terms, n_features): a linear model's weights of the output.

        Returns
        -------
        list of dict
            For each feature, some of the fields of `function.model.Feature`.
        """

    @abstractmethod
    def labels(self) -> list[str]:
        """Return the name of each term.

        Returns
        -------
        list of str
            In the order in which they are added.
        """

    def _learn(self, z: Matrix) -> None:
        """Learn from the features, shape (n_samples, n_features)."""

    @abstractmethod
    def _added(self, z: Matrix) -> Iterator[Matrix]:
        """Yield each term of all features, shape (n_samples, n_features)."""


class SignedLog(Terms):
    """Add to every feature its signed logarithm, sign(z)·log(1 + abs(z)).

    The data's components have heavy tails; a linear model bent by this term no longer lets a few
    extreme values rule. The input should be standardised.

    Attributes
    ----------
    n_features_in_ : int
        How many features there were on input.
    feature_names_in_ : ndarray of str, shape (n_features_in_,)
        Their names, where the input had names.
    """

    def folded(self, weights: Matrix) -> list[dict[str, Any]]:
        """Say what the model file says of the terms, as `Terms.folded` does."""
        return [
            {"linear": float(linear), "signed_log": float(logarithmic)}
            for linear, logarithmic in weights.T
        ]

    def labels(self) -> list[str]:
        """Return the name of the term."""
        return ["signed_log"]

    def _added(self, z: Matrix) -> Iterator[Matrix]:
        yield np.copysign(np.log1p(np.abs(z)), z)


class Hinges(Terms):
    """Add to every feature max(0, z - knot), for knots at quantiles of the training data.

    A linear model of these is a broken line in every feature: it follows any smooth shape, and
    beyond the outer knots it is straight.

    Parameters
    ----------
    quantiles
        Where the knots are, each 0 to 1.

    Attributes
    ----------
    knots_ : ndarray of float, shape (len(quantiles), n_features_in_)
        The knots in units of the features.
    n_features_in_ : int
        How many features there were on input.
    feature_names_in_ : ndarray of str, shape (n_features_in_,)
        Their names, where the input had names.
    """

    def __init__(self, quantiles: Sequence[float] = (0.01, 0.1, 0.5, 0.9, 0.99)) -> None:
        self.quantiles = quantiles

    def folded(self, weights: Matrix) -> list[dict[str, Any]]:
        """Say what the model file says of the terms, as `Terms.folded` does."""
        return [
            {"linear": float(linear), "hinges": tuple(map(_hinge, knots, hinged))}
            for (linear, *hinged), knots in zip(weights.T, self.knots_.T, strict=True)
        ]

    def labels(self) -> list[str]:
        """Return the name of the hinge at each quantile."""
        return [f"hinge_{quantile:g}" for quantile in self.quantiles]

    def _learn(self, z: Matrix) -> None:
        if not all(0 <= each <= 1 for each in self.quantiles):
            raise ValueError(f"quantiles must be from 0 to 1, got {self.quantiles!r}.")
        self.knots_ = np.quantile(z, self.quantiles, axis=0)

    def _added(self, z: Matrix) -> Iterator[Matrix]:
        for knots in self.knots_:
            yield np.maximum(z - knots, 0)


class BatchedStandardScaler(StandardScaler):  # type: ignore[misc]  # scikit-learn has no types
    """scikit-learn's StandardScaler, which learns batch by batch.

    The original copies its input twice to learn from it: for the terms of 200,000 transactions that
    is half a gigabyte, and takes four times as long.
    """

    def fit(self, X: ArrayLike, y: ArrayLike | None = None) -> Self:  # noqa: ARG002, N803
        """Learn the means and the scales.

        Parameters
        ----------
        X
            Shape (n_samples, n_features).
        y
            Not used.

        Returns
        -------
        BatchedStandardScaler
            Itself.

        Raises
        ------
        ValueError
            If X is not a matrix of numbers.
        """
        self._reset()
        matrix = validate_data(self, X, dtype=np.float64, ensure_all_finite="allow-nan")
        # Of a bare array partial_fit forgets the names.
        names = getattr(self, "feature_names_in_", None)
        for batch in gen_batches(len(matrix), BATCH):
            self.partial_fit(matrix[batch])
        if names is not None:
            self.feature_names_in_ = names
        return self


def _hinge(knot: float, weight: float) -> Hinge:
    return Hinge(float(knot), float(weight))
