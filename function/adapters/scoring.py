"""POST /: chooses the adapter by content type; `application` calls it."""

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from function.adapters import events, streams, transactions
from function.adapters.core import Core
from function.adapters.event_reading import is_binary_event
from function.adapters.requests import headers_of, media_type_of, note_protocol, read_body
from function.adapters.routes import SCORING_METHODS, Route, Routes
from function.errors import UnsupportedMediaTypeError
from function.settings import Settings

if TYPE_CHECKING:
    from function.adapters.operations import Operation


def routes(core: Core, settings: Settings) -> Routes:
    """Return the path that takes transactions in every form of this service's own.

    Parameters
    ----------
    core
        The model, and what it can score.
    settings
        The limits.

    Returns
    -------
    Routes
    """

    async def answer(request: Request) -> Response:
        return await _scored(core, request, settings.max_body_bytes)

    def describe() -> "Operation":
        from function.adapters.scoring_operation import scoring_operation  # noqa: PLC0415

        return scoring_operation(core)

    return {"/": Route(SCORING_METHODS, answer, describe)}


async def _scored(core: Core, request: Request, limit: int) -> Response:
    """Answer by content type; a stream is answered before its body is all there."""
    headers = headers_of(request.scope)
    media_type = media_type_of(headers.get(b"content-type", b"").decode("latin-1"))
    binary = is_binary_event(headers)
    if media_type in streams.MEDIA_TYPES and not binary:
        note_protocol(request, streams.MEDIA_TYPES[media_type])
        return await streams.score_stream(core, request, media_type)
    body = await read_body(request, limit)
    if media_type == events.BATCH_MEDIA_TYPE:
        note_protocol(request, "event-batch")
        return events.score_batch(core, request, body)
    structured = media_type == events.STRUCTURED_MEDIA_TYPE
    if structured or binary:
        note_protocol(request, "event-structured" if structured else "event-binary")
        return events.score_event(core, request, body, structured=structured)
    if media_type == transactions.MEDIA_TYPE:
        note_protocol(request, "json")
        return transactions.score_transactions(core, request, body)
    raise UnsupportedMediaTypeError(
        f'The content type is "{media_type[:40]}"; {transactions.MEDIA_TYPE}, '
        f"{events.STRUCTURED_MEDIA_TYPE}, {events.BATCH_MEDIA_TYPE}, "
        f"{', '.join(streams.MEDIA_TYPES)} or a binary CloudEvent was expected."
    )
