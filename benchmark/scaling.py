"""What the study of scaling found, and whether it is as it has to be; `benchmark.load` fills it."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import msgspec

from benchmark.goals import Verdict
from benchmark.machine import Machine
from benchmark.over_time import PodCounts, recovered_after
from benchmark.phases import Phase, Timeline

IDLE, STEADY, PACED, SPIKE, SPREAD, DECAY = (
    "idle",
    "steady",
    "spike with pauses",
    "spike",
    "spread",
    "decay",
)
LIMIT_MS, TIMES_IDLE = 50.0, 5
RECOVERED_S = 15


class Tried(msgspec.Struct, frozen=True):
    """What a setting does in a short spike from zero.

    Attributes
    ----------
    setting, value
        What differs from the manifest; empty where nothing does.
    lost
        How many requests were not answered with 200.
    recovered_s
        After how many seconds the p99 stayed within the limit, with pauses; None if it did not.
    p99_ms
        Of the last seconds with pauses.
    rate
        Answers per second without pauses.
    pods
        Ready at once, at most.
    to_zero_s
        From the last answer until no pod was left; None where it was not waited for.
    """

    setting: str
    value: str
    lost: int
    recovered_s: int | None
    p99_ms: float | None
    rate: float
    pods: int
    to_zero_s: float | None = None


class Scaled(msgspec.Struct):
    """What --json writes.

    Attributes
    ----------
    date
        Of the run, as ISO 8601 writes it.
    command
        What was typed.
    machine, cluster
        Where it ran: the clients' machine, and a sentence about the cluster.
    settings
        Of the Service, by name.
    clients
        How many the spikes have.
    timeline
        All phases.
    tried
        Other settings.
    """

    date: str
    command: str
    machine: Machine
    cluster: str
    settings: dict[str, str]
    clients: int
    timeline: Timeline
    tried: list[Tried] = []


def p99_limit_ms(idle: Phase | None) -> float:
    """Return what the p99 may be: 50 ms, or five times that of the idle Service if that is more.

    Parameters
    ----------
    idle
        The phase with one client; None where it was not measured.

    Returns
    -------
    float
    """
    return max(LIMIT_MS, TIMES_IDLE * (idle.p99_ms or 0.0 if idle else 0.0))


def verdicts(timeline: Timeline) -> list[Verdict]:
    """Judge a run.

    Parameters
    ----------
    timeline
        Its phases may be any of those that there are.

    Returns
    -------
    list of Verdict
        For each goal that there are numbers for.
    """
    phases = {phase.name: phase for phase in timeline.phases}
    limit = p99_limit_ms(phases.get(IDLE))
    found: list[Verdict] = []
    for name in (PACED, SPIKE):
        if name in phases:
            found += _spike(phases[name], limit)
    if DECAY in phases:
        found.append(_decay(phases[DECAY], timeline.pods))
    return found


def _spike(phase: Phase, limit_ms: float) -> Iterator[Verdict]:
    total = sum(phase.statuses.values())
    yield Verdict(
        f"{phase.name} from zero: no request lost",
        f"{phase.failed:,} of {total:,}",
        phase.failed == 0 and total > 0,
    )
    after = recovered_after(phase.seconds, limit_ms)
    yield Verdict(
        f"{phase.name}: p99 back under {limit_ms:.0f} ms within {RECOVERED_S} s",
        _recovered(after, phase),
        after is not None and after <= RECOVERED_S,
    )


def _recovered(after: int | None, phase: Phase) -> str:
    if after is not None:
        return f"after {after} s"
    last = phase.seconds[-1].p99_ms if phase.seconds else None
    return f"not in {len(phase.seconds)} s; {last or 0:.0f} ms at the end"


def _decay(phase: Phase, pods: Sequence[PodCounts]) -> Verdict:
    ended = ended_pods(pods, phase.began_s, phase.ended_s)
    return Verdict(
        "scale-down drops no request",
        f"{phase.failed:,} of {sum(phase.statuses.values()):,} while {ended} pods ended",
        phase.failed == 0 and ended > 0,
    )


def ended_pods(pods: Sequence[PodCounts], began_s: float, ended_s: float) -> int:
    """Return how many ready pods were told to end in a time.

    Parameters
    ----------
    pods
        Each change of their number.
    began_s, ended_s
        The time, since the run began.

    Returns
    -------
    int
    """
    return sum(
        max(0, before.ready - after.ready)
        for before, after in pairwise(pods)
        if began_s <= after.at_s < ended_s
    )


def most_pods(pods: Sequence[PodCounts], began_s: float, ended_s: float) -> int:
    """Return how many pods were ready at once, at most, in a time.

    Parameters
    ----------
    pods
        Each change of their number.
    began_s, ended_s
        The time, since the run began.

    Returns
    -------
    int
    """
    earlier = [each.ready for each in pods if each.at_s < began_s][-1:]
    return max([each.ready for each in pods if began_s <= each.at_s < ended_s] + earlier, default=0)
