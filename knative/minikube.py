"""The command `scripts/cluster`: minikube with Knative Serving, Kourier and Knative Eventing.

A list of steps and a runner. Each step leaves alone what is already so, and therefore the command
can be run again: after a failure, after `minikube stop`, or just to be sure.
"""

import argparse
import shlex
import socket
import sys
import time
from dataclasses import dataclass
from typing import Literal

from knative.commands import run, stream
from knative.errors import ClusterError, CommandError

DESCRIPTION = "Make a minikube cluster with Knative Serving, Kourier and Knative Eventing."

# Knative 1.22 refuses a Kubernetes before 1.34 and is tested by its makers on 1.34 and 1.35; this
# is the version that minikube 1.38 takes by itself, so its files are at hand for every driver.
KUBERNETES = "v1.35.1"
SERVING = "https://github.com/knative/serving/releases/download/knative-v1.22.1"
KOURIER = "https://github.com/knative-extensions/net-kourier/releases/download/knative-v1.22.1"
EVENTING = "https://github.com/knative/eventing/releases/download/knative-v1.22.2"

TIMEOUT = "--timeout=10m"
"""For one wait. A first start pulls images, which a slow line makes long."""

ATTEMPTS = 12
PAUSE = 10.0
"""In seconds, between attempts."""

PATIENCE = 900.0
"""In seconds: how long the operator has to start the tunnel."""

GATEWAY_PORT = 80
"""The port of Kourier's Service that every URL without a port means."""

# Kourier's Service is of type LoadBalancer, and only `minikube tunnel` gives it an address that
# this machine reaches. The tunnel needs root: on Linux for a route to the cluster, on macOS and
# with Docker Desktop for port 80. It asks for the password in its own terminal; without one it
# cannot ask, goes on all the same, and the address that it gave out answers nobody. A tunnel that
# this command started in the background would thus serve those alone who need no password. A
# second terminal serves all, shows what the tunnel does, and Ctrl-C there takes the route away.
TUNNEL = """\
In a second terminal, run this and leave it running; it may ask for your password:

    minikube tunnel --profile {profile}
"""


@dataclass(frozen=True)
class Step:
    """One command and what it is for.

    Attributes
    ----------
    why
        What the operator reads while it runs.
    command
        The program and its arguments.
    how
        "quiet" shows its words only if it failed, "loud" shows them all, and "gateway" repeats it
        until it prints an address that answers.
    hint
        For "gateway": what the operator has to do.
    """

    why: str
    command: tuple[str, ...]
    how: Literal["quiet", "loud", "gateway"] = "quiet"
    hint: str = ""


def main(arguments: list[str] | None = None) -> None:
    """Run the command.

    Parameters
    ----------
    arguments
        The command line; `sys.argv` where it is None.

    Raises
    ------
    SystemExit
        With a sentence, if a step failed.
    """
    options = _parser().parse_args(arguments)
    try:
        for step in plan(options.profile, options.cpus, options.memory):
            if options.dry_run:
                show(step)
            else:
                perform(step)
    except ClusterError as error:
        sys.exit(f"scripts/cluster: {error}")
    except KeyboardInterrupt:
        sys.exit("scripts/cluster: stopped; run it again to go on.")
    if not options.dry_run:
        _say("The cluster is ready. After `minikube stop` or a restart, run this again.")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/cluster", description=DESCRIPTION)
    parser.add_argument(
        "--profile",
        default="minikube",
        metavar="NAME",
        help="minikube's name for the cluster and kubectl's for its context (%(default)s)",
    )
    parser.add_argument("--cpus", default="4", help="of a new cluster (%(default)s)")
    parser.add_argument("--memory", default="6g", help="of a new cluster (%(default)s)")
    parser.add_argument("--dry-run", action="store_true", help="print the commands, run none")
    return parser


def plan(profile: str, cpus: str, memory: str) -> list[Step]:
    """List what has to be done.

    Parameters
    ----------
    profile
        minikube's name for the cluster. Every kubectl command names it as its context, so that
        none of them can reach another cluster.
    cpus, memory
        As `minikube start` takes them.

    Returns
    -------
    list of Step
        In the order in which they have to run.
    """
    kubectl = ("kubectl", "--context", profile)
    start = ("minikube", "start", "--profile", profile, "--kubernetes-version", KUBERNETES)
    return [
        Step("Looking for kubectl", ("kubectl", "version", "--client")),
        Step("Starting minikube", (*start, "--cpus", cpus, "--memory", memory), "loud"),
        *_serving(kubectl),
        *_eventing(kubectl),
        *_domain(kubectl, profile),
    ]


def _serving(kubectl: tuple[str, ...]) -> list[Step]:
    patch = '{"data":{"ingress-class":"kourier.ingress.networking.knative.dev"}}'
    settings = ("configmap/config-network", "--namespace", "knative-serving")
    return [
        _apply(kubectl, f"{SERVING}/serving-crds.yaml"),
        _wait_for_kinds(kubectl),
        _apply(kubectl, f"{SERVING}/serving-core.yaml"),
        # Its webhook judges the two changes that follow, so it has to be there first.
        _wait_for_deployments(kubectl, "knative-serving"),
        _apply(kubectl, f"{KOURIER}/kourier.yaml"),
        Step(
            "Making Kourier the ingress",
            (*kubectl, "patch", *settings, "--type", "merge", "--patch", patch),
        ),
        _wait_for_deployments(kubectl, "knative-serving"),
        _wait_for_deployments(kubectl, "kourier-system"),
    ]


def _eventing(kubectl: tuple[str, ...]) -> list[Step]:
    return [
        _apply(kubectl, f"{EVENTING}/eventing-crds.yaml"),
        _wait_for_kinds(kubectl),
        _apply(kubectl, f"{EVENTING}/eventing-core.yaml"),
        _wait_for_deployments(kubectl, "knative-eventing"),
        # Brokers keep their events in channels; in memory is enough for a cluster to try things.
        _apply(kubectl, f"{EVENTING}/in-memory-channel.yaml"),
        _apply(kubectl, f"{EVENTING}/mt-channel-broker.yaml"),
        _wait_for_deployments(kubectl, "knative-eventing"),
    ]


def _domain(kubectl: tuple[str, ...], profile: str) -> list[Step]:
    namespace = ("--namespace", "knative-serving")
    address = "jsonpath={.status.loadBalancer.ingress[0].ip}"
    service = ("service/kourier", "--namespace", "kourier-system")
    job = "job/default-domain"
    return [
        Step(
            "Waiting for Kourier to answer",
            (*kubectl, "get", *service, "--output", address),
            "gateway",
            TUNNEL.format(profile=profile),
        ),
        # The Job asks for Kourier's address and makes ADDRESS.sslip.io the domain of all Routes;
        # where a domain is set it does nothing. A Job cannot be changed, not even to another
        # release's image, so the one of an earlier run makes way.
        Step(
            "Removing an earlier run of the job that sets the domain",
            (*kubectl, "delete", job, *namespace, "--ignore-not-found"),
        ),
        _apply(kubectl, f"{SERVING}/serving-default-domain.yaml"),
        Step(
            "Waiting for the domain",
            (*kubectl, "wait", "--for=condition=Complete", job, *namespace, TIMEOUT),
        ),
    ]


def _apply(kubectl: tuple[str, ...], url: str) -> Step:
    name = url.rpartition("/")[2]
    return Step(f"Applying {name}", (*kubectl, "apply", "--filename", url))


def _wait_for_kinds(kubectl: tuple[str, ...]) -> Step:
    command = (*kubectl, "wait", "--for=condition=Established", "--all", "crd", TIMEOUT)
    return Step("Waiting until Kubernetes knows the new kinds", command)


def _wait_for_deployments(kubectl: tuple[str, ...], namespace: str) -> Step:
    what = ("deployment", "--all", "--namespace", namespace)
    command = (*kubectl, "wait", "--for=condition=Available", *what, TIMEOUT)
    return Step(f"Waiting for {namespace}", command)


def show(step: Step) -> None:
    """Print a step as lines for a shell.

    Parameters
    ----------
    step
        What to print.
    """
    remarks = [step.why, *filter(None, step.hint.splitlines())]
    lines = [*(f"# {remark}" for remark in remarks), shlex.join(step.command)]
    sys.stdout.write("\n".join(lines) + "\n")


def perform(step: Step) -> None:
    """Run a step to its end.

    Parameters
    ----------
    step
        What to run.

    Raises
    ------
    CommandError
        If its command is missing or failed.
    ClusterError
        If Kourier did not answer in time.
    """
    _say(step.why)
    if step.how == "loud":
        stream(*step.command)
    elif step.how == "gateway":
        _await_gateway(step)
    else:
        _repeat(step.command)


def _repeat(command: tuple[str, ...]) -> None:
    # A webhook may not be reachable at once when its deployment is ready, and after a restart of
    # the cluster none is for a while. Every other failure is one.
    for _ in range(ATTEMPTS - 1):
        try:
            run(*command)
        except CommandError as error:
            if "failed calling webhook" not in str(error):
                raise
            time.sleep(PAUSE)
        else:
            return
    run(*command)


def _await_gateway(step: Step) -> None:
    deadline = time.monotonic() + PATIENCE
    # An address alone proves nothing: it comes before the password and outlives a killed tunnel.
    if _answers(run(*step.command)):
        return
    _say(f"\n{step.hint}")
    while not _answers(run(*step.command)):
        if time.monotonic() > deadline:
            raise ClusterError(
                f"Kourier did not answer on port {GATEWAY_PORT} within {PATIENCE / 60:.0f} minutes."
                " Start the tunnel and run this again; it goes on where it stopped."
            )
        time.sleep(1)


def _answers(address: str) -> bool:
    if not address:
        return False
    try:
        with socket.create_connection((address, GATEWAY_PORT), timeout=2):
            return True
    except OSError:
        return False


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
