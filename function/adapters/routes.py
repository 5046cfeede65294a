"""What a path answers: the form in which the adapters give their paths to `application`."""

from collections.abc import Awaitable, Callable, Mapping

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from function.adapters.requests import read_body

Handler = Callable[[Request], Awaitable[Response]]

READING_METHODS = ("GET", "HEAD")
SCORING_METHODS = ("POST",)


class Route(msgspec.Struct, frozen=True):
    """What answers at a path.

    Attributes
    ----------
    methods
        Those that it takes.
    handler
        What answers; it may raise any `InputError`.
    """

    methods: tuple[str, ...]
    handler: Handler


Routes = Mapping[str, Route]


def fixed(content: bytes, media_type: str = "application/json", body_limit: int = 1024) -> Route:
    """Make a route that answers always the same.

    Parameters
    ----------
    content
        The body of the answer.
    media_type
        Its content type.
    body_limit
        The largest body that a request may bring for nothing, in bytes.

    Returns
    -------
    Route
        For reading.
    """

    async def answer(request: Request) -> Response:
        await read_body(request, body_limit)
        return Response(content, media_type=media_type)

    return Route(READING_METHODS, answer)
