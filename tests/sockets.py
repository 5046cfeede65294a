"""Speaks to a server byte by byte, for what a client's library would not send."""

import json
import socket
from dataclasses import dataclass

TIMEOUT_S = 20


@dataclass
class Answer:
    """An answer as it came, whole."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def problem(self) -> str:
        """The last part of the problem's type."""
        assert self.headers["content-type"] == "application/problem+json"
        return json.loads(self.body)["type"].rpartition(":")[2]


def connect(port: int) -> socket.socket:
    """Open a connection."""
    return socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S)


def read_to_the_end(connection: socket.socket) -> bytes:
    """Read until the server closes the connection."""
    parts = []
    while part := connection.recv(65536):
        parts.append(part)
    return b"".join(parts)


def answer_of(raw: bytes) -> Answer:
    """Read one answer that has no chunks."""
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    return Answer(int(first.split()[1]), headers, body)


def exchange(port: int, *parts: bytes) -> Answer:
    """Send bytes and return the answer, after which the server has to close the connection."""
    with connect(port) as connection:
        for part in parts:
            connection.sendall(part)
        return answer_of(read_to_the_end(connection))
