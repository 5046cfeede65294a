"""Weighs processes; `measuring` and `soak` call it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import NamedTuple

from benchmark.errors import MachineError

PROC = Path("/proc")
SAMPLE_S = 0.1


class Weight(NamedTuple):
    """The memory of processes, in MiB.

    Attributes
    ----------
    pss
        All of it, of which pages that are shared count in parts. It moves a little with whatever
        else runs on the machine and shares pages of files.
    anonymous
        The part that is in no file: what a process has allocated.
    """

    pss: float
    anonymous: float


def family_of(process: int) -> list[int]:
    """Return a process, all that descend from it, and all in its session.

    Some servers start their workers in sessions of their own.

    Parameters
    ----------
    process
        The id of a process that leads a session.

    Returns
    -------
    list of int
        Ids; empty where none is left.
    """
    parents = dict(_parents_and_sessions())
    family = {each for each, (_, session) in parents.items() if process in (each, session)}
    while more := {each for each, (parent, _) in parents.items() if parent in family} - family:
        family |= more
    return sorted(family)


def _parents_and_sessions() -> Iterator[tuple[int, tuple[int, int]]]:
    for file in PROC.glob("[0-9]*/stat"):
        try:
            text = file.read_text()
        except (FileNotFoundError, ProcessLookupError):  # it has ended since it was listed
            continue
        state, parent, _, session = text.rpartition(")")[2].split()[:4]
        if state != "Z":
            yield int(file.parent.name), (int(parent), int(session))


def memory_mib(process: int) -> float:
    """Return the memory of a process and its family, as `weigh` has it: the PSS alone."""
    return weigh(process).pss


def weigh(process: int) -> Weight:
    """Weigh a process and its family.

    Parameters
    ----------
    process
        As `family_of` takes it.

    Returns
    -------
    Weight

    Raises
    ------
    MachineError
        If this machine has no /proc/PID/smaps_rollup with these sums (Linux has it since 5.4).
    """
    counts = [_counts_of(PROC / str(each) / "smaps_rollup") for each in family_of(process)]
    pss, anonymous = (
        sum(each.get(name, 0) for each in counts) / 1024 for name in ("Pss", "Pss_Anon")
    )
    return Weight(pss, anonymous)


def _counts_of(file: Path) -> dict[str, int]:
    """Return all counts of a file, in KiB; none where its process has just ended."""
    try:
        lines = file.read_text().splitlines()[1:]
    except (FileNotFoundError, ProcessLookupError):
        return {}
    except OSError as error:
        raise MachineError(f"The memory of a process cannot be read: {error}.") from None
    pairs = (line.partition(":") for line in lines)
    return {name: int(value.split()[0]) for name, _, value in pairs}


@contextmanager
def sampled_memory(process: int, every_s: float = SAMPLE_S) -> Iterator[list[Weight]]:
    """Weigh a process again and again meanwhile.

    Parameters
    ----------
    process
        As `family_of` takes it.
    every_s
        Seconds between two samples.

    Yields
    ------
    list of Weight
        It grows, and has one or more afterwards.
    """
    samples = [weigh(process)]
    ended = Event()

    def sample() -> None:
        while not ended.wait(every_s):
            samples.append(weigh(process))

    sampler = Thread(target=sample, daemon=True)
    sampler.start()
    try:
        yield samples
    finally:
        ended.set()
        sampler.join()
