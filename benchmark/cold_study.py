"""Starts Services from zero, in turn, again and again; `benchmark.coldstart` calls it."""

import http.client
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from benchmark.cold_starts import NOTHING, Start
from benchmark.deployed import deployed
from benchmark.errors import LoadError
from benchmark.over_time import TERMINATING, state_of
from benchmark.posts import Post
from benchmark.variations import varied
from knative.namespaces import temporary_namespace
from knative.pods import PodWatch, Sighting, end_pods, watched_pods
from knative.workload import Pod

NAMESPACE = "fraud-coldstart"
SOONEST_ZERO = {"window": "6s", "scale-to-zero-pod-retention-period": "0s"}
"""The least that Knative allows, so that the wait for zero is short; a start has none of it."""

ANSWER_LIMIT_S, ZERO_LIMIT_S = 60, 240
POLL_S = 0.1
SETTLE_S = 2.0
"""After the last pod is gone, its parts are still being taken down."""

NOTHING_PROGRAM = """\
import os, pathlib
import uvicorn
from functions_framework.aio import create_asgi_app
source = pathlib.Path("/dev/shm/nothing.py")
source.write_text("async def answer(_request):\\n    return 'OK'\\n")
application = create_asgi_app(target="answer", source=str(source))
uvicorn.run(application, host="0.0.0.0", port=int(os.environ["PORT"]), log_level="error")
"""
"""In the function's own image, whose file system is read-only."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class Contender:
    """Who is started.

    Attributes
    ----------
    name
        For people.
    manifest
        Of its Service.
    """

    name: str
    manifest: Mapping[str, Any]


def doing_nothing(manifest: Mapping[str, Any]) -> Contender:
    """Return functions-framework with an empty function, in the function's own image.

    Parameters
    ----------
    manifest
        The function's.

    Returns
    -------
    Contender
    """
    changed = varied(manifest, {})
    container = changed["spec"]["template"]["spec"]["containers"][0]
    container["command"] = ["python", "-c", NOTHING_PROGRAM]
    return Contender(NOTHING, changed)


def study(contenders: Sequence[Contender], rounds: int, post: Post, say: Say) -> list[Start]:
    """Start each contender from zero, in turn, in a namespace of its own.

    Parameters
    ----------
    contenders
        Who.
    rounds
        How often each.
    post
        What it is asked.
    say
        Called with what is done next.

    Returns
    -------
    list of Start
        In their order. Every second round goes backwards, so that nobody always follows another.
        The kubelet looks once a second which containers run, so that an answer comes up to a second
        later or sooner by when its request comes. All of a round therefore come at the same part
        of a second, and the rounds at parts that are spread evenly.

    Raises
    ------
    ClusterError
        If a Service does not become ready.
    LoadError
        If one does not go to zero, or does not answer with 200.
    """
    with temporary_namespace(NAMESPACE) as namespace, watched_pods(namespace) as watch:
        services = [
            _Deployed(contender, f"contender-{number}", namespace, watch)
            for number, contender in enumerate(contenders)
        ]
        for each in services:
            say(f"deploying {each.contender.name}")
            each.deploy()
        starts = []
        for number in range(rounds):
            say(f"round {number + 1} of {rounds}")
            for each in services:
                each.wait_for_zero()
            time.sleep(SETTLE_S)
            moment = (number + 0.5) / rounds
            turn = services[:: -1 if number % 2 else 1]
            starts += [each.start(post, moment) for each in turn]
        return starts


@dataclass
class _Deployed:
    """A contender in the cluster."""

    contender: Contender
    name: str
    namespace: str
    watch: PodWatch
    url: str = ""

    def deploy(self) -> None:
        manifest = varied(self.contender.manifest, SOONEST_ZERO)
        self.url = deployed(manifest, self.name, self.namespace)

    def wait_for_zero(self) -> None:
        """Wait until all pods are on their way out, and help them on."""
        deadline = time.monotonic() + ZERO_LIMIT_S
        while states := self._states():
            if set(states) == {TERMINATING}:
                end_pods(self.name, self.namespace)
            if time.monotonic() > deadline:
                raise LoadError(f"{self.contender.name} was not at zero after {ZERO_LIMIT_S} s.")
            time.sleep(POLL_S)

    def _states(self) -> list[str]:
        last = {each.event.object.metadata.name: each for each in self._sightings(0.0)}
        return [state for each in last.values() if (state := state_of(each)) is not None]

    def _sightings(self, since_s: float) -> list[Sighting]:
        return [
            each
            for each in self.watch.sightings
            if each.at_s >= since_s and each.event.object.metadata.name.startswith(f"{self.name}-")
        ]

    def start(self, post: Post, moment: float) -> Start:
        time.sleep((moment - time.time()) % 1)
        began = time.perf_counter()
        status = ask(self.url, post)
        took = time.perf_counter() - began
        if status != http.client.OK:
            raise LoadError(f"{self.contender.name} answered with {status}, not with 200.")
        time.sleep(SETTLE_S)  # the news of the pod comes a little later
        return start_of(self.contender.name, took, self._sightings(began), began)


def ask(url: str, post: Post) -> int:
    """Post once, on a connection of its own.

    Parameters
    ----------
    url
        Of a Service, without a path.
    post
        What.

    Returns
    -------
    int
        The answer's status.

    Raises
    ------
    LoadError
        If there is no answer.
    """
    parts = urlsplit(url)
    kinds: dict[str, type[http.client.HTTPConnection]] = {
        "http": http.client.HTTPConnection,
        "https": http.client.HTTPSConnection,
    }
    connection = kinds[parts.scheme](parts.netloc, timeout=ANSWER_LIMIT_S)
    try:
        connection.request("POST", post.path, post.body, post.all_headers)
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise LoadError(f"{url} gave no answer: {error}.") from None
    else:
        return answer.status
    finally:
        connection.close()


def start_of(name: str, took_s: float, sightings: Sequence[Sighting], began_s: float) -> Start:
    """Find in the news of a pod when it came how far.

    Parameters
    ----------
    name
        The contender's.
    took_s
        From the request to the answer.
    sightings
        Of the pod, in their order.
    began_s
        When the request was sent, on their clock.

    Returns
    -------
    Start
    """

    def first(found: Callable[[Pod], bool]) -> float | None:
        times = [each.at_s - began_s for each in sightings if found(each.event.object)]
        return times[0] * 1000 if times else None

    return Start(
        name,
        took_s * 1000,
        first(lambda _: True),
        first(lambda pod: pod.has("PodScheduled")),
        first(_running),
        first(lambda pod: pod.has("Ready")),
    )


def _running(pod: Pod) -> bool:
    containers = pod.status.container_statuses
    return bool(containers) and all(each.state.running for each in containers)
