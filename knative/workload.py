"""The parts of Kubernetes' own objects that this package reads: pods, Deployments, events, any.

https://kubernetes.io/docs/reference/kubernetes-api/ has all of them. `troubles` tells from them
why a revision is not ready, and `status` shows them.
"""

from datetime import datetime
from typing import TypeVar

import msgspec

from knative.objects import Condition, Metadata, Object, Status, condition_of

REVISION_LABEL = "serving.knative.dev/revision"
QUEUE_PROXY = "queue-proxy"
"""Knative's own container in each pod, before the function."""


class Waiting(Object, frozen=True):
    """Why a container does not run."""

    reason: str = ""
    message: str = ""


class Terminated(Object, frozen=True):
    """How a container ended.

    Knative has the message be the last lines of the log, at most 2 KiB, where the container wrote
    none itself; serving, pkg/reconciler/revision/resources/deploy.go, TerminationMessagePolicy.
    """

    exit_code: int = 0
    reason: str = ""
    message: str = ""
    finished_at: datetime | None = None


class RunningContainer(Object, frozen=True):
    """Since when a container runs, to the second."""

    started_at: datetime | None = None


class ContainerState(Object, frozen=True):
    """What a container does, or did before it was started again."""

    waiting: Waiting | None = None
    running: RunningContainer | None = None
    terminated: Terminated | None = None


class ContainerStatus(Object, frozen=True):
    """How one container of a pod is."""

    name: str
    image: str = ""
    restart_count: int = 0
    state: ContainerState = ContainerState()
    last_state: ContainerState = ContainerState()

    @property
    def ended(self) -> Terminated | None:
        """How it ended the last time, or None where it never did."""
        return self.state.terminated or self.last_state.terminated


class PodStatus(Object, frozen=True):
    """How a pod and its containers are."""

    conditions: tuple[Condition, ...] = ()
    init_container_statuses: tuple[ContainerStatus, ...] = ()
    container_statuses: tuple[ContainerStatus, ...] = ()


class Pod(Object, frozen=True, tag_field="kind"):
    """A pod of a revision."""

    metadata: Metadata
    status: PodStatus = PodStatus()

    @property
    def name(self) -> str:
        """Its name."""
        return self.metadata.name

    @property
    def ending(self) -> bool:
        """Whether it was told to end."""
        return self.metadata.deletion_timestamp is not None

    @property
    def revision(self) -> str:
        """Whose it is."""
        return self.metadata.labels.get(REVISION_LABEL, "")

    @property
    def ready(self) -> bool:
        """Whether it gets requests."""
        return not self.ending and self.has("Ready")

    @property
    def containers(self) -> tuple[ContainerStatus, ...]:
        """All of its containers, those that run first included."""
        return self.status.init_container_statuses + self.status.container_statuses

    def has(self, kind: str) -> bool:
        """Tell whether a condition of the pod is true, such as "PodScheduled" or "Ready"."""
        return any(each.type == kind and each.status == "True" for each in self.status.conditions)


class PodEvent(Object, frozen=True):
    """What a watch tells of a pod: ADDED, MODIFIED or DELETED, and how the pod is now."""

    type: str
    object: Pod


class DeploymentSpec(Object, frozen=True):
    """What is asked of a Deployment."""

    replicas: int = 0


class Deployment(Object, frozen=True, tag_field="kind"):
    """What makes a revision's pods."""

    metadata: Metadata
    spec: DeploymentSpec = DeploymentSpec()

    @property
    def revision(self) -> str:
        """Whose it is."""
        return self.metadata.labels.get(REVISION_LABEL, "")


class Reference(Object, frozen=True):
    """Names another object."""

    kind: str = ""
    name: str = ""


class Series(Object, frozen=True):
    """How often an event occurred, where the cluster counts it the newer way."""

    count: int = 0
    last_observed_time: datetime | None = None


class Event(Object, frozen=True):
    """What the cluster noted about an object; it keeps that for an hour."""

    metadata: Metadata
    involved_object: Reference = Reference()
    reason: str = ""
    message: str = ""
    count: int | None = None
    last_timestamp: datetime | None = None
    event_time: datetime | None = None
    series: Series | None = None

    @property
    def times(self) -> int:
        """How often it occurred."""
        return (self.series.count if self.series else self.count) or 1

    @property
    def time(self) -> datetime | None:
        """When it occurred last."""
        return (
            (self.series.last_observed_time if self.series else None)
            or self.last_timestamp
            or self.event_time
            or self.metadata.creation_timestamp
        )


class EventList(Object, frozen=True):
    """Events as the API lists them."""

    items: tuple[Event, ...] = ()


class Thing(Object, frozen=True):
    """Any object, by its kind and name."""

    api_version: str
    kind: str
    metadata: Metadata

    @property
    def resource(self) -> str:
        """What kubectl calls it, without a doubt which group is meant: KIND.VERSION.GROUP/NAME."""
        group, _, version = self.api_version.rpartition("/")
        kind = f"{self.kind}.{version}.{group}" if group else self.kind
        return f"{kind}/{self.metadata.name}"

    @property
    def words(self) -> str:
        """What people call it."""
        return f"{self.kind} {self.metadata.name}"


class Reporting(Thing, frozen=True):
    """An object that says of itself whether it is ready, as Knative's do."""

    status: Status = Status()

    @property
    def is_ready(self) -> bool:
        """Whether it says so of its newest generation."""
        ready = condition_of(self.status, "Ready")
        current = self.status.observed_generation == self.metadata.generation
        return current and ready is not None and ready.status == "True"

    @property
    def reason(self) -> str:
        """Why it is not ready, in its own words; empty where it is, or where it has none."""
        ready = condition_of(self.status, "Ready")
        return "" if ready is None or self.is_ready else ready.message or ready.reason


class _Listed(Object, frozen=True):
    """What kubectl printed: a list, or an object alone."""

    kind: str
    items: tuple[msgspec.Raw, ...] = ()


Read = TypeVar("Read", bound=Thing)


def things_of(text: str, as_what: type[Read]) -> tuple[Read, ...]:
    """Read objects that kubectl printed as JSON.

    Parameters
    ----------
    text
        A list, or the object alone where there is just one, or nothing.
    as_what
        `Thing`, or what of it is wanted besides.

    Returns
    -------
    tuple
        Of that type.
    """
    if not text.strip():
        return ()
    listed = msgspec.json.decode(text, type=_Listed)
    if not listed.kind.endswith("List"):
        return (msgspec.json.decode(text, type=as_what),)
    return tuple(msgspec.json.decode(each, type=as_what) for each in listed.items)
