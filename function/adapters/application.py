"""Chooses, by path, method and content type, the adapter that answers; `main` calls it."""

from collections.abc import Awaitable, Callable, Mapping

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from function.adapters import events, transactions
from function.adapters.core import Core
from function.adapters.event_reading import is_binary_event
from function.adapters.problems import problem_response
from function.adapters.requests import media_type_of, read_body
from function.adapters.streams import MEDIA_TYPES, score_stream
from function.errors import (
    InputError,
    MethodNotAllowedError,
    UnknownPathError,
    UnsupportedMediaTypeError,
)
from function.model import Training
from function.policy import Policy
from function.scoring import Scorer
from function.settings import Settings

Function = Callable[[Request], Awaitable[Response]]
Handler = Callable[[Request, bytes], Response]
Route = tuple[tuple[str, ...], Handler | None]

READING_METHODS = ("GET", "HEAD")
SCORING_METHODS = ("POST",)
CLIENT_CLOSED_REQUEST = 499


class ModelCard(msgspec.Struct):
    """What GET /model says of the model that answers."""

    name: str
    version: str
    digest: str
    revision: str
    threshold: float
    policy: Policy
    features: list[str]
    training: Training


class Health(msgspec.Struct):
    """What the health paths say."""

    status: str


def application(scorer: Scorer, settings: Settings) -> Function:
    """Make the function that answers every request.

    Parameters
    ----------
    scorer
        The model.
    settings
        The limits, and the revision's name.

    Returns
    -------
    Function
        It raises nothing that a client could cause.
    """
    core = Core(scorer, settings.revision)
    routes: dict[str, Route] = {
        "/": (SCORING_METHODS, None),  # which chooses by content type
        "/model": (READING_METHODS, _fixed(_card(scorer, settings))),
        "/health/live": (READING_METHODS, _fixed(Health("live"))),
        "/health/ready": (READING_METHODS, _fixed(Health("ready"))),
    }

    async def answer(request: Request) -> Response:
        try:
            handler = _handler_of(request, routes)
            if handler is None:
                return await _scored(core, request, settings.max_body_bytes)
            return handler(request, await read_body(request, settings.max_body_bytes))
        except InputError as error:
            return problem_response(error)
        except ClientDisconnect:
            return Response(status_code=CLIENT_CLOSED_REQUEST)

    return answer


def _handler_of(request: Request, routes: Mapping[str, Route]) -> Handler | None:
    path, method = request.scope["path"], request.scope["method"]
    route = routes.get(path)
    if route is None:
        raise UnknownPathError(f"The paths of this service are {', '.join(routes)}.")
    methods, handler = route
    if method not in methods:
        allowed = " and ".join(methods)
        raise MethodNotAllowedError(f"{path} takes {allowed}, not {method}.", methods)
    return handler


async def _scored(core: Core, request: Request, limit: int) -> Response:
    """Answer POST / by content type; a stream is answered before its body is all there."""
    headers: dict[bytes, bytes] = dict(request.scope["headers"])
    media_type = media_type_of(headers.get(b"content-type", b"").decode("latin-1"))
    binary = is_binary_event(headers)
    if media_type in MEDIA_TYPES and not binary:
        return await score_stream(core, request, media_type)
    body = await read_body(request, limit)
    if media_type == events.BATCH_MEDIA_TYPE:
        return events.score_batch(core, request, body)
    structured = media_type == events.STRUCTURED_MEDIA_TYPE
    if structured or binary:
        return events.score_event(core, request, body, structured=structured)
    if media_type == transactions.MEDIA_TYPE:
        return transactions.score_transactions(core, request, body)
    raise UnsupportedMediaTypeError(
        f'The content type is "{media_type[:40]}"; {transactions.MEDIA_TYPE}, '
        f"{events.STRUCTURED_MEDIA_TYPE}, {events.BATCH_MEDIA_TYPE}, "
        f"{', '.join(MEDIA_TYPES)} or a binary CloudEvent was expected."
    )


def _card(scorer: Scorer, settings: Settings) -> ModelCard:
    model = scorer.model
    return ModelCard(
        model.name,
        model.version,
        model.digest,
        settings.revision,
        model.threshold,
        scorer.policy,
        [feature.name for feature in model.features],
        model.training,
    )


def _fixed(content: object) -> Handler:
    """Make a handler that answers always the same, encoded once."""
    encoded = msgspec.json.encode(content)

    def answer(_request: Request, _body: bytes) -> Response:
        return Response(encoded, media_type="application/json")

    return answer
