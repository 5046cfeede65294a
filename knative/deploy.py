"""The command `scripts/deploy`: a new revision, and no traffic for it but the very first's."""

import argparse
import sys
from pathlib import Path
from typing import Any

import msgspec

from knative.cluster import ServiceInCluster, render
from knative.errors import ClusterError, NotInTimeError, RevisionError
from knative.objects import Revision, Service, TrafficTarget

BASE = Path(__file__).parent / "base"
IMAGE_NAME = "fraud"
"""What the manifests call the image that --image stands for."""

OUT_OF_DATE = "OutOfDate"
"""Knative's reason for a condition of a part that has yet to follow the Service; serving,
pkg/apis/serving/v1/service_lifecycle.go, MarkConfigurationNotReconciled."""

DESCRIPTION = (
    "Add a revision with an image to the Knative Service and wait until it is ready. The traffic "
    "stays where it is; a first revision gets all of it."
)


def main(arguments: list[str] | None = None) -> None:
    """Run the command.

    Parameters
    ----------
    arguments
        The command line; `sys.argv` where it is None.

    Raises
    ------
    SystemExit
        With a sentence, if the revision did not become ready.
    """
    options = _parser().parse_args(arguments)
    try:
        manifest = manifest_of(options.overlay, options.image)
        service = ServiceInCluster(manifest["metadata"]["name"], options.namespace)
        revision = deploy(service, manifest, options.timeout)
        sys.stdout.write(f"{_told(service.read(), revision)}\n")
    except ClusterError as error:
        sys.exit(f"scripts/deploy: {error}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/deploy", description=DESCRIPTION)
    parser.add_argument("--image", required=True, help="as scripts/image prints it")
    parser.add_argument("--namespace", help="default: that of the current context")
    parser.add_argument(
        "--overlay", type=Path, default=BASE, metavar="DIR", help="kustomize (knative/base)"
    )
    parser.add_argument(
        "--timeout", type=float, default=180, metavar="S", help="seconds to wait (%(default)s)"
    )
    return parser


def manifest_of(directory: Path, image: str) -> dict[str, Any]:
    """Render the Knative Service of a kustomize directory with an image.

    Parameters
    ----------
    directory
        It holds a kustomization.yaml.
    image
        The image's full name.

    Returns
    -------
    dict
        The Service's manifest.

    Raises
    ------
    ClusterError
        If it cannot be rendered, or does not hold exactly one Knative Service.
    """
    services = [
        each
        for each in render(directory)
        if each["kind"] == "Service" and each["apiVersion"].startswith("serving.knative.dev/")
    ]
    if len(services) != 1:
        raise ClusterError(f"{directory} holds {len(services)} Knative Services; 1 was expected.")
    services[0]["spec"]["template"]["spec"]["containers"][0]["image"] = image
    return services[0]


def deploy(cluster: ServiceInCluster, manifest: dict[str, Any], seconds: float) -> Revision:
    """Write a manifest and wait for its revision.

    Parameters
    ----------
    cluster
        The Service that the manifest is of.
    manifest
        Without a split of its own.
    seconds
        How long to wait at the most.

    Returns
    -------
    Revision
        Ready; the one that was there already, where the manifest changes nothing.

    Raises
    ------
    RevisionError
        If it cannot become ready; the traffic is where it was.
    ClusterError
        As those of `ServiceInCluster`.
    """
    before = cluster.find()
    cluster.apply(manifest if before is None else with_pinned_traffic(manifest, before))
    name = cluster.wait("The new revision", created_revision, seconds)
    try:
        return cluster.wait(f"Revision {name}", lambda _: _ready(cluster, name), seconds)
    except NotInTimeError as error:
        raise RevisionError(" ".join([str(error), *cluster.waiting(name)])) from None


def with_pinned_traffic(manifest: dict[str, Any], service: Service) -> dict[str, Any]:
    """Add to a manifest the traffic that a Service has, by the revisions' names.

    Parameters
    ----------
    manifest
        Without a split of its own.
    service
        As the cluster has it; the result is refused if it changed since.

    Returns
    -------
    dict
        A manifest that makes a revision which gets no traffic. A share of "the latest revision"
        becomes one of the revision that is the latest ready one now; where none ever was ready,
        the first that becomes so gets it.
    """
    latest = service.status.latest_ready_revision_name
    traffic = service.spec.traffic
    if latest is not None:
        traffic = tuple(_pinned(target, latest) for target in traffic)
    metadata = manifest["metadata"] | {"resourceVersion": service.metadata.resource_version}
    spec = manifest["spec"] | {"traffic": [msgspec.to_builtins(target) for target in traffic]}
    return manifest | {"metadata": metadata, "spec": spec}


def _pinned(target: TrafficTarget, latest: str) -> TrafficTarget:
    """Name the revision; a tag that follows the latest and carries no traffic stays as it is."""
    if not target.latest_revision or not target.percent:
        return target
    return TrafficTarget(revision_name=latest, percent=target.percent, tag=target.tag)


def created_revision(service: Service) -> str | None:
    """Tell which revision the newest manifest made.

    Parameters
    ----------
    service
        As the cluster has it.

    Returns
    -------
    str or None
        Its name; None as long as the cluster has not taken the manifest up. That takes two steps:
        the Service hands it on to its Configuration, which makes the revision. Between the two the
        Service is at its newest generation and still names the revision of before.
    """
    configurations = service.current_condition("ConfigurationsReady")
    if configurations is None or configurations.reason == OUT_OF_DATE:
        return None
    return service.status.latest_created_revision_name


def _ready(cluster: ServiceInCluster, name: str) -> Revision | None:
    revision = next((each for each in cluster.revisions() if each.name == name), None)
    if revision is None or revision.ready.status == "Unknown":
        return None
    if revision.ready.status == "False":
        reason = f"{revision.ready.reason}: {revision.ready.message}"
        raise RevisionError(f"Revision {name} is not ready. {reason}")
    return revision


def _told(service: Service, revision: Revision) -> str:
    percent = service.percents().get(revision.name, 0)
    url = f"\nThe Service answers at {service.status.url}" if service.status.url else ""
    return f"Revision {revision.name} is ready and gets {percent}% of the traffic.{url}"
