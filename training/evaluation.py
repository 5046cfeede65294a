"""Measures a recipe on transactions that it has not seen.

`fitting`, `study` and `compare` call it.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.metrics import average_precision_score, brier_score_loss, confusion_matrix, log_loss
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import Pipeline

from function.model import Metrics
from training.errors import DataError
from training.parallel import at_once
from training.recipes import columns_of
from training.splits import Split
from training.sweep import Sweep
from training.table import TARGET
from training.thresholds import Rule

FOLDS = 3
CALIBRATION_BINS = 20

Truth = NDArray[np.int_]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Scored:
    """Transactions with their scores.

    Attributes
    ----------
    truth
        Shape (n,), 1 for a fraud and 0 else.
    scores
        Shape (n,), the probability of a fraud, 0 to 1.
    amounts
        Shape (n,), in euros.
    """

    truth: Truth
    scores: Floats
    amounts: Floats

    @classmethod
    def of(cls, table: pd.DataFrame, scores: Floats) -> Self:
        """Put transactions and their scores together.

        Parameters
        ----------
        table
            As `training.table.read` returns it, n rows.
        scores
            Shape (n,), 0 to 1.

        Returns
        -------
        Scored
        """
        # Copied, because a view of one column would keep the whole table alive.
        return cls(
            table[TARGET].to_numpy(copy=True), scores.copy(), table["Amount"].to_numpy(copy=True)
        )

    @cached_property
    def sweep(self) -> Sweep:
        """The outcome at every threshold."""
        return Sweep.of(self.truth, self.scores, self.amounts)

    @property
    def average_precision(self) -> float:
        """The area under the curve of precision over recall, 0 to 1."""
        return float(average_precision_score(self.truth, self.scores))


@dataclass(frozen=True)
class Evaluation:
    """A recipe, measured on one split.

    Attributes
    ----------
    test
        The test part with the scores of a model that was fitted to the training part.
    threshold
        Chosen on out-of-fold scores of the training part, between 0 and 1.
    """

    test: Scored
    threshold: float

    @cached_property
    def metrics(self) -> Metrics:
        """The test part's metrics at the threshold."""
        return metrics_of(self.test, self.threshold)


def out_of_fold(pipeline: Pipeline, table: pd.DataFrame, seed: int) -> Scored:
    """Score each transaction with a model that was fitted to the others.

    Parameters
    ----------
    pipeline
        The recipe's; it is cloned, not changed.
    table
        As `training.table.read` returns it.
    seed
        For the folds, 0 or more.

    Returns
    -------
    Scored
        In the table's order.
    """
    # Two frauds, the fewest that are read, make two folds.
    folds = min(FOLDS, int(table[TARGET].value_counts().min()))
    cv = StratifiedKFold(folds, shuffle=True, random_state=seed)
    scores = cross_val_predict(
        clone(pipeline),
        table,
        table[TARGET],
        cv=cv,
        method="predict_proba",
        n_jobs=at_once(len(table), columns_of(pipeline)),
    )
    return Scored.of(table, scores[:, 1])


def score(pipeline: Pipeline, split: Split) -> Scored:
    """Fit a recipe to the training part and score the test part.

    Parameters
    ----------
    pipeline
        The recipe's; it is cloned, not changed.
    split
        The training and the test part.

    Returns
    -------
    Scored
        The test part.
    """
    train, test = split
    fitted = clone(pipeline).fit(train, train[TARGET])
    return Scored.of(test, fitted.predict_proba(test)[:, 1])


def check(split: Split, name: str) -> None:
    """See to it that a split can be trained on and measured.

    Parameters
    ----------
    split
        The training and the test part.
    name
        What the message calls it.

    Raises
    ------
    DataError
        If there are fewer than two frauds or honest transactions to train on, or none to test
        with.
    """
    for part, table, least in zip(("training", "test"), split, (2, 1), strict=True):
        frauds = int(table[TARGET].sum())
        if min(frauds, len(table) - frauds) < least:
            raise DataError(
                f"The {name} split cannot be measured: its {part} part has {frauds} frauds among "
                f"{len(table)} transactions, and {least} of each kind are needed. Give more data."
            )


def evaluate(pipeline: Pipeline, split: Split, rule: Rule, seed: int) -> Evaluation:
    """Choose a threshold on the training part and measure on the test part.

    Parameters
    ----------
    pipeline
        The recipe's; it is cloned, not changed.
    split
        The training and the test part.
    rule
        What the threshold is chosen for.
    seed
        For the folds of the training part.

    Returns
    -------
    Evaluation
    """
    threshold = rule.choose(out_of_fold(pipeline, split[0], seed).sweep)
    return Evaluation(score(pipeline, split), threshold)


def metrics_of(scored: Scored, threshold: float) -> Metrics:
    """Compare scores with the truth.

    Parameters
    ----------
    scored
        Both frauds and honest transactions occur.
    threshold
        Between 0 and 1.

    Returns
    -------
    Metrics
        Precision is 1 where nothing is called a fraud.
    """
    truth, scores = scored.truth, scored.scores
    (true_negative, false_positive), (false_negative, true_positive) = confusion_matrix(
        truth, scores >= threshold, labels=[0, 1]
    )
    alerts = true_positive + false_positive
    return Metrics(
        average_precision=scored.average_precision,
        precision=float(true_positive / alerts) if alerts else 1.0,
        recall=float(true_positive / (true_positive + false_negative)),
        fallout=float(false_positive / (false_positive + true_negative)),
        brier=float(brier_score_loss(truth, scores)),
        log_loss=float(log_loss(truth, scores)),
        calibration_error=calibration_error(truth, scores),
        threshold=threshold,
        transactions=len(truth),
        frauds=int(truth.sum()),
    )


def calibration_error(truth: Truth, scores: Floats) -> float:
    """Return the expected calibration error in `CALIBRATION_BINS` bins of equal width.

    Mahdi Pakdaman Naeini, Gregory Cooper, Milos Hauskrecht: Obtaining Well Calibrated
    Probabilities Using Bayesian Binning. AAAI 2015.

    Parameters
    ----------
    truth
        Shape (n,), 0 or 1.
    scores
        Shape (n,), 0 to 1.

    Returns
    -------
    float
        0 to 1: the distance of the mean score from the share of frauds in a bin, on average over
        the transactions.
    """
    bins = np.minimum((scores * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    distances = np.bincount(bins, weights=truth - scores, minlength=CALIBRATION_BINS)
    return float(np.abs(distances).sum() / len(truth))
