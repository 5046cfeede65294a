"""What operators are told: of a deploy, of how the function is, of its end.

The tests of this file go through the life of one Service, in this order.
"""

import json
import os
import pty
import subprocess
import sys
import time

import pytest
import requests

from tests.cluster.conftest import PROJECT, empty_namespace
from tests.cluster.overlays import CONTAINER, overlay

FIRST, SECOND = "fraud-00001", "fraud-00002"


@pytest.fixture(scope="module")
def place():
    """A namespace that is empty at first."""
    with empty_namespace() as place:
        place.kubectl("create", "secret", "generic", "by-hand", "--from-literal=key=value")
        yield place


@pytest.fixture(scope="module")
def at_first(place):
    """What is in it before anything is deployed."""
    return everything(place)


def everything(place):
    """All that is in a namespace but the cluster's own notes of what happened."""
    kinds = set(place.kubectl("api-resources", "--namespaced", "--verbs=list", "-o=name").split())
    listed = place.kubectl("get", ",".join(kinds - {"events", "events.events.k8s.io"}), "-o=name")
    return set(listed.split())


SETTINGS_PATCH = (
    {
        "op": "add",
        "path": f"{CONTAINER}/envFrom",
        "value": [{"configMapRef": {"name": "settings"}}],
    },
)
NETWORK_POLICY = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "NetworkPolicy",
    "metadata": {"name": "all"},
    "spec": {"podSelector": {}, "ingress": [{}]},
}


def settings(reasons):
    return [{"name": "settings", "literals": [f"FRAUD_REASONS={reasons}"]}]


@pytest.mark.parametrize(
    "refused",
    [
        (
            [{"op": "replace", "path": "/spec/template/spec/timeoutSeconds", "value": 6000}],
            [],
            "The cluster refuses the manifests; nothing was written.",
        ),
        (
            [],
            [{"apiVersion": "none.example.com/v1", "kind": "Gadget", "metadata": {"name": "a"}}],
            "The cluster does not know what these are: Gadget (none.example.com/v1).",
        ),
        (
            [],
            [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "fraud-stray"}}],
            "Namespace fraud-stray would lie in no namespace",
        ),
    ],
)
def test_what_the_cluster_does_not_take_is_told_before_anything_is_written(
    place, at_first, images, tmp_path, refused
):
    patches, resources, words = refused
    directory = overlay(
        tmp_path / "bad", *patches, resources=resources, configMapGenerator=settings(1)
    )
    done = place.script("deploy", "--image", images.stable, "--overlay", directory, check=False)
    assert done.returncode == 1
    assert words in done.stderr
    assert everything(place) == at_first


@pytest.mark.usefixtures("at_first")
def test_a_deploy_brings_all_of_an_overlay_and_says_what_happened(place, images, tmp_path, fraud):
    directory = overlay(
        tmp_path / "good",
        *SETTINGS_PATCH,
        resources=[NETWORK_POLICY],
        configMapGenerator=settings(5),
    )
    options = ("--wait", "--image", images.stable, "--overlay", directory)
    said = place.script("deploy", *options).stdout
    url = place.service.read().status.url
    assert f"Revision {FIRST} is ready and gets 100% of the traffic." in said
    assert f"Its image is {images.stable}" in said
    assert "Its pods that are ready: 1" in said
    assert f"The Service answers at {url}" in said
    assert len(requests.post(url, json=fraud, timeout=60).json()["reasons"]) == 5
    for kind in ("configmap", "networkpolicy"):
        selector = "--selector=app.kubernetes.io/part-of=fraud-scoring"
        assert len(place.kubectl("get", kind, selector, "-o=name").split()) == 1
    again = place.script("deploy", *options).stdout
    assert "It was there already: the manifest changed nothing in it." in again


def test_the_status_of_what_is_ready_fits_a_narrow_screen_and_wakes_nothing(place, images):
    done = place.script("status")
    lines = done.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0].startswith("Service fraud is ready: ")
    (row,) = [line.split() for line in lines if line.startswith(FIRST)]
    assert row[1:5] == ["100%", "1/1", "warm", "True"]
    assert row[-1] == images.stable


def test_a_deploy_that_is_not_waited_for_ends_at_once_and_status_tells_the_rest(place, tmp_path):
    directory = overlay(tmp_path / "other", *SETTINGS_PATCH, configMapGenerator=settings(2))
    options = ("--image", "dev.local/fraud:absent", "--overlay", directory, "--no-wait")
    assert "is written; scripts/status tells" in place.script("deploy", *options).stdout
    deadline = time.monotonic() + 90
    while (state := status_of(place))["state"] != "degraded" and time.monotonic() < deadline:
        time.sleep(0.5)
    assert state["state"] == "degraded"
    old, new = state["revisions"]
    assert (old["revision"], old["percent"], old["ready"]) == (FIRST, 100, "True")
    assert (new["revision"], new["percent"], new["pods"]) == (SECOND, 0, 0)
    assert new["reason"].startswith("Image missing: dev.local/fraud:absent")
    assert {each["reason"] for each in state["errors"]} >= {"Failed"}
    names = place.kubectl("get", "configmap", "-o=name").split()
    assert len([name for name in names if "settings" in name]) == 2


def status_of(place):
    return json.loads(place.script("status", "--json", check=False).stdout)


def test_undeploy_names_what_it_would_remove_and_wants_to_be_sure(place):
    done = place.script("undeploy", check=False)
    assert done.returncode == 1
    assert "  Service fraud\n" in done.stderr
    assert "Say --yes to have it removed." in done.stderr
    assert status_of(place)["state"] == "degraded"


def test_undeploy_asks_on_a_terminal_and_takes_no_for_an_answer(place):
    keyboard, terminal = pty.openpty()
    command = [sys.executable, PROJECT / "scripts" / "undeploy", "--namespace", place.namespace]
    os.write(keyboard, b"n\n")
    done = subprocess.run(command, stdin=terminal, capture_output=True, text=True, check=False)
    os.close(keyboard)
    os.close(terminal)
    assert done.returncode == 1
    assert "Remove them? [y/N]" in done.stderr
    assert "Nothing was removed." in done.stderr


def test_undeploy_leaves_nothing_but_what_was_there_at_first(place, at_first):
    done = place.script("undeploy", "--yes")
    assert "Removed Service fraud" in done.stdout
    assert done.stdout.count("Removed ConfigMap settings-") == 2
    assert everything(place) == at_first
    assert place.script("undeploy").stdout == "Nothing is there to remove.\n"
    assert place.script("status", check=False).returncode == 1
