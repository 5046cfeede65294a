"""One namespace of the cluster that KUBECONFIG names: read what is in it, write to it, empty it.

It goes through kubectl, which every operator has: it renders the manifests, and it knows every way
of logging in to a cluster. `deploy`, `status` and `undeploy` call it, and `cluster` builds on it.
"""

import json
import re
from collections.abc import Sequence
from typing import Any

import msgspec

from knative.commands import run, run_in_part
from knative.errors import ClusterError, CommandError, ManifestError
from knative.objects import Metadata, Object
from knative.workload import Event, EventList

FIELD_MANAGER = "fraud"
"""Who we are to server-side apply, which remembers whose each field is."""

UNKNOWN_KIND = re.compile(r'no matches for kind "(?P<kind>[^"]+)" in version "(?P<version>[^"]+)"')
NO_NAMESPACE = re.compile(r'namespaces "(?P<name>[^"]+)" not found')
REFUSALS = ("Error from server", "denied the request", "does not match the namespace")
MODIFIED = "the object has been modified"
WHERE_KINDS_COME_FROM = {
    "eventing.knative.dev": "Knative Eventing",
    "messaging.knative.dev": "Knative Eventing",
    "sources.knative.dev": "Knative Eventing",
    "serving.knative.dev": "Knative Serving",
    "monitoring.coreos.com": "the Prometheus operator",
}
"""Who brings the kinds of an API group into a cluster."""


class Thing(Object, frozen=True):
    """Any object, by its kind and name, or a list of them."""

    api_version: str
    kind: str
    metadata: Metadata
    items: tuple["Thing", ...] = ()

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


class Namespace:
    """A namespace, by name.

    Parameters
    ----------
    name
        That of the current context where it is None.
    """

    def __init__(self, name: str | None = None) -> None:
        self._kubectl = ["kubectl", *(["--namespace", name] if name else [])]

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        """Run kubectl in this namespace.

        Parameters
        ----------
        arguments
            Its own.
        stdin
            What it reads; nothing where it is None.

        Returns
        -------
        str
            What it printed.

        Raises
        ------
        CommandError
            If it is missing, or with its last words if it failed.
        """
        return run(*self._kubectl, *arguments, stdin=stdin)

    def kubectl_in_part(self, *arguments: str) -> tuple[str, str]:
        """Run kubectl in this namespace where a part may fail.

        Parameters
        ----------
        arguments
            Its own.

        Returns
        -------
        tuple of str
            What it printed, and what it complained of.

        Raises
        ------
        CommandError
            If it is missing.
        """
        return run_in_part(*self._kubectl, *arguments)

    def warnings(self) -> list[Event]:
        """Read what the cluster warned of within the last hour.

        Returns
        -------
        list of Event
            The oldest first.

        Raises
        ------
        CommandError
            As `kubectl` does.
        """
        text = self.kubectl("get", "events", "--field-selector=type=Warning", "--output=json")
        found = msgspec.json.decode(text, type=EventList).items
        return sorted(found, key=lambda event: event.time.timestamp() if event.time else 0.0)

    def log(self, pod: str, container: str, lines: int) -> list[str]:
        """Read the last lines that a container wrote.

        Parameters
        ----------
        pod, container
            Their names.
        lines
            How many at the most.

        Returns
        -------
        list of str
            None where the container cannot be asked any more.
        """
        try:
            text = self.kubectl("logs", pod, f"--container={container}", f"--tail={lines}")
        except CommandError:
            return []
        return text.splitlines()

    def apply(self, objects: Sequence[dict[str, Any]]) -> None:
        """Create objects or change them to what their manifests say.

        Parameters
        ----------
        objects
            Where one holds a resourceVersion, it is not written if it changed since.

        Raises
        ------
        CommandError
            If the cluster cannot be reached or refuses one.
        """
        self._apply(objects)

    def check(self, objects: Sequence[dict[str, Any]]) -> None:
        """Have the cluster check objects as `apply` would write them, and write nothing.

        Parameters
        ----------
        objects
            Manifests.

        Raises
        ------
        ManifestError
            If the cluster does not know a kind, refuses an object, or one lies in no namespace or
            in another: `undeploy` would not find that.
        ClusterError
            If the cluster cannot be reached.
        """
        try:
            text = self._apply(objects, "--dry-run=server", "--output=json")
        except CommandError as error:
            raise _refusal(str(error)) from None
        _check_places(things_of(text))

    def _apply(self, objects: Sequence[dict[str, Any]], *options: str) -> str:
        return self.kubectl(
            "apply",
            "--server-side",
            "--force-conflicts",
            f"--field-manager={FIELD_MANAGER}",
            "--filename=-",
            *options,
            stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)}),
        )


def things_of(text: str) -> tuple[Thing, ...]:
    """Read what kubectl prints as JSON: a list, or the object alone where there is just one."""
    if not text.strip():
        return ()
    thing = msgspec.json.decode(text, type=Thing)
    return thing.items if thing.kind.endswith("List") else (thing,)


def _refusal(words: str) -> ClusterError:
    """Say in a sentence why the cluster did not take the manifests."""
    if kinds := [match.groups() for match in UNKNOWN_KIND.finditer(words)]:
        return ManifestError(_unknown(kinds))
    if match := NO_NAMESPACE.search(words):
        name = match["name"]
        return ClusterError(f"There is no namespace {name}: kubectl create namespace {name}")
    if any(each in words for each in REFUSALS):
        return ManifestError(f"The cluster refuses the manifests; nothing was written. {words}")
    return CommandError(words)


def _unknown(kinds: Sequence[tuple[str, ...]]) -> str:
    names = ", ".join(sorted({f"{kind} ({version})" for kind, version in kinds}))
    groups = {version.partition("/")[0] for _, version in kinds}
    sources = sorted({WHERE_KINDS_COME_FROM[each] for each in groups & {*WHERE_KINDS_COME_FROM}})
    cure = f"Install {' and '.join(sources)}" if sources else "Install what brings them"
    return (
        f"The cluster does not know what these are: {names}. Nothing was written. "
        f"{cure}, or deploy an overlay without them."
    )


def _check_places(things: Sequence[Thing]) -> None:
    places = {each.metadata.namespace for each in things if each.metadata.namespace}
    stray = [each.words for each in things if not each.metadata.namespace]
    if stray:
        raise ManifestError(
            f"{', '.join(stray)} would lie in no namespace, where scripts/undeploy does not look. "
            "Nothing was written. Take it out of the overlay and make it by hand."
        )
    if len(places) > 1:
        raise ManifestError(
            f"The objects would lie in the namespaces {', '.join(sorted(places))}; "
            "one was expected. Nothing was written. Name only one in the overlay, or none."
        )
