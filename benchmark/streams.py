"""Streams many transactions through a server; `benchmark.measuring` calls it.

The client reads while it writes, as the function wants it, and does next to nothing else, so that
it takes less of its core than the function of its own: `StreamLoad.client_busy` says how much.
"""

import http.client
import socket
import time
from dataclasses import dataclass
from threading import Thread
from urllib.parse import urlsplit

import msgspec

from benchmark.errors import LoadError
from benchmark.posts import Post

BUFFER_BYTES = 1 << 18
TIMEOUT_S = 60
PROBLEM = b"status"
"""What stands in the answer to a line that cannot be scored and in no other."""


@dataclass(frozen=True)
class Stream:
    """Lines to be sent.

    Attributes
    ----------
    post
        Its body is what comes first: a CSV header, or nothing.
    lines
        The lines, each with its end.
    count
        How many these are.
    answer_heads
        How many lines the answer has before the first of these is answered.
    """

    post: Post
    lines: bytes
    count: int
    answer_heads: int = 0


class StreamLoad(msgspec.Struct, frozen=True):
    """A stream that was answered.

    Attributes
    ----------
    lines
        How many were sent and answered.
    duration_s
        From the first byte sent to the last one read.
    client_s
        The processor time that the client took for it.
    """

    lines: int
    duration_s: float
    client_s: float

    @property
    def rate(self) -> float:
        """Lines per second."""
        return self.lines / self.duration_s

    @property
    def client_busy(self) -> float:
        """The share of its core that the client took, 0 to 1."""
        return self.client_s / self.duration_s


def put_stream(address: str, stream: Stream, times: int = 1) -> StreamLoad:
    """Send a stream and read its answers meanwhile.

    Parameters
    ----------
    address
        Where to, without the path.
    stream
        What.
    times
        How many times its lines are sent, in one request.

    Returns
    -------
    StreamLoad

    Raises
    ------
    LoadError
        If it is not answered with 200 and a good line for each.
    """
    parts = urlsplit(address)
    began, began_busy = time.perf_counter(), time.process_time()
    try:
        with socket.create_connection((parts.hostname, parts.port), TIMEOUT_S) as connection:
            sender = Thread(target=_send, args=(connection, stream, times), daemon=True)
            sender.start()
            found = _count_answers(connection)
    except (OSError, http.client.HTTPException) as error:
        raise LoadError(f"A stream of {stream.post.content_type} broke: {error!r}.") from None
    duration, busy = time.perf_counter() - began, time.process_time() - began_busy
    expected = stream.count * times + stream.answer_heads
    if found != expected:
        raise LoadError(f"A stream was answered with {found} lines; {expected} were expected.")
    return StreamLoad(stream.count * times, duration, busy)


def _send(connection: socket.socket, stream: Stream, times: int) -> None:
    post = stream.post
    length = len(post.body) + len(stream.lines) * times
    headers = {"Host": "localhost", **post.all_headers, "Content-Length": str(length)}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    try:
        connection.sendall(f"POST {post.path} HTTP/1.1\r\n{lines}\r\n".encode() + post.body)
        for _ in range(times):
            connection.sendall(stream.lines)
    except OSError:
        return  # whoever reads the answer finds out why


def _count_answers(connection: socket.socket) -> int:
    with http.client.HTTPResponse(connection, method="POST") as response:
        response.begin()
        if response.status != http.client.OK:
            raise LoadError(f"A stream was answered with {response.status}, not with 200.")
        buffer, lines = bytearray(BUFFER_BYTES), 0
        while size := response.readinto(buffer):
            if buffer.find(PROBLEM, 0, size) >= 0:
                raise LoadError("A line of a stream was answered with a problem.")
            lines += buffer.count(b"\n", 0, size)
        return lines
