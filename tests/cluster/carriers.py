"""What carries events to the function in a cluster: Knative's Broker, or the tests' own."""

import json
import subprocess
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import Any

import requests

from knative.commands import run
from knative.errors import CommandError
from knative.manifests import manifests_of
from tests.cluster.objects import apply
from tests.conftest import PROJECT
from tests.dispatcher import Broker
from tests.eventing import Event, triggers_of

OVERLAY = PROJECT / "knative/overlays/events"
"""As it stands in the manifests."""

TAKEN = 202
PATIENCE_S = 200
WAIT = "--timeout=180s"


@dataclass
class Carrier:
    """Takes events, and shows what became of them.

    Attributes
    ----------
    namespace
        Where the function is.
    services
        Where every Service of the cluster is reached from here, through the API server.
    """

    namespace: str
    services: str

    def send(self, event: Event) -> None:
        """Send an event until it is taken, with the same id each time, as a source has to."""
        while (status := self.try_to_send(event)) != TAKEN:
            assert status >= 500, f"{event} was refused with {status}"
            time.sleep(1)

    def try_to_send(self, event: Event) -> int:
        """Send an event once and return the status; a Broker waits for all that want it."""
        raise NotImplementedError

    def kept(self, what: str) -> dict[str, list[dict[str, Any]]]:
        """Return all decisions, or all dead-letters, by the event's id; each has every copy."""
        answer = requests.get(f"{self.url('fraud-keeper')}/{what}", timeout=60)
        answer.raise_for_status()
        found = defaultdict(list)
        for line in map(json.loads, answer.text.splitlines()):
            found[line["event"]["id"]].append(line)
        return found

    def url(self, service: str, namespace: str | None = None) -> str:
        """Return a Service's address from here."""
        return f"{self.services}/{namespace or self.namespace}/services/{service}:80/proxy"


class TestsOwn(Carrier):
    """The dispatcher of the tests, which needs no Eventing; it reads the overlay's manifests."""

    __test__ = False

    def __init__(self, namespace: str, services: str, function: str) -> None:
        super().__init__(namespace, services)
        urls = {"fraud": function, "fraud-keeper": self.url("fraud-keeper")}
        self.broker = Broker(namespace, triggers_of(manifests_of(OVERLAY, "").all, urls))

    def try_to_send(self, event: Event) -> int:
        return self.broker.receive(event)


class Knatives(Carrier):
    """Knative's own Broker."""

    def __init__(self, namespace: str, services: str) -> None:
        super().__init__(namespace, services)
        address = run(
            *("kubectl", "--namespace", namespace, "get", "broker", "fraud"),
            "--output=jsonpath={.status.address.url}",
        )
        host, _, path = address.removeprefix("http://").partition("/")
        self.ingress = f"{self.url(*host.split('.')[:2])}/{path}"

    def try_to_send(self, event: Event) -> int:
        headers = event.headers()
        try:
            answer = requests.post(
                self.ingress, data=event.data, headers=headers, timeout=PATIENCE_S
            )
        except requests.RequestException:
            return 503
        return answer.status_code


def reason_for_no_eventing() -> str | None:
    """Say why Knative's Broker cannot be used, or None."""
    try:
        run("kubectl", "get", "crd", "brokers.eventing.knative.dev")
    except CommandError:
        return "the cluster has no Knative Eventing: no kind brokers.eventing.knative.dev"
    return None


@contextmanager
def carrying(kind: str, namespace: str, image: str, function: str) -> Iterator[Carrier]:
    """Write the overlay beside a function that is deployed, and wait until it carries events.

    Parameters
    ----------
    kind
        "eventing" or "dispatcher".
    namespace
        Where the function is.
    image
        Its image, which the keeper and the source run, too.
    function
        Its URL.
    """
    manifests = manifests_of(OVERLAY, image)
    eventing = chain.from_iterable(manifests.eventing) if kind == "eventing" else ()
    apply(namespace, [*manifests.others, *eventing])
    kubectl = ("kubectl", "--namespace", namespace)
    run(*kubectl, "rollout", "status", "deployment/fraud-keeper", WAIT)
    with api_server() as services:
        if kind == "dispatcher":
            carrier = TestsOwn(namespace, services, function)
            with carrier.broker:
                yield carrier
            return
        kinds = "brokers.eventing.knative.dev,triggers,sinkbindings,containersources"
        run(*kubectl, "wait", "--for=condition=Ready", kinds, "--all", WAIT)
        yield Knatives(namespace, services)


@contextmanager
def api_server() -> Iterator[str]:
    """Make the API server's way to Services reachable from here, with the operator's rights."""
    command = ["kubectl", "proxy", "--port=0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            address = process.stdout.readline().split()[-1]
            yield f"http://{address}/api/v1/namespaces"
        finally:
            process.terminate()
