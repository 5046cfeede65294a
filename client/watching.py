"""Shows how far a run is: a bar in a terminal, a line now and then in a log.

`score` makes it; `run` and `sending` report to it.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

REFRESHES_PER_S = 4
LINE_EVERY_S = 10.0


COLUMNS = (
    BarColumn(),
    TextColumn("{task.percentage:>3.0f}%"),
    TextColumn("{task.fields[rows]:,} rows{task.fields[rate]}"),
    TimeRemainingColumn(),
    TextColumn("{task.description}", markup=False),
)


class Watch(Protocol):
    """Is told what happens."""

    def advanced(self, rows: int, read: int) -> None:
        """Take the number of rows that are written, and of the input's bytes that held them."""

    def retried(self, reason: str, wait_s: float) -> None:
        """Take why a request failed, and in how many seconds it is sent again."""

    def noted(self, text: str) -> None:
        """Take a sentence that the user should see."""


class Quiet:
    """Shows nothing."""

    def advanced(self, rows: int, read: int) -> None:
        """Show nothing."""

    def retried(self, reason: str, wait_s: float) -> None:
        """Show nothing."""

    def noted(self, text: str) -> None:
        """Show nothing."""


class Lines:
    """Writes lines.

    Parameters
    ----------
    console
        Where.
    size
        How many bytes the input has; None where that is not known.
    every_s
        At most so often, in seconds.
    """

    def __init__(self, console: Console, size: int | None, every_s: float = LINE_EVERY_S) -> None:
        self._console = console
        self._size = size
        self._every = every_s
        self._began = self._shown = time.monotonic()
        self._first: tuple[int, int] | None = None
        self._retries = 0

    def advanced(self, rows: int, read: int) -> None:
        """Write a line, if it is time for one."""
        self._first = self._first or (rows, read)
        now = time.monotonic()
        if now - self._shown >= self._every:
            self._shown = now
            self._write(rows, read, now - self._began)

    def retried(self, reason: str, wait_s: float) -> None:
        """Write the first reason; the others are counted."""
        self._retries += 1
        if self._retries == 1:
            self.noted(f"Sent again in {wait_s:.1f} s: {reason}")

    def noted(self, text: str) -> None:
        """Write it."""
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    def _write(self, rows: int, read: int, seconds: float) -> None:
        first_rows, first_read = self._first or (0, 0)
        text = f"{rows:,} rows, {(rows - first_rows) / seconds:,.0f} a second"
        if self._size and read > first_read:
            left = (self._size - read) * seconds / (read - first_read)
            text += f", {read / self._size:.0%}, {_clock(left)} left"
        self.noted(f"{text}{_retries(self._retries)}")


class Bar:
    """Draws a bar.

    Parameters
    ----------
    progress
        Shows the fields rows and rate, and the description.
    size
        How many bytes the input has; None where that is not known.
    """

    def __init__(self, progress: Progress, size: int | None) -> None:
        self._progress = progress
        self._task = progress.add_task("", total=size, rows=0, rate="")
        self._began = time.monotonic()
        self._first: int | None = None
        self._retries = 0

    def advanced(self, rows: int, read: int) -> None:
        """Move the bar."""
        if self._first is None:
            # What an earlier run has done counts neither for the rate nor for the time left.
            self._first = rows
            self._progress.reset(self._task, completed=read)
        rate = (rows - self._first) / max(time.monotonic() - self._began, 1e-3)
        self._progress.update(self._task, completed=read, rows=rows, rate=f", {rate:,.0f} a second")

    def retried(self, reason: str, wait_s: float) -> None:
        """Show how many there are; the first is explained."""
        self._retries += 1
        if self._retries == 1:
            self.noted(f"Sent again in {wait_s:.1f} s: {reason}")
        self._progress.update(self._task, description=_retries(self._retries)[2:])

    def noted(self, text: str) -> None:
        """Write it above the bar."""
        self._progress.console.print(text, markup=False, highlight=False, soft_wrap=True)


@contextmanager
def watching(console: Console, size: int | None, *, quiet: bool) -> Iterator[Watch]:
    """Show a run.

    Parameters
    ----------
    console
        Where; what kind it is decides how.
    size
        How many bytes the input has; None where that is not known.
    quiet
        Whether to show nothing.

    Yields
    ------
    Watch
    """
    if quiet:
        yield Quiet()
    elif console.is_terminal:
        with Progress(
            *COLUMNS, console=console, transient=True, refresh_per_second=REFRESHES_PER_S
        ) as progress:
            yield Bar(progress, size)
    else:
        yield Lines(console, size)


def _retries(count: int) -> str:
    return f", {count:,} sent again" if count else ""


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"
