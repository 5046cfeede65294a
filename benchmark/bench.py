"""The command `scripts/bench`: this function beside its peers, in one run on one machine."""

import argparse
import json
import sys
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from benchmark.contenders import BASELINE, contenders
from benchmark.errors import BenchmarkError, MachineError
from benchmark.machine import Machine, this_machine
from benchmark.measuring import measure
from benchmark.pipeline import ensure_pipeline
from benchmark.processes import PROJECT, leave_contenders_core
from benchmark.report import table_of
from benchmark.results import Measured, summarise
from benchmark.wrk import find_wrk
from training.errors import TrainingError

DESCRIPTION = (
    "Measure this function beside functions-framework doing nothing and functions-framework with "
    "the scikit-learn pipeline. All get the same POST of one transaction, in turn; the table shows "
    "medians."
)
WIDTH = 100
"""Columns: what the table needs, where a terminal or a file says that it has less."""

EXAMPLE = PROJECT / "examples" / "fraud.json"


class Results(msgspec.Struct):
    """What --json writes: the machine, the command line's numbers, and every measurement."""

    machine: Machine
    seconds: int
    contenders: list[Measured]


def main(arguments: list[str] | None = None) -> None:
    """Run the command.

    Parameters
    ----------
    arguments
        The command line; `sys.argv` where it is None.

    Raises
    ------
    SystemExit
        With a sentence, if wrk is missing, a contender does not start or does not answer every
        request, or a file cannot be written.
    """
    options = _parser().parse_args(arguments)
    console = Console(width=max(Console().width, WIDTH))
    try:
        find_wrk()
        machine = this_machine()
        leave_contenders_core()
        ensure_pipeline(options.pipeline)
        console.print(machine.described(), highlight=False)
        results = Results(machine, options.seconds, _measure(options))
        console.print(_table(results))
        if options.json:
            write(options.json, results)
    except (BenchmarkError, TrainingError) as error:
        sys.exit(f"scripts/bench: {error}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=DESCRIPTION)
    parser.add_argument(
        "--rounds", type=_positive, default=3, metavar="N", help="of load, each (%(default)s)"
    )
    parser.add_argument(
        "--seconds", type=_positive, default=5, metavar="S", help="of a load (%(default)s)"
    )
    parser.add_argument(
        "--starts", type=_positive, default=10, metavar="N", help="of each (%(default)s)"
    )
    parser.add_argument(
        "--pipeline",
        type=Path,
        default=PROJECT / "build" / "bench" / "model.joblib",
        metavar="FILE",
        help="the scikit-learn pipeline; trained where it does not exist (build/bench/...)",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every measurement to it")
    return parser


def _positive(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text)):
        raise argparse.ArgumentTypeError(f'"{text}" is not a whole number from 1 on')
    return int(text)


def _measure(options: argparse.Namespace) -> list[Measured]:
    # As a program would send it: without the white space that the example has for people.
    body = json.dumps(json.loads(EXAMPLE.read_text()), separators=(",", ":")).encode()
    notes = Console(stderr=True)
    with notes.status("compiling") as status:
        return measure(
            contenders(options.pipeline),
            body,
            starts=options.starts,
            rounds=options.rounds,
            seconds=options.seconds,
            say=status.update,
        )


def _table(results: Results) -> Table:
    first = results.contenders[0]
    title = (
        f"Medians of {len(first.rounds)} x {results.seconds} s under load and of "
        f"{len(first.starts_s)} starts; ratios against {BASELINE}"
    )
    return table_of([summarise(each) for each in results.contenders], title)


def write(path: Path, results: Results) -> None:
    """Write every measurement as JSON.

    Parameters
    ----------
    path
        The file; what it held is lost.
    results
        What to write.

    Raises
    ------
    MachineError
        If the file cannot be written.
    """
    try:
        path.write_bytes(msgspec.json.format(msgspec.json.encode(results)))
    except OSError as error:
        raise MachineError(f"{path} cannot be written: {error.strerror}.") from None
