"""What is in the model and what it is compared with; `figures` calls it."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from function.model import Model
from training.drift import FEATURE_TAILS
from training.report.claims import CLAIMED_AVERAGE_PRECISION
from training.report.svg import (
    BLACK,
    BLUE,
    ORANGE,
    SOFT,
    Plot,
    drawn,
    legend_above,
    logarithmic,
)
from training.report.tables import Table
from training.report.text import number, signed, spread
from training.scoring import contributions_of
from training.study import RecipeResults, Study

SHOWN = 6
POINTS = 41
LOWEST_PSI = 1e-3
PSI_BOUNDS = (0.1, 0.2)
"""From which on a change is widely called moderate, and large."""

Floats = NDArray[np.float64]


def recipes(study: Study) -> Plot:
    """Draw the average precision of every recipe on every split.

    Parameters
    ----------
    study
        All results.

    Returns
    -------
    Plot
    """
    said = "; ".join(
        f"{name} {spread(_random(each))} on random splits, "
        f"{number(each.time.metrics.average_precision)} on the later 30%, "
        f"{number(each.day.metrics.average_precision)} on the next day"
        for name, each in study.results.items()
    )
    words = (
        "recipes",
        "Average precision of every recipe",
        "Each small dot is a random split; the others are the splits by time, where one tests on "
        f"what came later. The upright line is the {CLAIMED_AVERAGE_PRECISION:g} that is claimed.",
        f"{said[0].upper()}{said[1:]}.",
    )
    return drawn(words, _recipes_table(study), lambda figure: _paint_recipes(figure, study))


def _random(results: RecipeResults) -> list[float]:
    return [each.metrics.average_precision for each in results.stratified]


def _recipes_table(study: Study) -> Table:
    everything = study.results.values()
    labels = [f"random split, seed {seed}" for seed in range(len(study.chosen.stratified))]
    labels += ["later 30% of the time", "next day"]
    values = zip(
        *(
            [
                *_random(each),
                each.time.metrics.average_precision,
                each.day.metrics.average_precision,
            ]
            for each in everything
        ),
        strict=True,
    )
    rows = [(label, *map(number, row)) for label, row in zip(labels, values, strict=True)]
    return Table("Average precisions", ("split", *study.results), tuple(rows))


def _paint_recipes(figure: Figure, study: Study) -> None:
    axes = figure.subplots()
    for row, results in enumerate(study.results.values()):
        random = _random(results)
        heights = row + np.linspace(-0.22, 0.22, len(random))
        later, next_day = (each.metrics.average_precision for each in (results.time, results.day))
        # A label that begins with an underscore is left out of the legend: each stands there once.
        mark = "_" if row else ""
        axes.plot(random, heights, "o", color=BLUE, ms=4, label=f"{mark}random split")
        axes.plot(later, row, "D", color=ORANGE, ms=7, label=f"{mark}later 30%")
        axes.plot(next_day, row, "^", color=BLACK, ms=8, label=f"{mark}next day")
    axes.axvline(CLAIMED_AVERAGE_PRECISION, color=SOFT, linestyle="--", linewidth=1.2)
    axes.set_yticks(range(len(study.results)), list(study.results))
    axes.set(ylim=(len(study.results) - 0.5, -0.5), xlabel="average precision")
    axes.grid(visible=False, axis="y")
    legend_above(figure, axes, columns=3)


def contributions(study: Study) -> Plot:
    """Draw what the features that matter most add to the log-odds.

    Parameters
    ----------
    study
        All results.

    Returns
    -------
    Plot
    """
    model = study.model
    values, added = _shapes(model)
    order = np.argsort(-np.ptp(added, axis=0), kind="stable")
    first = model.features[order[0]].name
    words = (
        "contributions",
        "What features contribute",
        f"The {min(SHOWN, len(order))} features with the widest range, each over the middle 99.8% "
        "of its values in the training data. Above 0 a value speaks for a fraud. The model is "
        "additive: these numbers and the intercept add up to the log-odds, whatever the others "
        "are.",
        f"{first} contributes from {signed(float(added[-1, order[0]]))} at "
        f"{number(float(values[-1, order[0]]))} to {signed(float(added[0, order[0]]))} at "
        f"{number(float(values[0, order[0]]))}. The intercept is {number(model.intercept)}.",
    )
    return drawn(
        words,
        _contributions_table(model, order),
        lambda figure: _paint_shapes(figure, model, values[:, order], added[:, order], order),
        height_in=4.8,
    )


def _shapes(model: Model) -> tuple[Floats, Floats]:
    """Return values of every feature and what they contribute, each of shape (points, features)."""
    low, high = f"{FEATURE_TAILS[0]:g}", f"{FEATURE_TAILS[-1]:g}"
    tails = [model.reference.features[feature.name].tails for feature in model.features]
    values = np.column_stack([np.linspace(each[low], each[high], POINTS) for each in tails])
    return values, _contributed(model, values)


def _contributed(model: Model, values: Floats) -> Floats:
    names = [feature.name for feature in model.features]
    return contributions_of(model, pd.DataFrame(values, columns=names))


def _contributions_table(model: Model, order: NDArray[np.int_]) -> Table:
    levels = [f"{level:g}" for level in FEATURE_TAILS]
    tails = [model.reference.features[feature.name].tails for feature in model.features]
    added = _contributed(model, np.array([[each[level] for each in tails] for level in levels]))
    rows = tuple(
        (model.features[each].name, *(signed(float(value)) for value in added[:, each]))
        for each in order
    )
    columns = ("feature", *(f"{100 * float(level):g}% quantile" for level in levels))
    return Table("Contribution to the log-odds at quantiles of the training data", columns, rows)


def _paint_shapes(
    figure: Figure, model: Model, values: Floats, added: Floats, order: NDArray[np.int_]
) -> None:
    grid = figure.subplots(3, 2, sharey=True).flat
    for column, (axes, each) in enumerate(zip(grid, order[:SHOWN], strict=False)):
        axes.plot(values[:, column], added[:, column], color=BLUE)
        axes.axhline(0, color=SOFT, linewidth=0.8)
        axes.set_title(model.features[each].name, loc="left", pad=3)
        axes.locator_params(axis="x", nbins=4)
    figure.supylabel("contribution to the log-odds", fontsize=9.5)
    figure.supxlabel("value of the feature", fontsize=9.5)


def drift(study: Study) -> Plot:
    """Draw how far each feature's days lie apart in the training data.

    Parameters
    ----------
    study
        All results.

    Returns
    -------
    Plot
    """
    reference = study.model.reference
    indices = {name: each.baseline_psi for name, each in reference.features.items()}
    indices["the score"] = reference.score.baseline_psi
    ordered = dict(sorted(indices.items(), key=lambda item: -item[1]))
    above = sum(index > PSI_BOUNDS[-1] for index in ordered.values())
    first, last = next(iter(ordered)), list(ordered)[-1]
    words = (
        "drift",
        "How far the days of the training data lie apart",
        "The population stability index of the later days against the first, feature by feature: "
        "the reference for drift, since nothing is wrong with either. The upright lines are 0.1 "
        "and 0.2, from which on a change is widely called moderate and large.",
        f"From {first}, {number(ordered[first])}, down to {last}, {number(ordered[last])}; "
        f"{above} of {len(ordered)} lie above {PSI_BOUNDS[-1]}. The score has "
        f"{number(indices['the score'])}.",
    )
    rows = tuple((name, number(index)) for name, index in ordered.items())
    table = Table("Population stability index between days", ("feature", "index"), rows)
    return drawn(words, table, lambda figure: _paint_drift(figure, ordered), height_in=5.6)


def _paint_drift(figure: Figure, indices: dict[str, float]) -> None:
    axes = figure.subplots()
    shown = [max(index, LOWEST_PSI) for index in indices.values()]
    rows = range(len(shown))
    axes.hlines(rows, LOWEST_PSI, shown, color=BLUE, linewidth=1.2)
    axes.plot(shown, rows, "o", color=BLUE, ms=5)
    for bound in PSI_BOUNDS:
        axes.axvline(bound, color=ORANGE, linestyle="--", linewidth=1)
    logarithmic(axes, "x", LOWEST_PSI, max(1.0, *shown) * 2)
    axes.set_yticks(rows, list(indices), fontsize=8.5)
    axes.set(ylim=(len(shown) - 0.4, -0.6), xlabel="population stability index")
    axes.grid(visible=False, axis="y")
