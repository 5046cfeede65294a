"""How the server ends; `server` runs it.

uvicorn closes every idle connection as soon as it is told to end. A request that is on its way on
one of them is lost then: its client sees a reset, and cannot tell whether it was served. Here the
server first goes on for a moment, and every answer says that it is the connection's last, so that
clients which are in the middle of a conversation leave by themselves.

On Knative nothing of this is seen as a rule: there the queue-proxy holds SIGTERM back until it has
not been asked for 30 s. What is under way then are long streams.
"""

import asyncio
import socket
from collections.abc import Callable

import uvicorn

from function.timed_protocol import TimedProtocol
from function.timeouts import Guard

QUIET_S = 1
"""What was not used for so long is closed first: proxies take the connection used last, so nothing
is on its way on the others as long as there is one. The rest is closed when none was used for so
long."""

LEAVE_S = 5
"""But at the latest after this long. A client that went on all the time has by then opened a new
connection for each request, and none of those is idle."""

LOOK_S = 0.02


class EndingServer(uvicorn.Server):
    """A server that takes leave of its clients.

    Parameters
    ----------
    config
        uvicorn's.
    guard
        That of its connections.
    """

    def __init__(self, config: uvicorn.Config, guard: Guard) -> None:
        super().__init__(config)
        self._guard = guard

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End, as uvicorn calls it.

        Parameters
        ----------
        sockets
            As uvicorn gives them.
        """
        self._guard.ending = True
        connections: set[TimedProtocol] = self.server_state.connections  # type: ignore[assignment]
        held = {each for each in connections if each.end_after_answer()}
        quiet = self._quiet()

        def is_in_use() -> bool:
            for each in tuple(connections):
                each.close_if_idle_for(QUIET_S, self._now())
            return bool(held & connections) or (bool(connections) and not quiet())

        await self._wait(is_in_use)
        for server in self.servers:
            server.close()
        end = self._now() + QUIET_S
        # Whoever has just connected is about to ask.
        await self._wait(lambda: any(map(_is_new, connections)) and self._now() < end)
        await super().shutdown(sockets)

    def _quiet(self) -> Callable[[], bool]:
        """Return what tells whether the clients have said no more for a while, or long enough."""
        answered, since = self.server_state.total_requests, self._now()
        end = since + LEAVE_S

        def quiet() -> bool:
            nonlocal answered, since
            if self.server_state.total_requests != answered:
                answered, since = self.server_state.total_requests, self._now()
            return self._now() > min(end, since + QUIET_S)

        return quiet

    async def _wait(self, condition: Callable[[], bool]) -> None:
        await _take_up()
        while not self.force_exit and condition():
            await asyncio.sleep(LOOK_S)
            await _take_up()

    def _now(self) -> float:
        return asyncio.get_running_loop().time()


async def _take_up() -> None:
    """Let the loop read what has come: it looks at its timers before it looks at its sockets.

    A connection that is closed with a request unread is reset.
    """
    for _ in range(2):
        await asyncio.sleep(0)


def _is_new(connection: TimedProtocol) -> bool:
    return connection.cycle is None
