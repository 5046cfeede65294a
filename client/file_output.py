"""Writes what is answered so that nothing of it is lost or there twice; `score` makes it.

A file is written under another name, `FILE.partial`, and beside it `FILE.state` says how much of it
belongs to how much of the input. Both are brought to the disk about once a second, the rows first.
Whoever goes on cuts off what the state does not know of. The file's own name is given at the end.
"""

import fcntl
import os
import time
from contextlib import ExitStack, suppress
from pathlib import Path

import msgspec

from client.errors import OutputError
from client.state import State, Task, read_state, sync_folder, write_state

COMMIT_EVERY_S = 1.0


class FileOutput:
    """Writes rows to a file that gets its name when it is whole.

    Parameters
    ----------
    path
        That name.
    task
        What the run is about.
    resume
        Whether to go on from what an earlier run has left.
    restart
        Whether to forget that, and to replace the file where it is there.

    Attributes
    ----------
    state
        How far it is.
    partial
        The file that is written meanwhile.

    Raises
    ------
    OutputError
        If the file is there already, is being written by another run, or cannot be written.
    ResumeError
        If an earlier run was about something else.
    """

    def __init__(self, path: Path, task: Task, *, resume: bool, restart: bool) -> None:
        self._path = path
        self.partial = path.with_name(f"{path.name}.partial")
        self._state_path = path.with_name(f"{path.name}.state")
        try:
            if restart or not resume:
                self._state_path.unlink(missing_ok=True)
            else:
                self._undo_naming(task)
            self._file = self.partial.open("ab")
            with ExitStack() as undo:
                undo.callback(self.close)
                self._lock()
                self.state = self._begun(task, restart=restart)
                self._file.truncate(self.state.written)
                undo.pop_all()
        except OSError as error:
            raise self._failed(error) from None
        self._kept_at = time.monotonic()

    def begin(self, head: bytes) -> None:
        """Write what is before the first row, in place of all that is there.

        Parameters
        ----------
        head
            A whole line, or nothing.

        Raises
        ------
        OutputError
            If it cannot be written.
        """
        self.state = msgspec.structs.replace(self.state, written=0)
        try:
            self._file.truncate(0)
        except OSError as error:
            raise self._failed(error) from None
        self.append(head, self.state)

    def append(self, rows: bytes, state: State) -> None:
        """Write rows.

        Parameters
        ----------
        rows
            Whole lines.
        state
            How far the run is with them; `written` does not count.

        Raises
        ------
        OutputError
            If they cannot be written.
        """
        try:
            self._file.write(rows)
        except OSError as error:
            raise self._failed(error) from None
        self.state = msgspec.structs.replace(state, written=self.state.written + len(rows))
        if time.monotonic() - self._kept_at >= COMMIT_EVERY_S:
            self.keep()

    def keep(self) -> None:
        """Bring to the disk what is written, and then how far that is.

        Raises
        ------
        OutputError
            If that cannot be done.
        """
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
            write_state(self._state_path, self.state)
        except OSError as error:
            raise self._failed(error) from None
        self._kept_at = time.monotonic()

    def finish(self) -> None:
        """Give the file its name.

        Raises
        ------
        OutputError
            If that cannot be done.
        """
        self.keep()
        try:
            self._put_in_place()
            sync_folder(self._path.parent)
            self._state_path.unlink()
            if self.state.task.format == "parquet":
                self.partial.unlink()
        except OSError as error:
            raise self._failed(error) from None

    def close(self) -> None:
        """Let another run write it."""
        with suppress(OSError):  # which `append` or `keep` has told of
            self._file.close()

    def _put_in_place(self) -> None:
        if self.state.task.format != "parquet":
            self.partial.replace(self._path)
            return
        from client.parquet import write_parquet  # noqa: PLC0415  large, and seldom asked for

        scratch = self._path.with_name(f"{self._path.name}.new")
        write_parquet(self.partial, scratch)
        scratch.replace(self._path)

    def _lock(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OutputError(
                f"Another run writes {self._path}; wait for its end, or give another --out."
            ) from None

    def _undo_naming(self, task: Task) -> None:
        """Begin from before the file got its name, where a run was killed right after that."""
        state = read_state(self._state_path, task)
        if state is None or not state.complete or self.partial.exists() or not self._path.exists():
            return
        if self._path.stat().st_size == state.written:
            self._path.replace(self.partial)

    def _begun(self, task: Task, *, restart: bool) -> State:
        state = read_state(self._state_path, task)
        if state is None:
            if self._path.exists() and not restart:
                self.partial.unlink()
                raise OutputError(
                    f"{self._path} is there already. Give another --out, or --restart to score "
                    "all anew and replace it."
                )
            return State(task)
        if state.written > self.partial.stat().st_size:
            raise OutputError(
                f"{self.partial} is shorter than an earlier run left it; --restart begins anew."
            )
        return state

    def _failed(self, error: OSError) -> OutputError:
        return OutputError(f"{self._path} cannot be written: {error.strerror}.")
