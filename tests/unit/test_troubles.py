"""Why a revision is not ready, told from what a real cluster said of revisions that were not."""

import math

import msgspec
import pytest

from knative.objects import Revision
from knative.troubles import trouble_of
from knative.workload import Event, Pod

DEPLOYING = {"type": "Ready", "status": "Unknown", "reason": "Deploying"}
RUNNING = {"name": "queue-proxy", "state": {"running": {"startedAt": "2026-11-25T08:51:12Z"}}}
CREATING = {"waiting": {"reason": "ContainerCreating"}}


def revision(*conditions):
    status = {"conditions": conditions or [DEPLOYING]}
    return msgspec.convert(
        {"kind": "Revision", "metadata": {"name": "fraud-00001"}, "status": status}, Revision
    )


def pod(*containers, conditions=(), **metadata):
    status = {"containerStatuses": containers, "conditions": conditions}
    metadata = {"name": "fraud-00001-deployment-5d-2ch8p", **metadata}
    return msgspec.convert({"kind": "Pod", "metadata": metadata, "status": status}, Pod)


def function(state, restarts=0, last=None):
    return {
        "name": "function",
        "image": "dev.local/fraud:absent",
        "restartCount": restarts,
        "state": state,
        "lastState": {"terminated": last} if last else {},
    }


def resources(reason, message):
    return {
        "type": "ResourcesAvailable",
        "status": "False",
        "reason": reason,
        "message": message,
    }


PULL = {
    "waiting": {
        "reason": "ImagePullBackOff",
        "message": 'Back-off pulling image "dev.local/fraud:absent": ErrImagePull: failed to pull',
    }
}
BACK_OFF = {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 10s restarting failed"}}
CONFIG = {"waiting": {"reason": "CreateContainerConfigError", "message": 'configmap "a" not found'}}
SAID = {"exitCode": 1, "reason": "Error", "message": "1\n2\n3\n4\nThe function cannot start. Why\n"}
KILLED = {"exitCode": 137, "reason": "OOMKilled"}
NO_ROOM = {
    "type": "PodScheduled",
    "status": "False",
    "reason": "Unschedulable",
    "message": "0/1 nodes are available: 1 Insufficient cpu.",
}
FORBIDDEN = 'pods "fraud-00001-deployment-5d-7wst9" is forbidden: '


@pytest.mark.parametrize(
    ("container", "sentence", "patience"),
    [
        (function(PULL), "Image missing: dev.local/fraud:absent cannot be had. failed to pull", 10),
        (
            function(BACK_OFF, 2, SAID),
            "Crash: container function ended 3 times, with code 1\n"
            "1\n2\n3\n4\nThe function cannot start. Why",
            0,
        ),
        (
            function(BACK_OFF, 1, KILLED),
            "Crash: container function ended 2 times, with code 137 (OOMKilled)",
            math.inf,
        ),
        (
            function({"running": {}}, 1, KILLED),
            "Crash: container function ended once, with code 137 (OOMKilled)",
            math.inf,
        ),
        (
            function(CONFIG),
            'Not started: container function: CreateContainerConfigError configmap "a" not found',
            10,
        ),
        (
            function({"running": {}}),
            "Not ready: container function runs, but says not that it is ready.",
            math.inf,
        ),
    ],
)
def test_what_a_pod_says_of_its_container_is_told(container, sentence, patience):
    trouble = trouble_of(revision(), [pod(container, RUNNING)], [])
    assert trouble.sentence == sentence
    assert trouble.patience_s == patience
    assert trouble.cure


@pytest.mark.parametrize(
    ("conditions", "sentence"),
    [
        (
            [DEPLOYING, resources("FailedCreate", f"{FORBIDDEN}exceeded quota: q, used: pods=0")],
            "Quota: exceeded quota: q, used: pods=0",
        ),
        (
            [DEPLOYING, resources("FailedCreate", f'{FORBIDDEN}violates PodSecurity "restricted"')],
            'Refused: violates PodSecurity "restricted"',
        ),
        (
            [resources("Unschedulable", "0/1 nodes are available.")],
            "No room: 0/1 nodes are available.",
        ),
        (
            [DEPLOYING | {"status": "False", "reason": "ContainerMissing", "message": "No image."}],
            "Image missing: No image.",
        ),
        (
            [DEPLOYING | {"status": "False", "reason": "ExitCode1", "message": "It ended."}],
            "Crash: It ended.",
        ),
        (
            [DEPLOYING | {"status": "False", "reason": "ProgressDeadlineExceeded"}],
            "Other: ProgressDeadlineExceeded",
        ),
    ],
)
def test_what_only_the_conditions_say_is_told(conditions, sentence):
    assert trouble_of(revision(*conditions), [], []).sentence == sentence


def test_a_pod_tells_before_the_conditions_do():
    conditions = [DEPLOYING | {"status": "False", "reason": "ExitCode1", "message": "It ended."}]
    pods = [pod(function(BACK_OFF, 2, SAID))]
    assert "ended 3 times" in trouble_of(revision(*conditions), pods, []).words


def test_a_pod_that_no_node_has_room_for_may_get_room_yet():
    trouble = trouble_of(revision(), [pod(conditions=[NO_ROOM])], [])
    assert trouble.sentence == "No room: 0/1 nodes are available: 1 Insufficient cpu."
    assert trouble.patience_s == math.inf


@pytest.mark.parametrize(
    ("name", "expected"),
    [("fraud-00001-deployment-5d-2ch8p", 'Not started: secret "keys" not found'), ("other", None)],
)
def test_what_cannot_be_mounted_is_told_from_the_pods_own_warnings(name, expected):
    warning = {
        "metadata": {},
        "involvedObject": {"kind": "Pod", "name": name},
        "reason": "FailedMount",
        "message": 'secret "keys" not found',
        "lastTimestamp": None,
    }
    pods = [pod(function(CREATING), {"name": "queue-proxy", "state": CREATING})]
    trouble = trouble_of(revision(), pods, [msgspec.convert(warning, Event)])
    assert (trouble and trouble.sentence) == expected


def test_nothing_is_told_of_a_revision_that_is_ready():
    ready = revision({"type": "Ready", "status": "True"})
    assert trouble_of(ready, [pod(function(BACK_OFF, 5, SAID))], []) is None


def test_a_pod_on_its_way_out_does_not_count():
    pods = [pod(function(BACK_OFF, 5, SAID), deletionTimestamp="2026-11-25T08:51:12Z")]
    assert trouble_of(revision(), pods, []) is None
