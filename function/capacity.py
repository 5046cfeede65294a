"""How much one server holds at one time; `direct` and `http_protocol` ask, `server` makes it.

What is more is refused with 503 and Retry-After, so that a client can come again or a proxy go
elsewhere, and what is held is still answered. Without this, memory would end before patience does.
"""

from contextlib import suppress

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send
from uvicorn._types import ASGI3Application

from function.adapters.problems import problem_response
from function.errors import OverloadedError


class Capacity:
    """The bounds of one server, and how much of them is taken.

    Parameters
    ----------
    most_connections
        How many connections may be open, 1 or more.
    most_bytes
        How many bytes of bodies that do not come in one piece may be held, of all requests
        together, 1 or more.
    most_of_one
        How many bytes of one body are held, at most `most_bytes`: what is longer is thrown away by
        whoever reads it.
    """

    def __init__(self, most_connections: int, most_bytes: int, most_of_one: int) -> None:
        self._most_connections = most_connections
        self._most_bytes = most_bytes
        self._most_of_one = most_of_one
        self._bytes = 0

    def is_exceeded_by(self, connections: int) -> bool:
        """Tell whether so many connections are too many.

        Parameters
        ----------
        connections
            How many are open.

        Returns
        -------
        bool
        """
        return connections > self._most_connections

    async def refuse(self, request: Request) -> Response:
        """Answer a request on a connection too many.

        Parameters
        ----------
        request
            It is read to its end and thrown away first: to a proxy that is answered while it still
            sends, its connection is broken, and the next request on that one is lost.

        Returns
        -------
        Response
            A problem.
        """
        with suppress(ClientDisconnect):
            async for _ in request.stream():
                pass
        detail = f"More than {self._most_connections} connections are open. Try again."
        return problem_response(OverloadedError(detail), request.scope["path"])

    def bounded(self, application: ASGI3Application) -> ASGI3Application:
        """Count the bytes of a body that an application keeps until it answers.

        Parameters
        ----------
        application
            What reads the body. It is told of an overload by OverloadedError, and lets go of what
            it has read before it answers.

        Returns
        -------
        ASGI3Application
            It answers once the whole body has come, whatever the answer, for the reason that
            `read_body` gives.
        """

        async def count(scope: Scope, receive: Receive, send: Send) -> None:
            size, unread, too_long = 0, False, False

            async def counted() -> Message:
                nonlocal size, unread, too_long
                message = await receive()
                length = len(message.get("body", b""))
                too_long = too_long or size + length > self._most_of_one
                if too_long:
                    self._bytes, size = self._bytes - size, 0
                    return message
                if self._bytes + length > self._most_bytes:
                    self._bytes, size = self._bytes - size, 0
                    unread = message.get("more_body", False)
                    raise OverloadedError(
                        f"More than {self._most_bytes} bytes came at once. Try again."
                    )
                self._bytes, size = self._bytes + length, size + length
                return message

            async def send_at_the_end(message: Message) -> None:
                nonlocal unread
                while unread:
                    unread = (await receive()).get("more_body", False)
                await send(message)

            try:
                await application(scope, counted, send_at_the_end)  # type: ignore[arg-type]
            finally:
                self._bytes -= size

        return count  # type: ignore[return-value]
