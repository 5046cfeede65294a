"""Measures every recipe on every split, for the report; `train` calls it where one is asked for."""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
from joblib import Parallel, delayed
from sklearn.pipeline import Pipeline

from function.model import Model
from function.policy import CostPolicy, Policy, ThresholdPolicy
from training.bootstrap import Interval, intervals
from training.costs import alerts_of, saved
from training.evaluation import Evaluation, Scored, check, evaluate, out_of_fold, score
from training.parallel import at_once
from training.progress import Report
from training.recipes import RECIPES, Recipe, columns_of
from training.splits import Split, by_day, by_time, stratified, without_duplicates
from training.thresholds import Rule

SEEDS = range(10)
REVIEWS = (2.0, 5.0, 10.0)
"""What a review may cost, in euros: the policies are judged at each."""

RULES = (
    Rule("fallout", 5e-4),
    Rule("recall", 0.8),
    Rule("budget", 1.0),
    *(Rule("cost", review) for review in REVIEWS),
)


@dataclass(frozen=True)
class RecipeResults:
    """What a recipe reaches.

    Attributes
    ----------
    recipe
        Which one.
    stratified
        A random 70/30 split for each of `SEEDS`.
    without_duplicates
        The average precisions on the same splits without the transactions that are there before.
    time
        The first 70% of the time train, the rest tests.
    day
        The first day trains, the second tests.
    """

    recipe: Recipe
    stratified: tuple[Evaluation, ...]
    without_duplicates: tuple[float, ...]
    time: Evaluation
    day: Evaluation


@dataclass(frozen=True)
class PolicyOutcome:
    """What a policy would have done with the later 30% of the time.

    Attributes
    ----------
    name
        The rule that its threshold was chosen by, such as "recall=0.8"; for the cost rule, the
        value of FRAUD_POLICY, such as "cost:5".
    threshold
        Between 0 and 1; None where it depends on the amount.
    alerts_per_thousand
        How many of 1,000 transactions are called frauds.
    precision, recall
        0 to 1.
    saved
        By what a review costs, in euros: the share saved of what frauds cost without any model.
    """

    name: str
    threshold: float | None
    alerts_per_thousand: float
    precision: float
    recall: float
    saved: dict[float, float]


@dataclass(frozen=True)
class Study:
    """All that the report tells.

    Attributes
    ----------
    model
        The one that was trained, on all transactions.
    results
        By the recipe's name, for every recipe.
    intervals
        By the metric's name: 95% intervals of the model's recipe on the time split.
    policies
        What the model's recipe would have done on the time split with each.
    """

    model: Model
    results: dict[str, RecipeResults]
    intervals: dict[str, Interval]
    policies: tuple[PolicyOutcome, ...]

    @property
    def chosen(self) -> RecipeResults:
        """The results of the model's own recipe."""
        return self.results[self.model.name]


def steps_of_study() -> int:
    """Return how many steps `study` reports."""
    return len(RECIPES) * (2 * len(SEEDS) + 2) + 1


def study(table: pd.DataFrame, model: Model, rule: Rule, report: Report) -> Study:
    """Measure every recipe, and the model's in more detail.

    Parameters
    ----------
    table
        As `training.table.read` returns it.
    model
        Trained on the table.
    rule
        What thresholds are chosen for.
    report
        Called at the end of each step.

    Returns
    -------
    Study

    Raises
    ------
    DataError
        If a split has too few frauds.
    """
    check(by_day(table), "day")
    strength = float(model.training.parameters["C"])
    measuring = _Measuring(table, rule)
    found = measuring.results(model.name, strength, report)
    chosen = found[model.name]
    report("what each policy would have saved")
    train, _ = by_time(table)
    fitted_on = out_of_fold(chosen.recipe.pipeline(strength), train, seed=0)
    return Study(
        model,
        found,
        intervals(chosen.time.test, chosen.time.threshold),
        _outcomes(chosen.time.test, fitted_on),
    )


@dataclass(frozen=True)
class _Measuring:
    """What all measurements share."""

    table: pd.DataFrame
    rule: Rule

    def results(self, name: str, strength: float, report: Report) -> dict[str, RecipeResults]:
        """Measure each recipe, the named one with a strength of its own."""
        return {
            recipe.name: self._recipe(recipe, strength if recipe.name == name else None, report)
            for recipe in RECIPES.values()
        }

    def _recipe(self, recipe: Recipe, strength: float | None, report: Report) -> RecipeResults:
        pipelines = [recipe.pipeline(strength, seed) for seed in SEEDS]
        jobs = [delayed(self._evaluated)(pipelines[seed], stratified, seed) for seed in SEEDS]
        jobs += [delayed(self._evaluated)(pipelines[0], by_time, None)]
        jobs += [delayed(self._evaluated)(pipelines[0], by_day, None)]
        jobs += [delayed(self._average_precision)(pipelines[seed], seed) for seed in SEEDS]
        side_by_side = at_once(len(self.table), columns_of(pipelines[0]))
        found = []
        for result in Parallel(side_by_side, return_as="generator")(jobs):
            found.append(result)
            report(f"{recipe.name}: split {len(found)} of {len(jobs)} measured")
        *random, time, day = found[: -len(SEEDS)]
        return RecipeResults(recipe, tuple(random), tuple(found[-len(SEEDS) :]), time, day)

    def _evaluated(
        self, pipeline: Pipeline, split: Callable[..., Split], seed: int | None
    ) -> Evaluation:
        parts = split(self.table) if seed is None else split(self.table, seed)
        return evaluate(pipeline, parts, self.rule, seed or 0)

    def _average_precision(self, pipeline: Pipeline, seed: int) -> float:
        return score(pipeline, without_duplicates(stratified(self.table, seed))).average_precision


def _outcomes(test: Scored, fitted_on: Scored) -> tuple[PolicyOutcome, ...]:
    thresholds = [(str(rule), rule.choose(fitted_on.sweep)) for rule in RULES]
    fixed: list[tuple[str, Policy]] = [
        (name, ThresholdPolicy(threshold)) for name, threshold in thresholds
    ]
    by_cost = [(f"cost:{review:g}", CostPolicy(review)) for review in REVIEWS]
    return tuple(_outcome(name, policy, test) for name, policy in (*fixed, *by_cost))


def _outcome(name: str, policy: Policy, test: Scored) -> PolicyOutcome:
    alerts = alerts_of(test, policy)
    caught = float(alerts[test.truth == 1].sum())
    return PolicyOutcome(
        name=name,
        threshold=policy.threshold if isinstance(policy, ThresholdPolicy) else None,
        alerts_per_thousand=float(1000 * alerts.mean()),
        precision=caught / float(alerts.sum()) if alerts.any() else 1.0,
        recall=caught / float(test.truth.sum()),
        saved={review: saved(test, alerts, review) for review in REVIEWS},
    )
