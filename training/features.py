"""The transformation of features that the signed-log recipe adds to a linear model."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data


class SignedLog(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
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

    def fit(self, X: ArrayLike, y: ArrayLike | None = None) -> Self:  # noqa: ARG002, N803
        """Learn how many features there are.

        Parameters
        ----------
        X
            Shape (n_samples, n_features).
        y
            Not used.

        Returns
        -------
        SignedLog
            Itself.
        """
        validate_data(self, X)
        return self

    def transform(self, X: ArrayLike) -> NDArray[np.float64]:  # noqa: N803
        """Return the features, then their signed logarithms.

        Parameters
        ----------
        X
            Shape (n_samples, n_features).

        Returns
        -------
        ndarray of float, shape (n_samples, 2 * n_features)
        """
        check_is_fitted(self, "n_features_in_")
        z = validate_data(self, X, reset=False, dtype=np.float64)
        return np.hstack([z, np.copysign(np.log1p(np.abs(z)), z)])

    def get_feature_names_out(self, input_features: Sequence[str] | None = None) -> NDArray[Any]:
        """Return the names of the output's features.

        Parameters
        ----------
        input_features
            Names of the input's features; those seen in fit where it is None.

        Returns
        -------
        ndarray of str, shape (2 * n_features,)
        """
        check_is_fitted(self, "n_features_in_")
        names = getattr(self, "feature_names_in_", input_features)
        if names is None:
            names = [f"x{number}" for number in range(self.n_features_in_)]
        return np.array([*names, *(f"signed_log({name})" for name in names)], dtype=np.object_)
