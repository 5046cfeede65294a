"""Events through a real function: with Knative's own Broker, and with the tests' dispatcher.

An event may be delivered twice, as with every Broker. "Once" thus means: by its id there is one
decision, and where there are two copies of it, they say the same.
"""

import json
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
import requests
import yaml

from tests.cluster.carriers import Knatives, api_server, carrying, reason_for_no_eventing
from tests.cluster.conftest import deployed
from tests.cluster.disturbed import ready
from tests.cluster.node import Node
from tests.cluster.objects import apply
from tests.cluster.waiting import wait_until
from tests.conftest import PROJECT
from tests.eventing import Event

TRANSACTION, DECISION = "dev.fraud.transaction.v1", "dev.fraud.decision.v1"
MANY, HELD = 1000, 20
SENDERS = 32
AWAY_S = 60


@pytest.fixture(scope="module", params=["dispatcher", "eventing"])
def function(request, images):
    """The function in a namespace of its own, and the name of what is to carry events to it."""
    if request.param == "eventing" and (reason := reason_for_no_eventing()):
        pytest.skip(reason)
    with deployed("--image", images.stable) as function:
        yield function, request.param


@pytest.fixture(scope="module")
def carrier(function, images):
    deployment, kind = function
    with carrying(kind, deployment.namespace, images.stable, deployment.url) as carrier:
        yield carrier


@pytest.fixture
def deployment(function):
    return function[0]


@pytest.fixture
def only_eventing(function):
    if function[1] != "eventing":
        pytest.skip("only Knative Eventing has sources and bindings")


def event(identity, data, kind=TRANSACTION, **attributes):
    text = data if isinstance(data, bytes) else json.dumps(data).encode()
    known = {"specversion": "1.0", "type": kind, "source": "/shop/7", "id": identity}
    return Event({**known, "datacontenttype": "application/json", **attributes}, text)


def decided(carrier, identity):
    """Return the decision on an event, of which there must be one."""
    wait_until(lambda: identity in carrier.kept("decisions"), f"The decision on {identity}")
    (line,) = carrier.kept("decisions")[identity]
    return line["event"]


def all_decided(carrier, identities):
    """Wait for a decision on each of the events; return them, each the same in every copy."""
    wanted = set(identities)
    wait_until(lambda: wanted <= carrier.kept("decisions").keys(), f"{len(wanted)} decisions")
    kept = carrier.kept("decisions")
    copies = {each: [line["event"]["data"] for line in kept[each]] for each in wanted}
    assert all(copy == found[0] for found in copies.values() for copy in found)
    return {each: found[0] for each, found in copies.items()}


@contextmanager
def sending(carrier, events):
    """Send events in the background; at the end, all are taken."""
    with ThreadPoolExecutor(SENDERS) as pool:
        sent = pool.map(carrier.send, events)
        yield
        list(sent)


def test_a_transaction_becomes_a_decision_for_the_second_trigger(carrier, fraud):
    carrier.send(event("one", fraud, subject="card-9", traceid="7"))
    decision = decided(carrier, "one")
    assert decision["type"] == DECISION
    assert decision["source"].startswith("/fraud/fraud-0000")
    assert (decision["subject"], decision["traceid"]) == ("card-9", "7")
    assert decision["data"]["fraud"] is True


@pytest.mark.parametrize(
    ("data", "status", "words"),
    [
        (b"{", 400, "not JSON"),
        ({"V14": "abc"}, 422, "V1"),
        ({}, 422, "29 faults"),
        ({f"unknown-{n}": n for n in range(200)}, 422, "100 or more faults"),
    ],
    ids=["no JSON", "a bad number", "nothing", "much"],
)
def test_a_bad_event_lands_in_the_dead_letter_sink_with_its_reason(carrier, data, status, words):
    bad = event(f"bad-{uuid.uuid4()}", data)
    identity = bad.attributes["id"]
    carrier.send(bad)
    wait_until(lambda: identity in carrier.kept("dead-letters"), f"The dead letter {identity}")
    (line,) = carrier.kept("dead-letters")[identity]
    assert line["event"]["type"] == TRANSACTION
    assert "data" in line["event"] or "data_base64" in line["event"]
    assert line["reason"]["status"] == str(status)
    assert line["reason"]["answer"]["status"] == status
    assert words in json.dumps(line["reason"]["answer"])
    assert identity not in carrier.kept("decisions")


def test_a_decision_is_never_scored_again(carrier, fraud):
    carrier.send(event("foreign", {}, DECISION))
    carrier.send(event("after", fraud))
    decided(carrier, "after")
    assert decided(carrier, "foreign")["source"] == "/shop/7"
    assert carrier.kept("dead-letters").keys().isdisjoint({"foreign", "one", "after"})
    assert [len(carrier.kept("decisions")[each]) for each in ("one", "foreign", "after")] == [1] * 3


def test_an_event_of_another_type_is_refused_for_good(deployment, fraud):
    other = event("other", fraud, DECISION)
    answer = requests.post(deployment.url, data=other.data, headers=other.headers(), timeout=60)
    assert answer.status_code == 422


def test_of_a_thousand_events_each_is_decided_once_by_its_id(carrier, deployment, fraud):
    transactions = {
        f"many-{n}": {**fraud, "id": f"many-{n}", "V14": n / 100 - 5} for n in range(MANY)
    }
    with sending(carrier, [event(*each) for each in transactions.items()]):
        pass
    decisions = all_decided(carrier, transactions)
    answer = requests.post(deployment.url, json=list(transactions.values()), timeout=60).json()
    for expected in answer["decisions"]:
        found = decisions[expected["id"]]
        assert found["id"] == expected["id"]
        assert found["probability"] == pytest.approx(expected["probability"], abs=1e-12)
    assert not [each for each in carrier.kept("dead-letters") if each.startswith("many-")]


def test_what_a_killed_process_held_is_delivered_again_and_decided_once(carrier, deployment, fraud):
    requests.get(f"{deployment.url}/health/ready", timeout=60)
    pods = wait_until(lambda: ready(deployment), "A pod")
    held = [f"held-{n}" for n in range(HELD)]
    with Node(deployment, pods[0]) as node:
        serving = [node.processes(pod)[-1] for pod in pods]
        for each in serving:
            node.signal(each, "STOP")
        with sending(carrier, [event(each, fraud) for each in held]):
            time.sleep(2)
            assert carrier.kept("decisions").keys().isdisjoint(held)
            for each in serving:
                node.signal(each, "KILL")
    all_decided(carrier, held)
    assert carrier.kept("dead-letters").keys().isdisjoint(held)


def test_a_function_that_is_away_for_a_minute_loses_nothing(carrier, deployment, images, fraud):
    deployment.kubectl("delete", "services.serving.knative.dev", "fraud")
    wait_until(lambda: not is_there(deployment), "The function's absence")
    missed = [f"missed-{n}" for n in range(HELD)]
    with sending(carrier, [event(each, fraud) for each in missed]):
        time.sleep(AWAY_S)
        assert carrier.kept("decisions").keys().isdisjoint(missed)
        deployment.script("deploy", "--image", images.stable)
    all_decided(carrier, missed)
    assert carrier.kept("dead-letters").keys().isdisjoint(missed)


def is_there(deployment):
    try:
        return requests.get(f"{deployment.url}/health/ready", timeout=5).ok
    except requests.RequestException:
        return False


def test_all_that_is_sent_after_a_deploy_of_the_overlay_is_decided(images, fraud):
    if reason := reason_for_no_eventing():
        pytest.skip(reason)
    with (
        deployed("--overlay", "events", "--image", images.stable) as deployment,
        api_server() as to,
    ):
        carrier = Knatives(deployment.namespace, to)
        sent = [f"first-{n}" for n in range(HELD)]
        with sending(carrier, [event(each, fraud) for each in sent]):
            all_decided(carrier, sent)


@pytest.mark.usefixtures("only_eventing")
def test_the_sample_source_emits_transactions(carrier):
    def samples():
        lines = [copies[0]["event"] for copies in carrier.kept("decisions").values()]
        return [each for each in lines if each.get("sample") == "true"]

    assert isinstance(wait_until(samples, "A decision on a sample")[0]["data"]["fraud"], bool)


@pytest.mark.usefixtures("only_eventing")
def test_a_teams_own_job_is_told_where_to_send_by_its_label(carrier, deployment, images):
    text = (PROJECT / "examples/emit-job.yaml").read_text()
    manifest = yaml.safe_load(text.replace("dev.local/fraud:default", images.stable))
    manifest["metadata"]["name"] = "emit-one"
    apply(deployment.namespace, [manifest])

    def bound():
        lines = [copies[0]["event"] for copies in carrier.kept("decisions").values()]
        return [each for each in lines if each.get("boundby") == "fraud-jobs"]

    assert len(wait_until(bound, "A decision on what the Job sent")) == 1


def test_no_answer_was_too_long_for_the_real_dispatcher(carrier):
    if isinstance(carrier, Knatives):
        pytest.skip("it would have lost its events above")
    assert carrier.broker.crashes == []
