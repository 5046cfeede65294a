"""Writes objects into the cluster as they stand; the cluster tests use it."""

import json
from collections.abc import Sequence

from knative.commands import run


def apply(namespace: str, objects: Sequence[dict]) -> None:
    """Create them, or change them to what they say."""
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)})
    written = ("apply", "--server-side", "--validate=strict", "--filename=-")
    run("kubectl", "--namespace", namespace, *written, stdin=text)
