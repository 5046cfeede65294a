"""Keeps a number of requests under way; `benchmark.phases` calls it.

Each client asks, waits for its answer and asks again, so that as many requests are under way as
there are clients (a closed loop). Every request is written down, because a cluster's numbers mean
something only over time. The load shares the machine with what it measures, so this client does
next to nothing: it sends the same bytes and reads the status and the length of the answer.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import cast
from urllib.parse import urlsplit

import uvloop

from benchmark.posts import Post
from benchmark.raw import bytes_of, status_of
from benchmark.stages import BROKEN, HOLD_S, OK, Requests, Stage

TICK_S = 0.005
"""How often clients join: one may join this much late."""

LOOK_S = 0.5
"""How often a stage is asked whether it ends."""

GRACE_S = 60.0
"""How long answers are waited for at the end."""

AGAIN_S = 0.1
"""How long a client waits after its connection was refused or broken."""


def put_crowd(url: str, post: Post, stages: Sequence[Stage]) -> Requests:
    """Let clients come and go.

    Parameters
    ----------
    url
        Where to, http or https, without a path.
    post
        What each of them asks.
    stages
        One after the other.

    Returns
    -------
    Requests
        Those that were sent; all are answered or lost.
    """
    crowd = _Crowd(url, post, stages)
    uvloop.run(crowd.run(stages))
    return crowd.found


class _Crowd:
    """Lets clients join and leave, and writes down what they tell."""

    def __init__(self, url: str, post: Post, stages: Sequence[Stage]) -> None:
        parts = urlsplit(url)
        self._host, self._secure = parts.hostname or "", parts.scheme == "https"
        self._port = parts.port or (443 if self._secure else 80)
        headed = Post(post.body, post.path, post.content_type, {"Host": parts.netloc})
        request = bytes_of(headed)
        self.parts = request[: -len(post.body) // 2], request[-len(post.body) // 2 :]
        self.found = Requests()
        self.clients, self.stage = 0, stages[0]
        self.connected: set[_Client] = set()
        self._open: dict[int, asyncio.Task[None]] = {}

    async def run(self, stages: Sequence[Stage]) -> None:
        busy = time.process_time()
        for self.stage in stages:
            self.found.stages_s.append(time.perf_counter())
            await self._stage(self.stage, self.clients)
        self.clients = 0
        await self._finish()
        self.found.stages_s.append(time.perf_counter())
        self.found.client_s = time.process_time() - busy

    async def _stage(self, stage: Stage, before: int) -> None:
        began = looked = time.perf_counter()
        while (past := (now := time.perf_counter()) - began) < stage.seconds:
            if past > stage.ramp_s and now - looked > LOOK_S:
                looked = now
                if stage.until():
                    break
            self.clients = stage.clients_after(before, past)
            for number in range(self.clients):
                if number not in self._open:
                    self._open[number] = asyncio.create_task(self._client(number))
            await asyncio.sleep(TICK_S)

    async def _finish(self) -> None:
        """Wait for the last answers; those that do not come are lost with their connections."""
        if tasks := list(self._open.values()):
            await asyncio.wait(tasks, timeout=GRACE_S)
        for client in list(self.connected):
            client.abort()
        await asyncio.gather(*tasks)

    async def _client(self, number: int) -> None:
        """Stay as long as wanted; come again with a new connection where the old one broke."""
        while number < self.clients:
            client = _Client(self, number)
            try:
                await asyncio.get_running_loop().create_connection(
                    lambda client=client: client, self._host, self._port, ssl=self._secure or None
                )
            except OSError:
                self.note(time.perf_counter(), BROKEN)
            else:
                await client.left
            await asyncio.sleep(AGAIN_S)
        del self._open[number]

    def note(self, sent: float, status: int) -> None:
        self.found.sent_s.append(sent)
        self.found.ended_s.append(time.perf_counter())
        self.found.statuses.append(status)


class _Client(asyncio.Protocol):
    """One connection: it asks, reads just enough of the answer, and asks again."""

    def __init__(self, crowd: _Crowd, number: int) -> None:
        self._crowd, self._number = crowd, number
        self._loop = asyncio.get_running_loop()
        self.left: asyncio.Future[None] = self._loop.create_future()
        self._sent = 0.0
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by its class
        self._crowd.connected.add(self)
        self._ask()

    def abort(self) -> None:
        self._transport.abort()

    def _ask(self) -> None:
        if self._transport.is_closing():
            return
        if self._number >= self._crowd.clients:
            self._transport.close()
            return
        head, tail = self._crowd.parts
        self._received, self._sent = b"", time.perf_counter()
        if self._number < self._crowd.stage.slow:
            self._transport.write(head)
            self._loop.call_later(HOLD_S, self._finish, tail)
        else:
            self._transport.write(head + tail)

    def _finish(self, tail: bytes) -> None:
        if not self._transport.is_closing():
            self._sent = time.perf_counter()
            self._transport.write(tail)

    def data_received(self, data: bytes) -> None:
        self._received += data
        status = status_of(self._received)
        if status is None or not self._sent:
            return
        self._crowd.note(self._sent, status)
        self._sent = 0.0
        if status != OK:  # the server may close the connection, and is to be spared
            self._transport.close()
        elif pause := self._crowd.stage.pause_s:
            self._loop.call_later(pause, self._ask)
        else:
            self._ask()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  asyncio gives it
        self._crowd.connected.discard(self)
        if self._sent:
            self._crowd.note(self._sent, BROKEN)
        self.left.set_result(None)
