"""Puts a Knative Service under load and writes down what becomes of it; `benchmark.load` calls it.

A run is made of phases. Its requests and its pods are put on one clock.
"""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec
import numpy as np

from benchmark.crowd import put_crowd
from benchmark.errors import LoadError
from benchmark.over_time import (
    PodCounts,
    Second,
    percentiles_ms,
    pods_over_time,
    seconds_of,
)
from benchmark.posts import Post
from benchmark.stages import OK, Requests, Stage
from knative.pods import PodWatch

ZERO_LIMIT_S = 240
"""Within this time an idle Service has to be at zero: well above any window of the autoscaler's."""

POLL_S = 0.1
TO_ZERO = "to zero"


class Phase(msgspec.Struct):
    """A part of a run.

    Attributes
    ----------
    name
        For people.
    began_s, ended_s
        Since the run began.
    statuses
        How often each status was answered; 0 for no answer.
    rate
        Answers of 200 per second.
    p50_ms, p95_ms, p99_ms
        Of all of these; None where there was none.
    seconds
        What happened in each.
    """

    name: str
    began_s: float
    ended_s: float
    statuses: dict[int, int] = {}
    rate: float = 0.0
    p50_ms: float | None = None
    p95_ms: float | None = None
    p99_ms: float | None = None
    seconds: list[Second] = []

    @property
    def failed(self) -> int:
        """How many requests were answered with anything but 200, or not at all."""
        return sum(count for status, count in self.statuses.items() if status != OK)


class Timeline(msgspec.Struct):
    """Phases, and the pods meanwhile.

    Attributes
    ----------
    phases
        In their order.
    pods
        Each change of their number.
    client_busy
        The share of a core that the clients took while they were there, 0 to 1.
    """

    phases: list[Phase]
    pods: list[PodCounts]
    client_busy: float


@dataclass
class Run:
    """A run while it goes on.

    Attributes
    ----------
    post
        What is asked.
    watch
        Of the pods.
    began_s
        When it began, on the clock of `time.perf_counter`.
    """

    post: Post
    watch: PodWatch
    began_s: float = field(default_factory=time.perf_counter)

    def __post_init__(self) -> None:
        """Begin with nothing."""
        self._phases: list[Phase] = []
        self._client_s = self._load_s = 0.0

    def put(self, url: str, stages: Sequence[Stage]) -> list[Phase]:
        """Put load on, a phase for each stage.

        Parameters
        ----------
        url
            The Service's.
        stages
            One after the other.

        Returns
        -------
        list of Phase
        """
        requests = put_crowd(url, self.post, stages)
        starts = requests.stages_s
        phases = [
            phase_of(stage.name, requests, began, ended, self.began_s)
            for stage, began, ended in zip(stages, starts, starts[1:], strict=False)
        ]
        self._phases += phases
        self._client_s += requests.client_s
        self._load_s += starts[-1] - starts[0]
        return phases

    def wait_for_zero(self) -> Phase:
        """Wait until no pod is there but those that are on their way out.

        Returns
        -------
        Phase
            The time that it took.

        Raises
        ------
        LoadError
            If there are some after `ZERO_LIMIT_S`.
        """
        began = time.perf_counter()
        while self.pods_up():
            if time.perf_counter() - began > ZERO_LIMIT_S:
                raise LoadError(f"There still are pods {ZERO_LIMIT_S} s after the last request.")
            time.sleep(POLL_S)
        phase = Phase(TO_ZERO, began - self.began_s, time.perf_counter() - self.began_s)
        self._phases.append(phase)
        return phase

    def pods_up(self) -> int:
        """Return how many pods there are that are not on their way out."""
        counts = pods_over_time(self.watch.sightings, self.began_s)
        return counts[-1].starting + counts[-1].ready if counts else 0

    def timeline(self) -> Timeline:
        """Return what was found so far."""
        pods = pods_over_time(self.watch.sightings, self.began_s)
        return Timeline(self._phases, pods, self._client_s / max(self._load_s, POLL_S))


def phase_of(
    name: str, requests: Requests, began_s: float, ended_s: float, run_began_s: float
) -> Phase:
    """Make a phase of the requests that ended in its time.

    Parameters
    ----------
    name
        The phase's.
    requests
        Those of the whole run, or more.
    began_s, ended_s
        The phase's, on the clock of the requests.
    run_began_s
        What becomes second 0.

    Returns
    -------
    Phase
    """
    ended, statuses = np.array(requests.ended_s), np.array(requests.statuses)
    within = (ended >= began_s) & (ended < ended_s)
    answered = within & (statuses == OK)
    p50, p95, p99 = percentiles_ms((ended - np.array(requests.sent_s))[answered])
    return Phase(
        name,
        began_s - run_began_s,
        ended_s - run_began_s,
        dict(Counter(statuses[within].tolist())),
        int(answered.sum()) / (ended_s - began_s),
        p50,
        p95,
        p99,
        seconds_of(requests, began_s, ended_s),
    )
