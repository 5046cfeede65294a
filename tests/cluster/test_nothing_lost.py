"""What becomes of 100 requests a second while the service is disturbed: every one is counted.

Each test adds its count to build/nothing-lost.json, and all are shown at the end of the run. They
go through the life of one Service that has two pods at first, in this order.
"""

import json
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
import requests

from knative.commands import run
from tests.cluster.conftest import deployed
from tests.cluster.disturbed import (
    FIRST,
    SECOND,
    failed,
    is_ready,
    most_at_once,
    names,
    pods,
    ready,
    scaled,
    streamed,
    watched,
    within,
)
from tests.cluster.node import Node
from tests.cluster.prober import Prober
from tests.cluster.waiting import WAIT_S, wait_until
from tests.duplex import upload

PODS = 2
PATIENCE_S = 6
NDJSON = {"content-type": "application/x-ndjson"}


@pytest.fixture(scope="module")
def manifests(tmp_path_factory):
    """Two pods, and a window as short as Knative allows, so that pods soon end."""
    folder = tmp_path_factory.mktemp("overlays") / "two"
    scale = {"min-scale": f"{PODS}", "max-scale": f"{PODS}", "window": "6s"}
    return scaled(folder, scale, FRAUD_UPLOAD_TIMEOUT_S=f"{PATIENCE_S}")


@pytest.fixture(scope="module")
def service(images, manifests):
    with deployed("--image", images.stable, "--overlay", manifests) as deployment:
        wait_until(lambda: len(ready(deployment)) == PODS, "All pods")
        yield deployment


def test_a_pod_that_is_deleted_loses_nothing_not_even_a_stream(request, service, fraud):
    """The queue-proxy keeps SIGTERM back for 30 s; the stream goes on for longer."""
    with watched(request, service, fraud) as prober, streamed(service, fraud):
        prober.next(100)
        victims = names(ready(service))
        for victim in victims:
            service.kubectl("delete", "pod", victim, "--wait=false")
        time.sleep(36)
    with Prober(service.url, fraud) as after:
        wait_until(lambda: not victims & names(pods(service)), "The end of the deleted pods")
    assert prober.failures() + after.failures() == []


def test_a_pod_that_is_evicted_loses_nothing(request, service, fraud):
    with watched(request, service, fraud) as prober:
        victim = min(names(ready(service)))
        eviction = {
            "apiVersion": "policy/v1",
            "kind": "Eviction",
            "metadata": {"name": victim, "namespace": service.namespace},
        }
        path = f"/api/v1/namespaces/{service.namespace}/pods/{victim}/eviction"
        service.kubectl_with(json.dumps(eviction), "create", f"--raw={path}", "--filename=-")
        wait_until(lambda: victim not in names(ready(service)), "The eviction")
        wait_until(lambda: len(ready(service)) == PODS, "A new pod")
        prober.next(500)
    assert prober.failures() == []


def test_a_process_that_is_killed_loses_only_what_it_held(request, service, fraud):
    with Node(service, ready(service)[0]) as node, watched(request, service, fraud) as prober:
        began = time.monotonic()
        node.signal(node.processes()[-1], "KILL")
        ended = time.monotonic()
        prober.next(500)
    assert failed(prober) == within(failed(prober), began, ended)
    assert len(failed(prober)) <= most_at_once(within(prober.outcomes, began, ended))


def test_a_container_that_is_killed_loses_what_comes_until_it_is_there_again(
    request, service, fraud
):
    """Its queue-proxy answers 502 meanwhile, and Knative's activator asks it once only."""
    victim = ready(service)[0]
    with Node(service, victim) as node, watched(request, service, fraud) as prober:
        began = time.monotonic()
        node.signal(node.processes()[0], "KILL")
        wait_until(lambda: has_begun_again(service, victim), "The next start of the container")
        ended = time.monotonic()
        prober.next(300)
    assert failed(prober) == within(failed(prober), began, ended)
    assert {each.said[:3] for each in failed(prober)} <= {"502"}


def has_begun_again(deployment, victim):
    (pod,) = (each for each in pods(deployment) if names([each]) == names([victim]))
    before = {each["name"]: each["restartCount"] for each in victim["status"]["containerStatuses"]}
    return is_ready(pod) and any(
        each["restartCount"] > before[each["name"]] for each in pod["status"]["containerStatuses"]
    )


def test_a_process_that_is_told_to_end_in_the_middle_of_streams_loses_nothing(
    request, service, fraud
):
    """Unlike a pod's end, this one is not told to the proxy before the function."""
    with (
        Node(service, ready(service)[0]) as node,
        watched(request, service, fraud) as prober,
        ExitStack() as stack,
    ):
        for _ in range(8):
            stack.enter_context(streamed(service, fraud))
        prober.next(100)
        before = node.processes()
        node.signal(before[-1], "TERM")
        prober.next(400)
        stack.close()
        wait_until(lambda: node.processes()[-1] != before[-1], "The next process")
    assert prober.failures() == []


def test_connections_to_the_gateway_that_are_closed_and_opened_lose_nothing(
    request, service, fraud
):
    with watched(request, service, fraud) as prober:
        closed = 0
        for _ in range(100):
            closed += prober.reconnect()
            prober.next(3)
    assert closed >= 50
    assert prober.failures() == []


def test_an_activator_that_is_replaced_loses_nothing(request, service, fraud):
    if not request.config.getoption("--restart-activator"):
        pytest.skip("--restart-activator was not given: it disturbs every other Service")
    with watched(request, service, fraud) as prober:
        activator = ("--namespace=knative-serving", "rollout")
        run("kubectl", *activator, "restart", "deployment/activator")
        run("kubectl", *activator, "status", "deployment/activator", "--timeout=120s")
        prober.next(500)
    assert prober.failures() == []


def test_slow_clients_are_answered_and_slow_nobody_down(request, service, fraud):
    body, lines = json.dumps(fraud).encode(), json.dumps(fraud).encode() + b"\n"

    def trickle(_):
        with upload(service.url, "application/json") as slow:
            for byte in range(20):
                slow.send(body[byte : byte + 1])
                time.sleep(0.4)
            slow.send(body[20:])
            slow.send(b"")
            return slow.response.status

    def stop(_):
        with upload(service.url, "application/json") as slow:
            slow.send(body[:20])
            return slow.response.status

    def read_slowly(_):
        with requests.post(
            service.url, lines * 5_000, headers=NDJSON, stream=True, timeout=WAIT_S
        ) as answer:
            count = 0
            for part in answer.iter_content(20_000):
                count += part.count(b"\n")
                time.sleep(0.15)
            return count

    with watched(request, service, fraud) as prober, ThreadPoolExecutor(120) as pool:
        trickled = pool.map(trickle, range(100))
        stopped, read = pool.map(stop, range(10)), pool.map(read_slowly, range(5))
        assert set(trickled) == {200}
        assert set(stopped) == {408}
        assert set(read) == {5_000}
    assert prober.failures() == []


def test_a_new_revision_takes_the_traffic_and_nothing_is_lost(
    request, service, images, tmp_path, fraud
):
    scaling = scaled(tmp_path / "scaling", {"window": "6s", "max-scale": "3", "target": "10"})
    with watched(request, service, fraud) as prober:
        service.script("deploy", "--image", images.candidate, "--overlay", scaling)
        service.script("traffic", f"{SECOND}=50", f"{FIRST}=50")
        prober.next(200)
        service.script("traffic", f"{SECOND}=100")
        prober.next(200)
    assert prober.failures() == []
    assert len({each.said for each in prober.outcomes}) == (images.stable != images.candidate) + 1


def keep_busy(deployment, fraud, enough):
    with streamed(deployment, fraud):
        enough.wait(WAIT_S)


def test_pods_that_the_autoscaler_takes_away_lose_nothing(request, service, fraud):
    enough = threading.Event()
    with watched(request, service, fraud) as prober, ThreadPoolExecutor(30) as pool:
        for _ in range(30):
            pool.submit(keep_busy, service, fraud, enough)
        wait_until(lambda: len(ready(service, SECOND)) == 3, "More pods")
        enough.set()
        wait_until(lambda: len(ready(service, SECOND)) == 1, "The end of all pods but one")
        prober.next(200)
    assert prober.failures() == []


def test_requests_that_come_while_the_last_pod_ends_are_answered(request, service, fraud):
    wait_until(lambda: not ready(service, SECOND), "The end of the last pod")
    with watched(request, service, fraud) as prober:
        prober.next(200)
    assert prober.failures() == []


OVERLOADS = {
    "connections": ({"FRAUD_MAX_CONNECTIONS": "60"}, 60, 1, 100),
    "bytes": (
        {"FRAUD_MAX_HELD_BYTES": "1048576", "FRAUD_MAX_BODY_BYTES": "1048576"},
        10,
        100_000,
        40,
    ),
}
"""What bounds it, how many uploads fit in, how many bytes of each are held, how many there are."""


@pytest.mark.parametrize("name", OVERLOADS)
def test_of_too_much_at_once_the_overflow_is_refused_and_the_rest_answered(
    request, images, tmp_path, fraud, name
):
    environment, most, size, count = OVERLOADS[name]
    body = json.dumps(fraud).encode()

    def hold(_):
        with upload(deployment.url, "application/json") as held:
            held.send(b" " * size)
            if not held.is_answered_within(5):
                held.send(body)
                held.send(b"")
            answer = held.response
            return answer.status, answer.headers["retry-after"]

    one = scaled(tmp_path / "one", {"min-scale": "1", "max-scale": "1"}, **environment)
    with (
        deployed("--image", images.stable, "--overlay", one) as deployment,
        ThreadPoolExecutor(count) as pool,
    ):
        health = f"{deployment.url}/health/live"
        wait_until(lambda: requests.get(health, timeout=WAIT_S).ok, "A route")
        with watched(request, deployment, fraud) as prober:
            said = Counter(pool.map(hold, range(count)))
    assert said.keys() == {(200, None), (503, "1")}
    assert most / 2 < said[200, None] <= most
    assert prober.failures() == []
    if name == "bytes":  # what is short is not held
        assert prober.tally()["refused"] == 0
