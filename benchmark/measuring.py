"""Measures all contenders in turn; `benchmark.bench` calls it.

Contenders take turns in every round and at every start, so that whatever else slows the machine
for a while slows them all.
"""

import compileall
import os
import sysconfig
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmark.contenders import Contender
from benchmark.errors import LoadError, MachineError
from benchmark.processes import PROJECT, memory_mib, running
from benchmark.results import CONCURRENCIES, Measured, Round
from benchmark.wrk import put_load

PACKAGES = ("function", "training", "benchmark")
WARM_UP_S = 1

Say = Callable[[str], None]


def measure(
    contenders: Sequence[Contender],
    body: bytes,
    *,
    starts: int,
    rounds: int,
    seconds: int,
    say: Say,
) -> list[Measured]:
    """Measure starts, then rates, latencies and memory.

    Parameters
    ----------
    contenders
        In the order of their turns.
    body
        What is posted, JSON.
    starts
        How many starts of each, 1 or more.
    rounds
        How many rounds, 1 or more.
    seconds
        How long each measurement under load takes, 1 or more.
    say
        Called with what is done next.

    Returns
    -------
    list of Measured
        In the same order.

    Raises
    ------
    BenchmarkError
        If a contender does not start or does not answer everything, or wrk is missing.
    """
    compile_all()
    found = [Measured(each.name) for each in contenders]
    pairs = list(zip(contenders, found, strict=True))
    for number in range(starts):
        say(f"start {number + 1} of {starts}")
        for contender, measured in pairs:
            with running(contender, body) as server:
                measured.starts_s.append(server.start_s)
    for number in range(rounds):
        for contender, measured in pairs:
            say(f"round {number + 1} of {rounds}: {contender.name}")
            measured.rounds.append(measure_round(contender, body, seconds))
    return found


def compile_all() -> None:
    """Compile everything that a contender may import, so that no start has to.

    Where Python writes no bytecode by itself (PYTHONDONTWRITEBYTECODE), each start would compile
    the project's modules anew, and the more of them a contender has, the slower it would seem.

    Raises
    ------
    MachineError
        If the project's own modules cannot be compiled.
    """
    # Some packages bring files that are templates or for another Python, so theirs may fail.
    compileall.compile_dir(sysconfig.get_path("purelib"), quiet=2, workers=os.cpu_count() or 1)
    for package in PACKAGES:
        if not compileall.compile_dir(PROJECT / package, quiet=1):
            raise MachineError(f"{package}/ cannot be compiled.")


def measure_round(contender: Contender, body: bytes, seconds: int) -> Round:
    """Start a contender, weigh it, put load on it, and weigh it again.

    Parameters
    ----------
    contender
        Who.
    body
        What is posted, JSON.
    seconds
        How long each load lasts.

    Returns
    -------
    Round

    Raises
    ------
    BenchmarkError
        As `measure` does.
    """
    with tempfile.NamedTemporaryFile() as file, running(contender, body) as server:
        file.write(body)
        file.flush()
        path = Path(file.name)
        first = memory_mib(server.group)
        try:
            put_load(server.url, path, max(CONCURRENCIES), WARM_UP_S)
            loads = {count: put_load(server.url, path, count, seconds) for count in CONCURRENCIES}
        except LoadError as error:
            raise LoadError(f"{contender.name}: {error}") from None
        return Round(first, memory_mib(server.group), loads)
