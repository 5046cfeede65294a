"""Sends a file's chunks, several at a time, and writes the answers in order; `score` calls it."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import suppress
from threading import Thread
from typing import TypeVar

import msgspec

from client.answers import CSV_HEAD, Answer, Form, in_csv, in_ndjson, tally_of
from client.exchange import Exchange
from client.output import Output
from client.source import Chunk
from client.state import Format, State
from client.watching import Watch

FORMS: dict[Format, Form] = {"csv": in_csv, "ndjson": in_ndjson, "parquet": in_csv}
HEADS: dict[Format, bytes] = {"csv": CSV_HEAD, "ndjson": b"", "parquet": CSV_HEAD}
T = TypeVar("T")


async def run(
    chunks: Iterator[Chunk],
    exchange: Exchange,
    output: Output,
    watch: Watch,
    *,
    held: int,
    id_place: int | None,
) -> None:
    """Have all chunks answered and the answers written.

    Parameters
    ----------
    chunks
        Those from where the output's state is.
    exchange
        Has them answered.
    output
        Takes the answers; what it has is kept, however this ends.
    watch
        Is told how far it is, and where another model begins to answer.
    held
        How many chunks are held at most: sent, or answered and waiting for those before them.
    id_place
        Which of a CSV's columns, from 0, is the id; None where none is.

    Raises
    ------
    ClientError
        Whatever reading, sending and writing raise.
    """
    form = FORMS[output.state.task.format]
    if output.state.place is None:
        output.begin(HEADS[output.state.task.format])
    answered = _in_order(chunks, exchange, held)
    try:
        async for chunk, answer in answered:
            before = output.state
            rows = form(chunk, answer, before.tally.rows, id_place)
            output.append(rows, _after(before, chunk, answer, watch))
            watch.advanced(output.state.tally.rows, chunk.read)
        output.append(b"", msgspec.structs.replace(output.state, complete=True))
    finally:
        output.keep()  # first: whoever is impatient may interrupt the other
        await answered.aclose()


def _after(before: State, chunk: Chunk, answer: Answer, watch: Watch) -> State:
    new = answer.models.keys() - before.models.keys()
    if before.models and new:
        watch.noted(
            f"From row {before.tally.rows + 1:,} on another model answers: "
            f"{' and '.join(sorted(new))}; before it {' and '.join(before.models)}."
        )
    models = {
        name: before.models.get(name, 0) + answer.models.get(name, 0)
        for name in before.models | answer.models
    }
    return msgspec.structs.replace(
        before, place=chunk.end, tally=before.tally.plus(tally_of(answer)), models=models
    )


async def _in_order(
    chunks: Iterator[Chunk], exchange: Exchange, most: int
) -> AsyncGenerator[tuple[Chunk, Answer]]:
    """Yield each chunk with its answer, in order, and hold no more of them than that."""
    held: deque[tuple[Chunk, asyncio.Task[Answer]]] = deque()
    try:
        while chunk := await _in_thread(lambda: next(chunks, None)):
            held.append((chunk, asyncio.create_task(exchange.answer(chunk))))
            while held and (len(held) == most or held[0][1].done()):
                first, task = held[0]
                yield first, await task
                held.popleft()
        while held:
            first, task = held[0]
            yield first, await task
            held.popleft()
    finally:
        for _, task in held:
            task.cancel()
        await asyncio.gather(*(task for _, task in held), return_exceptions=True)


async def _in_thread(call: Callable[[], T]) -> T:
    """Wait for what may take long, such as a pipe that nothing comes through.

    The thread is a daemon, unlike asyncio's own, so that the process can end while it waits.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: BaseException | None) -> None:
        if future.cancelled():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)  # type: ignore[arg-type]  # there is one where no error is

    def work() -> None:
        result, error = None, None
        try:
            result = call()
        except BaseException as raised:  # noqa: BLE001  it is raised again where it is waited for
            error = raised
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle, result, error)

    Thread(target=work, daemon=True).start()
    return await future
