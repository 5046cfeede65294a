"""What was measured, and its medians; `measuring` fills it, `goals` and `report` read it."""

from collections.abc import Iterable, Mapping
from statistics import median

import msgspec

from benchmark.machine import Machine
from benchmark.streams import StreamLoad
from benchmark.wrk import Load


class Busy(msgspec.Struct, frozen=True):
    """A workload of this function alone.

    Attributes
    ----------
    rate
        Transactions per second.
    client_busy
        The share of its core that the client of a stream took, 0 to 1; None for wrk.
    """

    rate: float
    client_busy: float | None = None


class Round(msgspec.Struct):
    """One contender in one round.

    Attributes
    ----------
    memory_first_mib
        PSS of all its processes after its first answer.
    memory_loaded_mib
        The same after the load of single transactions; None where there was none.
    loads
        One transaction a request, by the number of connections.
    workloads
        What is measured of this function alone, by name.
    memory_million_mib
        The most PSS while a million lines went through.
    """

    memory_first_mib: float
    memory_loaded_mib: float | None = None
    loads: dict[int, Load] = msgspec.field(default_factory=dict)
    workloads: dict[str, Busy] = msgspec.field(default_factory=dict)
    memory_million_mib: float | None = None


class Measured(msgspec.Struct):
    """All that was measured of one contender.

    Attributes
    ----------
    name
        The contender's.
    installed_mib
        What is installed for it beside Python.
    versions
        Of what it is made of, by package.
    starts_s
        From process start to the first answer, in seconds, a number for each start.
    rounds
        In their order.
    """

    name: str
    installed_mib: float = 0.0
    versions: Mapping[str, str] = {}
    starts_s: list[float] = msgspec.field(default_factory=list)
    rounds: list[Round] = msgspec.field(default_factory=list)


class Results(msgspec.Struct):
    """What --json writes.

    Attributes
    ----------
    date
        Of the run, as ISO 8601 writes it.
    command
        What was typed.
    machine
        Where it ran.
    seconds
        How long each load lasted.
    contenders
        Every measurement.
    left_out
        Why a contender or a workload is not there, by name.
    """

    date: str
    command: str
    machine: Machine
    seconds: int
    contenders: list[Measured]
    left_out: dict[str, str]


class UnderLoad(msgspec.Struct, frozen=True):
    """Medians over the rounds at one concurrency: answers per second, and times in ms."""

    rate: float
    p50_ms: float
    p99_ms: float


class Summary(msgspec.Struct, frozen=True):
    """Medians of one contender.

    Attributes
    ----------
    name, installed_mib
        As in `Measured`.
    start_ms
        Over the starts, in milliseconds.
    memory_first_mib, memory_loaded_mib, memory_million_mib
        Over the rounds, as in `Round`; None where it was not measured.
    loads
        By concurrency.
    workloads
        Transactions per second, by workload.
    """

    name: str
    installed_mib: float
    start_ms: float
    memory_first_mib: float
    memory_loaded_mib: float | None
    memory_million_mib: float | None
    loads: dict[int, UnderLoad]
    workloads: dict[str, float]


def summarise(measured: Measured) -> Summary:
    """Take the medians.

    Parameters
    ----------
    measured
        At least one start and one round; all rounds have the same loads and workloads.

    Returns
    -------
    Summary
    """
    rounds = measured.rounds
    return Summary(
        measured.name,
        measured.installed_mib,
        median(measured.starts_s) * 1000,
        median(each.memory_first_mib for each in rounds),
        _median_of(each.memory_loaded_mib for each in rounds),
        _median_of(each.memory_million_mib for each in rounds),
        {count: _under_load([each.loads[count] for each in rounds]) for count in rounds[0].loads},
        {
            name: median(each.workloads[name].rate for each in rounds)
            for name in rounds[0].workloads
        },
    )


def _median_of(values: Iterable[float | None]) -> float | None:
    found = [value for value in values if value is not None]
    return median(found) if found else None


def _under_load(loads: list[Load]) -> UnderLoad:
    return UnderLoad(
        median(load.rate for load in loads),
        median(load.p50_us for load in loads) / 1000,
        median(load.p99_us for load in loads) / 1000,
    )


def busy_of(loads: list[StreamLoad]) -> Busy:
    """Return what streams sent one after the other amount to.

    Parameters
    ----------
    loads
        One or more.

    Returns
    -------
    Busy
    """
    duration = sum(load.duration_s for load in loads)
    return Busy(
        sum(load.lines for load in loads) / duration,
        sum(load.client_s for load in loads) / duration,
    )
