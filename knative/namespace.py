"""One namespace of the cluster that KUBECONFIG names: read what is in it, write to it, empty it.

It goes through kubectl, which every operator has: it renders the manifests, and it knows every way
of logging in to a cluster. `deploy`, `status` and `undeploy` call it, and `cluster` builds on it.
"""

import json
from collections.abc import Sequence
from typing import Any

import msgspec

from knative.commands import run, run_in_part
from knative.errors import CommandError
from knative.manifests import SELECTOR
from knative.refusals import check_places, refusal
from knative.workload import Event, EventList, Reporting, Thing, things_of

FIELD_MANAGER = "fraud"
"""Who we are to server-side apply, which remembers whose each field is."""

MODIFIED = "the object has been modified"


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
        if objects:
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
            raise refusal(str(error)) from None
        check_places(things_of(text, Thing))

    def reported(self, objects: Sequence[dict[str, Any]]) -> tuple[Reporting, ...]:
        """Read what objects say of themselves.

        Parameters
        ----------
        objects
            Manifests of Knative's kinds, which were applied.

        Returns
        -------
        tuple of Reporting

        Raises
        ------
        CommandError
            If the cluster cannot be reached, or one is gone.
        """
        text = self.kubectl("get", "--filename=-", "--output=json", stdin=_list_of(objects))
        return things_of(text, Reporting)

    def eventing(self) -> tuple[Reporting, ...]:
        """Read what Knative Eventing's objects say of themselves, of those that deploy wrote.

        Returns
        -------
        tuple of Reporting
            None where the cluster has no Eventing, or none that this operator may read.

        Raises
        ------
        CommandError
            If kubectl is missing.
        """
        text, _ = self.kubectl_in_part("get", "eventing,sources", SELECTOR, "--output=json")
        return things_of(text, Reporting)

    def _apply(self, objects: Sequence[dict[str, Any]], *options: str) -> str:
        return self.kubectl(
            "apply",
            "--server-side",
            "--force-conflicts",
            f"--field-manager={FIELD_MANAGER}",
            "--filename=-",
            *options,
            stdin=_list_of(objects),
        )


def _list_of(objects: Sequence[dict[str, Any]]) -> str:
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)})
