"""Puts together how the function in the cluster is; `status` shows it."""

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from knative.cluster import ServiceInCluster
from knative.objects import Service, condition_of
from knative.parts import Parts
from knative.problems import Problem, problems_of, seconds_between
from knative.traffic import Row, rows_of
from knative.troubles import UNREADY, trouble_of
from knative.workload import Event, Pod, Reporting

READY, DEGRADED, STARTING, FAILED = "ready", "degraded", "starting", "not ready"
WARM, COLD, FAILING = "warm", "cold", "failing"


class RevisionState(Row):
    """A revision: what `scripts/traffic` tells of it, and how its pods are.

    Attributes
    ----------
    wanted
        How many pods it should have now.
    state
        "warm" with a ready pod, "cold" with none at all, "starting" or "failing" with pods of which
        none is ready.
    age_s
        Seconds since it was made.
    newest
        Whether it is of the newest manifest.
    failed
        Whether something stands in its way, so that it is not just starting.
    reason
        Why it is not ready; empty where it is, or where nothing stands in its way.
    """

    wanted: int
    state: str
    age_s: int
    newest: bool
    failed: bool
    reason: str

    @property
    def retired(self) -> bool:
        """Whether it is there only to be gone back to."""
        used = self.percent or self.tags or self.newest
        return not used and self.state == COLD


class EventingState(msgspec.Struct):
    """One of Knative Eventing's objects that bring events to the Service.

    Attributes
    ----------
    object
        Its kind and name.
    ready
        Whether it says so.
    reason
        Why it is not, in its own words; empty where it is.
    """

    object: str
    ready: bool
    reason: str


class State(msgspec.Struct):
    """The Service as a whole.

    Attributes
    ----------
    service
        Its name.
    state
        "ready"; "degraded" where it answers, but its newest revision or what brings events to it
        is not ready; "starting"; "not ready".
    url
        Where it answers.
    reason
        Why it is not ready; empty where it is.
    revisions
        By name.
    eventing
        What brings events to it; empty where nothing does.
    errors
        The newest first.
    """

    service: str
    state: str
    url: str
    reason: str
    revisions: list[RevisionState]
    eventing: list[EventingState]
    errors: list[Problem]


def state_of(cluster: ServiceInCluster, now: datetime | None = None) -> State:
    """Ask the cluster how a Service is. No pod is asked anything, so none wakes up.

    Parameters
    ----------
    cluster
        The Service.
    now
        From when ages are counted; the present where it is None.

    Returns
    -------
    State

    Raises
    ------
    ClusterError
        If the cluster cannot be reached, or there is no such Service.
    """
    service, parts, warnings = cluster.read(), cluster.parts(), cluster.namespace.warnings()
    reports = cluster.namespace.eventing()
    return put_together(service, parts, warnings, now or datetime.now(UTC), reports)


def put_together(
    service: Service,
    parts: Parts,
    warnings: Sequence[Event],
    now: datetime,
    reports: Sequence[Reporting] = (),
) -> State:
    """Put together what `state_of` has read.

    Parameters
    ----------
    service, parts, warnings
        As the cluster has them; warnings of other objects do not count.
    now
        From when ages are counted.
    reports
        Of what brings events to the Service.

    Returns
    -------
    State
    """
    rows = rows_of(service, parts.revisions)
    revisions = [_revision(row, service, parts, warnings, now) for row in rows]
    reason = next((each.reason for each in revisions if each.newest), "") or _reason(service)
    state = _word(service, failed=any(each.newest and each.failed for each in revisions))
    eventing = [EventingState(each.words, each.is_ready, each.reason) for each in reports]
    if state == READY and not all(each.ready for each in eventing):
        state = DEGRADED
    return State(
        service.metadata.name,
        state,
        service.status.url or "",
        "" if state == READY else reason,
        revisions,
        eventing,
        problems_of(service, parts, warnings, now),
    )


def _word(service: Service, *, failed: bool) -> str:
    ready, routes = (service.current_condition(kind) for kind in ("Ready", "RoutesReady"))
    if ready is not None and ready.status == "True":
        return READY
    if not failed and (ready is None or ready.status == "Unknown"):
        return STARTING
    return DEGRADED if routes is not None and routes.status == "True" else FAILED


def _reason(service: Service) -> str:
    ready = condition_of(service.status, "Ready")
    return "" if ready is None else ready.message or ready.reason


def _revision(
    row: Row, service: Service, parts: Parts, warnings: Sequence[Event], now: datetime
) -> RevisionState:
    revision = next(each for each in parts.revisions if each.name == row.revision)
    pods = [pod for pod in parts.pods(row.revision) if not pod.ending]
    trouble = trouble_of(revision, pods, warnings)
    failed = trouble is not None and trouble.kind != UNREADY
    made = revision.metadata.creation_timestamp or now
    return RevisionState(
        **msgspec.structs.asdict(row),
        wanted=max(parts.wanted(row.revision), len(pods)),
        state=_temperature(pods, failed=failed),
        age_s=seconds_between(made, now),
        newest=row.revision == service.status.latest_created_revision_name,
        failed=failed,
        reason=trouble.sentence if trouble else "",
    )


def _temperature(pods: Sequence[Pod], *, failed: bool) -> str:
    if any(pod.ready for pod in pods):
        return WARM
    if not pods:
        return COLD
    return FAILING if failed else STARTING
