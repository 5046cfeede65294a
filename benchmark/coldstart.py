"""The command `scripts/coldstart`: from zero pods to the first answer, beside a no-op."""

import argparse
import shlex
import sys
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from benchmark.arguments import add_outputs, named, positive
from benchmark.bench import EXAMPLE, WIDTH, write
from benchmark.cold_page import starts_table, steps_table, write_page
from benchmark.cold_starts import BASELINE, FUNCTION, ColdStarts, verdict
from benchmark.cold_study import Contender, doing_nothing, study
from benchmark.errors import BenchmarkError
from benchmark.load import DOCUMENT, MISSED
from benchmark.machine import this_machine
from benchmark.posts import plain, read_transaction
from benchmark.report import goals_table
from knative.errors import ClusterError
from knative.manifests import BASE, manifest_of
from knative.versions import described_cluster

DESCRIPTION = (
    "Measure the time from zero pods to the first answer in the cluster that KUBECONFIG names, "
    "beside a program in Go that does nothing (benchmark/targets/noop), in turn, with the same "
    "manifest, in a namespace of its own. It ends with 3 where the goal is missed."
)


def main(arguments: list[str] | None = None) -> None:
    """Run the command.

    Parameters
    ----------
    arguments
        The command line; `sys.argv` where it is None.

    Raises
    ------
    SystemExit
        With `MISSED` where the goal is missed, and with a sentence if the cluster cannot be
        reached, an image does not become ready, or a file cannot be written.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    options = _parser().parse_args(arguments)
    console = Console(width=max(Console().width, WIDTH))
    try:
        command = shlex.join(["scripts/coldstart", *arguments])
        machine, date = this_machine(), datetime.now(UTC)
        with Console(stderr=True).status("preparing") as status:
            post = plain(read_transaction(EXAMPLE))
            starts = study(_contenders(options), options.rounds, post, status.update)
        cluster = described_cluster()
        found = ColdStarts(f"{date:%Y-%m-%d}", command, machine, cluster, options.rounds, starts)
        _show(found, console)
        if options.json:
            write(options.json, found)
        if options.docs:
            write_page(options.docs, found)
    except (BenchmarkError, ClusterError) as error:
        sys.exit(f"scripts/coldstart: {error}")
    if not verdict(found.starts).met:
        sys.exit(MISSED)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/coldstart", description=DESCRIPTION)
    parser.add_argument("--image", required=True, help="the function, as scripts/image prints it")
    parser.add_argument(
        "--baseline-image", required=True, metavar="IMAGE", help="of benchmark/targets/noop"
    )
    parser.add_argument(
        "--rounds", type=positive, default=10, metavar="N", help="starts of each (%(default)s)"
    )
    parser.add_argument(
        "--nothing", action="store_true", help="also functions-framework with an empty function"
    )
    parser.add_argument(
        "--other-image",
        action="append",
        type=named,
        default=[],
        metavar="NAME=IMAGE",
        help="also the function in another image; may be repeated",
    )
    parser.add_argument(
        "--other-overlay",
        action="append",
        type=named,
        default=[],
        metavar="NAME=DIR",
        help="also with another manifest: a kustomize directory; may be repeated",
    )
    add_outputs(parser, DOCUMENT, "write them into a page (docs/scaling.md)")
    return parser


def _contenders(options: argparse.Namespace) -> list[Contender]:
    function = manifest_of(BASE, options.image)
    return [
        Contender(FUNCTION, function),
        Contender(BASELINE, manifest_of(BASE, options.baseline_image)),
        *([doing_nothing(function)] if options.nothing else []),
        *(Contender(name, manifest_of(BASE, image)) for name, image in options.other_image),
        *(
            Contender(name, manifest_of(Path(folder), options.image))
            for name, folder in options.other_overlay
        ),
    ]


def _show(found: ColdStarts, console: Console) -> None:
    console.print(found.machine.described(), found.cluster, highlight=False)
    for table in (starts_table(found), steps_table(found), goals_table([verdict(found.starts)])):
        console.print(table)
