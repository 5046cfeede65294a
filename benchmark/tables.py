"""Puts the numbers into rows of text; `report` shows them in a terminal, `document` in Markdown."""

from collections.abc import Sequence

from benchmark.contenders import BASELINE
from benchmark.goals import Verdict
from benchmark.results import Summary

Row = tuple[str, ...]
ABSENT = "-"


def comparison(summaries: Sequence[Summary]) -> list[Row]:
    """Return the rows of the table that has a column for each contender.

    Parameters
    ----------
    summaries
        One or more, in the order of the columns; all with the same loads.

    Returns
    -------
    list of tuple of str
        A label and a cell for each contender.
    """
    return [
        ("start to first answer, ms", *(f"{each.start_ms:,.0f}" for each in summaries)),
        *(row for count in summaries[0].loads for row in _under_load(summaries, count)),
        *_ratios(summaries),
        ("PSS at rest, MiB", *(f"{each.memory_first_mib:.0f}" for each in summaries)),
        ("PSS after load, MiB", *(_mib(each.memory_loaded_mib) for each in summaries)),
        *_million(summaries),
        ("installed, MiB", *(f"{each.installed_mib:.0f}" for each in summaries)),
    ]


def _under_load(summaries: Sequence[Summary], count: int) -> list[Row]:
    loads = [each.loads[count] for each in summaries]
    return [
        (f"req/s at c={count}", *(f"{load.rate:,.0f}" for load in loads)),
        (f"p50 at c={count}, ms", *(f"{load.p50_ms:.2f}" for load in loads)),
        (f"p99 at c={count}, ms", *(f"{load.p99_ms:.2f}" for load in loads)),
    ]


def _ratios(summaries: Sequence[Summary]) -> list[Row]:
    """Return how many times the baseline each is; nothing where that was not measured."""
    baseline = next((each for each in summaries if each.name == BASELINE), None)
    if baseline is None:
        return []
    rows = [("start, times nothing's", *_times(summaries, baseline))]
    for count, load in baseline.loads.items():
        rates = (f"{each.loads[count].rate / load.rate:.2f}" for each in summaries)
        rows.append((f"req/s at c={count}, times nothing's", *rates))
    return rows


def _times(summaries: Sequence[Summary], baseline: Summary) -> list[str]:
    return [f"{each.start_ms / baseline.start_ms:.2f}" for each in summaries]


def _million(summaries: Sequence[Summary]) -> list[Row]:
    found = [each.memory_million_mib for each in summaries]
    if all(memory is None for memory in found):
        return []
    return [("PSS, a million lines under way", *(_mib(memory) for memory in found))]


def _mib(memory: float | None) -> str:
    return ABSENT if memory is None else f"{memory:.0f}"


def workloads(function: Summary) -> list[Row]:
    """Return what was measured of this function alone.

    Parameters
    ----------
    function
        Its summary.

    Returns
    -------
    list of tuple of str
        A workload and its transactions per second.
    """
    return [(name, f"{rate:,.0f}") for name, rate in function.workloads.items()]


def markdown(heads: Sequence[str], rows: Sequence[Row]) -> str:
    """Return a table in Markdown, with all columns but the first to the right.

    Parameters
    ----------
    heads
        Of the columns.
    rows
        With a cell for each.

    Returns
    -------
    str
    """
    rule = ["---", *("---:" for _ in heads[1:])]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (heads, rule, *rows))


def markdown_goals(verdicts: Sequence[Verdict]) -> str:
    """Return the table of goals in Markdown.

    Parameters
    ----------
    verdicts
        One or more.

    Returns
    -------
    str
    """
    rows = [(each.goal, each.found, "met" if each.met else "**not met**") for each in verdicts]
    return markdown(["goal", "found", ""], rows)
