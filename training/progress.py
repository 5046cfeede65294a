"""Tells how far a long command is: a bar in a terminal, plain lines in a log.

`train` makes it, `study` reports to it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

Report = Callable[[str], None]
"""Called with what begins now, once for each step."""


@contextmanager
def steps(console: Console, total: int) -> Iterator[Report]:
    """Show the steps of a command.

    Parameters
    ----------
    console
        Where; what kind it is decides how.
    total
        How many steps there are, 1 or more.

    Yields
    ------
    Callable
        To be called at the start of each step with what it is.
    """
    if console.is_terminal:
        yield from _bar(console, total)
    else:
        yield from _lines(console, total)


def _bar(console: Console, total: int) -> Iterator[Report]:
    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(elapsed_when_finished=True),
        TextColumn("{task.description}", markup=False),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=total)
        begun = 0

        def report(what: str) -> None:
            nonlocal begun
            bar.update(task, completed=begun, description=what)
            begun += 1

        yield report
        bar.update(task, completed=total)


def _lines(console: Console, total: int) -> Iterator[Report]:
    begun = 0

    def report(what: str) -> None:
        nonlocal begun
        begun += 1
        console.print(f"{begun}/{total} {what}", markup=False, highlight=False)

    yield report
