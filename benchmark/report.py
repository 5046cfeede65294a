"""Lays the results out for a terminal; `benchmark.bench` calls it."""

from collections.abc import Iterator, Sequence

from rich.table import Column, Table

from benchmark.contenders import BASELINE
from benchmark.results import CONCURRENCIES, Summary, ratios


def table_of(summaries: Sequence[Summary], title: str) -> Table:
    """Make the table: a column for each contender, its medians above, its ratios below.

    Parameters
    ----------
    summaries
        One of them is that of `BASELINE`.
    title
        Above the table.

    Returns
    -------
    rich.table.Table
    """
    table = Table(Column(no_wrap=True), title=title)
    for summary in summaries:
        # A word a line: so the table fits into 80 columns.
        table.add_column(summary.name.replace(" ", "\n"), justify="right", no_wrap=True)
    _add(table, [dict(_medians(each)) for each in summaries])
    table.add_section()
    baseline = next(each for each in summaries if each.name == BASELINE)
    _add(table, [dict(_ratios(each, baseline)) for each in summaries])
    return table


def _add(table: Table, columns: Sequence[dict[str, str]]) -> None:
    for name in columns[0]:
        table.add_row(name, *(column[name] for column in columns))


def _medians(summary: Summary) -> Iterator[tuple[str, str]]:
    yield "start to first 200, ms", f"{summary.start_ms:.0f}"
    for count in CONCURRENCIES:
        load = summary.loads[count]
        yield f"req/s at c={count}", f"{load.rate:.0f}"
        yield f"p50 ms at c={count}", f"{load.p50_ms:.2f}"
        yield f"p99 ms at c={count}", f"{load.p99_ms:.2f}"
    yield "PSS after first 200, MiB", f"{summary.memory_first_mib:.1f}"
    yield "PSS after load, MiB", f"{summary.memory_loaded_mib:.1f}"


def _ratios(summary: Summary, baseline: Summary) -> Iterator[tuple[str, str]]:
    found = ratios(summary, baseline)
    for count, rate in found.rates.items():
        yield f"ratio of req/s at c={count}", f"{rate:.2f}"
    yield "ratio of start", f"{found.start:.2f}"
