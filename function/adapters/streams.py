"""Answers a stream of transactions while it still comes in; `application` calls it.

Nothing of it is kept: where the client does not read its answers, the function stops reading its
lines. A client therefore has to read while it writes.
"""

from collections.abc import AsyncIterator
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
from function.lines import Lines, all_short, cut

MEDIA_TYPES = {ndjson.MEDIA_TYPE: "ndjson", comma_separated.MEDIA_TYPE: "csv"}
"""By what each is called for short."""

MODEL_HEADER = "fraud-model"
"""Says which model answers: in CSV the rows do not."""

FEW = 4 * 1024
"""Bytes; lines of so little are answered one by one, because all at once is no faster."""

Blocks = AsyncIterator[bytes]


class DuplexResponse(StreamingResponse):
    """A streamed answer that leaves the request's body alone.

    Starlette's own receives beside it, to notice that the client went away, and so takes away the
    body that is still to be read.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Send the answer, as an ASGI application does."""
        await self.stream_response(send)
        if self.background is not None:
            await self.background()


class Translator(Protocol):
    """Answers line by line; `head` comes before the first answer."""

    media_type: str
    head: bytes

    def answer(self, line: bytes | None) -> bytes:
        """Answer the next line; None stands for one that was too long."""

    def answer_block(self, block: bytes) -> bytes:
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
    blocks = _blocks(request)
    if media_type == ndjson.MEDIA_TYPE:
        try:
            translator: Translator = NdjsonTranslator(
                core, reasons_wanted(request, REASONS_OF_EACH)
            )
        except InvalidInputError:
            await _drain(blocks)
            raise
        return _answered(translator, b"", blocks, core)
    header, rest = await _first_line(blocks)
    try:
        reasons_wanted(request, REASONS_OF_EACH)  # no column has room for them, but it may be wrong
        translator = CsvTranslator(core, header)
    except (InvalidInputError, LineTooLongError):
        await _drain(blocks)
        raise
    return _answered(translator, rest, blocks, core)


async def _blocks(request: Request) -> Blocks:
    """Yield the lines as they come, those of a chunk together."""
    lines = Lines()
    async for chunk in request.stream():
        yield lines.feed(chunk)
    yield lines.end()


async def _first_line(blocks: Blocks) -> tuple[bytes | None, bytes]:
    """Return the first line, empty where there is none, and those that came with it."""
    async for block in blocks:
        if block:
            line, _, rest = block.partition(b"\n")
            return cut(line + b"\n")[0], rest
    return b"", b""


async def _drain(blocks: Blocks) -> None:
    async for _ in blocks:
        pass


def _answers(translator: Translator, block: bytes) -> bytes:
    """Answer a block, as much of it at once as can be: half, where something is wrong with it."""
    if len(block) > FEW:
        if all_short(block):
            with suppress(InputError):
                return translator.answer_block(block)
        middle = block.find(b"\n", len(block) // 2) + 1
        if middle < len(block):
            return _answers(translator, block[:middle]) + _answers(translator, block[middle:])
    return b"".join(map(translator.answer, cut(block)))


def _answered(translator: Translator, first: bytes, blocks: Blocks, core: Core) -> DuplexResponse:
    async def answers() -> AsyncIterator[bytes]:
        yield translator.head + _answers(translator, first)
        # Where the client went away, nobody is left to be answered.
        with suppress(ClientDisconnect):
            async for block in blocks:
                yield _answers(translator, block)

    model = core.scorer.reference
    headers = {MODEL_HEADER: f"{model.name} {model.version}"}
    return DuplexResponse(answers(), headers=headers, media_type=translator.media_type)
