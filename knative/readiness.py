"""Waits until a revision that was just written is ready, or until it is certain not to become so.

`deploy` calls it. Knative itself gives a revision ten minutes before it calls it a failure.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from textwrap import shorten

from knative.cluster import ServiceInCluster
from knative.errors import NotInTimeError, RevisionError
from knative.objects import Revision, Service
from knative.parts import Parts
from knative.troubles import UNREADY, Trouble, trouble_of
from knative.workload import QUEUE_PROXY

OUT_OF_DATE = "OutOfDate"
"""Knative's reason for a condition of a part that has yet to follow the Service; serving,
pkg/apis/serving/v1/service_lifecycle.go, MarkConfigurationNotReconciled."""

PROGRESS_WIDTH = 100
"""How much of a line of progress is shown; at the end all of it is."""

UNTOUCHED = "the traffic is where it was."

Say = Callable[[str], None]


def await_revision(
    cluster: ServiceInCluster, before: Service | None, seconds: float, say: Say
) -> Revision:
    """Wait until the revision of the newest manifest is ready and the Service routes.

    Parameters
    ----------
    cluster
        The Service, just written.
    before
        As it was before. If the revision was there by then and in trouble, it is made anew.
    seconds
        How long each wait may take at the most.
    say
        Called with a sentence whenever something changes.

    Returns
    -------
    Revision
        Ready; the one that was there already, where the manifest changed nothing.

    Raises
    ------
    RevisionError
        If it cannot become ready; the traffic is where it was.
    ClusterError
        As those of `ServiceInCluster`.
    """
    name = cluster.wait("The new revision", created_revision, seconds)
    if before is not None and before.status.latest_created_revision_name == name:
        _renew(cluster, before, name, say)
    watch = _Watch(cluster, name, say)
    try:
        revision = cluster.wait(f"Revision {name}", watch.ready, seconds)
    except NotInTimeError as error:
        raise RevisionError(_too_late(cluster, watch, seconds) or str(error)) from None
    cluster.wait(f"The route to {name}", _routes, seconds)
    return revision


def _renew(cluster: ServiceInCluster, before: Service, name: str, say: Say) -> None:
    """Have Knative try again at once what failed before: what was missing may be there now."""
    parts = cluster.parts()
    is_asked = name in before.percents() or before.tags(name)
    if not is_asked and _trouble(cluster, parts, name) is not None:
        say(f"Revision {name} was there and not ready; it is made anew.")
        cluster.forget(name)


def _trouble(cluster: ServiceInCluster, parts: Parts, name: str) -> Trouble | None:
    revision, pods = parts.revision(name), parts.pods(name)
    if revision is None or revision.ready.status == "True":
        return None
    return trouble_of(revision, pods, cluster.namespace.warnings())


@dataclass
class _Watch:
    """What is known of a revision that is waited for, and since when."""

    cluster: ServiceInCluster
    name: str
    say: Say
    trouble: Trouble | None = None
    since: float = 0.0
    said: str = ""

    def ready(self, _: Service) -> Revision | None:
        """Return the revision once it is ready; end the wait where it is certain not to be."""
        parts = self.cluster.parts()
        revision = parts.revision(self.name)
        if revision is not None and revision.ready.status == "True":
            return revision
        self._note(_trouble(self.cluster, parts, self.name))
        pods = parts.pods(self.name)
        self._tell(f"{sum(pod.ready for pod in pods)} of {len(pods)} pods ready")
        if self.trouble and time.monotonic() - self.since >= self.trouble.patience_s:
            raise RevisionError(
                f"Revision {self.name} cannot become ready; {UNTOUCHED}\n"
                f"{self.trouble.sentence}\n{self.trouble.cure}"
            )
        return None

    def _note(self, trouble: Trouble | None) -> None:
        if trouble is None or self.trouble is None or trouble.kind != self.trouble.kind:
            self.since = time.monotonic()
        self.trouble = trouble

    def _tell(self, state: str) -> None:
        words = self.trouble.sentence.splitlines()[0] if self.trouble else state
        words = shorten(words, PROGRESS_WIDTH, placeholder=" ...")
        if words != self.said:
            self.said = words
            self.say(f"Revision {self.name}: {words}")


def _too_late(cluster: ServiceInCluster, watch: _Watch, seconds: float) -> str:
    """Say what stood in a revision's way to the end, and what to do; nothing if none is known."""
    trouble = watch.trouble
    if trouble is None:
        return ""
    probe = _probe_words(cluster, watch.name) if trouble.kind == UNREADY else ""
    return (
        f"Revision {watch.name} was not ready after {seconds:.0f} s; {UNTOUCHED}\n"
        f"{trouble.sentence}{probe}\n{trouble.cure}"
    )


def _probe_words(cluster: ServiceInCluster, name: str) -> str:
    """Return what Knative's proxy, which asks the function if it is ready, says of the answers."""
    for pod in cluster.parts().pods(name):
        log = cluster.namespace.log(pod.name, QUEUE_PROXY, 20)
        if plain := [line for line in log if "probe" in line and not line.startswith("{")]:
            return f" {plain[-1]}"
    return ""


def _routes(service: Service) -> bool | None:
    routes = service.current_condition("RoutesReady")
    return True if routes is not None and routes.status == "True" else None


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
