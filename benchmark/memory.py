"""Weighs processes; `measuring` and `soak` call it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

from benchmark.errors import MachineError

PROC = Path("/proc")
SAMPLE_S = 0.1


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
    """Return the memory of a process and its family: PSS, which counts shared pages in parts.

    Parameters
    ----------
    process
        As `family_of` takes it.

    Returns
    -------
    float
        In MiB.

    Raises
    ------
    MachineError
        If this machine has no /proc/PID/smaps_rollup (Linux has it since 4.14).
    """
    return sum(_pss_kib(PROC / str(each) / "smaps_rollup") for each in family_of(process)) / 1024


def _pss_kib(file: Path) -> int:
    try:
        lines = file.read_text().splitlines()
    except ProcessLookupError:  # it has just ended
        return 0
    except OSError as error:
        raise MachineError(f"The memory of a process cannot be read: {error}.") from None
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


@contextmanager
def sampled_memory(process: int, every_s: float = SAMPLE_S) -> Iterator[list[float]]:
    """Weigh a process again and again meanwhile.

    Parameters
    ----------
    process
        As `family_of` takes it.
    every_s
        Seconds between two samples.

    Yields
    ------
    list of float
        The samples in MiB; it grows, and has one or more afterwards.
    """
    samples = [memory_mib(process)]
    ended = Event()

    def sample() -> None:
        while not ended.wait(every_s):
            samples.append(memory_mib(process))

    sampler = Thread(target=sample, daemon=True)
    sampler.start()
    try:
        yield samples
    finally:
        ended.set()
        sampler.join()
