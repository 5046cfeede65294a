"""Answers a request that is all there at once; `server` gives it to uvicorn.

uvicorn starts a task for each request as soon as its head is there, and sends the answer in parts.
But a short request comes in one piece, and a function that scores it has nothing to wait for: here
it is called as soon as the request is whole, and its answer is written in one piece. All else goes
uvicorn's own way.
"""

from collections.abc import Callable, Coroutine, Generator
from types import coroutine
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from function.adapters.requests import headers_of
from function.adapters.routes import OPEN_PATHS
from function.adapters.streams import MEDIA_TYPES
from function.timed_protocol import TimedProtocol

Endpoint = Callable[[Request], Coroutine[Any, Any, Response]]

SHORT = 64 * 1024
"""Bytes of a body; of longer ones it is faster to read one after the other, as uvicorn does."""

STREAMS = tuple(media_type.encode() for media_type in MEDIA_TYPES)
"""What is answered before it has all come."""


class DirectApplication:
    """An ASGI application that is no more than an endpoint.

    Parameters
    ----------
    endpoint
        What answers.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, as an ASGI application does."""
        response = await self.endpoint(Request(scope, receive))
        await response(scope, receive, send)


class DirectProtocol(TimedProtocol):
    """A connection whose short requests are answered at once; its application is a direct one."""

    app: DirectApplication
    _incomplete: RequestResponseCycle | None = None

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        if not _is_short(cycle):
            super()._start_asgi_task(
                cycle, app if _is_stream(cycle) else self._capacity.bounded(app)
            )
        elif cycle.more_body:
            self._incomplete = cycle
        else:  # it was kept until the one before it was answered
            self.loop.call_soon(self._answer_at_once, cycle)

    def _check_crowd(self) -> None:
        """Refuse what comes on a connection too many.

        Those who ask for health are answered: to be busy is no reason to be started anew.
        """
        super()._check_crowd()
        refused = self._is_too_many and self.url.decode("latin-1") not in OPEN_PATHS
        own: DirectApplication = self.config.loaded_app
        self.app = DirectApplication(self._capacity.refuse) if refused else own

    def on_message_complete(self) -> None:
        """Answer a short request."""
        super().on_message_complete()
        cycle, self._incomplete = self._incomplete, None
        if cycle is not None:
            self._answer_at_once(cycle)

    def _answer_at_once(self, cycle: RequestResponseCycle) -> None:
        if self.transport.is_closing():
            return
        running = self.app.endpoint(Request(cycle.scope, cycle.receive))  # type: ignore[arg-type]
        try:
            waiting_for = running.send(None)
        except StopIteration as done:
            self._respond(cycle, done.value)
        except Exception as error:  # noqa: BLE001  what uvicorn does with it
            self._continue(cycle, _raised(error))
        else:
            self._continue(cycle, _resumed(running, waiting_for))

    def _respond(self, cycle: RequestResponseCycle, response: Response) -> None:
        if type(response) is not Response:  # a stream, or something runs afterwards
            self._continue(cycle, _returned(response))
            return
        self._write(
            response,
            closing=not cycle.keep_alive,
            with_body=cycle.scope["method"] != "HEAD",
        )
        cycle.response_started = cycle.response_complete = True
        if not cycle.keep_alive:
            self.transport.close()
        self.on_response_complete()

    def _continue(self, cycle: RequestResponseCycle, rest: Coroutine[Any, Any, Response]) -> None:
        """Let uvicorn do what is left."""

        async def application(scope: Scope, receive: Receive, send: Send) -> None:
            response = await rest
            await response(scope, receive, send)

        super()._start_asgi_task(cycle, application)  # type: ignore[arg-type]


def _is_short(cycle: RequestResponseCycle) -> bool:
    if cycle.waiting_for_100_continue:
        return False
    headers = headers_of(cycle.scope)  # type: ignore[arg-type]  # a TypedDict is one
    return (
        int(headers.get(b"content-length", 0)) <= SHORT
        and b"transfer-encoding" not in headers
        and not headers.get(b"content-type", b"").startswith(STREAMS)
    )


def _is_stream(cycle: RequestResponseCycle) -> bool:
    """Tell whether it is answered while it comes, so that nothing of it is held."""
    content_type = headers_of(cycle.scope).get(b"content-type", b"")  # type: ignore[arg-type]
    return content_type.startswith(STREAMS)


async def _returned(response: Response) -> Response:
    return response


async def _raised(error: Exception) -> Response:
    raise error


@coroutine
def _resumed(
    running: Coroutine[Any, Any, Response], waiting_for: object
) -> Generator[object, Any, Response]:
    """Go on with a coroutine that has begun to wait; where this is cancelled, so is that."""
    while True:
        sent = yield waiting_for
        try:
            waiting_for = running.send(sent)
        except StopIteration as done:
            response: Response = done.value
            return response
