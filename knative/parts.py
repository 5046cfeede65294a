"""What a Knative Service is made of: its revisions, their Deployments and their pods."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from knative.objects import Object, Revision
from knative.workload import Deployment, Pod

PART_KINDS = "revisions.serving.knative.dev,deployments.apps,pods"
SERVICE_LABEL = "serving.knative.dev/service"
"""Each of them has it, with the Service's name."""

Part = Revision | Deployment | Pod


class _PartList(Object, frozen=True):
    """Parts as kubectl lists them."""

    items: tuple[Part, ...] = ()


@dataclass(frozen=True)
class Parts:
    """A Service's revisions and what they are made of.

    Attributes
    ----------
    all
        In no order.
    """

    all: Sequence[Part]

    @property
    def revisions(self) -> list[Revision]:
        """The revisions, by name."""
        found = [each for each in self.all if isinstance(each, Revision)]
        return sorted(found, key=lambda revision: revision.name)

    def revision(self, name: str) -> Revision | None:
        """Return a revision, or None."""
        return next((each for each in self.revisions if each.name == name), None)

    def pods(self, revision: str) -> list[Pod]:
        """Return a revision's pods, those on their way out included."""
        return [each for each in self.all if isinstance(each, Pod) and each.revision == revision]

    def wanted(self, revision: str) -> int:
        """Return how many pods a revision should have now."""
        deployments = [each for each in self.all if isinstance(each, Deployment)]
        return sum(each.spec.replicas for each in deployments if each.revision == revision)


def parts_of(text: str) -> Parts:
    """Read what kubectl prints of them as JSON.

    Parameters
    ----------
    text
        A list of objects of these kinds.

    Returns
    -------
    Parts
    """
    return Parts(msgspec.json.decode(text, type=_PartList).items)
