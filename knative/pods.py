"""Watches the pods of a namespace, and ends some; what measures the cluster calls it."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread
from typing import IO

import msgspec

from knative.commands import run
from knative.parts import SERVICE_LABEL
from knative.workload import PodEvent


@dataclass(frozen=True)
class Sighting:
    """A pod as it was at a moment.

    Attributes
    ----------
    at_s
        When the news came, on the clock of `time.perf_counter`. The cluster's own times of pods
        are whole seconds.
    event
        What the watch told.
    """

    at_s: float
    event: PodEvent


@dataclass
class PodWatch:
    """What a watch has told so far.

    Attributes
    ----------
    sightings
        In their order; those of the pods that were there already come first.
    """

    sightings: list[Sighting] = field(default_factory=list)

    def read(self, lines: IO[bytes]) -> None:
        """Take in lines of JSON until they end."""
        decoder = msgspec.json.Decoder(PodEvent)
        for line in lines:
            self.sightings.append(Sighting(time.perf_counter(), decoder.decode(line)))


@contextmanager
def watched_pods(namespace: str) -> Iterator[PodWatch]:
    """Watch all pods of a namespace.

    Parameters
    ----------
    namespace
        Its name.

    Yields
    ------
    PodWatch
        It goes on within the with statement.
    """
    path = f"/api/v1/namespaces/{namespace}/pods?watch=1"
    # kubectl's own --watch prints tables or whole documents; the API's answer is a line an event.
    command = ["kubectl", "get", "--raw", path]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        watch = PodWatch()
        reader = Thread(target=watch.read, args=(process.stdout,), daemon=True)
        reader.start()
        try:
            yield watch
        finally:
            process.terminate()
            reader.join()


def end_pods(service: str, namespace: str) -> None:
    """End a Service's pods at once, with whatever is under way in them.

    Parameters
    ----------
    service
        The Knative Service's name. If it still is there, the cluster makes new pods.
    namespace
        Where it lies.

    Raises
    ------
    CommandError
        If the cluster cannot be reached.
    """
    selector = f"--selector={SERVICE_LABEL}={service}"
    at_once = ("--force", "--grace-period=0", "--wait=false")
    run("kubectl", "--namespace", namespace, "delete", "pods", selector, *at_once)
