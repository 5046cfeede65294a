"""The command `scripts/load`: how the Service scales in a cluster."""

import argparse
import shlex
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from benchmark.arguments import add_outputs, named, positive
from benchmark.bench import EXAMPLE, WIDTH, write
from benchmark.contenders import PROJECT
from benchmark.errors import BenchmarkError
from benchmark.machine import this_machine
from benchmark.posts import plain, read_transaction
from benchmark.report import goals_table
from benchmark.scale_study import Plan, study
from benchmark.scaling import Scaled, verdicts
from benchmark.scaling_page import phases_table, tried_table, write_page
from benchmark.variations import SETTINGS, settings_of, varied
from knative.errors import ClusterError
from knative.manifests import BASE, manifest_of
from knative.versions import described_cluster
from training.errors import TrainingError

DESCRIPTION = (
    "Measure how the Service scales in the cluster that KUBECONFIG names, in a namespace of its "
    "own: a spike from zero, steady load, the decay to zero. It draws requests, latencies and pods "
    "over time, and ends with 3 where a goal is missed."
)
DOCUMENT = PROJECT / "docs" / "scaling.md"
MISSED = 3

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
        With `MISSED` where a goal is missed, and with a sentence if the cluster cannot be reached,
        the function does not become ready, or a file cannot be written.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    options = _parser().parse_args(arguments)
    console = Console(width=max(Console().width, WIDTH))
    try:
        with Console(stderr=True).status("preparing") as status:
            found = _measured(options, shlex.join(["scripts/load", *arguments]), status.update)
        _show(found, console)
        if options.json:
            write(options.json, found)
        if options.docs:
            write_page(options.docs, found)
    except (BenchmarkError, ClusterError, TrainingError) as error:
        sys.exit(f"scripts/load: {error}")
    if not all(each.met for each in verdicts(found.timeline)):
        sys.exit(MISSED)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/load", description=DESCRIPTION)
    parser.add_argument("--image", required=True, help="as scripts/image prints it")
    parser.add_argument(
        "--overlay", type=Path, default=BASE, metavar="DIR", help="kustomize (knative/base)"
    )
    parser.add_argument(
        "--set",
        nargs="+",
        type=setting,
        default=[],
        metavar="NAME=VALUE",
        help=f"settings other than the manifest's: {', '.join(SETTINGS)}",
    )
    parser.add_argument(
        "--clients", type=positive, default=200, metavar="N", help="of a spike (%(default)s)"
    )
    parser.add_argument(
        "--seconds", type=positive, default=30, metavar="S", help="of a spike (%(default)s)"
    )
    parser.add_argument(
        "--grid", action="store_true", help="also try other settings, one at a time"
    )
    add_outputs(
        parser, DOCUMENT, "write them into a page, with a drawing beside it (docs/scaling.md)"
    )
    return parser


def setting(text: str) -> tuple[str, str]:
    """Read a setting from a command line.

    Parameters
    ----------
    text
        NAME=VALUE.

    Returns
    -------
    tuple of (str, str)

    Raises
    ------
    argparse.ArgumentTypeError
        If it is not of that form, or there is none of that name.
    """
    name, value = named(text)
    if name not in SETTINGS:
        raise argparse.ArgumentTypeError(f'"{name}" is no setting; there are {", ".join(SETTINGS)}')
    return name, value


def _measured(options: argparse.Namespace, command: str, say: Say) -> Scaled:
    machine, date = this_machine(), datetime.now(UTC)
    manifest = varied(manifest_of(options.overlay, options.image), dict(options.set))
    plan = Plan(options.clients, options.seconds, options.grid)
    timeline, tried = study(manifest, plain(read_transaction(EXAMPLE)), plan, say)
    return Scaled(
        f"{date:%Y-%m-%d}",
        command,
        machine,
        described_cluster(),
        settings_of(manifest),
        options.clients,
        timeline,
        tried,
    )


def _show(found: Scaled, console: Console) -> None:
    console.print(found.machine.described(), found.cluster, highlight=False)
    console.print(phases_table(found))
    if found.tried:
        console.print(tried_table(found))
    console.print(goals_table(verdicts(found.timeline)))
