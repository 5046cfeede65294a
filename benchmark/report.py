"""Lays the results out for a terminal; all commands call it."""

from collections.abc import Iterator, Sequence

from rich.table import Column, Table

from benchmark import tables
from benchmark.contenders import FUNCTION
from benchmark.goals import Verdict
from benchmark.results import Summary


def reported(
    summaries: Sequence[Summary], verdicts: Sequence[Verdict], title: str
) -> Iterator[Table]:
    """Make the tables: contenders side by side, this function alone, and the goals.

    Parameters
    ----------
    summaries
        One or more.
    verdicts
        As `goals.verdicts` gives them.
    title
        Above the first table.

    Yields
    ------
    rich.table.Table
        Those for which there is something to show.
    """
    yield _comparison(summaries, title)
    for summary in summaries:
        if summary.name == FUNCTION and (rows := tables.workloads(summary)):
            yield table_of(["this function besides", "transactions a second"], rows)
    if verdicts:
        yield goals_table(verdicts)


def goals_table(verdicts: Sequence[Verdict]) -> Table:
    """Make the table of goals; the soak shows its own in it.

    Parameters
    ----------
    verdicts
        One or more.

    Returns
    -------
    rich.table.Table
    """
    rows = [(each.goal, each.found, "met" if each.met else "not met") for each in verdicts]
    return table_of(["goal", "found", ""], rows)


def _comparison(summaries: Sequence[Summary], title: str) -> Table:
    table = Table(Column(no_wrap=True), title=title)
    for summary in summaries:
        # A word a line, so that all fit beside each other.
        table.add_column(summary.name.replace(" ", "\n"), justify="right", no_wrap=True)
    for row in tables.comparison(summaries):
        table.add_row(*row)
    return table


def table_of(heads: Sequence[str], rows: Sequence[tables.Row]) -> Table:
    """Make a table with all columns but the first to the right.

    Parameters
    ----------
    heads
        Of the columns.
    rows
        With a cell for each.

    Returns
    -------
    rich.table.Table
    """
    table = Table(heads[0])
    for head in heads[1:]:
        table.add_column(head, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    return table
