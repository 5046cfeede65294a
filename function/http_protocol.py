"""HTTP/1.1 with limits: what uvicorn's protocol leaves open, a client could use to hold a server.

`server` gives it to uvicorn. A head that is too large or too slow, an upload that stops, and bytes
that are no HTTP are answered with application/problem+json, as everything else is; then the
connection ends. https://www.rfc-editor.org/rfc/rfc6585 and rfc9110 say what the codes mean.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import httptools
from starlette.responses import Response
from uvicorn._types import ASGI3Application
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)
from uvicorn.server import ServerState

from function.adapters.problems import problem_response
from function.capacity import Capacity
from function.errors import (
    HeadTooLargeError,
    InputError,
    MalformedRequestError,
)
from function.timeouts import Guard, Watched

MOST_HEADERS = 100
MOST_HEAD_BYTES = 32 * 1024
"""Of the request line and the headers."""

MOST_QUEUED = 100
"""Requests that a client may send on a connection ahead of their answers."""

SLICE = 16 * 1024
"""Bytes of a head given to the parser at once: it keeps an unfinished header, however long."""


class _LeavingTransport:
    """As much of a transport as uvicorn's answers use, with another way to close it."""

    def __init__(self, transport: asyncio.Transport, close: Callable[[], None]) -> None:
        self.write, self.is_closing = transport.write, transport.is_closing
        self.close = close


class LimitedProtocol(HttpToolsProtocol):
    """One connection.

    Parameters
    ----------
    guard, capacity
        Those of its server.
    config, server_state, app_state, _loop
        As uvicorn gives them.
    """

    connections: set[Watched]  # type: ignore[assignment]

    def __init__(
        self,
        guard: Guard,
        capacity: Capacity,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._guard, self._capacity = guard, capacity
        self._is_too_many = False
        self._refusal: InputError | None = None
        self._deaf, self._refused = False, False
        self._unfinished, self._may_be_large = 0, False
        self._received = 0
        self._running: RequestResponseCycle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin, as asyncio calls it."""
        super().connection_made(transport)
        self._is_too_many = self._capacity.is_exceeded_by(len(self.connections))

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._running = cycle
        cycle.transport = _LeavingTransport(self.transport, self._leave)  # type: ignore[assignment]
        super()._start_asgi_task(cycle, app)

    def connection_lost(self, exc: Exception | None) -> None:
        """End, as asyncio calls it."""
        self._let_go()
        super().connection_lost(exc)

    def _let_go(self) -> None:
        """Tell what is still answering that nobody listens: uvicorn tells the last request only."""
        if self._running is not None and not self._running.response_complete:
            self._running.disconnected = True
            self._running.message_event.set()

    def data_received(self, data: bytes) -> None:
        """Take what the client sent, as asyncio calls it."""
        self._received += len(data)
        if len(data) <= SLICE or self._is_in_body():
            self._feed(data)
            return
        for start in range(0, len(data), SLICE):
            self._feed(data[start : start + SLICE])

    def _is_in_body(self) -> bool:
        cycle = self.cycle
        return cycle is not None and cycle.more_body and cycle.scope is self.scope

    def _feed(self, data: bytes) -> None:
        if self._deaf:
            return
        self._may_be_large = self._unfinished > 0 or len(data) > MOST_HEAD_BYTES
        scope, cycle = self.scope, self.cycle
        length, more = (len(cycle.body), cycle.more_body) if cycle is not None else (0, False)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            pass  # to nothing: the request is answered as any other
        except httptools.HttpParserError:
            self._end(self._refusal or MalformedRequestError("These bytes are not HTTP/1.1."))
            return
        begun = self.scope is not scope or self.cycle is not cycle
        ended = more and not cycle.more_body  # and may have been answered, so that nothing is left
        if begun or ended or (cycle is not None and len(cycle.body) > length):
            self._unfinished = 0
        else:  # it is of a head or of trailers, or stands between the chunks of a body
            self._check_unfinished(len(data))

    def _check_unfinished(self, size: int) -> None:
        self._unfinished += size
        if self._unfinished > MOST_HEAD_BYTES or len(self.headers or ()) > MOST_HEADERS:
            self._end(HeadTooLargeError(MOST_HEADERS, MOST_HEAD_BYTES))

    def on_body(self, body: bytes) -> None:
        """Take a part of a body, as the parser calls it.

        uvicorn copies it into a bytearray and out of that again. The first one, which mostly is all
        that comes at once, is taken as it is: nothing added to bytes, and bytes of bytes, are they
        themselves.
        """
        cycle = self.cycle
        if not cycle.body:
            cycle.body = b""  # type: ignore[assignment]
        elif isinstance(cycle.body, bytes):
            cycle.body = bytearray(cycle.body)
        super().on_body(body)

    def on_headers_complete(self) -> None:
        """Begin to answer, as the parser calls it."""
        if len(self.headers) > MOST_HEADERS or (self._may_be_large and self._is_head_too_large()):
            self._refuse(HeadTooLargeError(MOST_HEADERS, MOST_HEAD_BYTES))
        if self._is_too_many:
            self._check_crowd()
        if len(self.pipeline) >= MOST_QUEUED:
            detail = f"More than {MOST_QUEUED} requests were sent ahead of their answers."
            self._refuse(MalformedRequestError(detail))
        super().on_headers_complete()
        if self._is_too_many or self._guard.ending:
            self.cycle.keep_alive = False

    def _check_crowd(self) -> None:
        """See whether a connection that was one too many still is; `direct` refuses it."""
        self._is_too_many = self._capacity.is_exceeded_by(len(self.connections))

    def _is_head_too_large(self) -> bool:
        sizes = (len(name) + len(value) + len(": \r\n") for name, value in self.headers)
        return len(self.url) + sum(sizes) > MOST_HEAD_BYTES

    def _refuse(self, error: InputError) -> None:
        """Stop the parser; `_feed` goes on from there."""
        self._refusal = error
        raise error

    def _end(self, error: InputError) -> None:
        """Take no more of this client, and say why where an answer can still be given."""
        # Its traceback would hold this connection, which holds it: a ring that stays in memory.
        self._deaf, self._refusal = True, error.with_traceback(None)
        cycle = self.cycle
        if cycle is None or cycle.response_complete:
            self._answer(error)
        elif cycle.scope is not self.scope or not cycle.more_body:
            # What came before, and is whole, is still to be answered.
            cycle.keep_alive = False
        elif self.pipeline:
            pass  # so it is here, and then it is this one's turn to be refused
        elif cycle.response_started:
            self._let_go()
            self.transport.close()
        else:
            self._answer(error)
            cycle.disconnected, cycle.waiting_for_100_continue = True, False
            cycle.message_event.set()

    def _answer(self, error: InputError) -> None:
        # Whatever the path was: it may not have been read.
        self._write(problem_response(error, ""), closing=True)
        self._linger()

    def _leave(self) -> None:
        """Close after an answer, which a client that still sends has to have taken first."""
        if self._running is not None and self._running.more_body:
            self._deaf = True
            self._linger()
        else:
            self.transport.close()

    def _linger(self) -> None:
        """Say no more, and throw away what still comes: https://www.rfc-editor.org/rfc/rfc9112 9.6.

        A connection that is closed with bytes unread is reset, and the answer lost with it.
        """
        self.transport.write_eof()
        self.flow.resume_reading()
        self._refused = True

    def _write(self, response: Response, *, closing: bool, with_body: bool = True) -> None:
        """Write an answer in one piece."""
        headers = [*self.server_state.default_headers, *response.raw_headers]
        if closing:
            headers.append((b"connection", b"close"))
        head = b"\r\n".join(map(b": ".join, headers))
        body = bytes(response.body) if with_body else b""
        self.transport.write(b"".join((STATUS_LINE[response.status_code], head, b"\r\n\r\n", body)))

    def on_response_complete(self) -> None:
        """Go on to the next request, as uvicorn calls it, but without a timer for each."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if not self.pipeline:
            return
        cycle, app = self.pipeline.pop()
        if self._refusal and cycle.more_body:
            self._answer(self._refusal)
        else:
            self._start_asgi_task(cycle, app)
