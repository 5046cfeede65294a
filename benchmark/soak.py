"""The command `scripts/soak`: this function under a steady load for long, with bad input in it."""

import argparse
import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
from rich.console import Console
from rich.table import Table

from benchmark.bench import EXAMPLE, write
from benchmark.contenders import Contender, own_contenders
from benchmark.endurance import PARTS, verdicts
from benchmark.errors import BenchmarkError
from benchmark.goals import Verdict
from benchmark.machine import Machine, this_machine
from benchmark.memory import sampled_memory
from benchmark.mixture import BODY_LIMIT, bad_kinds, good_kinds, mixed
from benchmark.posts import Transaction, plain, read_transaction
from benchmark.processes import leave_contenders_core, running
from benchmark.report import goals_table
from benchmark.steady import Steady, send_steadily
from benchmark.wrk import put_load

DESCRIPTION = (
    "Put a steady load on this function: 70% of what it can do, 2% of it bad input of many "
    "kinds. It ends with 0 where every answer was as it has to be, memory stayed flat and answers "
    "did not become slower, with 3 where that is not so, and with 1 for an error."
)
MISSED = 3
CAPACITY_CONNECTIONS, CAPACITY_S = 16, 5
SHARE_OF_CAPACITY = 0.7
SAMPLE_S = 10
SAMPLES = 12
"""At least so many, where the time is too short for one every `SAMPLE_S`."""


Say = Callable[[str], None]


class Soaked(msgspec.Struct):
    """What --json writes.

    Attributes
    ----------
    machine
        Where it ran.
    minutes
        For how long.
    capacity, rate
        Requests per second: what it can do, and what it got.
    due
        How many requests there should have been.
    statuses
        How often each status was answered, by kind and status; 0 for no answer.
    memory_mib, anonymous_mib
        PSS, and the part of it that is in no file, every `SAMPLE_S`.
    p50_ms, p99_ms
        For each third of the time, from when a request was due.
    client_busy
        The share of its core that the client took, 0 to 1.
    verdicts
        What holds and what does not.
    """

    machine: Machine
    minutes: float
    capacity: float
    rate: float
    due: int
    statuses: dict[str, dict[int, int]]
    memory_mib: list[float]
    anonymous_mib: list[float]
    p50_ms: list[float]
    p99_ms: list[float]
    client_busy: float
    verdicts: list[Verdict]


def main(arguments: list[str] | None = None) -> None:
    """Run the command.

    Parameters
    ----------
    arguments
        The command line; `sys.argv` where it is None.

    Raises
    ------
    SystemExit
        With `MISSED` where a verdict is missed, and with a sentence if wrk is missing, the
        function does not start, or a file cannot be written.
    """
    options = _parser().parse_args(arguments)
    console = Console()
    try:
        with Console(stderr=True).status("measuring the capacity") as status:
            found = soak(options.minutes, status.update)
        _show(found, console)
        if options.json:
            write(options.json, found)
    except BenchmarkError as error:
        sys.exit(f"scripts/soak: {error}")
    if not all(each.met for each in found.verdicts):
        sys.exit(MISSED)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/soak", description=DESCRIPTION)
    parser.add_argument(
        "--minutes", type=_minutes, default=30.0, metavar="M", help="for how long (%(default)g)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was found to it")
    return parser


def _minutes(text: str) -> float:
    try:
        minutes = float(text)
    except ValueError:
        minutes = math.nan
    if not 0 < minutes < math.inf:
        raise argparse.ArgumentTypeError(f'"{text}" is not a number of minutes above 0')
    return minutes


def soak(minutes: float, say: Say) -> Soaked:
    """Measure the capacity, then put the load on.

    Parameters
    ----------
    minutes
        For how long.
    say
        Called with what is done next.

    Returns
    -------
    Soaked

    Raises
    ------
    BenchmarkError
        If the function does not start or cannot be measured.
    """
    machine = this_machine()
    leave_contenders_core()
    transaction = read_transaction(EXAMPLE)
    with running(_contender(transaction)) as server:
        capacity = put_load(
            server.address, plain(transaction), CAPACITY_CONNECTIONS, _capacity_s(minutes)
        ).rate
        rate = SHARE_OF_CAPACITY * capacity
        say(f"{minutes:g} minutes of {rate:,.0f} requests a second, of {capacity:,.0f}")
        good, bad = good_kinds(transaction), bad_kinds(transaction)
        with sampled_memory(server.process, min(SAMPLE_S, minutes * 60 / SAMPLES)) as samples:
            steady = send_steadily(server.address, mixed(good, bad), rate, minutes * 60, PARTS)
    pss, anonymous = ([each[part] for each in samples] for part in range(2))
    p50, p99 = ([_percentile(times, share) for times in steady.times_ms] for share in (50, 99))
    expected = {kind.name: kind.status for kind in (*good, *bad)}
    return Soaked(
        machine,
        minutes,
        capacity,
        rate,
        steady.due,
        _by_kind(steady),
        pss,
        anonymous,
        p50,
        p99,
        steady.client_s / steady.duration_s,
        verdicts(steady.statuses, expected, steady.due, anonymous, p99),
    )


def _capacity_s(minutes: float) -> int:
    """Return how long the capacity is measured: less where the soak itself is a trial."""
    return max(1, min(CAPACITY_S, round(minutes * 60 / SAMPLES)))


def _contender(transaction: Transaction) -> Contender:
    (function,) = own_contenders(["function"], transaction, Path())
    return replace(function, environment={"FRAUD_MAX_BODY_BYTES": str(BODY_LIMIT)})


def _percentile(times: Sequence[float], share: float) -> float:
    return float(np.percentile(times, share)) if times else 0.0


def _by_kind(steady: Steady) -> dict[str, dict[int, int]]:
    found: dict[str, dict[int, int]] = {}
    for (kind, status), count in sorted(steady.statuses.items()):
        found.setdefault(kind, {})[status] = count
    return found


def _show(found: Soaked, console: Console) -> None:
    memory = found.memory_mib
    console.print(found.machine.described(), highlight=False)
    console.print(
        f"{found.minutes:g} minutes of {found.rate:,.0f} requests a second, "
        f"{SHARE_OF_CAPACITY:.0%} of {found.capacity:,.0f}; "
        f"the client took {found.client_busy:.0%} of its core. "
        f"PSS {memory[0]:.0f} MiB at first, {memory[-1]:.0f} last, {max(memory):.0f} at most.",
        highlight=False,
    )
    statuses = Table("request", "answered with")
    for kind, counts in found.statuses.items():
        answers = (f"{status or 'nothing'} ({count:,})" for status, count in counts.items())
        statuses.add_row(kind, ", ".join(answers))
    console.print(statuses)
    console.print(goals_table(found.verdicts))
