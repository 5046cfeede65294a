"""The Knative Service in the cluster that KUBECONFIG names: read it, write it, wait for it.

`deploy`, `traffic` and `status` call it.
"""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import msgspec

from knative.errors import ClusterError, CommandError, ConflictError, NotInTimeError
from knative.namespace import FIELD_MANAGER, MODIFIED, Namespace
from knative.objects import Revision, Service, TrafficTarget
from knative.parts import PART_KINDS, SERVICE_LABEL, Parts, parts_of

SERVICE_KIND = "services.serving.knative.dev"
REVISION_KIND = "revisions.serving.knative.dev"
POLL_S = 0.25
NO_KIND = "the server doesn't have a resource type"

Found = TypeVar("Found")


class ServiceInCluster:
    """One Knative Service, by name.

    Parameters
    ----------
    name
        The Service's name.
    namespace
        Where it lies; that of the current context where it is None.

    Attributes
    ----------
    namespace
        Where it lies.
    """

    def __init__(self, name: str, namespace: str | None = None) -> None:
        self.name = name
        self.namespace = Namespace(namespace)

    def find(self) -> Service | None:
        """Read the Service.

        Returns
        -------
        Service or None
            None where there is none of that name.

        Raises
        ------
        ClusterError
            If the cluster cannot be reached, or has no Knative Serving.
        """
        text = self._run("get", SERVICE_KIND, self.name, "--ignore-not-found", "--output=json")
        return msgspec.json.decode(text, type=Service) if text.strip() else None

    def read(self) -> Service:
        """Read the Service, which must be there.

        Returns
        -------
        Service

        Raises
        ------
        ClusterError
            As `find` does, and if there is none of that name.
        """
        service = self.find()
        if service is None:
            raise ClusterError(f"There is no Service {self.name}; scripts/deploy makes it.")
        return service

    def parts(self) -> Parts:
        """Read what the Service is made of.

        Returns
        -------
        Parts

        Raises
        ------
        ClusterError
            As `find` does.
        """
        selector = f"--selector={SERVICE_LABEL}={self.name}"
        return parts_of(self._run("get", PART_KINDS, selector, "--output=json"))

    def revisions(self) -> list[Revision]:
        """Read the Service's revisions.

        Returns
        -------
        list of Revision
            By name.

        Raises
        ------
        ClusterError
            As `find` does.
        """
        return self.parts().revisions

    def forget(self, revision: str) -> None:
        """Delete a revision, so that Knative makes it anew where it is the newest.

        Parameters
        ----------
        revision
            Its name; it must have no traffic.

        Raises
        ------
        ClusterError
            As `find` does.
        """
        self._run("delete", REVISION_KIND, revision, "--ignore-not-found")

    def apply(self, manifest: dict[str, Any]) -> None:
        """Create the Service or change it to what a manifest says.

        Parameters
        ----------
        manifest
            Where it holds a resourceVersion, nothing is written if the Service changed since.

        Raises
        ------
        ConflictError
            If it did.
        ClusterError
            If the cluster cannot be reached or refuses the manifest.
        """
        with self._in_words():
            self.namespace.apply([manifest])

    def set_traffic(self, service: Service, traffic: Sequence[TrafficTarget]) -> None:
        """Write the whole split at once.

        Parameters
        ----------
        service
            As it was read: nothing is written if it changed since.
        traffic
            What the split is from now on.

        Raises
        ------
        ConflictError
            If it did change.
        ClusterError
            If the cluster cannot be reached or refuses the split.
        """
        patch = {
            "metadata": {"resourceVersion": service.metadata.resource_version},
            "spec": {"traffic": msgspec.to_builtins(traffic)},
        }
        self._run(
            "patch",
            SERVICE_KIND,
            self.name,
            "--type=merge",
            f"--field-manager={FIELD_MANAGER}",
            f"--patch={json.dumps(patch)}",
        )

    def wait(self, what: str, found: Callable[[Service], Found | None], seconds: float) -> Found:
        """Read the Service again and again until something is found in it.

        Parameters
        ----------
        what
            What is waited for, for the message.
        found
            Returns None as long as the wait goes on; what it raises ends the wait.
        seconds
            How long to wait at the most.

        Returns
        -------
        What `found` returned.

        Raises
        ------
        NotInTimeError
            If it was None all the time.
        ClusterError
            As `read` does.
        """
        deadline = time.monotonic() + seconds
        while True:
            service = self.read()
            if (result := found(service)) is not None:
                return result
            if time.monotonic() > deadline:
                raise NotInTimeError(
                    f"{what} did not come about in {seconds:.0f} s. {_words(service)}".strip()
                )
            time.sleep(POLL_S)

    def _run(self, *arguments: str) -> str:
        with self._in_words():
            return self.namespace.kubectl(*arguments)

    @contextmanager
    def _in_words(self) -> Iterator[None]:
        try:
            yield
        except CommandError as error:
            if MODIFIED in str(error):
                raise ConflictError(
                    f"Somebody else changed the Service {self.name} at the same time; nothing was "
                    "written. Look at scripts/traffic, then run this again."
                ) from None
            if NO_KIND in str(error):
                raise ClusterError(
                    "The cluster has no Knative Serving; scripts/cluster makes one that has."
                ) from None
            raise


def _words(service: Service) -> str:
    """Return what the Service's conditions say of why it is not ready."""
    return " ".join(
        f"{each.type}: {each.reason} {each.message}".strip()
        for each in service.status.conditions
        if each.status != "True" and each.message
    )
