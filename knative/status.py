"""The command `scripts/status`: how the function in the cluster is, on one screen."""

import argparse
import sys
from collections.abc import Sequence
from textwrap import shorten

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from knative.cluster import ServiceInCluster
from knative.errors import ClusterError
from knative.problems import Problem
from knative.state import DEGRADED, READY, RevisionState, State, state_of

DESCRIPTION = (
    "Show the Service, its revisions with their traffic and pods, what of Knative Eventing does "
    "not bring events to it, and what went wrong in the last hour. It wakes nothing. Exit codes: "
    "0 ready, 3 not, or not all of it, 1 there is no such Service or the cluster cannot be asked, "
    "2 wrong usage."
)
NOT_READY = 3
SHOWN_ERRORS = 6
SHOWN_CHARACTERS = 250
"""Of each of them; the JSON has all."""

UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def main(arguments: list[str] | None = None) -> None:
    """Run the command.

    Parameters
    ----------
    arguments
        The command line; `sys.argv` where it is None.

    Raises
    ------
    SystemExit
        With 3 if the Service is not ready, with a sentence if it cannot be asked.
    """
    options = _parser().parse_args(arguments)
    try:
        state = state_of(ServiceInCluster(options.service, options.namespace))
    except ClusterError as error:
        sys.exit(f"scripts/status: {error}")
    if options.json:
        sys.stdout.write(f"{msgspec.json.encode(state).decode()}\n")
    else:
        show(state, Console(highlight=False))
    if state.state != READY:
        sys.exit(NOT_READY)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/status", description=DESCRIPTION)
    parser.add_argument("--service", default="fraud", help="its name (%(default)s)")
    parser.add_argument("--namespace", help="default: that of the current context")
    parser.add_argument("--json", action="store_true", help="print the same as JSON")
    return parser


def show(state: State, console: Console) -> None:
    """Print a state.

    Parameters
    ----------
    state
        Of the Service.
    console
        Where to; 80 columns are enough.
    """
    console.print(Text(_headline(state)))
    shown = [each for each in state.revisions if not each.retired]
    console.print(_table(shown))
    if retired := [each.revision for each in state.revisions if each.retired]:
        console.print(Text(_retired(retired)))
    for each in shown:
        if each.reason:
            console.print(Text(f"\n{each.revision} is not ready. {each.reason}"))
    for part in state.eventing:
        if not part.ready:
            console.print(Text(f"\n{part.object} is not ready. {part.reason}".rstrip()))
    if state.errors:
        console.print(Text("\nErrors of the last hour"))
        console.print(_errors(state.errors[:SHOWN_ERRORS]))


def _headline(state: State) -> str:
    if state.state == READY:
        return f"Service {state.service} is ready: {state.url}"
    if state.state == DEGRADED:
        behind = "its newest revision" if _is_newest_behind(state) else "what brings events to it"
        return f"Service {state.service} answers, but {behind} is not ready: {state.url}"
    reason = "" if any(each.reason for each in state.revisions if each.newest) else state.reason
    return f"Service {state.service} is {state.state}. {reason}".rstrip()


def _is_newest_behind(state: State) -> bool:
    return any(each.newest and each.ready != "True" for each in state.revisions)


def _retired(names: Sequence[str]) -> str:
    if len(names) == 1:
        return f"Also {names[0]}, without traffic and pods."
    return f"Also {len(names)} without traffic and pods, {names[0]} to {names[-1]}."


def _table(rows: Sequence[RevisionState]) -> Table:
    table = Table("revision", box=None, padding=(0, 2, 0, 0))
    for heading in ("traffic", "pods"):
        table.add_column(heading, justify="right")
    for heading in ("state", "ready", "age"):
        table.add_column(heading)
    table.add_column("image, tags", overflow="fold")
    for row in rows:
        table.add_row(
            row.revision,
            f"{row.percent}%",
            f"{row.pods}/{row.wanted}",
            row.state,
            row.ready,
            age_of(row.age_s),
            Text(" ".join([row.image, *row.tags])),
        )
    return table


def _errors(problems: Sequence[Problem]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    for each in problems:
        times = f" ({each.times} times)" if each.times > 1 else ""
        message = shorten(each.message, SHOWN_CHARACTERS, placeholder=" ...")
        words = Text(f"{each.reason}{times}: {message}\n{each.object}")
        table.add_row(f"{age_of(each.age_s)} ago", words)
    return table


def age_of(seconds: int) -> str:
    """Say how long ago something was, in the largest unit that fits.

    Parameters
    ----------
    seconds
        At least 0.

    Returns
    -------
    str
        Such as "5 min".
    """
    size, unit = next(each for each in UNITS if seconds >= each[0] or each[0] == 1)
    return f"{seconds // size} {unit}"
