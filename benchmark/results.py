"""What was measured, and its medians and ratios; `measuring` fills it, `report` shows it."""

from statistics import median

import msgspec

from benchmark.wrk import Load

CONCURRENCIES = (1, 16)
"""How many requests are under way at once, one measurement for each."""


class Round(msgspec.Struct, frozen=True):
    """One contender in one round.

    Attributes
    ----------
    memory_first_mib
        PSS of all its processes after its first answer.
    memory_loaded_mib
        The same after the load.
    loads
        A measurement for each of `CONCURRENCIES`.
    """

    memory_first_mib: float
    memory_loaded_mib: float
    loads: dict[int, Load]


class Measured(msgspec.Struct):
    """All that was measured of one contender.

    Attributes
    ----------
    name
        The contender's.
    starts_s
        From process start to the first answer, in seconds, a number for each start.
    rounds
        In their order.
    """

    name: str
    starts_s: list[float] = msgspec.field(default_factory=list)
    rounds: list[Round] = msgspec.field(default_factory=list)


class UnderLoad(msgspec.Struct, frozen=True):
    """Medians over the rounds at one concurrency: answers per second, and times in ms."""

    rate: float
    p50_ms: float
    p99_ms: float


class Summary(msgspec.Struct, frozen=True):
    """Medians of one contender.

    Attributes
    ----------
    name
        The contender's.
    start_ms
        Over the starts, in milliseconds.
    memory_first_mib, memory_loaded_mib
        Over the rounds, as in `Round`.
    loads
        By concurrency.
    """

    name: str
    start_ms: float
    memory_first_mib: float
    memory_loaded_mib: float
    loads: dict[int, UnderLoad]


class Ratios(msgspec.Struct, frozen=True):
    """A contender against the baseline.

    Attributes
    ----------
    start
        How many times as long the start takes; below 1 is better.
    rates
        By concurrency, how many times as many answers per second; above 1 is better.
    """

    start: float
    rates: dict[int, float]


def summarise(measured: Measured) -> Summary:
    """Take the medians.

    Parameters
    ----------
    measured
        At least one start and one round.

    Returns
    -------
    Summary
    """
    rounds = measured.rounds
    return Summary(
        measured.name,
        median(measured.starts_s) * 1000,
        median(each.memory_first_mib for each in rounds),
        median(each.memory_loaded_mib for each in rounds),
        {count: _under_load([each.loads[count] for each in rounds]) for count in rounds[0].loads},
    )


def _under_load(loads: list[Load]) -> UnderLoad:
    return UnderLoad(
        median(load.rate for load in loads),
        median(load.p50_us for load in loads) / 1000,
        median(load.p99_us for load in loads) / 1000,
    )


def ratios(summary: Summary, baseline: Summary) -> Ratios:
    """Compare a contender with the baseline.

    Parameters
    ----------
    summary
        The contender's medians.
    baseline
        Those of the baseline, at the same concurrencies.

    Returns
    -------
    Ratios
    """
    rates = {count: load.rate / baseline.loads[count].rate for count, load in summary.loads.items()}
    return Ratios(summary.start_ms / baseline.start_ms, rates)
