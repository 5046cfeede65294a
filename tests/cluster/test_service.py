"""The function on a real Knative: what it answers, how it scales, how models change.

The tests of this file go through the life of one Service, in this order.
"""

import json
import math
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from cloudevents.conversion import to_binary, to_structured
from cloudevents.http import CloudEvent, from_http

from knative.deploy import BASE, manifest_of, with_pinned_traffic
from knative.errors import ConflictError
from tests.cluster.prober import Prober
from tests.cluster.waiting import wait_until
from tests.duplex import upload

FIRST, SECOND = "fraud-00001", "fraud-00002"
SLOW_UPLOADS = 120
"""More than twice the target concurrency of a pod."""


def percents(deployment):
    rows = json.loads(deployment.script("traffic", "--json").stdout)
    return {row["revision"]: row["percent"] for row in rows}


def test_a_first_deploy_sends_all_traffic_to_itself(deployment):
    assert percents(deployment) == {FIRST: 100}


def test_a_transaction_is_scored_through_the_routes_url(deployment, fraud):
    decision = requests.post(deployment.url, json=fraud, timeout=60).json()
    assert decision["fraud"] is True
    assert decision["id"] == fraud["id"]


@pytest.mark.parametrize("encode", [to_binary, to_structured])
def test_an_event_is_answered_with_an_event_of_the_revision(deployment, fraud, encode):
    attributes = {"type": "dev.fraud.transaction.v1", "source": "/shop", "id": "1"}
    headers, body = encode(CloudEvent(attributes, fraud))
    response = requests.post(deployment.url, data=body, headers=headers, timeout=60)
    reply = from_http(response.headers, response.content)
    assert reply["type"] == "dev.fraud.decision.v1"
    assert reply["source"] == f"/fraud/{FIRST}"
    assert reply.data["fraud"] is True


def test_bad_input_gets_its_problem_through_the_gateway(deployment, fraud):
    bad = {**fraud, "V14": "abc", "V15": None}
    response = requests.post(deployment.url, json=bad, timeout=60)
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    assert [each["pointer"] for each in response.json()["errors"]] == ["/V14", "/V15"]


@pytest.mark.parametrize(("size", "status"), [(10_000_000, 400), (20_000_000, 413)])
def test_a_huge_body_gets_its_problem_through_the_gateway(deployment, size, status):
    headers = {"content-type": "application/json"}
    response = requests.post(deployment.url, data=b"[" * size, headers=headers, timeout=60)
    assert response.status_code == status


def test_the_container_runs_with_the_least_privilege(deployment):
    pod = wait_until(lambda: running_pod(deployment), "A running pod")
    run = ("exec", pod, "--container=function", "--")
    assert deployment.kubectl(*run, "id", "-u").strip() == "65532"
    status = deployment.kubectl(*run, "cat", "/proc/1/status")
    assert "CapEff:\t0000000000000000" in status
    assert "NoNewPrivs:\t1" in status
    assert "Seccomp:\t2" in status
    mounts = deployment.kubectl(*run, "cat", "/proc/1/mounts")
    assert "serviceaccount" not in mounts
    root = next(line.split() for line in mounts.splitlines() if line.split()[1] == "/")
    assert "ro" in root[3].split(",")


def running_pod(deployment):
    requests.get(f"{deployment.url}/health/ready", timeout=60)
    phase = "--field-selector=status.phase=Running"
    return next(iter(deployment.kubectl("get", "pods", phase, "--output=name").split()), None)


def test_concurrency_above_the_target_brings_more_pods(deployment, fraud):
    stop = threading.Event()
    text = json.dumps(fraud).encode()

    def slowly():
        yield text[:100]
        stop.wait(20)
        yield text[100:]

    def upload(_):
        headers = {"content-type": "application/json"}
        answers = []
        while not stop.is_set():
            response = requests.post(deployment.url, data=slowly(), headers=headers, timeout=60)
            answers.append(response.status_code)
        return answers

    with ThreadPoolExecutor(SLOW_UPLOADS) as pool:
        uploads = pool.map(upload, range(SLOW_UPLOADS))
        try:
            wait_until(lambda: deployment.service.revisions()[0].pods >= 2, "A second pod")
        finally:
            stop.set()
        assert {status for statuses in uploads for status in statuses} == {200}


def test_a_stream_is_answered_while_it_is_uploaded(deployment, fraud):
    line = json.dumps(fraud).encode() + b"\n"
    with upload(deployment.url, "application/x-ndjson") as stream:
        stream.send(line)
        assert json.loads(stream.response.readline())["fraud"] is True
        stream.send(line * 1000)
        stream.send(b"")
        answers = stream.response.read().splitlines()
    assert len(answers) == 1000
    assert json.loads(answers[-1])["id"] == fraud["id"]


def test_a_second_deploy_leaves_the_traffic_where_it_is(deployment, images, fraud):
    with Prober(deployment.url, fraud) as prober:
        said = deployment.script("deploy", "--image", images.candidate).stdout
        prober.next(50)
    assert f"Revision {SECOND} is ready and gets 0% of the traffic." in said
    assert percents(deployment) == {FIRST: 100, SECOND: 0}
    assert prober.failures() == []
    assert len({outcome.said for outcome in prober.outcomes}) == 1


def test_the_same_image_again_makes_no_revision(deployment, images):
    deployment.script("deploy", "--image", images.candidate)
    assert [revision.name for revision in deployment.service.revisions()] == [FIRST, SECOND]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ([f"{FIRST}=50"], "add up to 50"),
        ([f"{FIRST}=50", f"{FIRST}=50"], "named twice"),
        ([f"{FIRST}=fifty", f"{SECOND}=50"], "whole percent"),
        ([f"{FIRST}=50", "fraud-00009=50"], "no revision fraud-00009; there are: fraud-00001"),
    ],
)
def test_a_split_that_is_none_changes_nothing(deployment, words, reason):
    done = deployment.script("traffic", *words, check=False)
    assert done.returncode == 1
    assert reason in done.stderr
    assert percents(deployment) == {FIRST: 100, SECOND: 0}


def test_a_revision_that_does_not_start_changes_nothing(deployment, fraud):
    done = deployment.script("deploy", "--image", "dev.local/fraud:absent", check=False)
    assert done.returncode == 1
    assert "fraud-00003 cannot become ready; the traffic is where it was." in done.stderr
    assert "Image missing: dev.local/fraud:absent" in done.stderr
    refused = deployment.script("traffic", "fraud-00003=100", check=False)
    assert refused.returncode == 1
    assert "fraud-00003 is not ready" in refused.stderr
    assert percents(deployment) == {FIRST: 100, SECOND: 0, "fraud-00003": 0}
    assert requests.post(deployment.url, json=fraud, timeout=60).ok


def test_it_goes_to_zero_and_comes_back_with_an_answer(deployment, fraud):
    wait_until(
        lambda: not deployment.pods(FIRST) and not deployment.pods(SECOND), "The end of all pods"
    )
    began = time.monotonic()
    assert requests.post(deployment.url, json=fraud, timeout=60).json()["fraud"] is True
    assert time.monotonic() - began < 20
    assert deployment.pods(FIRST)


def test_a_model_is_upgraded_and_rolled_back_with_no_request_lost(deployment, fraud):
    assert not deployment.pods(SECOND)
    with Prober(deployment.url, fraud) as prober:
        (stable,) = prober.next(100)
        said = deployment.script("traffic", f"{FIRST}=80", f"{SECOND}=20").stderr
        assert f"Revision {SECOND} was without pods; it is awake." in said
        shares = prober.next(1000)
        (candidate,) = set(shares) - {stable}
        assert chance_allows(shares[candidate], 0.2, 1000)
        deployment.script("traffic", f"{SECOND}=100")
        prober.next(10)  # those that were under way
        assert set(prober.next(200)) == {candidate}
        deployment.script("traffic", f"{FIRST}=100")
        prober.next(10)
        assert set(prober.next(200)) == {stable}
    assert prober.failures() == []
    assert percents(deployment)[FIRST] == 100


def chance_allows(hits, share, count):
    """Tell whether a binomial count is within five standard deviations."""
    return abs(hits - share * count) <= 5 * math.sqrt(count * share * (1 - share))


def test_a_tag_of_somebody_else_survives_a_shift(deployment):
    service = deployment.service.read()
    tagged = json.dumps(
        {
            "spec": {
                "traffic": [
                    {"revisionName": FIRST, "percent": 100},
                    {"revisionName": SECOND, "tag": "preview"},
                ]
            }
        }
    )
    deployment.kubectl(
        "patch", "services.serving.knative.dev", "fraud", "--type=merge", "-p", tagged
    )
    deployment.script("traffic", f"{FIRST}=90", f"{SECOND}=10")
    after = deployment.service.read()
    assert after.metadata.generation > service.metadata.generation
    assert list(after.tags(SECOND)) == ["preview"]
    assert after.percents() == {FIRST: 90, SECOND: 10}


def test_a_change_that_somebody_else_made_is_not_written_over(deployment, images):
    stale = deployment.service.read()
    deployment.kubectl("annotate", "services.serving.knative.dev", "fraud", "somebody=else")
    with pytest.raises(ConflictError, match="nothing was written"):
        deployment.service.set_traffic(stale, stale.spec.traffic)
    manifest = manifest_of(BASE, images.stable)
    with pytest.raises(ConflictError, match="nothing was written"):
        deployment.service.apply(with_pinned_traffic(manifest, stale))
    assert deployment.service.read().metadata.generation == stale.metadata.generation
