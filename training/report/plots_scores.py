"""What becomes of the scores and whether they are probabilities; `figures` calls it."""

from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from training.report.curves import Bin, confusion, reliability
from training.report.svg import BLACK, BLUE, SOFT, Plot, drawn, legend_above, logarithmic
from training.report.tables import Table
from training.report.text import count, number, percent
from training.study import Study

_LOWEST_SHARE = 1e-5


def confusion_matrix(study: Study) -> Plot:
    """Draw what becomes of honest transactions and of frauds at the threshold.

    Parameters
    ----------
    study
        All results.

    Returns
    -------
    Plot
    """
    time = study.chosen.time
    honest, frauds = confusion(time.test, time.threshold)
    words = (
        "confusion",
        "Confusion matrix",
        f"As Figure 3 of the 2018 report, on the later 30% of the time at the threshold "
        f"{number(time.threshold)}. The percentages are of the row.",
        f"Of {count(sum(honest))} honest transactions {count(honest[1])} are called frauds; of "
        f"{count(sum(frauds))} frauds {count(frauds[1])} are, and {count(frauds[0])} pass.",
    )
    rows = tuple((name, *map(count, row)) for name, row in (("honest", honest), ("fraud", frauds)))
    table = Table("Confusion matrix", ("truth", "let pass", "called a fraud"), rows)
    return drawn(words, table, lambda figure: _paint_confusion(figure, (honest, frauds)), 2.9)


def _paint_confusion(figure: Figure, matrix: tuple[tuple[int, int], tuple[int, int]]) -> None:
    axes = figure.subplots()
    for row, counts in enumerate(matrix):
        for column, cell in enumerate(counts):
            share = cell / sum(counts)
            corner = (column - 0.5, row - 0.5)
            tint = 0.06 + 0.34 * share  # never so dark that black text is hard to read on it
            axes.add_patch(Rectangle(corner, 1, 1, facecolor=BLUE, alpha=tint, linewidth=0))
            axes.text(column, row - 0.08, count(cell), ha="center", va="center", fontsize=15)
            axes.text(column, row + 0.25, percent(share), ha="center", va="center")
    axes.set(xlim=(-0.5, 1.5), ylim=(1.5, -0.5), xlabel="decision", ylabel="truth")
    axes.set_xticks([0, 1], ["let pass", "called a fraud"])
    axes.set_yticks([0, 1], ["honest", "fraud"])
    axes.grid(visible=False)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)


def calibration(study: Study) -> Plot:
    """Draw how many frauds there are where the model expects so many.

    Parameters
    ----------
    study
        All results.

    Returns
    -------
    Plot
    """
    bins = reliability(study.chosen.time.test)
    metrics = study.chosen.time.metrics
    last = bins[-1]
    words = (
        "calibration",
        "Calibration",
        "Whether probabilities come true, on the later 30% of the time: each point is the "
        "transactions with about the same score. On the diagonal as many of them are frauds as the "
        "model says. The bars are 95% intervals; where no fraud was among them, only the bar is "
        "drawn.",
        f"Calibration error {number(metrics.calibration_error)}. Of the {count(last.transactions)} "
        f"transactions with the highest scores, {number(last.score)} on average, "
        f"{percent(last.share)} are frauds.",
    )
    return drawn(words, _bins_table(bins), lambda figure: _paint_bins(figure, bins), height_in=4.6)


def _bins_table(bins: list[Bin]) -> Table:
    rows = tuple(
        (
            f"{number(each.low)} to {number(each.high)}",
            count(each.transactions),
            count(each.frauds),
            percent(each.score),
            percent(each.share),
            " to ".join(map(percent, each.interval)),
        )
        for each in bins
    )
    columns = ("scores", "transactions", "frauds", "mean score", "share of frauds", "95% interval")
    return Table("Transactions by their score", columns, rows)


def _paint_bins(figure: Figure, bins: list[Bin]) -> None:
    upper, lower = figure.subplots(2, sharex=True, height_ratios=(3, 1))
    lowest = min(_LOWEST_SHARE, min(each.score for each in bins) / 2)
    upper.plot([lowest, 1], [lowest, 1], color=SOFT, linestyle="--", label="as probable as said")
    for each in bins:
        low, high = each.interval
        upper.plot([each.score] * 2, [max(low, lowest), high], color=BLUE, linewidth=1.2)
    seen = [each for each in bins if each.frauds]
    scores, shares = [each.score for each in seen], [each.share for each in seen]
    upper.plot(scores, shares, "o", color=BLUE, label="share of frauds")
    logarithmic(upper, "y", lowest, 1.3)
    upper.set_ylabel("share of frauds")
    lower.vlines(
        [each.score for each in bins], 0.5, [each.transactions for each in bins], BLACK, linewidth=4
    )
    logarithmic(lower, "y", 0.5, 3 * max(each.transactions for each in bins))
    logarithmic(lower, "x", lowest, 1.3)
    lower.set(xlabel="mean score", ylabel="how many")
    legend_above(figure, upper)
