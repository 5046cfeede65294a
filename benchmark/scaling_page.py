"""Lays out what the study of scaling found, in a terminal and in docs/scaling.md; `load` calls it.

The page has a drawing beside it.
"""

from pathlib import Path

from rich.table import Table

from benchmark import tables
from benchmark.blocks import write_block
from benchmark.over_time import recovered_after
from benchmark.phases import Phase
from benchmark.report import table_of
from benchmark.scale_study import (
    DECAY_CLIENTS,
    IDLE_PAUSE_S,
    PAUSE_S,
    RAMP_S,
    SLOW_CLIENTS,
    SPREAD_TARGET,
    STEADY_CLIENTS,
    STEADY_PAUSE_S,
    TRIED_FULL_S,
    TRIED_PACED_S,
)
from benchmark.scaling import (
    DECAY,
    IDLE,
    LIMIT_MS,
    PACED,
    SPIKE,
    SPREAD,
    STEADY,
    Scaled,
    Tried,
    most_pods,
    p99_limit_ms,
    verdicts,
)
from benchmark.scaling_plot import drawn
from benchmark.stages import HOLD_S
from training.files import write_whole

COMMAND = "scripts/load"
PHASE_HEADS = (
    *("phase", "seconds", "requests", "lost", "req/s", "p50, ms", "p95, ms", "p99, ms"),
    *("p99 fine after", "pods"),
)
TRIED_HEADS = (
    *("setting", "lost", "p99 fine after", "p99 then, ms", "req/s without pauses", "pods"),
    "to zero",
)
HOW = f"""\
Each client asks about one transaction, waits for the answer and asks again.

- *{SPIKE}*: {{clients}} clients within {RAMP_S:.0f} s, from zero pods, without pauses: {{clients}}
  requests are under way all the time, whatever the machine can do. *{PACED}* is the same with
  {PAUSE_S} s between an answer and the next request.
- *{IDLE}*: one client, {IDLE_PAUSE_S} s between its requests. *{STEADY}*: {STEADY_CLIENTS} clients,
  {STEADY_PAUSE_S} s.
- *{SPREAD}*: {{clients}} clients on a Service with a target of {SPREAD_TARGET}, of which they make
  several pods. *{DECAY}*: {DECAY_CLIENTS} clients stay until one pod is left. {SLOW_CLIENTS} take
  {HOLD_S:.0f} s to send each request, so that some are under way in every pod that ends; their time
  counts from when a request is sent whole.
- *lost* is whatever was not answered with 200; nothing is sent again. The p99 is that of each
  second's answers, *fine* where it stays at or below the limit.
- The clients are one process that sends the same bytes and reads no more than the status and the
  length of an answer. It took {{client:.0%}} of a core, on a machine that may be the
  cluster's, too.
"""


def phases_table(found: Scaled) -> Table:
    """Make the table of the phases, for a terminal."""
    return table_of(PHASE_HEADS, _phase_rows(found))


def tried_table(found: Scaled) -> Table:
    """Make the table of other settings, for a terminal."""
    return table_of(TRIED_HEADS, [_tried_row(each) for each in found.tried])


def _phase_rows(found: Scaled) -> list[tables.Row]:
    phases = {phase.name: phase for phase in found.timeline.phases}
    limit = p99_limit_ms(phases.get(IDLE))
    return [_phase_row(phase, found, limit) for phase in found.timeline.phases]


def _phase_row(phase: Phase, found: Scaled, limit_ms: float) -> tables.Row:
    after = recovered_after(phase.seconds, limit_ms)
    times = (phase.p50_ms, phase.p95_ms, phase.p99_ms)
    return (
        phase.name,
        f"{phase.ended_s - phase.began_s:.0f}",
        f"{sum(phase.statuses.values()):,}",
        f"{phase.failed:,}",
        f"{phase.rate:,.0f}",
        *(tables.ABSENT if each is None else f"{each:.1f}" for each in times),
        _seconds(after) if phase.name in {PACED, SPIKE} else tables.ABSENT,
        str(most_pods(found.timeline.pods, phase.began_s, phase.ended_s)),
    )


def _tried_row(tried: Tried) -> tables.Row:
    name = f"{tried.setting}: {tried.value}" if tried.setting else "as above"
    return (
        name,
        f"{tried.lost:,}",
        _seconds(tried.recovered_s),
        tables.ABSENT if tried.p99_ms is None else f"{tried.p99_ms:.0f}",
        f"{tried.rate:,.0f}",
        str(tried.pods),
        tables.ABSENT if tried.to_zero_s is None else f"{tried.to_zero_s:.0f} s",
    )


def _seconds(number: int | None) -> str:
    return "never" if number is None else f"{number} s"


def write_page(path: Path, found: Scaled) -> None:
    """Write the command's part of a page, and the drawing to the same name with .svg at its end.

    Parameters
    ----------
    path
        The Markdown file; what people wrote in it stays.
    found
        What is told.

    Raises
    ------
    MachineError, DataError
        If it cannot be written.
    """
    drawing = path.with_suffix(".svg")
    write_whole(path.parent, {drawing.name: drawn(found).encode()})
    write_block(path, COMMAND, content_of(found, drawing.name))


def content_of(found: Scaled, drawing: str) -> str:
    """Return the command's part of the page.

    Parameters
    ----------
    found
        What is told.
    drawing
        The address of the drawing, from the page's folder.

    Returns
    -------
    str
        Markdown.
    """
    settings = ", ".join(f"{name} {value}" for name, value in found.settings.items())
    how = HOW.format(clients=found.clients, client=found.timeline.client_busy)
    return "\n\n".join(
        [
            f"Written by `{found.command}` on {found.date}.",
            f"{found.machine.described()} {found.cluster}",
            f"![Pods, requests under way, latencies and answers over time]({drawing})",
            f"With {settings}:",
            tables.markdown(PHASE_HEADS, _phase_rows(found)),
            tables.markdown_goals(verdicts(found.timeline)),
            how,
            *_tried(found),
        ]
    )


def _tried(found: Scaled) -> list[str]:
    if not found.tried:
        return []
    return [
        f"One setting changed at a time, each from zero: {TRIED_PACED_S} s with pauses, "
        f"{TRIED_FULL_S} s without. *p99 fine* is at or below {LIMIT_MS:.0f} ms with pauses, "
        "*p99 then* the worst of the last seconds of these.",
        tables.markdown(TRIED_HEADS, [_tried_row(each) for each in found.tried]),
    ]
