"""Where `run` writes what is answered; standard output is the simple case, `file_output` the other.

`score` chooses.
"""

import sys
from typing import Protocol

from client.state import State, Task


class Output(Protocol):
    """Takes rows."""

    state: State

    def begin(self, head: bytes) -> None:
        """Write what is before the first row, in place of all that is there."""

    def append(self, rows: bytes, state: State) -> None:
        """Write rows, after which the run is so far; `state.written` does not count."""

    def keep(self) -> None:
        """Make sure that a later run can go on from here."""

    def finish(self) -> None:
        """Make whole what is written."""

    def close(self) -> None:
        """Write no more."""


class StandardOutput:
    """Writes rows to standard output, of which nothing can be resumed.

    Parameters
    ----------
    task
        What the run is about.

    Attributes
    ----------
    state
        How far it is.
    """

    def __init__(self, task: Task) -> None:
        self.state = State(task)

    def begin(self, head: bytes) -> None:
        """Write what is before the first row."""
        self.append(head, self.state)

    def append(self, rows: bytes, state: State) -> None:
        """Write rows."""
        sys.stdout.buffer.write(rows)
        sys.stdout.buffer.flush()
        self.state = state

    def keep(self) -> None:
        """Keep nothing."""

    def finish(self) -> None:
        """Do nothing more."""

    def close(self) -> None:
        """Do nothing more."""
