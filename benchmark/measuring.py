"""Measures all contenders in turn; `benchmark.bench` calls it.

Contenders take turns in every round and at every start, so that whatever else slows the machine
for a while slows them all.
"""

import compileall
import http.client
import os
import sysconfig
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from benchmark.contenders import FUNCTION, PROJECT, Contender
from benchmark.errors import BenchmarkError, LoadError, MachineError
from benchmark.memory import memory_mib, sampled_memory
from benchmark.processes import Running, running, status_of
from benchmark.results import Busy, Measured, Round, busy_of
from benchmark.streams import Stream, put_stream
from benchmark.workloads import CONNECTIONS, MILLION_TIMES, Repeated, Workloads
from benchmark.wrk import put_load

PACKAGES = ("function", "training", "benchmark")
WARM_UP_CONNECTIONS, WARM_UP_S = 16, 1

Say = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """How much is measured.

    Attributes
    ----------
    starts, rounds
        How many of each, 1 or more.
    seconds
        How long each load lasts, 1 or more.
    single
        Whether all contenders get the load of one transaction a request.
    workloads
        What this function gets besides.
    """

    starts: int
    rounds: int
    seconds: int
    single: bool = True
    workloads: Workloads = field(default_factory=Workloads)


@dataclass
class Findings:
    """All that was measured.

    Attributes
    ----------
    contenders
        In the order of their turns.
    left_out
        Why something is not there, by name.
    """

    contenders: list[Measured]
    left_out: dict[str, str]


def measure(contenders: Sequence[Contender], plan: Plan, say: Say) -> Findings:
    """Measure starts, then rates, latencies and memory.

    Parameters
    ----------
    contenders
        In the order of their turns.
    plan
        How much.
    say
        Called with what is done next.

    Returns
    -------
    Findings

    Raises
    ------
    BenchmarkError
        If a contender that is not optional does not start or does not answer everything, or wrk
        is missing.
    """
    compile_all()
    found = [Measured(each.name, each.installed_mib, each.versions) for each in contenders]
    left_out: dict[str, str] = {}

    def take_turns(title: str, turn: Callable[[Contender, Measured], None]) -> None:
        for contender, measured in zip(contenders, found, strict=True):
            if contender.name not in left_out:
                say(f"{title}: {contender.name}")
                _try(turn, contender, measured, left_out)

    def start(contender: Contender, measured: Measured) -> None:
        with running(contender) as server:
            measured.starts_s.append(server.start_s)

    def load(contender: Contender, measured: Measured) -> None:
        measured.rounds.append(measure_round(contender, plan, left_out))

    for number in range(plan.starts):
        take_turns(f"start {number + 1} of {plan.starts}", start)
    for number in range(plan.rounds):
        take_turns(f"round {number + 1} of {plan.rounds}", load)
    return Findings([each for each in found if each.name not in left_out], left_out)


def _try(
    turn: Callable[[Contender, Measured], None],
    contender: Contender,
    measured: Measured,
    left_out: dict[str, str],
) -> None:
    try:
        turn(contender, measured)
    except MachineError:
        raise
    except BenchmarkError as error:
        if not contender.optional:
            raise
        left_out[contender.name] = str(error)


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


def measure_round(contender: Contender, plan: Plan, left_out: dict[str, str]) -> Round:
    """Start a contender, weigh it, put load on it, and weigh it again.

    Parameters
    ----------
    contender
        Who.
    plan
        How much.
    left_out
        Gets the workloads that the contender does not have, and why.

    Returns
    -------
    Round

    Raises
    ------
    BenchmarkError
        As `measure` does.
    """
    with running(contender) as server:
        found = Round(memory_mib(server.process))
        try:
            if plan.single:
                _put_single(server, contender, plan.seconds, found)
            if contender.name == FUNCTION:
                _put_workloads(server, plan, found, left_out)
        except LoadError as error:
            raise LoadError(f"{contender.name}: {error}") from None
        return found


def _put_single(server: Running, contender: Contender, seconds: int, found: Round) -> None:
    put_load(server.address, contender.post, WARM_UP_CONNECTIONS, WARM_UP_S)
    for count in CONNECTIONS:
        found.loads[count] = put_load(server.address, contender.post, count, seconds)
    found.memory_loaded_mib = memory_mib(server.process)


def _put_workloads(server: Running, plan: Plan, found: Round, left_out: dict[str, str]) -> None:
    workloads = plan.workloads
    for name, repeated in workloads.repeated.items():
        if repeated.optional and _is_missing(server, repeated):
            left_out[name] = f"{FUNCTION} answers {repeated.post.path} with 404."
            continue
        put_load(server.address, repeated.post, WARM_UP_CONNECTIONS, WARM_UP_S)
        load = put_load(server.address, repeated.post, repeated.connections, plan.seconds)
        found.workloads[name] = Busy(load.rate * repeated.rows)
    for name, stream in workloads.streams.items():
        found.workloads[name] = _put_streams(server, stream, plan.seconds)
    if workloads.million:
        with sampled_memory(server.process) as samples:
            put_stream(server.address, workloads.million, MILLION_TIMES)
        found.memory_million_mib = max(each.pss for each in samples)


def _is_missing(server: Running, repeated: Repeated) -> bool:
    port = urlsplit(server.address).port
    assert port is not None  # noqa: S101  for the type checker
    return status_of(port, repeated.post) == http.client.NOT_FOUND


def _put_streams(server: Running, stream: Stream, seconds: int) -> Busy:
    """Send it again and again until the time is over."""
    put_stream(server.address, stream)  # warms up
    deadline = time.monotonic() + seconds
    loads = [put_stream(server.address, stream)]
    while time.monotonic() < deadline:
        loads.append(put_stream(server.address, stream))
    return busy_of(loads)
