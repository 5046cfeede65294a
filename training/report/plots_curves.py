"""Precision, recall and fallout as curves; `figures` calls it.

All are of the later 30% of the time.
"""

from itertools import cycle

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from training.report.claims import (
    CLAIMED_FALLOUT,
    CLAIMED_FALLOUT_TEXT,
    CLAIMED_PRECISION,
    CLAIMED_RECALL,
)
from training.report.curves import (
    along_recall,
    at_thresholds,
    drawn_thresholds,
    table_thresholds,
)
from training.report.svg import (
    BLACK,
    BLUE,
    GREEN,
    ORANGE,
    SOFT,
    STYLES,
    Plot,
    drawn,
    legend_above,
    logarithmic,
    over_thresholds,
)
from training.report.tables import Table
from training.report.text import count, number, percent
from training.study import Study
from training.sweep import Sweep

TABLE_LEVELS = 20
LOWEST_FALLOUT = 1e-5


def precision_recall(study: Study) -> Plot:
    """Draw precision over recall for every recipe.

    Parameters
    ----------
    study
        All results.

    Returns
    -------
    Plot
    """
    metrics = study.chosen.time.metrics
    reached = ", ".join(
        f"{name} {number(each.time.metrics.average_precision)}"
        for name, each in study.results.items()
    )
    words = (
        "precision-recall",
        "Precision over recall",
        "As Figure 2a of the 2018 report: how many of the alerts are frauds, against how many of "
        "the frauds are caught. The further up and right, the better. The thick line is this "
        "model's recipe, the dot its threshold, the cross what the 2018 report claims.",
        f"Average precisions: {reached}. At the threshold {number(metrics.threshold)} "
        f"{study.model.name} has a precision of {number(metrics.precision)} and a recall of "
        f"{number(metrics.recall)}.",
    )
    return drawn(words, _precision_table(study), lambda figure: _paint_precision(figure, study))


def _precision_table(study: Study) -> Table:
    sweep = study.chosen.time.test.sweep
    others = [each.time.test.sweep for each in study.results.values()]
    rows = [
        (
            f"{level / TABLE_LEVELS:.2f}",
            number(float(sweep.thresholds[_first_at(sweep, level)])),
            *(number(float(each.precision[_first_at(each, level)])) for each in others),
        )
        for level in range(1, TABLE_LEVELS + 1)
    ]
    return Table(
        "Precision where each recall is first reached",
        ("recall", f"threshold of {study.model.name}", *study.results),
        tuple(rows),
    )


def _first_at(sweep: Sweep, level: int) -> int:
    return int(np.argmax(sweep.recall >= level / TABLE_LEVELS - 1e-9))


def _paint_precision(figure: Figure, study: Study) -> None:
    axes = figure.subplots()
    own = study.model.name
    # The model's own comes first, so that it has the style that is seen best.
    names = sorted(study.results, key=lambda name: name != own)
    for name, (color, linestyle) in zip(names, cycle(STYLES), strict=False):
        sweep = study.results[name].time.test.sweep
        points = along_recall(sweep)
        (line,) = axes.plot(sweep.recall[points], sweep.precision[points], label=name)
        line.set(color=color, linestyle=linestyle, linewidth=2.4 if name == own else 1.3)
        line.set_zorder(3 if name == own else 2)
    _mark(axes, study)
    axes.set(xlabel="recall", ylabel="precision", xlim=(0, 1.01), ylim=(0, 1.03))
    legend_above(figure, axes, columns=3)


def _mark(axes: Axes, study: Study) -> None:
    """Draw the model's threshold and the claim as points."""
    metrics = study.chosen.time.metrics
    axes.plot(metrics.recall, metrics.precision, "o", color=BLACK, zorder=4, label="threshold")
    (claimed,) = axes.plot(CLAIMED_RECALL, CLAIMED_PRECISION, "x", color=BLACK, label="claimed")
    claimed.set(markersize=8, markeredgewidth=2, zorder=4)


def thresholds(study: Study) -> Plot:
    """Draw precision, recall and fallout over the threshold.

    Parameters
    ----------
    study
        All results.

    Returns
    -------
    Plot
    """
    metrics = study.chosen.time.metrics
    words = (
        "thresholds",
        "Precision, recall and fallout over the threshold",
        "As Figure 2b of the 2018 report. From left to right fewer transactions are called frauds. "
        "The upright line is the threshold that was chosen on the first 70% of the time, the level "
        f"one below the fallout of {CLAIMED_FALLOUT_TEXT} that is claimed.",
        f"At the threshold {number(metrics.threshold)}, chosen for {_rule(study)}, the precision "
        f"is {number(metrics.precision)}, the recall {number(metrics.recall)} and the fallout "
        f"{percent(metrics.fallout)}.",
    )
    table = _threshold_table(study)
    return drawn(words, table, lambda figure: _paint_thresholds(figure, study), height_in=4.4)


def _rule(study: Study) -> str:
    return study.model.training.threshold_rule


def _threshold_table(study: Study) -> Table:
    sweep = study.chosen.time.test.sweep
    values = table_thresholds()
    rows = [
        (
            number(float(threshold)),
            count(sweep.alerts[index]),
            number(float(sweep.precision[index])),
            number(float(sweep.recall[index])),
            percent(float(sweep.fallout[index])),
        )
        for threshold, index in zip(values, at_thresholds(sweep, values), strict=True)
    ]
    columns = ("threshold", "alerts", "precision", "recall", "fallout")
    return Table("What thresholds do on the later 30% of the time", columns, tuple(rows))


def _paint_thresholds(figure: Figure, study: Study) -> None:
    sweep, threshold = study.chosen.time.test.sweep, study.chosen.time.threshold
    upper, lower = figure.subplots(2, sharex=True, height_ratios=(3, 2))
    values = drawn_thresholds(sweep)
    points = at_thresholds(sweep, values)
    upper.plot(values, sweep.precision[points], color=BLUE, label="precision")
    upper.plot(values, sweep.recall[points], color=ORANGE, linestyle="--", label="recall")
    upper.set(ylim=(0, 1.03), ylabel="precision, recall")
    fallout = np.maximum(sweep.fallout[points], LOWEST_FALLOUT / 10)
    lower.plot(values, 100 * fallout, color=GREEN, linestyle="-.", label="fallout")
    lower.axhline(100 * CLAIMED_FALLOUT, color=SOFT, linewidth=1, label="fallout that is claimed")
    logarithmic(lower, "y", 100 * LOWEST_FALLOUT, 100)
    over_thresholds(lower)
    lower.set(ylabel="fallout, %")
    for axes in (upper, lower):
        axes.axvline(threshold, color=BLACK, linestyle=":", linewidth=1.2)
    handles = [*upper.get_lines()[:2], *lower.get_lines()[:1]]
    figure.legend(handles=handles, loc="outside upper left", ncols=3)
