"""Draws rates and latencies as SVG; `benchmark.document` puts it beside its page.

It has no background, and its greys are seen on white and on black;
`benchmark.scaling_plot` shares its looks.
"""

import io
from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmark.contenders import FUNCTION
from benchmark.results import Summary
from benchmark.workloads import CONNECTIONS

GREY, ACCENT, OTHER = "#808080", "#d55e00", "#5f8fb4"
SHOWN_AT = CONNECTIONS[1]
SIZE_IN = (9, 3.2)
SETTINGS: dict[Any, Any] = {
    "axes.edgecolor": GREY,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 10,
    "font.size": 9.5,
    "svg.fonttype": "none",
    "svg.hashsalt": "benchmarks",
    "text.color": GREY,
    "xtick.color": GREY,
    "ytick.color": GREY,
}
NO_METADATA = dict.fromkeys(("Creator", "Date", "Format", "Type"))


def drawn(summaries: Sequence[Summary]) -> str:
    """Draw the requests a second, and the p99, of all contenders at 16 connections.

    Parameters
    ----------
    summaries
        One or more; those without that load are left out.

    Returns
    -------
    str
        An SVG document, the same for the same numbers.
    """
    shown = [each for each in reversed(summaries) if SHOWN_AT in each.loads]
    file = io.StringIO()
    with mpl.rc_context(SETTINGS):
        figure = Figure(figsize=SIZE_IN, layout="constrained")
        left, right = figure.subplots(1, 2, sharey=True)
        rates = [each.loads[SHOWN_AT].rate for each in shown]
        _bars(left, "requests a second: more is better", shown, rates, "{:,.0f}")
        tails = [each.loads[SHOWN_AT].p99_ms for each in shown]
        _bars(right, "p99, milliseconds: less is better", shown, tails, "{:,.1f}")
        figure.savefig(file, format="svg", transparent=True, metadata=NO_METADATA)
    return file.getvalue()


def _bars(
    axes: Axes, title: str, shown: Sequence[Summary], values: Sequence[float], text: str
) -> None:
    colours = [ACCENT if each.name == FUNCTION else OTHER for each in shown]
    bars = axes.barh([each.name for each in shown], values, color=colours)
    axes.bar_label(bars, [text.format(value) for value in values], padding=3)
    axes.set_title(title)
    axes.set_xticks([])
    axes.margins(x=0.2)
    axes.spines["bottom"].set_visible(False)
