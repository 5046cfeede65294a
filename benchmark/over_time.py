"""What requests and pods amount to over time; `benchmark.phases` fills it, pages and plots show it.

Latencies are counted where they end: a second's percentiles are those of the answers in it.
"""

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from benchmark.stages import OK, Requests
from knative.pods import Sighting

SHARES = (50, 95, 99)
LEAST_S = 0.5
"""A rest of a second that is shorter has too few answers for percentiles."""

READY, STARTING, TERMINATING = "ready", "starting", "terminating"


class Second(msgspec.Struct, frozen=True):
    """One second of a phase.

    Attributes
    ----------
    answered, failed
        How many requests ended in it: with 200, and any other way.
    under_way
        How many were sent and without an answer at its end.
    p50_ms, p95_ms, p99_ms
        Of what was answered; None where nothing was.
    """

    answered: int
    failed: int
    under_way: int
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None


class PodCounts(msgspec.Struct, frozen=True):
    """How many pods there are from a moment on, in seconds since the run began."""

    at_s: float
    starting: int
    ready: int
    terminating: int


def seconds_of(requests: Requests, began_s: float, ended_s: float) -> list[Second]:
    """Cut requests into seconds.

    Parameters
    ----------
    requests
        Any number.
    began_s, ended_s
        The time to be cut, on the clock of the requests.

    Returns
    -------
    list of Second
        The last may be a part of a second; less than half of one is left out.
    """
    sent, ended = np.array(requests.sent_s), np.array(requests.ended_s)
    well = np.array(requests.statuses) == OK
    starts = np.arange(began_s, ended_s - LEAST_S, 1.0)
    return [_second(sent, ended, well, (start, min(start + 1, ended_s))) for start in starts]


def _second(
    sent: NDArray[np.float64],
    ended: NDArray[np.float64],
    well: NDArray[np.bool_],
    bounds: tuple[float, float],
) -> Second:
    start, end = bounds
    within = (ended >= start) & (ended < end)
    answered = within & well
    return Second(
        int(answered.sum()),
        int(within.sum() - answered.sum()),
        int(((sent < end) & (ended >= end)).sum()),
        *percentiles_ms(ended[answered] - sent[answered]),
    )


def percentiles_ms(times_s: NDArray[np.float64]) -> tuple[float | None, float | None, float | None]:
    """Return the 50th, 95th and 99th percentile.

    Parameters
    ----------
    times_s
        In seconds, any number.

    Returns
    -------
    tuple of float
        In milliseconds; None where there are no times.
    """
    if not times_s.size:
        return None, None, None
    p50, p95, p99 = np.percentile(times_s, SHARES) * 1000
    return float(p50), float(p95), float(p99)


def recovered_after(seconds: Sequence[Second], limit_ms: float) -> int | None:
    """Tell from when on the p99 stays within a limit.

    Parameters
    ----------
    seconds
        From the first request on.
    limit_ms
        What the p99 of each second may be. A second without an answer is beyond it.

    Returns
    -------
    int or None
        After how many seconds; None where the last is beyond the limit.
    """
    beyond = [
        number
        for number, each in enumerate(seconds)
        if each.p99_ms is None or each.p99_ms > limit_ms
    ]
    first = beyond[-1] + 1 if beyond else 0
    return first if first < len(seconds) else None


def pods_over_time(sightings: Sequence[Sighting], began_s: float) -> list[PodCounts]:
    """Count pods.

    Parameters
    ----------
    sightings
        In their order.
    began_s
        When the run began, on their clock.

    Returns
    -------
    list of PodCounts
        One for each change.
    """
    states: dict[str, str] = {}
    counts: list[PodCounts] = []
    for each in sightings:
        name = each.event.object.metadata.name
        if (state := state_of(each)) is None:
            states.pop(name, None)
        else:
            states[name] = state
        found = list(states.values())
        numbers = (found.count(STARTING), found.count(READY), found.count(TERMINATING))
        if not counts or numbers != msgspec.structs.astuple(counts[-1])[1:]:
            counts.append(PodCounts(each.at_s - began_s, *numbers))
    return counts


def state_of(sighting: Sighting) -> str | None:
    """Tell how a pod is.

    Parameters
    ----------
    sighting
        Of the pod.

    Returns
    -------
    str or None
        `STARTING`, `READY` or `TERMINATING`; None where it is gone.
    """
    pod = sighting.event.object
    if sighting.event.type == "DELETED":
        return None
    if pod.metadata.deletion_timestamp is not None:
        return TERMINATING
    return READY if pod.has("Ready") else STARTING
