"""The command `scripts/score`: a file of transactions goes, decisions come."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Coroutine, Iterator
from contextlib import closing

from rich.console import Console

from client import events, exchange
from client.destination import (
    STANDARD_OUTPUT,
    Destination,
    destination_of,
    event_source_of,
)
from client.errors import ClientError
from client.events import EventsExchange, column_names
from client.exchange import Exchange, RowsExchange
from client.file_output import FileOutput
from client.options import FINISHED_WITH_PROBLEMS, Options, read_options
from client.output import Output, StandardOutput
from client.run import run
from client.sending import Target, open_sender
from client.source import STANDARD_INPUT, Source
from client.state import State, Task
from client.watching import Watch, watching

SIGNALS = (signal.SIGINT, signal.SIGTERM)
WAITING_EACH = 2
"""How many chunks of rows are held for each request at a time, so that a late one stops no other;
of events, which are sent in the file's order where one is sent at a time, just one."""

CHUNK_BYTES = {"rows": exchange.CHUNK_BYTES, "events": events.CHUNK_BYTES}


def main(arguments: list[str] | None = None) -> None:
    """Run the command.

    Parameters
    ----------
    arguments
        The command line; `sys.argv` where it is None.

    Raises
    ------
    SystemExit
        With 3 where some rows have problems, with 128 and the signal's number where one came, with
        a sentence if it could not finish.
    """
    try:
        options = read_options(arguments, os.environ)
        with closing(Source(options.input)) as source:
            destination = destination_of(options, source.kind)
            with closing(_output(options, destination, source)) as output:
                _work(options, source, output, destination)
    except BrokenPipeError:
        # Whoever read our output has had enough; Python would complain once more at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except KeyboardInterrupt:  # before anything is sent, or after
        sys.exit(128 + signal.SIGINT)
    except ClientError as error:
        sys.exit(f"scripts/score: {error}")


def _output(options: Options, destination: Destination, source: Source) -> Output:
    mode, source_name = options.mode, event_source_of(options)
    size = source.size or 0
    task = Task(size, source.modified_ns, options.url, mode, destination.format, source_name)
    if destination.path == STANDARD_OUTPUT:
        return StandardOutput(task)
    can_resume = options.input != STANDARD_INPUT
    return FileOutput(destination.path, task, resume=can_resume, restart=options.restart)


def _work(options: Options, source: Source, output: Output, destination: Destination) -> None:
    console = Console(stderr=True, highlight=False)
    before, began = output.state, time.monotonic()
    try:
        with watching(console, source.size, quiet=options.quiet) as watch:
            if before.place and not before.complete:
                watch.noted(f"An earlier run has {before.tally.rows:,} rows; going on from there.")
            signal_number = asyncio.run(_interruptible(_send(options, source, output, watch)))
            if not signal_number:
                output.finish()
    except ClientError as error:
        raise type(error)(f"{error} {_left(options, output, destination)}") from None
    if signal_number:
        sys.stderr.write(f"scripts/score: Stopped. {_left(options, output, destination)}\n")
        sys.exit(128 + signal_number)
    if not options.quiet:
        for line in _summary(before, output.state, time.monotonic() - began, destination):
            console.print(line, markup=False, soft_wrap=True)
    if output.state.tally.problems:
        sys.exit(FINISHED_WITH_PROBLEMS)


async def _send(options: Options, source: Source, output: Output, watch: Watch) -> None:
    names = column_names(source.header)
    target = Target(
        options.url, options.key, options.concurrency, options.timeout_s, options.retries
    )
    async with open_sender(target, watch) as sender:
        way: Exchange = (
            RowsExchange(sender, source.kind, source.header)
            if options.mode == "rows"
            else EventsExchange(sender, source.kind, source.header, event_source_of(options))
        )
        await run(
            source.chunks(CHUNK_BYTES[options.mode], output.state.place),
            way,
            output,
            watch,
            held=options.concurrency * (WAITING_EACH if options.mode == "rows" else 1),
            id_place=names.index("id") if "id" in names else None,
        )


async def _interruptible(work: Coroutine[None, None, None]) -> int:
    """Return the number of the signal that stopped it, 0 where none did."""
    loop, task = asyncio.get_running_loop(), asyncio.ensure_future(work)
    came = 0

    def stop(number: int) -> None:
        nonlocal came
        came = number
        task.cancel()

    for number in SIGNALS:
        loop.add_signal_handler(number, stop, number)
    try:
        await task
    except asyncio.CancelledError:
        if not came:
            raise
    finally:
        for number in SIGNALS:
            loop.remove_signal_handler(number)
    return came


def _left(options: Options, output: Output, destination: Destination) -> str:
    """Say what is left of a run that could not finish, and how to go on."""
    rows = output.state.tally.rows
    if not rows:
        return "No rows were written."
    if destination.path == STANDARD_OUTPUT:
        return f"{rows:,} rows were written."
    if options.input == STANDARD_INPUT:
        return f"{rows:,} rows are in {destination.path}.partial; standard input has no way back."
    return f"{rows:,} rows are kept: the same command goes on from there."


def _summary(
    before: State, after: State, seconds: float, destination: Destination
) -> Iterator[str]:
    tally, done = after.tally, after.tally.rows - before.tally.rows
    yield f"{done:,} rows in {seconds:.1f} s, {done / seconds:,.0f} a second."
    words = f"{tally.decisions:,} decisions, {tally.frauds:,} frauds, {tally.problems:,} problems"
    if tally.accepted:
        words += f", {tally.accepted:,} events accepted without a decision"
    yield f"In all {tally.rows:,} rows: {words}."
    for name, rows in after.models.items():
        yield f"Model {name}: {rows:,} rows."
    if destination.path != STANDARD_OUTPUT:
        yield f"Written to {destination.path}."
