"""The Knative Service in the cluster that KUBECONFIG names: read it, write it, wait for it.

`deploy` and `traffic` call it. It goes through kubectl, which every operator has: it renders the
manifests, and it knows every way of logging in to a cluster.
"""

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import yaml

from knative.commands import run
from knative.errors import ClusterError, CommandError, ConflictError, NotInTimeError
from knative.objects import PodList, Revision, RevisionList, Service, TrafficTarget

SERVICE_KIND = "services.serving.knative.dev"
REVISION_KIND = "revisions.serving.knative.dev"
FIELD_MANAGER = "fraud"
POLL_S = 0.25

Found = TypeVar("Found")


class ServiceInCluster:
    """One Knative Service, by name.

    Parameters
    ----------
    name
        The Service's name.
    namespace
        Where it lies; that of the current context where it is None.
    """

    def __init__(self, name: str, namespace: str | None = None) -> None:
        self.name = name
        self._kubectl = ["kubectl", *(["--namespace", namespace] if namespace else [])]

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
        selector = f"--selector=serving.knative.dev/service={self.name}"
        text = self._run("get", REVISION_KIND, selector, "--output=json")
        found = msgspec.json.decode(text, type=RevisionList).items
        return sorted(found, key=lambda revision: revision.name)

    def waiting(self, revision: str) -> list[str]:
        """Say why containers of a revision's pods do not run.

        Parameters
        ----------
        revision
            Its name.

        Returns
        -------
        list of str
            A sentence for each container that waits.

        Raises
        ------
        ClusterError
            As `find` does.
        """
        selector = f"--selector=serving.knative.dev/revision={revision}"
        text = self._run("get", "pods", selector, "--output=json")
        return [
            f"Container {container.name}: {waiting.reason} {waiting.message}".strip()
            for pod in msgspec.json.decode(text, type=PodList).items
            for container in pod.status.container_statuses
            if (waiting := container.state.waiting) is not None
        ]

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
        self._run(
            "apply",
            "--server-side",
            "--force-conflicts",
            f"--field-manager={FIELD_MANAGER}",
            "--filename=-",
            stdin=json.dumps(manifest),
        )

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

    def _run(self, *arguments: str, stdin: str | None = None) -> str:
        try:
            return run(*self._kubectl, *arguments, stdin=stdin)
        except CommandError as error:
            if "the object has been modified" in str(error):
                raise ConflictError(
                    f"Somebody else changed the Service {self.name} at the same time; nothing was "
                    "written. Look at scripts/traffic, then run this again."
                ) from None
            raise


def _words(service: Service) -> str:
    """Return what the Service's conditions say of why it is not ready."""
    return " ".join(
        f"{each.type}: {each.reason} {each.message}".strip()
        for each in service.status.conditions
        if each.status != "True" and each.message
    )


def render(directory: Path) -> list[dict[str, Any]]:
    """Render a kustomize directory.

    Parameters
    ----------
    directory
        It holds a kustomization.yaml.

    Returns
    -------
    list of dict
        The objects.

    Raises
    ------
    CommandError
        If kubectl is missing or cannot render it.
    """
    return list(yaml.safe_load_all(run("kubectl", "kustomize", str(directory))))
