"""The command `scripts/traffic`: shows how traffic is split between revisions, and shifts it."""

import argparse
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import msgspec
import requests
from rich.console import Console
from rich.table import Table

from knative.cluster import ServiceInCluster
from knative.errors import ClusterError, NotInTimeError, RevisionError, SplitError
from knative.objects import Revision, Service, TrafficTarget

DESCRIPTION = (
    "Show the split of the traffic between revisions, or shift it: the revisions are checked, "
    "those without pods are woken, the split is written by their names, and the command ends "
    "when the cluster routes by it."
)
WARM_TAG = "warm-"
READY_PATH = "/health/ready"
PROBE_S = 0.2
ALL = 100

Say = Callable[[str], None]


def main(arguments: list[str] | None = None) -> None:
    """Run the command.

    Parameters
    ----------
    arguments
        The command line; `sys.argv` where it is None.

    Raises
    ------
    SystemExit
        With a sentence, if the split is wrong or could not be made real.
    """
    options = _parser().parse_args(arguments)
    console, notes = Console(), Console(stderr=True)
    cluster = ServiceInCluster(options.service, options.namespace)
    try:
        if options.split:
            shift(cluster, split_of(options.split), options.timeout, notes.print)
        service, revisions = cluster.read(), cluster.revisions()
    except ClusterError as error:
        sys.exit(f"scripts/traffic: {error}")
    if options.json:
        sys.stdout.write(f"{msgspec.json.encode(rows_of(service, revisions)).decode()}\n")
    else:
        console.print(_table(rows_of(service, revisions)))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/traffic", description=DESCRIPTION)
    parser.add_argument(
        "split", nargs="*", metavar="REVISION=PERCENT", help="whole percents that add up to 100"
    )
    parser.add_argument("--service", default="fraud", help="its name (%(default)s)")
    parser.add_argument("--namespace", help="default: that of the current context")
    parser.add_argument(
        "--timeout", type=float, default=120, metavar="S", help="for each wait (%(default)s)"
    )
    parser.add_argument("--json", action="store_true", help="print the split as JSON")
    return parser


def split_of(words: Sequence[str]) -> dict[str, int]:
    """Read a split from a command line.

    Parameters
    ----------
    words
        Each REVISION=PERCENT.

    Returns
    -------
    dict of str to int
        Percents that add up to 100, by revision.

    Raises
    ------
    SplitError
        If a word is not of that form, a revision is named twice, or the sum is not 100.
    """
    split: dict[str, int] = {}
    for word in words:
        name, _, text = word.partition("=")
        percent = int(text) if text.isascii() and text.isdigit() else -1
        if not name or not 0 <= percent <= ALL:
            raise SplitError(f'"{word}" is not REVISION=PERCENT with a whole percent, 0 to 100.')
        if name in split:
            raise SplitError(f"Revision {name} is named twice.")
        split[name] = percent
    if sum(split.values()) != ALL:
        raise SplitError(f"The percents add up to {sum(split.values())}; they must make 100.")
    return split


def shift(cluster: ServiceInCluster, split: Mapping[str, int], seconds: float, say: Say) -> None:
    """Shift the traffic, and return when the cluster routes by the new split.

    Parameters
    ----------
    cluster
        The Service.
    split
        As `split_of` returns it.
    seconds
        How long each wait may take at the most.
    say
        Called with a sentence after each step.

    Raises
    ------
    RevisionError
        If a revision is not there or not ready; the traffic is where it was.
    ClusterError
        As those of `ServiceInCluster`, and if a cold revision does not wake up.
    """
    revisions = {revision.name: revision for revision in cluster.revisions()}
    check(split, revisions)
    cold = [name for name, percent in split.items() if percent and not revisions[name].pods]
    if cold:
        _warm(cluster, cold, seconds, say)
    service = cluster.read()
    cluster.set_traffic(service, targets_of(service, split))
    wanted = {name: percent for name, percent in split.items() if percent}
    cluster.wait("The split", partial(_routed, wanted), seconds)
    say("The traffic is split as asked for.")


def check(split: Mapping[str, int], revisions: Mapping[str, Revision]) -> None:
    """Be sure that every revision of a split can take traffic.

    Parameters
    ----------
    split
        Percents by revision.
    revisions
        Those that there are.

    Raises
    ------
    RevisionError
        If one is not there, or is to get traffic and is not ready.
    """
    for name, percent in split.items():
        if name not in revisions:
            there = ", ".join(revisions) or "none"
            raise RevisionError(f"There is no revision {name}; there are: {there}.")
        ready = revisions[name].ready
        if percent and ready.status != "True":
            raise RevisionError(f"Revision {name} is not ready. {ready.reason}: {ready.message}")


def targets_of(service: Service, split: Mapping[str, int]) -> list[TrafficTarget]:
    """Return a split as the Service's specification has it.

    Parameters
    ----------
    service
        Its tags are kept, but for those that an earlier `shift` left.
    split
        Percents by revision.

    Returns
    -------
    list of TrafficTarget
        A line for each revision with a share, and one for each tag, without a share.
    """
    shares = [TrafficTarget(name, percent=percent) for name, percent in split.items() if percent]
    return shares + [
        TrafficTarget(target.revision_name, target.latest_revision, percent=0, tag=target.tag)
        for target in _without_warm_tags(service)
        if target.tag
    ]


def _without_warm_tags(service: Service) -> list[TrafficTarget]:
    return [each for each in service.spec.traffic if not (each.tag or "").startswith(WARM_TAG)]


def _warm(cluster: ServiceInCluster, names: Sequence[str], seconds: float, say: Say) -> None:
    """Wake revisions without pods by asking them, through a tag of their own, if they are ready."""
    service = cluster.read()
    tagged = [TrafficTarget(name, percent=0, tag=f"{WARM_TAG}{name}") for name in names]
    cluster.set_traffic(service, [*_without_warm_tags(service), *tagged])
    for name in names:
        url = cluster.wait(f"A route to {name}", partial(_warm_url, name), seconds)
        _ask_until_ready(name, url + READY_PATH, seconds)
        say(f"Revision {name} was without pods; it is awake.")


def _warm_url(name: str, service: Service) -> str | None:
    routes = service.current_condition("RoutesReady")
    if routes is None or routes.status != "True":
        return None
    return service.tags(name).get(f"{WARM_TAG}{name}")


def _ask_until_ready(name: str, url: str, seconds: float) -> None:
    deadline, words = time.monotonic() + seconds, ""
    while time.monotonic() < deadline:
        try:
            response = requests.get(url, timeout=max(1.0, deadline - time.monotonic()))
            if response.ok:
                return
            words = f"It answered {response.status_code}."
        except requests.RequestException as error:
            words = f"{error}."
        time.sleep(PROBE_S)
    raise NotInTimeError(f"Revision {name} was not awake after {seconds:.0f} s at {url}. {words}")


def _routed(wanted: Mapping[str, int], service: Service) -> bool | None:
    routes = service.current_condition("RoutesReady")
    if routes is None or routes.status != "True":
        return None
    return service.percents() == wanted or None


class Row(msgspec.Struct):
    """A revision as the table shows it."""

    revision: str
    percent: int
    tags: list[str]
    ready: str
    pods: int
    image: str


def rows_of(service: Service, revisions: Sequence[Revision]) -> list[Row]:
    """Put a Service and its revisions together.

    Parameters
    ----------
    service
        Whose split is shown, as the cluster routes now.
    revisions
        In the order of the rows.

    Returns
    -------
    list of Row
    """
    percents = service.percents()
    return [
        Row(
            each.name,
            percents.get(each.name, 0),
            sorted(service.tags(each.name)),
            each.ready.status,
            each.pods,
            each.image,
        )
        for each in revisions
    ]


def _table(rows: Sequence[Row]) -> Table:
    table = Table("revision", "traffic", "tags", "ready", "pods", "image")
    for row in rows:
        table.add_row(
            row.revision,
            f"{row.percent}%",
            " ".join(row.tags),
            row.ready,
            str(row.pods),
            row.image,
        )
    return table
