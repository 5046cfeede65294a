"""Draws pods, requests and latencies over time as SVG; `benchmark.scaling_page` calls it."""

import io
from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmark.phases import Timeline
from benchmark.plot import ACCENT, GREY, NO_METADATA, OTHER, SETTINGS
from benchmark.scaling import IDLE, Scaled, p99_limit_ms

SIZE_IN = (9, 8.5)
HEIGHTS = (1, 1, 1.6, 1)
PALE = "#c5d5e3"
DARK = "#2f5f84"
TRACES = (("p50_ms", "p50", PALE), ("p95_ms", "p95", OTHER), ("p99_ms", "p99", DARK))


def drawn(found: Scaled) -> str:
    """Draw a run.

    Parameters
    ----------
    found
        With at least one phase.

    Returns
    -------
    str
        An SVG document, the same for the same numbers.
    """
    file = io.StringIO()
    with mpl.rc_context(SETTINGS):
        figure = Figure(figsize=SIZE_IN, layout="constrained")
        panels = figure.subplots(len(HEIGHTS), 1, sharex=True, height_ratios=HEIGHTS)
        timeline = found.timeline
        _pods(panels[0], timeline)
        _under_way(panels[1], timeline)
        limit = p99_limit_ms(next((p for p in timeline.phases if p.name == IDLE), None))
        _latencies(panels[2], timeline, limit)
        _answers(panels[3], timeline)
        for axes in panels:
            _phase_lines(axes, timeline)
        _phase_names(panels[0], timeline)
        panels[-1].set_xlabel("seconds", color=GREY)
        figure.savefig(file, format="svg", transparent=True, metadata=NO_METADATA)
    return file.getvalue()


def _pods(axes: Axes, timeline: Timeline) -> None:
    end = timeline.phases[-1].ended_s
    counts = [each for each in timeline.pods if each.at_s <= end]
    before = [each for each in counts if each.at_s < 0][-1:]
    shown = before + [each for each in counts if each.at_s >= 0]
    times = [max(0.0, each.at_s) for each in shown] + [end]
    stacks = [
        [getattr(each, state) for each in shown] + [getattr(shown[-1], state)] if shown else [0]
        for state in ("ready", "starting", "terminating")
    ]
    axes.stackplot(
        times,
        *stacks,
        labels=["ready", "starting", "ending"],
        colors=[DARK, ACCENT, PALE],
        step="post",
    )
    _titled(axes, "pods")


def _under_way(axes: Axes, timeline: Timeline) -> None:
    times, values = _traced(timeline, "under_way")
    axes.plot(times, values, color=DARK, drawstyle="steps-post")
    _titled(axes, "requests, under way", legend=False)


def _latencies(axes: Axes, timeline: Timeline, limit_ms: float) -> None:
    for name, label, colour in TRACES:
        axes.plot(*_traced(timeline, name), label=label, color=colour, drawstyle="steps-post")
    axes.axhline(limit_ms, color=ACCENT, linewidth=0.8, linestyle="--", label="limit of the p99")
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter("{x:g}")
    _titled(axes, "milliseconds")


def _answers(axes: Axes, timeline: Timeline) -> None:
    axes.plot(
        *_traced(timeline, "answered"),
        color=DARK,
        drawstyle="steps-post",
        label="answered with 200",
    )
    axes.plot(*_traced(timeline, "failed"), color=ACCENT, drawstyle="steps-post", label="lost")
    _titled(axes, "requests, a second")


def _traced(timeline: Timeline, name: str) -> tuple[Sequence[float], Sequence[float]]:
    """Return times and values of all phases; nan where there is no value."""
    times: list[float] = []
    values: list[float] = []
    for phase in timeline.phases:
        found = [getattr(each, name) for each in phase.seconds]
        times += [phase.began_s + number for number in range(len(found))] + [phase.ended_s]
        values += [np.nan if value is None else value for value in found] + [np.nan]
    return times, values


def _phase_lines(axes: Axes, timeline: Timeline) -> None:
    for phase in timeline.phases:
        axes.axvline(phase.began_s, color=GREY, linewidth=0.5, linestyle=":")


def _phase_names(axes: Axes, timeline: Timeline) -> None:
    for phase in timeline.phases:
        axes.annotate(
            phase.name,
            (phase.began_s, 1.02),
            xycoords=("data", "axes fraction"),
            fontsize=8.5,
            rotation=30,
        )


def _titled(axes: Axes, title: str, *, legend: bool = True) -> None:
    axes.set_ylabel(title.replace(", ", ",\n"), color=GREY, fontsize=8.5)
    axes.margins(x=0)
    if legend:
        axes.legend(loc="upper right", frameon=False, fontsize=8, ncols=4)
