"""The command `scripts/deploy`: a new revision, and no traffic for it but the very first's."""

import argparse
import sys
from itertools import chain
from typing import Any

import msgspec

from knative.cluster import ServiceInCluster
from knative.errors import ClusterError
from knative.eventing import bring
from knative.manifests import BASE, Manifests, directory_of, manifest_of, manifests_of
from knative.objects import Revision, Service, TrafficTarget
from knative.readiness import await_revision

__all__ = ["BASE", "manifest_of"]

DESCRIPTION = (
    "Write what an overlay holds, which adds a revision with an image to the Knative Service, and "
    "wait until it is ready, and then what brings events to it. The traffic stays where it is; a "
    "first revision gets all of it. Nothing is written if the cluster refuses any of it. Exit "
    "codes: 0 ready (or written, with --no-wait), 1 failed, with the reason and what to do, 2 "
    "wrong usage."
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
        manifests = manifests_of(directory_of(options.overlay), options.image)
        cluster = ServiceInCluster(
            manifests.service["metadata"]["name"], options.namespace or manifests.namespace
        )
        before = write(cluster, manifests)
        seconds = options.timeout if options.wait else None
        sys.stdout.write(f"{_completed(cluster, manifests, before, seconds)}\n")
    except ClusterError as error:
        sys.exit(f"scripts/deploy: {error}")


def _completed(
    cluster: ServiceInCluster,
    manifests: Manifests,
    before: Service | None,
    seconds: float | None,
) -> str:
    """Write what comes after the Service, and say how that is; None: without waiting for it."""
    if seconds is None:
        cluster.namespace.apply(list(chain.from_iterable(manifests.eventing)))
        return f"The Service {cluster.name} is written; scripts/status tells what became of it."
    revision = await_revision(cluster, before, seconds, _say)
    bring(cluster.namespace, manifests.eventing, seconds, _say)
    return _told(cluster, revision, before)


def _say(words: str) -> None:
    sys.stderr.write(f"{words}\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/deploy", description=DESCRIPTION)
    parser.add_argument("--image", required=True, help="as scripts/image prints it")
    parser.add_argument("--namespace", help="default: the overlay's, or the current context's")
    parser.add_argument(
        "--overlay",
        default="base",
        metavar="NAME|DIR",
        help="a folder of knative/overlays, or any kustomize directory, with a slash (%(default)s)",
    )
    parser.add_argument(
        "--wait",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="end when all is ready or cannot become so (the default), or at once",
    )
    parser.add_argument(
        "--timeout", type=float, default=180, metavar="S", help="seconds to wait (%(default)s)"
    )
    return parser


def write(cluster: ServiceInCluster, manifests: Manifests) -> Service | None:
    """Write the Service, and before it what its revision reads; not yet what brings events to it.

    Parameters
    ----------
    cluster
        The Service that they are of.
    manifests
        The Service's is without a split of its own.

    Returns
    -------
    Service or None
        As it was before, or None where there was none.

    Raises
    ------
    ManifestError
        If the cluster refuses one; none is written then.
    ClusterError
        As those of `ServiceInCluster`.
    """
    before = cluster.find()
    cluster.namespace.check(manifests.all)
    cluster.namespace.apply(manifests.others)
    pinned = with_pinned_traffic(manifests.service, before) if before else manifests.service
    cluster.apply(pinned)
    return before


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


def _told(cluster: ServiceInCluster, revision: Revision, before: Service | None) -> str:
    service, pods = cluster.read(), cluster.parts().pods(revision.name)
    old = before is not None and before.status.latest_created_revision_name == revision.name
    ready = sum(pod.ready for pod in pods)
    lines = [
        f"Revision {revision.name} is ready and gets {service.percents().get(revision.name, 0)}% "
        "of the traffic.",
        "It was there already: the manifest changed nothing in it." if old else "",
        f"Its image is {revision.digest or revision.image}",
        f"Its pods that are ready: {ready or 'none, it is cold until somebody asks'}",
        f"The Service answers at {service.status.url}" if service.status.url else "",
    ]
    return "\n".join(line for line in lines if line)
