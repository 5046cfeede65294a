"""The command `scripts/bench`: this function beside its peers, in one run on one machine."""

import argparse
import shlex
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from rich.console import Console

from benchmark.contenders import PROJECT, Contender, own_contenders
from benchmark.document import write_document
from benchmark.environments import environment_of
from benchmark.errors import BenchmarkError, MachineError, PeerError
from benchmark.goals import verdicts
from benchmark.machine import this_machine
from benchmark.measuring import Plan, measure
from benchmark.options import BUILD, parser
from benchmark.peers import PEERS, contender_of
from benchmark.pipeline import ensure_pipeline, ensure_transactions
from benchmark.posts import Transaction, read_transaction
from benchmark.processes import leave_contenders_core
from benchmark.report import reported
from benchmark.results import Results, summarise
from benchmark.workloads import ROWS, workloads_of
from benchmark.wrk import find_wrk
from training.errors import TrainingError

WIDTH = 130
"""Columns: what the table needs, where a terminal or a file says that it has less."""

EXAMPLE = PROJECT / "examples" / "fraud.json"
TRANSACTIONS = BUILD / "transactions.npz"

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
        With a sentence, if wrk is missing, this function or the framework does not start or does
        not answer every request, or a file cannot be written.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    options = parser().parse_args(arguments)
    console = Console(width=max(Console().width, WIDTH))
    try:
        find_wrk()
        with Console(stderr=True).status("preparing") as status:
            results = _measured(options, arguments, status.update)
        _show(results, console, options.docs)
        if options.json:
            write(options.json, results)
    except (BenchmarkError, TrainingError) as error:
        sys.exit(f"scripts/bench: {error}")


def _measured(options: argparse.Namespace, arguments: list[str], say: Say) -> Results:
    machine, date = this_machine(), datetime.now(UTC)
    command = shlex.join(["scripts/bench", *arguments])
    transaction = read_transaction(EXAMPLE)
    contenders, left_out = _contenders(options, transaction, say)
    workloads = workloads_of(options.workloads, transaction, TRANSACTIONS)
    single = ROWS in options.workloads
    plan = Plan(options.starts, options.rounds, options.seconds, single, workloads)
    leave_contenders_core()
    found = measure(contenders, plan, say)
    left_out |= found.left_out
    return Results(f"{date:%Y-%m-%d}", command, machine, plan.seconds, found.contenders, left_out)


def _contenders(
    options: argparse.Namespace, transaction: Transaction, say: Say
) -> tuple[list[Contender], dict[str, str]]:
    """Return who is measured, and why others are not."""
    ensure_transactions(TRANSACTIONS)
    if "scikit-learn" in options.only:
        ensure_pipeline(options.pipeline)
    contenders = own_contenders(options.only, transaction, options.pipeline)
    left_out = {}
    for key in (key for key in PEERS if key in options.only):
        peer = PEERS[key]
        say(f"{peer.name}: installing, where that was not done before")
        try:
            environment = environment_of(BUILD / "venvs" / key, peer.packages, TRANSACTIONS)
            contenders.append(contender_of(peer, environment, transaction))
        except PeerError as error:
            left_out[peer.name] = str(error)
    return contenders, left_out


def _show(results: Results, console: Console, document: Path | None) -> None:
    summaries = [summarise(each) for each in results.contenders]
    judged = verdicts({each.name: each for each in summaries})
    first = results.contenders[0]
    title = (
        f"Medians of {len(first.rounds)} x {results.seconds} s under load and of "
        f"{len(first.starts_s)} starts"
    )
    console.print(results.machine.described(), highlight=False)
    for table in reported(summaries, judged, title):
        console.print(table)
    for name, reason in results.left_out.items():
        console.print(f"Left out: {name}. {reason}", highlight=False, markup=False)
    if document:
        for path in write_document(document, results, summaries, judged):
            console.print(f"Written: {path}", highlight=False, soft_wrap=True)


def write(path: Path, content: msgspec.Struct) -> None:
    """Write measurements as JSON.

    Parameters
    ----------
    path
        The file; what it held is lost.
    content
        What to write.

    Raises
    ------
    MachineError
        If the file cannot be written.
    """
    try:
        path.write_bytes(msgspec.json.format(msgspec.json.encode(content)))
    except OSError as error:
        raise MachineError(f"{path} cannot be written: {error.strerror}.") from None
