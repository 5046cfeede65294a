"""The parts of Knative's objects that this package reads and writes, and what they mean.

https://knative.dev/docs/serving/reference/serving-api/
"""

from datetime import datetime

import msgspec


class Object(msgspec.Struct, rename="camel", omit_defaults=True, frozen=True):
    """What all of them share: camel-case names in JSON, and fields that may be absent."""


class Metadata(Object, frozen=True):
    """An object's name, its owners, and the marks by which a change of it is told."""

    name: str = ""
    namespace: str = ""
    generation: int = 0
    resource_version: str = ""
    uid: str = ""
    labels: dict[str, str] = {}
    creation_timestamp: datetime | None = None
    deletion_timestamp: datetime | None = None
    owner_references: tuple[msgspec.Raw, ...] = ()


class Condition(Object, frozen=True):
    """One of the things that must be true of an object for it to be ready."""

    type: str
    status: str
    reason: str = ""
    message: str = ""


class TrafficTarget(Object, frozen=True):
    """One line of a split: a revision's share, a tag that reaches it alone, or both."""

    revision_name: str | None = None
    latest_revision: bool | None = None
    percent: int | None = None
    tag: str | None = None
    url: str | None = None


class ImageStatus(Object, frozen=True):
    """Which image a container of a revision got."""

    image_digest: str = ""


class Status(Object, frozen=True):
    """How far the cluster is with what was asked for."""

    observed_generation: int = 0
    conditions: tuple[Condition, ...] = ()
    latest_created_revision_name: str | None = None
    latest_ready_revision_name: str | None = None
    traffic: tuple[TrafficTarget, ...] = ()
    url: str | None = None
    actual_replicas: int = 0
    container_statuses: tuple[ImageStatus, ...] = ()


class ServiceSpec(Object, frozen=True):
    """What is asked of the traffic; the template is left to the manifest."""

    traffic: tuple[TrafficTarget, ...] = ()


class Service(Object, frozen=True):
    """A Knative Service."""

    metadata: Metadata
    spec: ServiceSpec = ServiceSpec()
    status: Status = Status()

    def current_condition(self, kind: str) -> Condition | None:
        """Return a condition if it speaks of the newest generation, or else None."""
        if self.status.observed_generation != self.metadata.generation:
            return None
        return condition_of(self.status, kind)

    def percents(self) -> dict[str, int]:
        """Return the share of each revision that has one, as the cluster routes now."""
        shares: dict[str, int] = {}
        for target in self.status.traffic:
            if target.revision_name and target.percent:
                shares[target.revision_name] = shares.get(target.revision_name, 0) + target.percent
        return shares

    def tags(self, revision: str) -> dict[str, str]:
        """Return a revision's tags and the URLs that reach it by them."""
        return {
            target.tag: target.url or ""
            for target in self.status.traffic
            if target.tag and target.revision_name == revision
        }


class Container(Object, frozen=True):
    """A container of a revision's pods."""

    image: str = ""


class RevisionSpec(Object, frozen=True):
    """What a revision runs."""

    containers: tuple[Container, ...] = ()


class Revision(Object, frozen=True, tag_field="kind"):
    """A Knative Revision: code and model together, never changed."""

    metadata: Metadata
    spec: RevisionSpec = RevisionSpec()
    status: Status = Status()

    @property
    def name(self) -> str:
        """Its name."""
        return self.metadata.name

    @property
    def image(self) -> str:
        """The function's image."""
        return self.spec.containers[0].image if self.spec.containers else ""

    @property
    def digest(self) -> str:
        """The same with its digest, where Knative looked that up."""
        found = self.status.container_statuses
        return found[0].image_digest if found else ""

    @property
    def ready(self) -> Condition:
        """The condition that tells whether it can take traffic."""
        return condition_of(self.status, "Ready") or Condition("Ready", "Unknown")

    @property
    def pods(self) -> int:
        """How many of its pods are ready."""
        return self.status.actual_replicas


def condition_of(status: Status, kind: str) -> Condition | None:
    """Return the condition of a kind, or None.

    Parameters
    ----------
    status
        Of any object.
    kind
        Such as "Ready".

    Returns
    -------
    Condition or None
    """
    return next((each for each in status.conditions if each.type == kind), None)
