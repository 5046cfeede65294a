"""Sends requests at a steady rate, whatever the server does; `benchmark.soak` calls it.

Requests are due at equal distances. One that is due waits for a free connection, and its time
counts from when it was due, so that a server that stalls does not hide it (Gil Tene calls the
mistake coordinated omission).
"""

import asyncio
import time
from array import array
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import urlsplit

import uvloop

from benchmark.errors import LoadError
from benchmark.raw import Kind, status_of

CONNECTIONS = 32
TICK_S = 0.001
"""How often what is due is sent; a request may be this much late."""

GRACE_S = 10
"""How long answers are waited for at the end."""

BROKEN = 0
"""Stands for a status where there was none: the connection was closed before the answer."""


@dataclass
class Steady:
    """What came of it.

    Attributes
    ----------
    due
        How many requests were due.
    duration_s
        How long it took.
    client_s
        The processor time that the client took.
    statuses
        How often each kind was answered with each status, by kind and status.
    times_ms
        From when a request was due to its answer: an array for each equal part of the time.
    """

    due: int = 0
    duration_s: float = 0.0
    client_s: float = 0.0
    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    times_ms: list["array[float]"] = field(default_factory=list)


def send_steadily(
    address: str, kinds: Iterator[Kind], rate: float, seconds: float, parts: int
) -> Steady:
    """Send requests at a rate.

    Parameters
    ----------
    address
        Where to, without a path.
    kinds
        What is sent next; it does not end.
    rate
        Requests per second.
    seconds
        For how long.
    parts
        Into how many equal parts of the time the answers' times are kept apart.

    Returns
    -------
    Steady

    Raises
    ------
    LoadError
        If the server cannot be reached.
    """
    sender = _Sender(kinds, rate, seconds, parts)
    try:
        uvloop.run(sender.run(address))
    except OSError as error:
        raise LoadError(f"{address} cannot be reached: {error}.") from None
    return sender.found


class _Sender:
    """Gives what is due to connections that are free."""

    def __init__(self, kinds: Iterator[Kind], rate: float, seconds: float, parts: int) -> None:
        self._kinds, self._rate, self._seconds = kinds, rate, seconds
        self.found = Steady(times_ms=[array("f") for _ in range(parts)])
        self._free: deque[_Connection] = deque()
        self._waiting: deque[float] = deque()
        self._open: set[_Connection] = set()
        self._ended = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._host, self._port = "", 0

    async def run(self, address: str) -> None:
        parts = urlsplit(address)
        self._host, self._port = parts.hostname or "", parts.port or 0
        for _ in range(CONNECTIONS):
            await self._connect()
        self._began, busy = time.perf_counter(), time.process_time()
        while (now := time.perf_counter() - self._began) < self._seconds:
            self._make_due(now)
            await asyncio.sleep(TICK_S)
        self.found.duration_s = time.perf_counter() - self._began
        self.found.client_s = time.process_time() - busy
        await self._finish()

    def _make_due(self, now: float) -> None:
        for number in range(self.found.due, int(now * self._rate)):
            self._waiting.append(number / self._rate)
            self.found.due = number + 1
        self._send()

    def _send(self) -> None:
        while self._waiting and self._free:
            self._free.popleft().send(next(self._kinds), self._waiting.popleft())

    async def _finish(self) -> None:
        deadline = time.monotonic() + GRACE_S
        while len(self._free) < len(self._open) and time.monotonic() < deadline:
            await asyncio.sleep(TICK_S)
        self._ended = True
        for connection in list(self._open):
            connection.close()

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        await loop.create_connection(lambda: _Connection(self), self._host, self._port)

    async def _reconnect(self) -> None:
        with suppress(OSError):  # it is gone for good; what is due then stays without an answer
            await self._connect()

    def opened(self, connection: "_Connection") -> None:
        self._open.add(connection)
        self._free.append(connection)
        self._send()

    def answered(self, connection: "_Connection", kind: Kind, due: float, status: int) -> None:
        """Count an answer, and use its connection again."""
        self._count(kind, due, status)
        self._free.append(connection)
        self._send()

    def lost(self, connection: "_Connection", kind: Kind | None, due: float) -> None:
        """Count what was lost with a connection, and open another."""
        self._open.discard(connection)
        if self._ended:
            return
        if kind is None:
            self._free.remove(connection)
        else:
            self._count(kind, due, BROKEN)
        task = asyncio.get_running_loop().create_task(self._reconnect())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _count(self, kind: Kind, due: float, status: int) -> None:
        self.found.statuses[kind.name, status] += 1
        times = self.found.times_ms
        part = min(int(due / self._seconds * len(times)), len(times) - 1)
        times[part].append((time.perf_counter() - self._began - due) * 1000)


class _Connection(asyncio.Protocol):
    """Sends a request and reads just enough of its answer: the status and the length."""

    def __init__(self, sender: _Sender) -> None:
        self._sender = sender
        self._kind: Kind | None = None
        self._due = 0.0
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by its class
        self._sender.opened(self)

    def send(self, kind: Kind, due: float) -> None:
        self._kind, self._due = kind, due
        self._transport.write(kind.request)

    def close(self) -> None:
        self._transport.close()

    def data_received(self, data: bytes) -> None:
        self._received += data
        status = status_of(self._received)
        if status is None or self._kind is None:
            return
        kind, self._kind, self._received = self._kind, None, b""
        self._sender.answered(self, kind, self._due, status)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  asyncio gives it
        self._sender.lost(self, self._kind, self._due)
