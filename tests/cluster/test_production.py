"""The production overlay on a real Knative: keys, settings, limits, drains.

The tests of this file go through the life of one Service, in this order.
"""

import json
from collections.abc import Iterator

import pytest
import requests

from knative.commands import run
from knative.errors import CommandError
from knative.namespaces import temporary_namespace
from tests.cluster.conftest import SERVICE, Deployment
from tests.cluster.objects import apply
from tests.cluster.waiting import wait_until
from tests.expressions import OF_THE_QUEUE_PROXY
from tests.manifests import PRODUCTION, changed, knative_service, render

FIRST, SECOND = "fraud-00001", "fraud-00002"
OLD_KEY, NEW_KEY, PROMETHEUS_KEY = "a" * 32, "b" * 32, "c" * 32
WAIT_S = 240
"""The kubelet renews a Secret's files within its sync period and its cache's age: two minutes."""

IN_A_ROW = 10
"""Answers, so that both pods were asked."""

METRICS = """
import sys, urllib.request, urllib.error
url, key = sys.argv[1:]
request = urllib.request.Request(url, headers={"Authorization": f"Bearer {key}"} if key else {})
try:
    print(urllib.request.urlopen(request, timeout=20).read().decode())
except urllib.error.HTTPError as error:
    print(error.code)
except urllib.error.URLError as error:
    print(error.reason)
"""


def with_image(objects: list[dict], image: str) -> list[dict]:
    knative_service(objects)["spec"]["template"]["spec"]["containers"][0]["image"] = image
    return objects


def write_keys(namespace: str, *keys: str) -> None:
    metadata = {"name": "fraud-keys"}
    data = {"keys": "# Of the tests.\n" + "\n".join(keys)}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": data}
    apply(namespace, [secret])


@pytest.fixture(scope="module")
def production(images) -> Iterator[Deployment]:
    """The overlay as it stands, with the image of the tests."""
    with temporary_namespace("fraud-production") as namespace:
        write_keys(namespace, OLD_KEY, PROMETHEUS_KEY)
        apply(namespace, with_image(render(PRODUCTION), images.stable))
        deployment = Deployment(namespace, "")
        deployment.kubectl("wait", "ksvc/fraud", "--for=condition=Ready", f"--timeout={WAIT_S}s")
        deployment.url = deployment.service.read().status.url
        yield deployment


def pods_of(production, revision) -> list[dict]:
    """Return the pods of a revision that are not on their way out."""
    selector = f"--selector=serving.knative.dev/revision={revision}"
    items = json.loads(production.kubectl("get", "pods", selector, "--output=json"))["items"]
    return [each for each in items if "deletionTimestamp" not in each["metadata"]]


def names(pods) -> set[str]:
    return {each["metadata"]["name"] for each in pods}


def score(production, fraud, key):
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return requests.post(production.url, json=fraud, headers=headers, timeout=60)


@pytest.mark.parametrize(
    ("key", "status"), [(None, 401), ("not-one-of-the-keys", 401), (OLD_KEY, 200)]
)
def test_a_key_of_the_secret_is_needed(key, status, production, fraud):
    assert score(production, fraud, key).status_code == status


def test_two_pods_run_within_their_limits(production):
    pods = pods_of(production, FIRST)
    assert len(pods) == 2
    limits = {each["name"]: each["resources"]["limits"] for each in pods[0]["spec"]["containers"]}
    assert limits["function"] == {"cpu": "1", "memory": "384Mi"}
    assert limits["queue-proxy"]["memory"] == "256Mi"


@pytest.mark.parametrize(("key", "shown"), [(PROMETHEUS_KEY, "fraud_decisions_total"), ("", "401")])
def test_prometheus_reads_a_pods_own_metrics_with_a_key_and_past_the_route(key, shown, production):
    """At the port that the PodMonitor names; it does not count as a request, so pods may go."""
    pod = pods_of(production, FIRST)[0]
    (function,) = (each for each in pod["spec"]["containers"] if each["name"] == "function")
    (port,) = (each for each in function["ports"] if each["name"] == "user-port")
    url = f"http://{pod['status']['podIP']}:{port['containerPort']}/metrics"
    assert shown in asked_from_within(production, pod, url, key)


def asked_from_within(production, pod, url, key="") -> str:
    """Return what a pod is answered at its own address, which not every machine reaches."""
    run_in = ("exec", pod["metadata"]["name"], "--container=function", "--")
    return production.kubectl(*run_in, "python", "-c", METRICS, url, key)


def test_the_queue_proxy_counts_answers_by_a_name_that_the_alerts_ask_for(production, fraud):
    assert score(production, fraud, OLD_KEY).ok
    pod = pods_of(production, FIRST)[0]
    (proxy,) = (each for each in pod["spec"]["containers"] if each["name"] == "queue-proxy")
    (port,) = (each for each in proxy["ports"] if each["name"] == "http-usermetric")
    url = f"http://{pod['status']['podIP']}:{port['containerPort']}/metrics"
    if "refused" in (answer := asked_from_within(production, pod, url)):
        pytest.skip("this cluster's config-observability gives the queue-proxy no metrics")
    assert any(name in answer for name in OF_THE_QUEUE_PROXY)


def test_a_new_key_is_taken_up_by_the_same_pods_and_the_old_one_refused(production, fraud):
    before = pods_of(production, FIRST)
    write_keys(production.namespace, NEW_KEY, PROMETHEUS_KEY)
    wait_until(lambda: statuses(production, fraud, NEW_KEY) == {200}, "The new key", WAIT_S)
    assert statuses(production, fraud, OLD_KEY) == {401}
    after = pods_of(production, FIRST)
    assert names(after) == names(before)
    restarts = [
        each["restartCount"] for pod in after for each in pod["status"]["containerStatuses"]
    ]
    assert set(restarts) == {0}


def statuses(production, fraud, key) -> set[int]:
    """Return what several requests were answered with, up to the first that was refused."""
    found: set[int] = set()
    for _ in range(IN_A_ROW):
        found.add(score(production, fraud, key).status_code)
        if key == NEW_KEY and 401 in found:
            break
    return found


def evict(production, pod: str) -> None:
    eviction = {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": pod, "namespace": production.namespace},
    }
    path = f"/api/v1/namespaces/{production.namespace}/pods/{pod}/eviction"
    run("kubectl", "create", f"--raw={path}", "--filename=-", stdin=json.dumps(eviction))


def budget(production) -> int:
    text = production.kubectl("get", f"pdb/{SERVICE}", "--output=json")
    return json.loads(text).get("status", {}).get("disruptionsAllowed", 0)


def test_a_drain_takes_one_pod_at_a_time_and_no_request_fails(production, fraud):
    wait_until(lambda: budget(production) == 1, "Room for a disruption", WAIT_S)
    first, second = sorted(names(pods_of(production, FIRST)))
    evict(production, first)
    with pytest.raises(CommandError, match="disruption budget"):
        evict(production, second)
    assert statuses(production, fraud, NEW_KEY) == {200}
    found = wait_until(
        lambda: two_ready(pods_of(production, FIRST)), "Another pod in its place", WAIT_S
    )
    assert first not in found


def two_ready(pods) -> set[str]:
    """Return the names of the pods, if there are two and both are ready."""
    conditions = [each for pod in pods for each in pod["status"].get("conditions", ())]
    ready = [each for each in conditions if each["type"] == "Ready" and each["status"] == "True"]
    return names(pods) if len(pods) == len(ready) == 2 else set()


def test_another_setting_is_another_revision(production, fraud, images, tmp_path):
    overlay = (
        "configMapGenerator:\n"
        "  - {name: fraud-settings, behavior: merge, literals: [FRAUD_REASONS=5]}\n"
    )
    apply(production.namespace, with_image(changed(PRODUCTION, tmp_path, overlay), images.stable))
    wait_until(lambda: traffic(production) == {SECOND}, "The new revision's traffic", WAIT_S)
    assert len(score(production, fraud, NEW_KEY).json()["reasons"]) == 5
    maps = production.kubectl("get", "configmaps", "--output=name")
    assert maps.count("fraud-settings-") == 2


def traffic(production) -> set[str | None]:
    service = production.service.read()
    ready = service.current_condition("Ready")
    if ready is None or ready.status != "True":
        return set()
    return {each.revision_name for each in service.status.traffic if each.percent}
