"""Deploys what is to be measured, and takes it away; `scale_study` and `cold_study` call it."""

import time
from collections.abc import Mapping
from typing import Any

from knative.cluster import SERVICE_KIND, ServiceInCluster
from knative.commands import run
from knative.deploy import deploy
from knative.errors import RevisionError
from knative.pods import end_pods

READY_LIMIT_S = 180
AGAIN_S, SETTLE_S = 2.0, 3.0
NO_ROOM = "Unschedulable"
"""Kubernetes' reason where no node has room for a pod."""


def deployed(manifest: Mapping[str, Any], name: str, namespace: str) -> str:
    """Deploy a Service, and wait for room where there is none until those before are at zero.

    Parameters
    ----------
    manifest
        As `knative.deploy.manifest_of` renders it.
    name
        Of the Service, in place of the manifest's.
    namespace
        Where to.

    Returns
    -------
    str
        Its URL, without a path.

    Raises
    ------
    RevisionError
        If it cannot become ready, or has no room after `READY_LIMIT_S`.
    ClusterError
        As `knative.deploy.deploy`.
    """
    service = ServiceInCluster(name, namespace)
    named = {**manifest, "metadata": {**manifest["metadata"], "name": name}}
    deadline = time.monotonic() + READY_LIMIT_S
    while True:
        try:
            deploy(service, named, READY_LIMIT_S)
        except RevisionError as error:
            if NO_ROOM not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(AGAIN_S)
        else:
            return service.read().status.url or ""


def removed(name: str, namespace: str) -> None:
    """Delete a Service and end its pods, which would keep their room for half a minute.

    Parameters
    ----------
    name
        The Service's.
    namespace
        Where it lies.

    Raises
    ------
    CommandError
        If the cluster cannot be reached.
    """
    run("kubectl", "--namespace", namespace, "delete", SERVICE_KIND, name, "--wait=false")
    time.sleep(SETTLE_S)
    end_pods(name, namespace)
    time.sleep(SETTLE_S)
