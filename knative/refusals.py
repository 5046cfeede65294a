"""Says in a sentence why a cluster does not take what an overlay holds; `namespace` calls it."""

import re
from collections.abc import Sequence

from knative.errors import ClusterError, CommandError, ManifestError
from knative.workload import Thing

UNKNOWN_KIND = re.compile(r'no matches for kind "(?P<kind>[^"]+)" in version "(?P<version>[^"]+)"')
NO_NAMESPACE = re.compile(r'namespaces "(?P<name>[^"]+)" not found')
REFUSALS = ("Error from server", "denied the request", "does not match the namespace")
WHERE_KINDS_COME_FROM = {
    "eventing.knative.dev": "Knative Eventing",
    "messaging.knative.dev": "Knative Eventing",
    "sources.knative.dev": "Knative Eventing",
    "serving.knative.dev": "Knative Serving",
    "monitoring.coreos.com": "the Prometheus operator",
}
"""Who brings the kinds of an API group into a cluster."""


def refusal(words: str) -> ClusterError:
    """Say in a sentence why the cluster did not take manifests.

    Parameters
    ----------
    words
        kubectl's own.

    Returns
    -------
    ClusterError
        A ManifestError where it is the manifests' fault.
    """
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


def check_places(things: Sequence[Thing]) -> None:
    """Be sure that objects lie in one namespace, where `undeploy` finds them again.

    Parameters
    ----------
    things
        As the cluster would have them.

    Raises
    ------
    ManifestError
        If one lies in none, or in another.
    """
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
