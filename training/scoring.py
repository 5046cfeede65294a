"""Scores whole tables with a model file, as the function scores batches.

`comparison` calls it: it has two model files and no pipelines. Where they have seen the table in
training, it has their recipes fitted again to an earlier part of it.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from function.model import Model
from function.vectors import Floats, VectorScorer
from training.errors import RefitError
from training.evaluation import Evaluation, Scored, check, evaluate
from training.recipes import RECIPES, Recipe
from training.splits import by_time
from training.thresholds import Rule


@dataclass(frozen=True)
class Shift:
    """A feature's contribution in two models, in log-odds; 0 where a model lacks it."""

    feature: str
    old: float
    new: float


def contributions_of(model: Model, table: pd.DataFrame) -> Floats:
    """Return each feature's contribution to the log-odds of each transaction.

    Parameters
    ----------
    model
        As `function.model.read_model` returns it.
    table
        It has a column for each feature, n rows.

    Returns
    -------
    ndarray of float, shape (n, number of features)
        In the order of the model's features.
    """
    return VectorScorer(model).contributions(_values_of(model, table))


def probabilities_of(model: Model, table: pd.DataFrame) -> Floats:
    """Return the probability that each transaction is a fraud.

    Parameters
    ----------
    model
        As `function.model.read_model` returns it.
    table
        It has a column for each feature, n rows.

    Returns
    -------
    ndarray of float, shape (n,)
        0 to 1.
    """
    return VectorScorer(model).probabilities(_values_of(model, table))


def _values_of(model: Model, table: pd.DataFrame) -> Floats:
    return table[[feature.name for feature in model.features]].to_numpy()


def shifts_of(old: Model, new: Model, table: pd.DataFrame, count: int) -> list[tuple[Shift, ...]]:
    """Say what moves transactions from one model to the other.

    Parameters
    ----------
    old, new
        As `function.model.read_model` returns them.
    table
        It has a column for each feature, n rows.
    count
        How many features to name, 0 or more.

    Returns
    -------
    list of tuple of Shift
        For each transaction the features whose contributions differ most, the greatest difference
        first; equal ones in the order of the models.
    """
    names = list(dict.fromkeys(each.name for model in (old, new) for each in model.features))
    before, after = (_by_name(model, table, names) for model in (old, new))
    order = np.argsort(-np.abs(after - before), axis=1, kind="stable")[:, :count]
    return [
        tuple(Shift(names[each], float(earlier[each]), float(later[each])) for each in largest)
        for earlier, later, largest in zip(before, after, order, strict=True)
    ]


def _by_name(model: Model, table: pd.DataFrame, names: list[str]) -> Floats:
    own = [feature.name for feature in model.features]
    found = pd.DataFrame(contributions_of(model, table), columns=own)
    return found.reindex(columns=names, fill_value=0.0).to_numpy()


def as_it_is(model: Model, table: pd.DataFrame) -> Evaluation:
    """Measure a model file.

    Parameters
    ----------
    model
        As `function.model.read_model` returns it.
    table
        As `training.table.read` returns it. Where the model was trained on it, it does better here
        than on what is to come.

    Returns
    -------
    Evaluation
        On all transactions, at the model's own threshold.
    """
    return Evaluation(Scored.of(table, probabilities_of(model, table)), model.threshold)


def refitted(model: Model, table: pd.DataFrame) -> Evaluation:
    """Measure a model's recipe on transactions that it has not seen.

    Parameters
    ----------
    model
        Its record says with which parameters and by which rule it was made.
    table
        As `training.table.read` returns it.

    Returns
    -------
    Evaluation
        On the later 30% of the time, fitted to the rest.

    Raises
    ------
    RefitError
        If the recipe is not known here.
    RuleError
        If the record has no rule for the threshold.
    DataError
        If a part of the split has too few frauds.
    """
    recipe = _recipe_of(model)
    rule = Rule.parse(model.training.threshold_rule)
    split = by_time(table)
    check(split, "time")
    strength, seed = (model.training.parameters[name] for name in ("C", "seed"))
    return evaluate(recipe.pipeline(float(strength), int(seed)), split, rule, int(seed))


def _recipe_of(model: Model) -> Recipe:
    recipe = RECIPES.get(model.name)
    features = tuple(feature.name for feature in model.features)
    if recipe is None or features != recipe.features or not _are_sound(model.training.parameters):
        raise RefitError(
            f"The model {model.name} {model.version} cannot be refitted: it is of none of the "
            f"recipes {', '.join(RECIPES)} as they are here. Give --data that neither model was "
            "trained on, or --judge files."
        )
    return recipe


def _are_sound(parameters: dict[str, int | float]) -> bool:
    strength, seed = parameters.get("C", 0), parameters.get("seed", -1)
    return strength > 0 and seed >= 0 and isinstance(seed, int)


def check_refit(old: Model, new: Model) -> None:
    """Refuse to measure a recipe against itself, which every retraining would pass unseen.

    Parameters
    ----------
    old, new
        The models whose recipes are to be fitted again.

    Raises
    ------
    RefitError
        If they differ only by the data that they were trained on.
    """
    recipes = [(model.name, model.training.parameters.get("C")) for model in (old, new)]
    if recipes[0] == recipes[1] and old.training.data_sha256 != new.training.data_sha256:
        raise RefitError(
            "OLD and NEW are of one recipe and were trained on different data: refitted, they "
            "would be the same. Give --data that neither was trained on, or --judge files."
        )
