"""Chooses, by path, method and content type, the adapter that answers; `main` calls it."""

from collections.abc import Awaitable, Callable

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from function.adapters import events, transactions
from function.adapters.event_reading import is_binary_event
from function.adapters.problems import problem_response
from function.adapters.requests import media_type_of, read_body
from function.errors import (
    InputError,
    MethodNotAllowedError,
    UnknownPathError,
    UnsupportedMediaTypeError,
)
from function.model import Training
from function.scoring import Scorer
from function.settings import Settings

Handler = Callable[[Request], Awaitable[Response]]

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
    features: list[str]
    training: Training


class Health(msgspec.Struct):
    """What the health paths say."""

    status: str


def application(scorer: Scorer, settings: Settings) -> Handler:
    """Make the function that answers every request.

    Parameters
    ----------
    scorer
        The model.
    settings
        The limits, and the revision's name.

    Returns
    -------
    Handler
        It raises nothing that a client could cause.
    """
    score = _scoring_handler(scorer, settings)
    routes = {
        "/": (SCORING_METHODS, score),
        "/model": (READING_METHODS, _fixed(_card(scorer, settings))),
        "/health/live": (READING_METHODS, _fixed(Health("live"))),
        "/health/ready": (READING_METHODS, _fixed(Health("ready"))),
    }

    async def answer(request: Request) -> Response:
        try:
            methods, handler = _found(routes, request.scope["path"])
            if request.method not in methods:
                raise _method_not_allowed(request, methods)
            return await handler(request)
        except InputError as error:
            return problem_response(error)
        except ClientDisconnect:
            return Response(status_code=CLIENT_CLOSED_REQUEST)

    return answer


Route = tuple[tuple[str, ...], Handler]


def _found(routes: dict[str, Route], path: str) -> Route:
    try:
        return routes[path]
    except KeyError:
        known = ", ".join(routes)
        raise UnknownPathError(f"The paths of this service are {known}.") from None


def _method_not_allowed(request: Request, methods: tuple[str, ...]) -> MethodNotAllowedError:
    allowed = " and ".join(methods)
    path = request.scope["path"]
    return MethodNotAllowedError(f"{path} takes {allowed}, not {request.method}.", methods)


def _scoring_handler(scorer: Scorer, settings: Settings) -> Handler:
    async def score(request: Request) -> Response:
        headers: list[tuple[bytes, bytes]] = request.scope["headers"]
        media_type = media_type_of(dict(headers).get(b"content-type", b"").decode("latin-1"))
        structured = media_type == events.STRUCTURED_MEDIA_TYPE
        body = await read_body(request, settings.max_body_bytes)
        if structured or is_binary_event(headers):
            return events.score_event(
                scorer, settings.revision, request, body, structured=structured
            )
        if media_type == transactions.MEDIA_TYPE:
            return transactions.score_transactions(scorer, request, body)
        raise UnsupportedMediaTypeError(
            f'The content type is "{media_type[:40]}"; {transactions.MEDIA_TYPE}, '
            f"{events.STRUCTURED_MEDIA_TYPE} or a binary CloudEvent was expected."
        )

    return score


def _card(scorer: Scorer, settings: Settings) -> ModelCard:
    model = scorer.model
    return ModelCard(
        model.name,
        model.version,
        model.digest,
        settings.revision,
        model.threshold,
        [feature.name for feature in model.features],
        model.training,
    )


def _fixed(content: object) -> Handler:
    """Make a handler that answers always the same, encoded once."""
    encoded = msgspec.json.encode(content)

    async def answer(_request: Request) -> Response:
        return Response(encoded, media_type="application/json")

    return answer
