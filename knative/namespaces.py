"""Makes a namespace for a while; what measures the cluster works in one of its own."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from knative.commands import run


@contextmanager
def temporary_namespace(prefix: str) -> Iterator[str]:
    """Make a namespace, and delete it and all that is in it afterwards.

    Parameters
    ----------
    prefix
        How its name begins.

    Yields
    ------
    str
        Its name.

    Raises
    ------
    CommandError
        If the cluster cannot be reached, or does not allow it.
    """
    name = f"{prefix}-{uuid.uuid4().hex[:8]}"
    run("kubectl", "create", "namespace", name)
    try:
        yield name
    finally:
        run("kubectl", "delete", "namespace", name, "--wait=false")
