"""What is lost over the threshold; `figures` calls it."""

from itertools import cycle

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from training.report.curves import at_thresholds, drawn_thresholds, table_thresholds
from training.report.svg import BLACK, SOFT, STYLES, Plot, drawn, legend_above, over_thresholds
from training.report.tables import Table
from training.report.text import euros, number
from training.study import PolicyOutcome, Study
from training.sweep import Sweep


def costs(study: Study) -> Plot:
    """Draw what is lost over the threshold, for what a review may cost.

    Parameters
    ----------
    study
        All results.

    Returns
    -------
    Plot
    """
    sweep = study.chosen.time.test.sweep
    by_rule = _losses_by_rule(study, sweep.amount_of_frauds)
    least = "; ".join(
        f"at {review:g} euros for a review the best threshold loses "
        f"{euros(sweep.cost(review).min())} and the cost rule {euros(loss)}"
        for review, loss in by_rule.items()
    )
    words = (
        "costs",
        "What is lost over the threshold",
        "The Amounts of the frauds that pass, and the reviews made in vain, on the later 30% of "
        "the time. The triangles at the right edge are what the cost rule loses, which has no "
        "fixed threshold; the upright line is the threshold that was chosen beforehand.",
        f"Without a model {euros(sweep.amount_of_frauds)} are lost; {least}.",
    )
    table = _cost_table(sweep, by_rule)
    return drawn(words, table, lambda figure: _paint_costs(figure, study, by_rule))


def _losses_by_rule(study: Study, without: float) -> dict[float, float]:
    """Return what the cost rule loses, by what a review costs."""
    by_name: dict[str, PolicyOutcome] = {policy.name: policy for policy in study.policies}
    return {
        review: (1 - by_name[f"cost:{review:g}"].saved[review]) * without
        for review in sorted(study.policies[0].saved)
    }


def _cost_table(sweep: Sweep, by_rule: dict[float, float]) -> Table:
    values = table_thresholds()
    losses = [sweep.cost(review)[at_thresholds(sweep, values)] for review in by_rule]
    rows = [
        (number(float(threshold)), *(euros(loss) for loss in row))
        for threshold, row in zip(values, np.column_stack(losses), strict=True)
    ]
    rows.append(("the cost rule", *(euros(loss) for loss in by_rule.values())))
    columns = ("threshold", *(f"review of €{review:g}" for review in by_rule))
    return Table("What is lost on the later 30% of the time", columns, tuple(rows))


def _paint_costs(figure: Figure, study: Study, by_rule: dict[float, float]) -> None:
    sweep, axes = study.chosen.time.test.sweep, figure.subplots()
    values = drawn_thresholds(sweep)
    points = at_thresholds(sweep, values)
    # Ever smaller, because the rule may lose much the same whatever a review costs.
    sizes = np.linspace(9, 4, len(by_rule))
    for (review, loss), style, size in zip(by_rule.items(), cycle(STYLES), sizes, strict=False):
        color, linestyle = style
        (line,) = axes.plot(values, sweep.cost(review)[points], label=f"review of €{review:g}")
        line.set(color=color, linestyle=linestyle)
        axes.plot(1, loss, "<", color=color, clip_on=False, zorder=5, markersize=size)
    axes.axvline(study.chosen.time.threshold, color=BLACK, linestyle=":", linewidth=1.2)
    _frame(axes, sweep.amount_of_frauds)
    legend_above(figure, axes)


def _frame(axes: Axes, without: float) -> None:
    """Draw what is lost without a model; further up it does not matter how much more it is."""
    axes.axhline(without, color=SOFT, linewidth=1.2, label="without a model")
    over_thresholds(axes)
    axes.set(ylim=(0, max(1.15 * without, 1.0)), ylabel="lost, €")
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
