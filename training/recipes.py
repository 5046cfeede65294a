"""The recipes: scikit-learn pipelines by name, and how each folds into a model file.

`train`, `evaluation` and `study` take them from `RECIPES`. A further recipe is one class here and
one line in that table.
"""

from typing import Any, ClassVar, Literal

import numpy as np
from imblearn.pipeline import Pipeline as SamplingPipeline
from imblearn.under_sampling import RandomUnderSampler
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from function.model import Feature
from training.features import BatchedStandardScaler, Hinges, SignedLog, Terms
from training.table import COMPONENTS

LOGARITHMIC = "Amount"
"""The one feature that a recipe may take the logarithm of; it spans five orders of magnitude."""


class Recipe:
    """A way to make a model: a logistic regression on features that are standardised.

    Attributes
    ----------
    name
        As it is called on the command line and in the model file.
    summary
        What it is, in a sentence.
    C
        The inverse of the regularisation's strength by default, above 0. Strong regularisation
        holds on the next day, where weaker ones look better only at random.
    features
        What it uses. Time is left out where nothing else is said: trained on two days, its
        coefficient shifts every later score.
    amount_transform
        What is done to Amount before it is standardised.
    undersampled
        Whether it is fitted to all frauds and as many honest transactions, drawn at random.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    C: ClassVar[float]
    features: ClassVar[tuple[str, ...]] = (*COMPONENTS, "Amount")
    amount_transform: ClassVar[Literal["identity", "log1p"]] = "log1p"
    undersampled: ClassVar[bool] = False

    def terms(self) -> Terms | None:
        """Return what bends the features, not fitted; None where they stay straight."""
        return None

    def pipeline(self, C: float | None = None, seed: int = 0) -> Pipeline:  # noqa: N803
        """Make the pipeline, not fitted.

        Parameters
        ----------
        C
            The inverse of the regularisation's strength, above 0; the recipe's where it is None.
        seed
            Of what is drawn at random, 0 or more.

        Returns
        -------
        sklearn.pipeline.Pipeline
            It takes a DataFrame that has the features by name.
        """
        steps: list[tuple[str, object]] = [
            ("select", self._selection()),
            ("standardise", StandardScaler()),
        ]
        if (terms := self.terms()) is not None:
            steps += [("terms", terms), ("standardise_terms", BatchedStandardScaler(copy=False))]
        if self.undersampled:
            steps += [("undersample", RandomUnderSampler(random_state=seed))]
        strength = self.C if C is None else C
        steps += [("classify", LogisticRegression(C=strength, solver="newton-cholesky"))]
        return (SamplingPipeline if self.undersampled else Pipeline)(steps)

    def _selection(self) -> ColumnTransformer:
        logarithm = FunctionTransformer(np.log1p, feature_names_out="one-to-one")
        amount = logarithm if self.amount_transform == "log1p" else "passthrough"
        parts = [
            ("straight", "passthrough", [name for name in self.features if name != LOGARITHMIC]),
            ("amount", amount, [name for name in self.features if name == LOGARITHMIC]),
        ]
        return ColumnTransformer(parts, verbose_feature_names_out=False)

    def fold(self, pipeline: Pipeline) -> tuple[float, tuple[Feature, ...]]:
        """Multiply the fitted pipeline out to what the function computes.

        Parameters
        ----------
        pipeline
            As `pipeline` made it, fitted.

        Returns
        -------
        intercept : float
            The log-odds of an average transaction.
        features : tuple of Feature
            They give the pipeline's probabilities.
        """
        inputs = pipeline["standardise"]
        bends = _bends(pipeline)
        features = tuple(
            Feature(
                name=name,
                transform=self.amount_transform if name == LOGARITHMIC else "identity",
                mean=float(inputs.mean_[index]),
                scale=float(inputs.scale_[index]),
                **bends[index],
            )
            for index, name in enumerate(self.features)
        )
        return float(pipeline["classify"].intercept_[0]), features


def columns_of(pipeline: Pipeline) -> int:
    """Count the features that the logistic regression sees, terms included.

    Parameters
    ----------
    pipeline
        As `Recipe.pipeline` made it, fitted or not.

    Returns
    -------
    int
    """
    count = sum(len(columns) for _, _, columns in pipeline["select"].transformers)
    terms = pipeline.named_steps.get("terms")
    return count if terms is None else count * (1 + len(terms.labels()))


def _bends(pipeline: Pipeline) -> list[dict[str, Any]]:
    """Return, for each feature, what becomes of it once it is standardised.

    The output of the terms comes in blocks, each of all features: first the features themselves,
    then the first term of each, and so on.
    """
    count = pipeline["standardise"].n_features_in_
    weights = pipeline["classify"].coef_.reshape(-1, count)
    terms = pipeline.named_steps.get("terms")
    if terms is None:
        return [{"offset": 0.0, "linear": float(weight)} for weight in weights[0]]
    scaler = pipeline["standardise_terms"]
    weights = weights / scaler.scale_.reshape(-1, count)
    offsets = -np.sum(weights * scaler.mean_.reshape(-1, count), axis=0)
    return [
        {"offset": float(offset), **folded}
        for offset, folded in zip(offsets, terms.folded(weights), strict=True)
    ]


class Paper(Recipe):
    """The recipe of the 2018 report."""

    name = "paper"
    summary = "the 2018 report's: all 30 features, as many honest transactions as frauds"
    C = 0.01
    features = ("Time", *COMPONENTS, "Amount")
    amount_transform = "identity"
    undersampled = True


class Linear(Recipe):
    """The report's features and regularisation, and all transactions."""

    name = "linear"
    summary = "all 30 features as they are, all transactions"
    C = 0.01
    features = ("Time", *COMPONENTS, "Amount")
    amount_transform = "identity"


class SignedLogs(Recipe):
    """The default: each feature and its signed logarithm."""

    name = "signed-log"
    summary = "each feature and its signed logarithm, without Time"
    C = 0.1

    def terms(self) -> Terms:
        """Return the signed logarithms."""
        return SignedLog()


class BrokenLines(Recipe):
    """The challenger: a broken line in each feature."""

    name = "hinges"
    summary = "each feature and its hinges at five quantiles, without Time"
    C = 0.01

    def terms(self) -> Terms:
        """Return the hinges."""
        return Hinges()


RECIPES: dict[str, Recipe] = {
    recipe.name: recipe for recipe in (Paper(), Linear(), SignedLogs(), BrokenLines())
}
DEFAULT = SignedLogs.name
