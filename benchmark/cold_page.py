"""Lays out starts from zero, in a terminal and in docs/scaling.md; `coldstart` calls it."""

from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
from rich.table import Table

from benchmark import tables
from benchmark.blocks import write_block
from benchmark.cold_starts import BASELINE, QUARTERS, ColdStarts, Start, ratio_of, times_of, verdict
from benchmark.report import table_of

COMMAND = "scripts/coldstart"
HEADS = ("from zero to the first answer", "median, ms", "quartiles, ms", f"times the {BASELINE}")
STEPS: dict[str, Callable[[Start], float | None]] = {
    "pod made": lambda start: start.made_ms,
    "scheduled": lambda start: start.scheduled_ms,
    "first answer": lambda start: start.answered_ms,
    "known to run": lambda start: start.running_ms,
    "known to be ready": lambda start: start.ready_ms,
}


def starts_table(found: ColdStarts) -> Table:
    """Make the table of the contenders, for a terminal."""
    return table_of(HEADS, _rows(found))


def steps_table(found: ColdStarts) -> Table:
    """Make the table of where the time goes, for a terminal."""
    return table_of(_step_heads(), _step_rows(found))


def _names(found: ColdStarts) -> list[str]:
    return list(dict.fromkeys(each.contender for each in found.starts))


def _rows(found: ColdStarts) -> list[tables.Row]:
    others = times_of(found.starts, BASELINE)
    rows: list[tables.Row] = []
    for name in _names(found):
        times = times_of(found.starts, name)
        low, middle, high = np.percentile(times, QUARTERS)
        ratio = ratio_of(times, others)
        text = f"{ratio.times:.2f} ({ratio.low:.2f} to {ratio.high:.2f})"
        rows.append((name, f"{middle:,.0f}", f"{low:,.0f} to {high:,.0f}", text))
    return rows


def _step_heads() -> list[str]:
    return ["median, ms since the request", *STEPS]


def _step_rows(found: ColdStarts) -> list[tables.Row]:
    return [
        (name, *(_step(found, name, when) for when in STEPS.values())) for name in _names(found)
    ]


def _step(found: ColdStarts, name: str, when: Callable[[Start], float | None]) -> str:
    times = [when(each) for each in found.starts if each.contender == name]
    known = [each for each in times if each is not None]
    return f"{median(known):,.0f}" if known else tables.ABSENT


def write_page(path: Path, found: ColdStarts) -> None:
    """Write the command's part of a page.

    Parameters
    ----------
    path
        The Markdown file; what people wrote in it stays.
    found
        What is told.

    Raises
    ------
    MachineError
        If it cannot be written.
    """
    write_block(path, COMMAND, content_of(found))


def content_of(found: ColdStarts) -> str:
    """Return the command's part of the page.

    Parameters
    ----------
    found
        What is told.

    Returns
    -------
    str
        Markdown.
    """
    return "\n\n".join(
        [
            f"Written by `{found.command}` on {found.date}.",
            f"{found.machine.described()} {found.cluster}",
            tables.markdown(HEADS, _rows(found)),
            tables.markdown_goals([verdict(found.starts)]),
            f"{found.rounds} starts of each, in turn; in brackets what 95% of the resamples of the "
            "rounds lie within. All have the same manifest. The kubelet looks once a second which "
            "containers run, so all requests of a round come at the same part of a second, and the "
            "rounds at parts that are spread evenly. Where the time goes:",
            tables.markdown(_step_heads(), _step_rows(found)),
            "The activator asks a pod itself and does not wait until the cluster knows that it is "
            "ready, so the answer may come first.",
        ]
    )
