"""Deploys that cannot work: what operators are told of them, and how they are mended.

All are tried at once, each in a namespace of its own.
"""

import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from tests.cluster.conftest import Deployment, empty_namespace
from tests.cluster.overlays import CONTAINER, overlay

FIRST = "fraud-00001"
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
