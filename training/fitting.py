"""Makes a model: chooses its threshold, measures its recipe, fits it to all transactions.

`train` calls it.
"""

from dataclasses import dataclass

import pandas as pd
from sklearn.pipeline import Pipeline

from function.model import SCHEMA, Metrics, Model, Training, sealed
from training.drift import reference_of
from training.evaluation import Scored, check, evaluate, out_of_fold
from training.progress import Report
from training.recipes import Recipe
from training.splits import by_time, stratified
from training.table import TARGET
from training.thresholds import Rule

STEPS = 4
"""How many steps `fit` reports."""


@dataclass(frozen=True)
class Wanted:
    """What is asked of a model.

    Attributes
    ----------
    recipe
        Which one.
    C
        The inverse of the regularisation's strength, above 0.
    rule
        What the threshold is chosen for.
    seed
        Of the splits, the folds and what is drawn at random, 0 or more.
    """

    recipe: Recipe
    C: float
    rule: Rule
    seed: int = 0


def fit(
    table: pd.DataFrame, data_sha256: str, wanted: Wanted, report: Report
) -> tuple[Pipeline, Model]:
    """Measure a recipe on both splits, then fit it to all transactions.

    Parameters
    ----------
    table
        As `training.table.read` returns it.
    data_sha256
        The file's digest, for the model's record.
    wanted
        What is asked for.
    report
        Called at the start of each of the `STEPS`.

    Returns
    -------
    pipeline : sklearn.pipeline.Pipeline
        Fitted to all rows.
    model : Model
        The same, folded.

    Raises
    ------
    DataError
        If a split has too few frauds to be measured.
    """
    pipeline = wanted.recipe.pipeline(wanted.C, wanted.seed)
    metrics = _measured(pipeline, table, wanted, report)
    report("choosing the threshold out of fold")
    scored = out_of_fold(pipeline, table, wanted.seed)
    report("fitting to all transactions")
    pipeline.fit(table, table[TARGET])
    training = Training(
        data_sha256=data_sha256,
        transactions=len(table),
        frauds=int(table[TARGET].sum()),
        parameters={"C": wanted.C, "seed": wanted.seed},
        threshold_rule=str(wanted.rule),
        metrics=metrics,
    )
    return pipeline, _folded(pipeline, table, wanted, scored, training)


def _measured(
    pipeline: Pipeline, table: pd.DataFrame, wanted: Wanted, report: Report
) -> dict[str, Metrics]:
    splits = {"stratified": stratified(table, wanted.seed), "time": by_time(table)}
    for name, split in splits.items():
        check(split, name)
    metrics = {}
    for name, split in splits.items():
        report(f"measuring {wanted.recipe.name} on the {name} split")
        metrics[name] = evaluate(pipeline, split, wanted.rule, wanted.seed).metrics
    return metrics


def _folded(
    pipeline: Pipeline, table: pd.DataFrame, wanted: Wanted, scored: Scored, training: Training
) -> Model:
    threshold = wanted.rule.choose(scored.sweep)
    intercept, features = wanted.recipe.fold(pipeline)
    model = Model(
        schema=SCHEMA,
        name=wanted.recipe.name,
        version="",
        digest="",
        threshold=threshold,
        intercept=intercept,
        features=features,
        training=training,
        reference=reference_of(table, wanted.recipe.features, scored, threshold),
    )
    return sealed(model)
