"""How long a connection may take, and how it ends; `timeouts` looks at it, `ending` ends it.

A client that stops in the middle of a request, or does not take its answer, would hold the server.
"""

import asyncio
from typing import Any

from uvicorn.config import Config
from uvicorn.server import ServerState

from function.capacity import Capacity
from function.errors import UploadTimeoutError
from function.http_protocol import LimitedProtocol
from function.timeouts import Guard, Phase


class TimedProtocol(LimitedProtocol):
    """One connection, whose guard looks at it.

    Parameters
    ----------
    guard, capacity, config, server_state, app_state, _loop
        As those of `LimitedProtocol`.
    """

    def __init__(
        self,
        guard: Guard,
        capacity: Capacity,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(guard, capacity, config, server_state, app_state, _loop)
        self._awaited: object = None
        self._since = 0.0
        self._coming, self._coming_since = self.cycle, 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin, as asyncio calls it."""
        super().connection_made(transport)
        self._guard.watch(self)

    def look(self, now: float) -> None:
        """End the connection where its client has taken too long.

        Parameters
        ----------
        now
            The event loop's time, in seconds.
        """
        phase = self._phase()
        if phase is Phase.BODY and self._is_too_long_in_coming(now):
            self._end(
                UploadTimeoutError(f"The body took more than {self._guard.whole_body_s:g} s.")
            )
            return
        awaited = phase, self._sign_of_life(phase)
        if awaited != self._awaited:
            self._awaited, self._since = awaited, now
        elif now - self._since > self._guard.limits[phase]:
            self._time_is_up(phase)

    def _is_too_long_in_coming(self, now: float) -> bool:
        if self._coming is not self.cycle:
            self._coming, self._coming_since = self.cycle, now
        late = now - self._coming_since > self._guard.whole_body_s
        return late and not self.cycle.response_started

    def _sign_of_life(self, phase: Phase) -> object:
        """Return what differs from the last time where the client has gone on."""
        if phase is Phase.HEAD:
            return id(self.scope)  # it has its time from its first byte on, not from its last
        if phase is Phase.CLOSING:
            return self.transport.get_write_buffer_size()
        return None if phase is Phase.REFUSED else self._received

    def _phase(self) -> Phase:
        if self._refused:
            return Phase.REFUSED
        if self.transport.is_closing():
            return Phase.CLOSING
        cycle = self.cycle
        if cycle is None or cycle.response_complete:
            begun = self.scope is not None and (cycle is None or cycle.scope is not self.scope)
            return Phase.HEAD if begun else Phase.IDLE
        # Where our own answers are not taken, or we do not read, the client waits for us.
        blocked = self.flow.read_paused or self.flow.write_paused
        return Phase.BODY if cycle.more_body and not blocked else Phase.ANSWER

    def end_after_answer(self) -> bool:
        """Close the connection with the answer that is under way, if it can still say so.

        Where the head of the answer is gone already, as a stream's is, the client may ask again on
        this connection as soon as the answer ends, and the next answer says that it is the last.

        Returns
        -------
        bool
            Whether an answer is under way.
        """
        if self.cycle is None or self.cycle.response_complete:
            return False
        if not self.cycle.response_started:
            self.cycle.keep_alive = False
        return True

    def close_if_idle_for(self, seconds: float, now: float) -> None:
        """Close the connection if nothing was asked on it for a while.

        Parameters
        ----------
        seconds
            How long.
        now
            The event loop's time, in seconds.
        """
        unchanged = self._awaited == (Phase.IDLE, self._received)
        if unchanged and now - self._since > seconds and self._phase() is Phase.IDLE:
            self.transport.close()

    def shutdown(self) -> None:
        """End, as uvicorn calls it, but not in the middle of a request's head."""
        if self._phase() is not Phase.HEAD:
            super().shutdown()

    def _time_is_up(self, phase: Phase) -> None:
        if phase in (Phase.REFUSED, Phase.CLOSING):
            self.transport.abort()
        elif phase is Phase.IDLE:
            self.transport.close()
        else:
            limit = self._guard.limits[phase]
            self._end(UploadTimeoutError(f"{phase.value} within {limit:g} s."))
