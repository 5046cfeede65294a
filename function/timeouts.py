"""How long a connection may take; `http_protocol` asks, and `server` makes the guard of a server.

One look at all connections each second costs less than a timer for each request.
"""

import asyncio
import enum
import math
from typing import Protocol

SWEEP_S = 1
CROWDED_IDLE_S = 1
"""How long a connection may be idle where there are as many as there may be."""

WHOLE_BODY = 10
"""A body that comes slowly but steadily may take this many times the limit for a part of it."""

LINGER_S = 2
"""How long what a refused client still sends is thrown away: a connection that is closed with
bytes unread is reset, and the client would see that and not the answer."""


class Phase(enum.Enum):
    """What a connection waits for."""

    IDLE = "There was no request"
    HEAD = "The request line and the headers did not come"
    BODY = "No more of the body came"
    ANSWER = "There was no answer"
    REFUSED = "The client did not take the refusal"
    CLOSING = "The client did not take the rest of its answer"


class Watched(Protocol):
    """A connection, as far as it is looked at."""

    loop: asyncio.AbstractEventLoop
    connections: set["Watched"]

    def look(self, now: float) -> None:
        """End the connection where its client has taken too long; `now` is the loop's time."""


class Guard:
    """Looks at all connections of one server.

    Parameters
    ----------
    upload_timeout_s
        How long a client may send nothing of a body, or take nothing of a last answer, in seconds,
        0 or more; a head has to be there in a third of that.
    keep_alive_s
        How long a connection may be idle, in seconds, 0 or more.
    most_connections
        At how many connections those that are idle have to make room, 1 or more.

    Attributes
    ----------
    limits
        How long each phase may last, in seconds.
    whole_body_s
        How long a body may take that is not answered while it comes, in seconds.
    ending
        Whether the server takes leave: every connection closes with its next answer.
    """

    def __init__(self, upload_timeout_s: float, keep_alive_s: float, most_connections: int) -> None:
        self._keep_alive_s, self._most_connections = keep_alive_s, most_connections
        self.limits = {
            Phase.IDLE: keep_alive_s,
            Phase.HEAD: upload_timeout_s / 3,
            Phase.BODY: upload_timeout_s,
            Phase.ANSWER: math.inf,
            Phase.REFUSED: LINGER_S,
            Phase.CLOSING: upload_timeout_s,
        }
        self.whole_body_s = WHOLE_BODY * upload_timeout_s
        self._sweeping = False
        self.ending = False

    def watch(self, connection: "Watched") -> None:
        """See that a connection is looked at, with all others of its server.

        Parameters
        ----------
        connection
            A new one.
        """
        if not self._sweeping:
            self._sweeping = True
            connection.loop.call_later(
                SWEEP_S, self._sweep, connection.loop, connection.connections
            )

    def _sweep(self, loop: asyncio.AbstractEventLoop, connections: set["Watched"]) -> None:
        now, crowded = loop.time(), len(connections) >= self._most_connections
        self.limits[Phase.IDLE] = CROWDED_IDLE_S if crowded else self._keep_alive_s
        for connection in tuple(connections):
            connection.look(now)
        self._sweeping = bool(connections)
        if self._sweeping:
            loop.call_later(SWEEP_S, self._sweep, loop, connections)
