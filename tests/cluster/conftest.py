"""A namespace of the tests' own in the cluster that KUBECONFIG names, with the function in it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from knative.cluster import ServiceInCluster
from knative.commands import run
from knative.errors import CommandError
from knative.namespaces import temporary_namespace
from tests.cluster import tallies

PROJECT = Path(__file__).parent.parent.parent
SERVICE = "fraud"


def pytest_addoption(parser):
    group = parser.getgroup("cluster")
    group.addoption("--image", help="an image of the function with the default model")
    group.addoption("--candidate-image", help="the same with another model")
    group.addoption(
        "--restart-activator",
        action="store_true",
        help="also restart Knative's activator, on which other Services of the cluster depend",
    )
    group.addoption(
        "--require-cluster", action="store_true", help="fail where there is no cluster, not skip"
    )


def reason_for_no_cluster() -> str | None:
    if not os.environ.get("KUBECONFIG"):
        return "KUBECONFIG names no cluster"
    if not shutil.which("kubectl"):
        return "kubectl is not installed"
    try:
        run("kubectl", "get", "services.serving.knative.dev", "--all-namespaces")
    except CommandError as error:
        return f"the cluster that KUBECONFIG names has no Knative Serving: {error}"
    return None


@pytest.fixture(scope="session", autouse=True)
def cluster(request):
    """End here where there is no cluster."""
    if reason := reason_for_no_cluster():
        if request.config.getoption("--require-cluster"):
            pytest.fail(reason)
        pytest.skip(reason)


@dataclass
class Images:
    """Two images that differ in their model."""

    stable: str
    candidate: str


@pytest.fixture(scope="session")
def images(request) -> Images:
    """Those named on the command line, or else built for the cluster."""
    given = [request.config.getoption(name) for name in ("--image", "--candidate-image")]
    return Images(given[0] or built(), given[1] or built_candidate())


def script(name: str, *arguments: str, check: bool = True) -> subprocess.CompletedProcess:
    """Run a command of scripts/ as an operator would."""
    command = [sys.executable, str(PROJECT / "scripts" / name), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=PROJECT)
    if check and done.returncode:
        raise AssertionError(f"scripts/{name} failed: {done.stderr}{done.stdout}")
    return done


def built(*arguments: str) -> str:
    return script("image", *arguments).stdout.strip()


def built_candidate() -> str:
    folder = PROJECT / "build" / "candidate"
    script("train", "--C", "0.05", "--out", str(folder))
    return built("--model", str(folder / "model.json"))


@dataclass
class Deployment:
    """The function in the cluster.

    Attributes
    ----------
    namespace
        Where it lies.
    url
        The Route's URL.
    """

    namespace: str
    url: str

    @property
    def service(self) -> ServiceInCluster:
        return ServiceInCluster(SERVICE, self.namespace)

    def kubectl(self, *arguments: str) -> str:
        return run("kubectl", "--namespace", self.namespace, *arguments)

    def kubectl_with(self, stdin: str, *arguments: str) -> str:
        return run("kubectl", "--namespace", self.namespace, *arguments, stdin=stdin)

    def script(self, name: str, *arguments: str, check: bool = True):
        return script(name, "--namespace", self.namespace, *arguments, check=check)

    def pods(self, revision: str) -> list[str]:
        """Names of a revision's pods that are there, those on their way out included."""
        selector = f"--selector=serving.knative.dev/revision={revision}"
        return self.kubectl("get", "pods", selector, "--output=name").split()


@contextmanager
def empty_namespace() -> Iterator[Deployment]:
    """Make a namespace in which the function is yet to be deployed."""
    with temporary_namespace("fraud-test") as namespace:
        yield Deployment(namespace, "")


@contextmanager
def deployed(*arguments: str) -> Iterator[Deployment]:
    """Deploy the function into a namespace of its own."""
    with empty_namespace() as deployment:
        deployment.script("deploy", *arguments)
        deployment.url = deployment.service.read().status.url
        yield deployment


@pytest.fixture(scope="session")
def deployment(images):
    """The function deployed for the first time."""
    with deployed("--image", images.stable) as deployment:
        yield deployment


def pytest_terminal_summary(terminalreporter):
    """Show what became of the requests under each disturbance."""
    if table := tallies.summary():
        terminalreporter.section("sent, answered, refused, failed")
        terminalreporter.write(table)
