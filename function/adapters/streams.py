"""Answers a stream of transactions while it still comes in; `application` calls it.

Nothing of it is kept: where the client does not read its answers, the function stops reading its
lines. A client therefore has to read while it writes.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from typing import Protocol

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from function.adapters import comma_separated, ndjson
from function.adapters.comma_separated import CsvTranslator
from function.adapters.core import Core
from function.adapters.ndjson import NdjsonTranslator
from function.adapters.requests import reasons_wanted
from function.adapters.transactions import REASONS_OF_EACH
from function.errors import InputError, InvalidInputError, LineTooLongError
from function.lines import Lines

MEDIA_TYPES = (ndjson.MEDIA_TYPE, comma_separated.MEDIA_TYPE)

FEW = 8
"""Lines that are answered one by one, because all at once is no faster."""

Batch = list[bytes | None]
Batches = AsyncIterator[Batch]


class DuplexResponse(StreamingResponse):
    """A streamed answer that leaves the request's body alone.

    Starlette's own receives beside it, to notice that the client went away, and so takes away the
    body that is still to be read.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Send the answer, as an ASGI application does."""
        await self.stream_response(send)


class Translator(Protocol):
    """Answers line by line; `head` comes before the first answer."""

    media_type: str
    head: bytes

    def answer(self, line: bytes | None) -> bytes:
        """Answer the next line; None stands for one that was too long."""

    def answer_all(self, lines: Sequence[bytes]) -> bytes:
        """Answer many lines at once, or raise InputError if that cannot be done."""


async def score_stream(core: Core, request: Request, media_type: str) -> Response:
    """Answer a stream.

    Parameters
    ----------
    core
        The model, and what it can score.
    request
        Its body was not read yet; its query may ask for a number of reasons, where it is NDJSON.
    media_type
        One of `MEDIA_TYPES`.

    Returns
    -------
    Response
        A bad line is answered in its place and the rest goes on.

    Raises
    ------
    InputError
        If the query or a CSV file's header is wrong; all has been received then, without keeping
        it, for the reason that `read_body` gives.
    starlette.requests.ClientDisconnect
        If the client went away.
    """
    batches = _batches(request)
    if media_type == ndjson.MEDIA_TYPE:
        try:
            translator: Translator = NdjsonTranslator(
                core, reasons_wanted(request, REASONS_OF_EACH)
            )
        except InvalidInputError:
            await _drain(batches)
            raise
        return _answered(translator, [], batches)
    header, rest = await _first_line(batches)
    try:
        translator = CsvTranslator(core, header)
    except (InvalidInputError, LineTooLongError):
        await _drain(batches)
        raise
    return _answered(translator, rest, batches)


async def _batches(request: Request) -> Batches:
    """Yield the lines as they come, those of a chunk together."""
    lines = Lines()
    async for chunk in request.stream():
        yield lines.feed(chunk)
    yield lines.end()


async def _first_line(batches: Batches) -> tuple[bytes | None, Batch]:
    """Return the first line, empty where there is none, and those that came with it."""
    async for batch in batches:
        if batch:
            return batch[0], batch[1:]
    return b"", []


async def _drain(batches: Batches) -> None:
    async for _ in batches:
        pass


def _answers(translator: Translator, lines: Batch) -> bytes:
    """Answer lines as many at once as can be: half of them, where something is wrong with any."""
    if len(lines) <= FEW:
        return b"".join(map(translator.answer, lines))
    whole = [line for line in lines if line is not None]
    if len(whole) == len(lines):
        with suppress(InputError):
            return translator.answer_all(whole)
    middle = len(lines) // 2
    return _answers(translator, lines[:middle]) + _answers(translator, lines[middle:])


def _answered(translator: Translator, first: Batch, batches: Batches) -> DuplexResponse:
    async def answers() -> AsyncIterator[bytes]:
        yield translator.head + _answers(translator, first)
        # Where the client went away, nobody is left to be answered.
        with suppress(ClientDisconnect):
            async for batch in batches:
                yield _answers(translator, batch)

    return DuplexResponse(answers(), media_type=translator.media_type)
