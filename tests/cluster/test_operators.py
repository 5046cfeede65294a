"""What operators are told: of a deploy that works or cannot, of how the function is, of its end.

The tests of one Service go through its life, in this order. What cannot become ready is deployed
first, all at once, each in a namespace of its own.
"""

import json
import os
import pty
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
import requests
import yaml

from knative.manifests import BASE
from tests.cluster.conftest import PROJECT, Deployment, empty_namespace

CONTAINER = "/spec/template/spec/containers/0"
FIRST, SECOND = "fraud-00001", "fraud-00002"
ABSENT_MODEL = {"name": "FRAUD_MODEL", "value": "/absent.json"}
KEYS_VOLUME = [
    {
        "op": "add",
        "path": "/spec/template/spec/volumes",
        "value": [{"name": "keys", "secret": {"secretName": "keys"}}],
    },
    {
        "op": "add",
        "path": f"{CONTAINER}/volumeMounts",
        "value": [{"name": "keys", "mountPath": "/keys", "readOnly": True}],
    },
]


def overlay(folder, *patches, resources=(), **kustomization):
    """Write a kustomize directory that changes the base."""
    folder.mkdir(parents=True)
    for number, resource in enumerate(resources):
        (folder / f"{number}.yaml").write_text(yaml.safe_dump(resource))
    target = {"kind": "Service", "name": "fraud"}
    files = [f"{number}.yaml" for number in range(len(resources))]
    content = {
        "configurations": ["names.yaml"],
        "resources": [os.path.relpath(BASE, folder), *files],
        "patches": [{"target": target, "patch": yaml.safe_dump(list(patches))}] if patches else [],
        **kustomization,
    }
    (folder / "names.yaml").write_text(yaml.safe_dump(NAMES))
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(content))
    return str(folder)


@dataclass
class Case:
    """A deploy that cannot work, and what has to be said of it."""

    words: tuple[str, ...]
    patches: tuple[dict, ...] = ()
    arguments: tuple[str, ...] = ()
    quota: bool = False


CASES = {
    "image": Case(
        ("Image missing: dev.local/fraud:absent cannot be had.", "Make it with scripts/image"),
        arguments=("--image", "dev.local/fraud:absent"),
    ),
    "crash": Case(
        (
            "Crash: container function ended 3 times, with code 1\nThe function cannot start. "
            'FRAUD_MODEL is "/absent.json", which is not a file',
            "Mend what it says",
        ),
        patches=({"op": "add", "path": f"{CONTAINER}/env/-", "value": ABSENT_MODEL},),
    ),
    "mount": Case(
        ('Not started: MountVolume.SetUp failed for volume "keys" : secret "keys" not found',),
        patches=tuple(KEYS_VOLUME),
    ),
    "probe": Case(
        (
            "was not ready after 15 s",
            "Not ready: container function runs, but says not that it is ready. ",
            "got status code: 404",
            "Check the path and the port of the readiness probe",
        ),
        patches=(
            {
                "op": "replace",
                "path": f"{CONTAINER}/readinessProbe/httpGet/path",
                "value": "/nothing",
            },
        ),
        arguments=("--timeout", "15"),
    ),
    "quota": Case(("Quota: exceeded quota: none, requested: pods=1", "Raise the"), quota=True),
    "room": Case(
        ("was not ready after 5 s", "No room: 0/", "Insufficient cpu", "Ask for less CPU"),
        patches=(
            {"op": "replace", "path": f"{CONTAINER}/resources/requests/cpu", "value": "1000"},
        ),
        arguments=("--timeout", "5"),
    ),
}


@dataclass
class Failure:
    """How a deploy that cannot work ended, and where it was tried."""

    deployment: Deployment
    overlay: str
    done: subprocess.CompletedProcess


@pytest.fixture(scope="module")
def failures(images, tmp_path_factory):
    """All of the cases, tried at the same time."""
    folder = tmp_path_factory.mktemp("overlays")
    with ExitStack() as stack, ThreadPoolExecutor(len(CASES)) as pool:
        places = {name: stack.enter_context(empty_namespace()) for name in CASES}

        def attempt(name):
            case, place = CASES[name], places[name]
            with_environment = {"op": "add", "path": f"{CONTAINER}/env", "value": []}
            directory = overlay(folder / name, with_environment, *case.patches)
            if case.quota:
                place.kubectl("create", "quota", "none", "--hard=pods=0")
            options = ["--image", images.stable, "--overlay", directory, *case.arguments]
            return Failure(place, directory, place.script("deploy", *options, check=False))

        yield dict(zip(CASES, pool.map(attempt, CASES), strict=True))


@pytest.mark.parametrize("name", CASES)
def test_a_deploy_that_cannot_work_says_why_and_what_to_do(failures, name):
    done = failures[name].done
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    for words in CASES[name].words:
        assert words in done.stderr


@pytest.mark.parametrize("name", ["crash", "quota", "mount"])
def test_the_status_of_what_does_not_start_says_why(failures, name):
    done = failures[name].deployment.script("status", check=False)
    assert done.returncode == 3
    text = " ".join(done.stdout.split())
    assert text.startswith("Service fraud is not ready.")
    assert f"{FIRST} 0% 0/" in text
    assert CASES[name].words[0].split(":")[0] in text
    assert "Errors of the last hour" in text


def test_what_failed_for_something_missing_is_made_anew_when_it_is_there(failures, images):
    place = failures["mount"].deployment
    place.kubectl("create", "secret", "generic", "keys", "--from-literal=keys=0123456789abcdef")
    options = ("--image", images.stable, "--overlay", failures["mount"].overlay)
    done = place.script("deploy", *options)
    assert f"Revision {FIRST} was there and not ready; it is made anew." in done.stderr
    assert f"Revision {FIRST} is ready and gets 100% of the traffic." in done.stdout


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


NAMES = {
    "nameReference": [
        {
            "kind": "ConfigMap",
            "fieldSpecs": [
                {
                    "path": "spec/template/spec/containers/envFrom/configMapRef/name",
                    "kind": "Service",
                    "group": "serving.knative.dev",
                }
            ],
        }
    ]
}
"""Where kustomize has to put the names that it gives to ConfigMaps."""

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
