"""How far a run has come, as it is kept beside its output; `file_output` reads and writes it."""

import os
from pathlib import Path
from typing import Literal

import msgspec

from client.errors import ResumeError
from client.source import Place

Mode = Literal["rows", "events"]
Format = Literal["csv", "ndjson", "parquet"]


class Task(msgspec.Struct, frozen=True):
    """What a run is about; one that is resumed has to be about the same.

    Attributes
    ----------
    size, modified_ns
        Of the input: bytes, and nanoseconds since 1970.
    url
        Where it is sent.
    mode
        As what it is sent.
    format
        In which what is answered is written.
    event_source
        The source of its events; empty where there are none.
    """

    size: int
    modified_ns: int
    url: str
    mode: Mode
    format: Format
    event_source: str


WORDS = {
    "size": "the input's size",
    "modified_ns": "the time of the input's last change",
    "url": "--url",
    "mode": "--as",
    "format": "the output's format",
    "event_source": "--source",
}


class Tally(msgspec.Struct, frozen=True):
    """What has been answered.

    Attributes
    ----------
    decisions
        How many rows were decided.
    frauds
        How many of these were called frauds.
    problems
        How many rows could not be scored.
    accepted
        How many events were taken without a decision in return.
    """

    decisions: int = 0
    frauds: int = 0
    problems: int = 0
    accepted: int = 0

    @property
    def rows(self) -> int:
        """All that were answered."""
        return self.decisions + self.problems + self.accepted

    def plus(self, other: "Tally") -> "Tally":
        """Add up two.

        Parameters
        ----------
        other
            The other.

        Returns
        -------
        Tally
        """
        mine, others = msgspec.structs.astuple(self), msgspec.structs.astuple(other)
        return Tally(*(one + another for one, another in zip(mine, others, strict=True)))


class State(msgspec.Struct, frozen=True):
    """How far a run has come.

    Attributes
    ----------
    task
        What it is about.
    place
        The place in the input up to which all is written; None at the beginning.
    written
        How many bytes of the partial output belong to that.
    tally
        What that was.
    models
        How many rows each model has answered, by its name and version.
    complete
        Whether the input's end is reached.
    """

    task: Task
    place: Place | None = None
    written: int = 0
    tally: Tally = Tally()
    models: dict[str, int] = {}
    complete: bool = False


def read_state(path: Path, task: Task) -> State | None:
    """Read what an earlier run has left.

    Parameters
    ----------
    path
        The file that `write_state` writes.
    task
        What the run is about that would go on.

    Returns
    -------
    State or None
        None where there is nothing, or nothing was done.

    Raises
    ------
    ResumeError
        If it is about another task, or cannot be read.
    """
    try:
        state = msgspec.json.decode(path.read_bytes(), type=State)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError) as error:
        raise ResumeError(
            f"{path}, in which an earlier run says how far it came, cannot be read ({error}); "
            "--restart begins anew."
        ) from None
    if state.place is None and not state.complete:
        return None  # with nothing done yet, such as with a wrong URL, it may become another task
    before, now = msgspec.structs.asdict(state.task), msgspec.structs.asdict(task)
    changed = [words for name, words in WORDS.items() if before[name] != now[name]]
    if changed:
        raise ResumeError(
            f"An earlier run stopped halfway, and since then {' and '.join(changed)} changed. Run "
            "it as before to go on, or with --restart to begin anew."
        )
    return state


def write_state(path: Path, state: State) -> None:
    """Write it such that a crash leaves the old one or the new one.

    Parameters
    ----------
    path
        The file.
    state
        What is written.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    scratch = path.with_name(f"{path.name}.new")
    with scratch.open("wb") as file:
        file.write(msgspec.json.encode(state))
        file.flush()
        os.fsync(file.fileno())
    scratch.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make sure that names which were given in a folder outlast a loss of power.

    Parameters
    ----------
    folder
        The folder.

    Raises
    ------
    OSError
        If that cannot be done.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
