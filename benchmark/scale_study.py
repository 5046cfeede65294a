"""Goes through the phases of a study of scaling, and tries other settings; `load` calls it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from benchmark.deployed import deployed, removed
from benchmark.over_time import recovered_after
from benchmark.phases import Phase, Run, Timeline
from benchmark.posts import Post
from benchmark.scaling import (
    DECAY,
    IDLE,
    LIMIT_MS,
    PACED,
    SPIKE,
    SPREAD,
    STEADY,
    Tried,
    most_pods,
)
from benchmark.stages import Stage
from benchmark.variations import Setting, others_in_grid, settings_of, varied
from knative.namespaces import temporary_namespace
from knative.pods import PodWatch, watched_pods

NAMESPACE = "fraud-load"
RAMP_S = 1.0
PAUSE_S = 0.2
"""Between a client's answer and its next request, in a spike with pauses."""

IDLE_S, IDLE_PAUSE_S = 10, 0.02
STEADY_CLIENTS, STEADY_PAUSE_S = 20, 0.1
DECAY_CLIENTS, DECAY_PAUSE_S, SLOW_CLIENTS = 10, 0.1, 5
DECAY_LIMIT_S, DECAY_RAMP_S = 150, 5
SPREAD_S, SPREAD_TARGET = 10, "10"
"""So low that a crowd makes several pods, of which then all but one have to end."""

TRIED_PACED_S, TRIED_FULL_S, LAST_S = 9, 6, 4
AT_ONCE = 7
"""How many Services wait at zero for their turn; each has a pod at first, and a node must hold
them."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """How the study goes.

    Attributes
    ----------
    clients
        In each spike.
    seconds
        How long a spike and the steady load last.
    grid
        Whether other settings are tried.
    """

    clients: int
    seconds: int
    grid: bool


@dataclass(frozen=True)
class _Job:
    """A Service, and what is measured of it."""

    name: str
    manifest: Mapping[str, Any]
    measure: Callable[[str], None]


def study(
    manifest: Mapping[str, Any], post: Post, plan: Plan, say: Say
) -> tuple[Timeline, list[Tried]]:
    """Measure a Service's scaling in a namespace of its own.

    Parameters
    ----------
    manifest
        The Service's.
    post
        What it is asked.
    plan
        How.
    say
        Called with what is done next.

    Returns
    -------
    tuple of Timeline and list of Tried

    Raises
    ------
    ClusterError
        If the Service does not become ready.
    LoadError
        If it does not go to zero.
    """
    with temporary_namespace(NAMESPACE) as namespace, watched_pods(namespace) as watch:
        return _Study(manifest, post, plan, _Cluster(namespace, watch, say)).run()


@dataclass(frozen=True)
class _Cluster:
    """Where Services are deployed, and who hears of it."""

    namespace: str
    watch: PodWatch
    say: Say

    def deploy(self, job: _Job) -> str:
        """Return the URL of a Service that it deploys."""
        self.say(f"deploying {job.name}")
        return deployed(job.manifest, job.name, self.namespace)


class _Study:
    """Three Services for the phases, and one for each other setting."""

    def __init__(
        self, manifest: Mapping[str, Any], post: Post, plan: Plan, cluster: _Cluster
    ) -> None:
        self._manifest, self._post, self._plan, self._cluster = manifest, post, plan, cluster
        self._run: Run | None = None
        self._tried: list[Tried] = []

    def run(self) -> tuple[Timeline, list[Tried]]:
        jobs = iter(self._jobs())
        while group := list(islice(jobs, AT_ONCE)):
            urls = [self._cluster.deploy(job) for job in group]
            self._cluster.say("waiting for zero")
            self._new_run().wait_for_zero()
            for job, url in zip(group, urls, strict=True):
                job.measure(url)
                removed(job.name, self._cluster.namespace)
        return self._the_run().timeline(), self._tried

    def _jobs(self) -> Iterator[_Job]:
        yield _Job("steady", self._manifest, self._steady)
        yield _Job("spike", self._manifest, self._spike)
        spread = varied(self._manifest, {"target": SPREAD_TARGET})
        yield _Job("decay", spread, self._decay)
        if self._plan.grid:
            others = others_in_grid(settings_of(self._manifest))
            for number, setting in enumerate([("", ""), *others]):
                settings = dict([setting]) if setting[0] else {}
                manifest = varied(self._manifest, settings)
                yield _Job(f"other-{number}", manifest, self._trying(setting))

    def _new_run(self) -> Run:
        return Run(self._post, self._cluster.watch)

    def _the_run(self) -> Run:
        """Return the run of the phases; it begins with the first of them."""
        if self._run is None:
            self._run = self._new_run()
        return self._run

    def _steady(self, url: str) -> None:
        self._cluster.say(f"{PACED}, {IDLE} and {STEADY}")
        plan = self._plan
        stages = [
            Stage(PACED, plan.clients, plan.seconds, RAMP_S, PAUSE_S),
            Stage(IDLE, 1, min(IDLE_S, plan.seconds), 0, IDLE_PAUSE_S),
            Stage(STEADY, STEADY_CLIENTS, plan.seconds, 0, STEADY_PAUSE_S),
        ]
        self._the_run().put(url, stages)

    def _spike(self, url: str) -> None:
        self._cluster.say(SPIKE)
        run, plan = self._the_run(), self._plan
        run.put(url, [Stage(SPIKE, plan.clients, plan.seconds, RAMP_S)])

    def _decay(self, url: str) -> None:
        self._cluster.say(DECAY)
        run = self._the_run()
        stages = [
            Stage(SPREAD, self._plan.clients, SPREAD_S, RAMP_S),
            Stage(
                DECAY,
                DECAY_CLIENTS,
                DECAY_LIMIT_S,
                DECAY_RAMP_S,
                DECAY_PAUSE_S,
                SLOW_CLIENTS,
                until=lambda: run.pods_up() <= 1,
            ),
        ]
        run.put(url, stages)
        run.wait_for_zero()

    def _trying(self, setting: Setting) -> Callable[[str], None]:
        def measure(url: str) -> None:
            self._cluster.say(f"trying {'='.join(setting)}")
            self._tried.append(tried(self._new_run(), url, setting, self._plan.clients))

        return measure


def tried(run: Run, url: str, setting: Setting, clients: int) -> Tried:
    """Put a short spike on a Service that is at zero.

    Parameters
    ----------
    run
        A new one.
    url
        The Service's.
    setting
        What it is about. After other windows it is waited for zero.
    clients
        How many.

    Returns
    -------
    Tried
    """
    stages = [
        Stage(PACED, clients, TRIED_PACED_S, RAMP_S, PAUSE_S),
        Stage(SPIKE, clients, TRIED_FULL_S),
    ]
    paced, full = run.put(url, stages)
    zero = run.wait_for_zero() if setting[0] == "window" else None
    return Tried(
        *setting,
        paced.failed + full.failed,
        recovered_after(paced.seconds, LIMIT_MS),
        last_p99_ms(paced),
        full.rate,
        most_pods(run.timeline().pods, 0, full.ended_s),
        zero.ended_s - zero.began_s if zero else None,
    )


def last_p99_ms(phase: Phase) -> float | None:
    """Return the worst p99 of a phase's last seconds; None where one was without an answer."""
    found = [each.p99_ms for each in phase.seconds[-LAST_S:] if each.p99_ms is not None]
    return max(found) if len(found) == min(LAST_S, len(phase.seconds)) else None
