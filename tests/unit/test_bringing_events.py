"""How a deploy writes what brings events to the Service: each part when the one before is ready."""

import pytest

from knative import eventing
from knative.errors import NotInTimeError
from knative.manifests import directory_of, manifests_of
from knative.namespace import Namespace
from tests.manifests import needs_kubectl
from tests.programs import Programs

TRIGGER = {"apiVersion": "eventing.knative.dev/v1", "kind": "Trigger"}
SOURCE = {"apiVersion": "sources.knative.dev/v1", "kind": "PingSource"}

CLUSTER = """
kind = json.load(sys.stdin)["items"][0]["kind"]
verb = "get" if "get" in words else "apply"
with log.open("a") as lines:
    lines.write(json.dumps([verb, kind]) + "\\n")
asked = log.read_text().count(json.dumps(["get", kind]))
status = "True" if asked > {unready} else "False"
condition = {{"type": "Ready", "status": status, "message": "no address"}}
thing = {{
    "apiVersion": "eventing.knative.dev/v1",
    "kind": kind,
    "metadata": {{"name": "fraud", "generation": 2}},
    "status": {{"observedGeneration": {generation}, "conditions": [condition]}},
}}
print(json.dumps({{"kind": "List", "items": [thing]}}))
"""


@pytest.fixture
def cluster(tmp_path, monkeypatch):
    """A kubectl that says of each object so many times that it is not ready, at a generation."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(eventing, "POLL_S", 0)
    programs = Programs(tmp_path)

    def make(unready=0, generation=2):
        programs.add("kubectl", CLUSTER.format(unready=unready, generation=generation))
        return programs

    return make


def done(programs):
    """What was written and read, without the whole command lines."""
    return [call for call in programs.calls() if call[0] != "kubectl"]


def test_a_source_is_written_when_the_trigger_is_ready(cluster):
    programs, said = cluster(unready=2), []
    eventing.bring(Namespace("shop"), [[TRIGGER], [SOURCE]], 60, said.append)
    assert done(programs) == [
        ["apply", "Trigger"],
        *[["get", "Trigger"]] * 3,
        ["apply", "PingSource"],
        *[["get", "PingSource"]] * 3,
    ]
    assert said == ["Trigger fraud: no address", "PingSource fraud: no address"]


@pytest.mark.parametrize("state", [{"unready": 1000}, {"generation": 1}])
def test_what_does_not_become_ready_is_told_and_nothing_that_needs_it_is_written(cluster, state):
    programs = cluster(**state)
    with pytest.raises(NotInTimeError, match=r"after 0 s\.\nTrigger fraud: no address\nMend that"):
        eventing.bring(Namespace("shop"), [[TRIGGER], [SOURCE]], 0.1, lambda _: None)
    assert ["apply", "PingSource"] not in done(programs)


@needs_kubectl
def test_of_an_overlay_the_brokers_way_comes_after_the_service_and_before_the_sources():
    manifests = manifests_of(directory_of("events"), "fraud:1")
    kinds = [[each["kind"] for each in part] for part in manifests.eventing]
    assert [sorted(part) for part in kinds] == [
        ["Broker", "Trigger", "Trigger"],
        ["ContainerSource", "SinkBinding", "SinkBinding"],
    ]
    assert not any("knative.dev" in each["apiVersion"] for each in manifests.others)
