"""What a path answers: the form in which the adapters give their paths to `application`."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from function.adapters.requests import read_body

if TYPE_CHECKING:
    from function.adapters.operations import Operation

Handler = Callable[[Request], Awaitable[Response]]
Describe = Callable[[], "Operation"]

READING_METHODS = ("GET", "HEAD")
SCORING_METHODS = ("POST",)
OPEN_PATHS = frozenset(
    ("/health/live", "/health/ready", "/v2/health/live", "/v2/health/ready"),
)
"""Those that need no key where the service has keys, because Kubernetes asks them."""


class Route(msgspec.Struct, frozen=True):
    """What answers at a path.

    Attributes
    ----------
    methods
        Those that it takes.
    handler
        What answers; it may raise any `InputError`.
    describe
        What says what the path takes and gives. It is called when the document is first asked for,
        and loads then what only the document needs, `operations` to begin with: that would take
        two milliseconds of the start.
    """

    methods: tuple[str, ...]
    handler: Handler
    describe: Describe


Routes = Mapping[str, Route]


def fixed(content: bytes, describe: Describe, body_limit: int) -> Route:
    """Make a route that answers always the same.

    Parameters
    ----------
    content
        The body of the answer, JSON.
    describe
        What says so.
    body_limit
        The largest body that a request may bring for nothing, in bytes.

    Returns
    -------
    Route
        For reading.
    """

    async def answer(request: Request) -> Response:
        await read_body(request, body_limit)
        return Response(content, media_type="application/json")

    return Route(READING_METHODS, answer, describe)
