"""Tells what a cluster is made of; what measures it writes it beside the numbers."""

import msgspec

from knative.commands import run
from knative.errors import CommandError

VERSION_LABEL = "app.kubernetes.io/version"


class _Server(msgspec.Struct, rename="camel"):
    git_version: str


class _Versions(msgspec.Struct, rename="camel"):
    server_version: _Server


def described_cluster() -> str:
    """Return a sentence on a cluster's versions and nodes.

    Returns
    -------
    str

    Raises
    ------
    CommandError
        If the cluster cannot be reached.
    """
    text = run("kubectl", "version", "--output=json")
    kubernetes = msgspec.json.decode(text, type=_Versions).server_version.git_version
    cores = run("kubectl", "get", "nodes", "--output=jsonpath={.items[*].status.capacity.cpu}")
    return (
        f"Kubernetes {kubernetes.lstrip('v')}, Knative Serving {_knative()}, "
        f"nodes with {' and '.join(cores.split())} cores."
    )


def _knative() -> str:
    """Return Knative's version; not every installation lets everybody read it."""
    label = VERSION_LABEL.replace(".", "\\.")
    path = f"--output=jsonpath={{.metadata.labels.{label}}}"
    try:
        found = run("kubectl", "--namespace=knative-serving", "get", "deployment/activator", path)
    except CommandError:
        return "of a version that cannot be read"
    return found or "of a version that is not told"
