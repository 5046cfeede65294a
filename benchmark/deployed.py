"""Deploys what is to be measured, and takes it away; `scale_study` and `cold_study` call it."""

import time
from collections.abc import Mapping
from typing import Any

from knative.cluster import SERVICE_KIND, ServiceInCluster
from knative.commands import run
from knative.deploy import write
from knative.manifests import Manifests
from knative.pods import end_pods
from knative.readiness import await_revision

READY_LIMIT_S = 180
SETTLE_S = 3.0


def deployed(manifest: Mapping[str, Any], name: str, namespace: str) -> str:
    """Deploy a Service and wait until it is ready, also for room that others still fill.

    Parameters
    ----------
    manifest
        As `knative.manifests.manifest_of` renders it.
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
        As `knative.readiness.await_revision`.
    """
    service = ServiceInCluster(name, namespace)
    named = {**manifest, "metadata": {**manifest["metadata"], "name": name}}
    before = write(service, Manifests(named, []))
    await_revision(service, before, READY_LIMIT_S, lambda _: None)
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
