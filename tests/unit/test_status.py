"""What `scripts/status` says, put together from what a real cluster said."""

import io
import json
from datetime import UTC, datetime

import msgspec
import pytest
from rich.console import Console

from knative.objects import Service
from knative.parts import parts_of
from knative.state import put_together
from knative.status import age_of, show
from knative.workload import Event, Reporting

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
IMAGE = "registry.example.com/payments/fraud@sha256:" + 16 * "0a1b"
URL = "http://fraud.payments.example.com"


def service(ready="True", routes="True", latest="fraud-00002", message=""):
    conditions = [
        {"type": "Ready", "status": ready, "message": message},
        {"type": "RoutesReady", "status": routes},
    ]
    status = {
        "conditions": conditions,
        "latestCreatedRevisionName": latest,
        "url": URL,
        "traffic": [
            {"revisionName": "fraud-00001", "percent": 100},
            {"revisionName": "fraud-00002", "tag": "preview"},
        ],
    }
    return msgspec.convert({"metadata": {"name": "fraud"}, "status": status}, Service)


def labels(revision):
    return {"serving.knative.dev/revision": revision}


def revision(name, ready="True", pods=0):
    return {
        "kind": "Revision",
        "metadata": {"name": name, "creationTimestamp": "2026-11-25T08:00:00Z"},
        "spec": {"containers": [{"image": IMAGE}]},
        "status": {
            "conditions": [{"type": "Ready", "status": ready}],
            "actualReplicas": pods,
        },
    }


def deployment(of, replicas):
    return {
        "kind": "Deployment",
        "metadata": {"name": f"{of}-deployment", "labels": labels(of)},
        "spec": {"replicas": replicas},
    }


def pod(of, *containers, ready="True"):
    return {
        "kind": "Pod",
        "metadata": {"name": f"{of}-deployment-5d-2ch8p", "labels": labels(of)},
        "status": {
            "conditions": [{"type": "Ready", "status": ready}],
            "containerStatuses": containers,
        },
    }


CRASHING = {
    "name": "function",
    "restartCount": 4,
    "state": {"waiting": {"reason": "CrashLoopBackOff"}},
    "lastState": {
        "terminated": {
            "exitCode": 137,
            "reason": "OOMKilled",
            "message": "too much\n",
            "finishedAt": "2026-11-25T08:59:30Z",
        }
    },
}


def parts(*items):
    return parts_of(json.dumps({"items": items}))


def warning(name, reason, message, time="2026-11-25T08:55:00Z", count=1):
    event = {
        "metadata": {"creationTimestamp": time},
        "involvedObject": {"name": name},
        "reason": reason,
        "message": message,
        "count": count,
        "lastTimestamp": None,
        "eventTime": time,
    }
    return msgspec.convert(event, Event)


@pytest.mark.parametrize(
    ("items", "state", "pods"),
    [
        ([deployment("fraud-00001", 0)], "cold", (0, 0)),
        ([deployment("fraud-00001", 1), pod("fraud-00001", ready="False")], "starting", (0, 1)),
        (
            [deployment("fraud-00001", 1), pod("fraud-00001", CRASHING, ready="False")],
            "failing",
            (0, 1),
        ),
        ([deployment("fraud-00001", 3), pod("fraud-00001")], "warm", (1, 3)),
    ],
)
def test_a_revision_is_warm_with_a_ready_pod_and_cold_with_none(items, state, pods):
    said = put_together(
        service(latest="fraud-00001"),
        parts(revision("fraud-00001", "True" if pods[0] else "Unknown", pods[0]), *items),
        [],
        NOW,
    )
    (row,) = said.revisions
    assert (row.state, (row.pods, row.wanted)) == (state, pods)
    assert (row.percent, row.age_s, row.newest) == (100, 3600, True)


@pytest.mark.parametrize(
    ("ready", "routes", "containers", "expected"),
    [
        ("True", "True", (), "ready"),
        ("Unknown", "True", (), "starting"),
        ("Unknown", "True", (CRASHING,), "degraded"),
        ("Unknown", "Unknown", (CRASHING,), "not ready"),
        ("False", "True", (), "degraded"),
        ("False", "False", (), "not ready"),
    ],
)
def test_the_service_is_called_what_it_is(ready, routes, containers, expected):
    newest = [
        revision("fraud-00002", "True" if ready == "True" else "Unknown"),
        *([pod("fraud-00002", *containers, ready="False")] if containers else []),
    ]
    said = put_together(service(ready, routes), parts(revision("fraud-00001"), *newest), [], NOW)
    assert said.state == expected


def test_an_error_is_told_once_for_each_revision_and_the_newest_first():
    events = [
        warning("fraud-00002-deployment-5d", "FailedCreate", "quota 1", count=2),
        warning("fraud-00002-deployment-5d", "FailedCreate", "quota 2", "2026-11-25T08:58:00Z"),
        warning("fraud-00001", "InternalError", "Operation cannot be fulfilled on it"),
        warning("fraud-00001-deployment-5d-gone", "Unhealthy", "Readiness probe failed"),
        warning("fraud-00002-deployment-5d-2ch8p", "BackOff", "Back-off restarting"),
        warning("other-00001", "Failed", "not ours"),
        warning("fraud", "Bad", "of the Service", "2026-11-25T08:10:00Z"),
    ]
    items = (
        revision("fraud-00001"),
        revision("fraud-00002", "Unknown"),
        pod("fraud-00002", CRASHING, ready="False"),
    )
    said = put_together(service("False"), parts(*items), events, NOW)
    told = [(each.age_s, each.reason, each.message, each.times) for each in said.errors]
    assert told == [
        (30, "OOMKilled", "function ended with code 137 (OOMKilled). too much", 4),
        (120, "FailedCreate", "quota 2", 3),
        (3000, "Bad", "of the Service", 1),
    ]


def test_the_screen_fits_80_columns_and_leaves_the_retired_out():
    items = [revision(f"fraud-{number:05}") for number in range(1, 16)]
    events = [
        warning("fraud-00015", f"Failed{number}", "a reason of many words " * 50)
        for number in range(10)
    ]
    state = put_together(service("False", latest="fraud-00015"), parts(*items), events, NOW)
    console = Console(width=80, record=True, file=io.StringIO())
    show(state, console)
    lines = console.export_text().splitlines()
    assert max(map(len, lines)) <= 80
    assert len(lines) < 60
    assert "Also 12 without traffic and pods, fraud-00003 to fraud-00014." in lines
    shown = [line.split()[0] for line in lines if line.startswith("fraud-")]
    assert shown == ["fraud-00001", "fraud-00002", "fraud-00015"]


def reporting(kind, ready, message=""):
    condition = {"type": "Ready", "status": ready, "message": message}
    version, status = "eventing.knative.dev/v1", {"conditions": [condition]}
    return msgspec.convert(
        {"apiVersion": version, "kind": kind, "metadata": {"name": "fraud"}, "status": status},
        Reporting,
    )


@pytest.mark.parametrize(
    ("newest", "behind"),
    [("True", "what brings events to it"), ("Unknown", "its newest revision")],
)
def test_what_brings_events_is_told_where_it_is_not_ready(newest, behind):
    reports = [reporting("Broker", "True", "well"), reporting("Trigger", "False", "no address")]
    items = parts(revision("fraud-00001"), revision("fraud-00002", newest))
    state = put_together(service(), items, [], NOW, reports)
    assert [(each.object, each.ready, each.reason) for each in state.eventing] == [
        ("Broker fraud", True, ""),
        ("Trigger fraud", False, "no address"),
    ]
    console = Console(width=80, record=True, file=io.StringIO())
    show(state, console)
    lines = console.export_text().splitlines()
    assert lines[0].startswith(f"Service fraud answers, but {behind} is not ready: ")
    assert "Trigger fraud is not ready. no address" in lines
    assert not any("Broker" in line for line in lines)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0, "0 s"), (59, "59 s"), (60, "1 min"), (7199, "1 h"), (200_000, "2 d")],
)
def test_an_age_is_said_in_its_largest_unit(seconds, expected):
    assert age_of(seconds) == expected
