"""Measures a recipe on transactions that it has not seen; `training.train` calls it."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.metrics import average_precision_score, brier_score_loss, confusion_matrix, roc_curve
from sklearn.model_selection import StratifiedKFold, cross_val_predict, train_test_split
from sklearn.pipeline import Pipeline

from function.model import Metrics
from training.data import TARGET

TRAIN_SHARE = 0.7
FOLDS = 3
TARGET_FALLOUT = 5e-4
"""One false alert in 2,000 honest transactions: what the 2018 report set as its aim."""

Split = tuple[pd.DataFrame, pd.DataFrame]


def splits(table: pd.DataFrame, seed: int) -> dict[str, Split]:
    """Split the data in the two ways that are reported.

    Parameters
    ----------
    table
        As `training.data.read` returns it.
    seed
        For the stratified split, 0 or more.

    Returns
    -------
    dict of (train, test)
        "stratified": 70/30 at random with the same share of frauds in both. "time": the first 70%
        in the order of Time train; it tells more of the days to come.
    """
    train, test = train_test_split(
        table, train_size=TRAIN_SHARE, stratify=table[TARGET], random_state=seed
    )
    ordered = table.sort_values("Time", kind="stable")
    cut = int(len(ordered) * TRAIN_SHARE)
    return {"stratified": (train, test), "time": (ordered[:cut], ordered[cut:])}


def choose_threshold(pipeline: Pipeline, train: pd.DataFrame, seed: int) -> float:
    """Choose the lowest threshold whose fallout is at most `TARGET_FALLOUT`.

    Parameters
    ----------
    pipeline
        The recipe; it is cloned, not changed.
    train
        The training part: out-of-fold scores on it decide, never the test part.
    seed
        For the folds, 0 or more.

    Returns
    -------
    float
        Between 0 and 1.
    """
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    scores = cross_val_predict(
        clone(pipeline), train, train[TARGET], cv=folds, method="predict_proba"
    )[:, 1]
    fallout, _, thresholds = roc_curve(train[TARGET], scores, drop_intermediate=False)
    within = thresholds[(fallout <= TARGET_FALLOUT) & np.isfinite(thresholds)]
    lowest = float(within.min()) if within.size else 0.5
    return float(np.clip(lowest, np.nextafter(0, 1), np.nextafter(1, 0)))


def measure(pipeline: Pipeline, split: Split, seed: int) -> Metrics:
    """Fit a recipe to the training part and measure it on the test part.

    Parameters
    ----------
    pipeline
        The recipe; it is cloned, not changed.
    split
        The training and the test part.
    seed
        For the choice of the threshold.

    Returns
    -------
    Metrics
    """
    train, test = split
    threshold = choose_threshold(pipeline, train, seed)
    fitted = clone(pipeline).fit(train, train[TARGET])
    return metrics_of(test[TARGET].to_numpy(), fitted.predict_proba(test)[:, 1], threshold)


def metrics_of(
    truth: NDArray[np.int_], probability: NDArray[np.float64], threshold: float
) -> Metrics:
    """Compare probabilities with the truth.

    Parameters
    ----------
    truth
        Shape (n,), 0 or 1; both occur.
    probability
        Shape (n,), 0 to 1.
    threshold
        Between 0 and 1.

    Returns
    -------
    Metrics
        Precision is 1 where nothing is called a fraud.
    """
    (true_negative, false_positive), (false_negative, true_positive) = confusion_matrix(
        truth, probability >= threshold, labels=[0, 1]
    )
    alerts = true_positive + false_positive
    return Metrics(
        average_precision=float(average_precision_score(truth, probability)),
        precision=float(true_positive / alerts) if alerts else 1.0,
        recall=float(true_positive / (true_positive + false_negative)),
        fallout=float(false_positive / (false_positive + true_negative)),
        brier=float(brier_score_loss(truth, probability)),
        threshold=threshold,
        transactions=len(truth),
        frauds=int(truth.sum()),
    )
