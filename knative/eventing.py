"""Writes what brings events to the Service, and waits until it does; `deploy` calls it.

A Broker takes events, and answers that it has them, before there is a Trigger to hand them to. And
a Trigger that finds no Service asks for it again after pauses that grow to minutes. So the Service
has to answer before there is a Trigger, and the Triggers have to be ready before there is a source.
"""

import time
from collections.abc import Sequence

from knative.errors import NotInTimeError
from knative.manifests import Manifest
from knative.namespace import Namespace
from knative.readiness import Say
from knative.workload import Reporting

POLL_S = 0.5


def bring(
    namespace: Namespace, parts: Sequence[Sequence[Manifest]], seconds: float, say: Say
) -> None:
    """Write objects part by part, each when all of the part before it are ready.

    Parameters
    ----------
    namespace
        Where to.
    parts
        Of Knative's kinds, which all say whether they are ready.
    seconds
        How long to wait for each part at the most.
    say
        Called with a sentence whenever something changes.

    Raises
    ------
    NotInTimeError
        If one of them was not ready then; those of later parts are not written.
    ClusterError
        If the cluster cannot be asked, or refuses one.
    """
    for part in parts:
        namespace.apply(part)
        _await(namespace, part, seconds, say)


def _await(namespace: Namespace, part: Sequence[Manifest], seconds: float, say: Say) -> None:
    deadline, said = time.monotonic() + seconds, ""
    while waiting := [each for each in namespace.reported(part) if not each.is_ready]:
        words = f"{waiting[0].words}: {waiting[0].reason or 'not ready yet'}"
        if words != said:
            said = words
            say(words)
        if time.monotonic() > deadline:
            raise NotInTimeError(_too_late(waiting, seconds))
        time.sleep(POLL_S)


def _too_late(waiting: Sequence[Reporting], seconds: float) -> str:
    reasons = "\n".join(f"{each.words}: {each.reason or 'no reason is given'}" for each in waiting)
    return (
        f"The revision is ready, but not what brings events to it, after {seconds:.0f} s.\n"
        f"{reasons}\nMend that and run this again."
    )
