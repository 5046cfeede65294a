"""The signed-log recipe: the scikit-learn pipeline and how it folds into a model file.

`training.train` fits it, `training.evaluation` measures it.
"""

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from function.model import SCHEMA, Feature, Model, Training, sealed
from training.data import COMPONENTS
from training.features import SignedLog

NAME = "signed-log"
FEATURES = [*COMPONENTS, "Amount"]
DEFAULT_C = 0.1
"""Strong regularisation: it holds on the next day, where weaker ones look better only at random."""


def signed_log(C: float = DEFAULT_C) -> Pipeline:  # noqa: N803  scikit-learn's name
    """Make the pipeline, not fitted.

    Parameters
    ----------
    C
        The inverse of the regularisation's strength, above 0.

    Returns
    -------
    sklearn.pipeline.Pipeline
        It takes a DataFrame that has V1 to V28 and Amount. Time is left out: trained on two days,
        its coefficient would shift every later score.
    """
    logarithm = FunctionTransformer(np.log1p, feature_names_out="one-to-one")
    select = ColumnTransformer(
        [("components", "passthrough", COMPONENTS), ("amount", logarithm, ["Amount"])],
        verbose_feature_names_out=False,
    )
    return Pipeline(
        [
            ("select", select),
            ("standardise", StandardScaler()),
            ("signed_log", SignedLog()),
            ("standardise_terms", StandardScaler()),
            ("classify", LogisticRegression(C=C, solver="newton-cholesky")),
        ]
    )


def fold(pipeline: Pipeline, threshold: float, training: Training) -> Model:
    """Fold a fitted pipeline into a model.

    Parameters
    ----------
    pipeline
        As `signed_log` made it, fitted.
    threshold
        The probability from which on a transaction is called a fraud, between 0 and 1.
    training
        Where the numbers come from.

    Returns
    -------
    Model
        Sealed; it gives the pipeline's probabilities.
    """
    inputs, terms = pipeline["standardise"], pipeline["standardise_terms"]
    classifier = pipeline["classify"]
    weights = classifier.coef_[0] / terms.scale_
    linear, logarithmic = np.split(weights, 2)
    offsets = -np.sum(np.split(weights * terms.mean_, 2), axis=0)
    features = tuple(
        Feature(
            name=name,
            transform="log1p" if name == "Amount" else "identity",
            mean=float(inputs.mean_[index]),
            scale=float(inputs.scale_[index]),
            offset=float(offsets[index]),
            linear=float(linear[index]),
            signed_log=float(logarithmic[index]),
        )
        for index, name in enumerate(FEATURES)
    )
    intercept = float(classifier.intercept_[0])
    return sealed(Model(SCHEMA, NAME, "", "", threshold, intercept, features, training))
