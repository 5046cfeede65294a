"""What was found of starts from zero, and what it amounts to; `benchmark.cold_study` fills it."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from benchmark.goals import Verdict
from benchmark.machine import Machine

FUNCTION, BASELINE, NOTHING = "this function", "no-op in Go", "framework doing nothing"
TIMES_THE_BASELINE = 1.08
RESAMPLES, LEVEL, SEED = 10_000, 0.95, 0
QUARTERS = (25, 50, 75)


class Start(msgspec.Struct, frozen=True):
    """One start from zero, in milliseconds since the request was sent.

    Attributes
    ----------
    contender
        Whose.
    answered_ms
        The answer was there.
    made_ms
        The pod was there; None, as for what follows, where the news did not come before the answer.
    scheduled_ms
        It had a node.
    running_ms
        The cluster knew that all its containers run.
    ready_ms
        The cluster knew that it is ready.
    """

    contender: str
    answered_ms: float
    made_ms: float | None = None
    scheduled_ms: float | None = None
    running_ms: float | None = None
    ready_ms: float | None = None


class ColdStarts(msgspec.Struct):
    """What --json writes.

    Attributes
    ----------
    date
        Of the run, as ISO 8601 writes it.
    command
        What was typed.
    machine, cluster
        Where it ran: the client's machine, and a sentence about the cluster.
    rounds
        How often each was started.
    starts
        All, in their order.
    """

    date: str
    command: str
    machine: Machine
    cluster: str
    rounds: int
    starts: list[Start]


class Ratio(NamedTuple):
    """How many times another's median one is, and what 95% of the resamples lie within."""

    times: float
    low: float
    high: float


def times_of(starts: Sequence[Start], contender: str) -> NDArray[np.float64]:
    """Return a contender's times to the answer, in ms, by round.

    Parameters
    ----------
    starts
        Of all.
    contender
        Whose are returned.

    Returns
    -------
    ndarray of float64
    """
    return np.array([each.answered_ms for each in starts if each.contender == contender])


def ratio_of(times: NDArray[np.float64], others: NDArray[np.float64]) -> Ratio:
    """Compare medians.

    Parameters
    ----------
    times, others
        In ms, n numbers each, by round. Rounds are drawn as a whole, since what else the machine
        did in one slowed both.

    Returns
    -------
    Ratio
        Of the first to the second.
    """
    draws = np.random.default_rng(SEED).integers(0, len(times), (RESAMPLES, len(times)))
    found = np.median(times[draws], axis=1) / np.median(others[draws], axis=1)
    low, high = np.quantile(found, ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
    return Ratio(float(np.median(times) / np.median(others)), float(low), float(high))


def verdict(starts: Sequence[Start]) -> Verdict:
    """Judge the function's start beside the baseline's.

    Parameters
    ----------
    starts
        Of both, as many of each.

    Returns
    -------
    Verdict
    """
    found = ratio_of(times_of(starts, FUNCTION), times_of(starts, BASELINE))
    return Verdict(
        f"from zero to the first answer: at most {TIMES_THE_BASELINE} times the {BASELINE}",
        f"{found.times:.2f} times ({found.low:.2f} to {found.high:.2f})",
        found.times <= TIMES_THE_BASELINE,
    )
