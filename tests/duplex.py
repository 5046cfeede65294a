"""An upload that is answered while it goes on: requests reads no answer before it has sent all."""

import http.client
import select
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from urllib.parse import urlsplit

TIMEOUT_S = 60


class Upload:
    """A request whose body is sent bit by bit."""

    def __init__(self, connection: http.client.HTTPConnection) -> None:
        self._connection = connection
        self._response: http.client.HTTPResponse | None = None

    def send(self, data: bytes) -> None:
        """Send a part of the body; an empty one ends it."""
        self._connection.send(b"%x\r\n%b\r\n" % (len(data), data))

    @property
    def socket(self) -> socket.socket:
        """The connection, for what is sent after the answer."""
        return self._connection.sock

    def is_answered_within(self, seconds: float) -> bool:
        """Wait for the answer, which may come before the upload has ended."""
        return bool(select.select([self._connection.sock], [], [], seconds)[0])

    @property
    def response(self) -> http.client.HTTPResponse:
        """The answer, from its first line on."""
        if self._response is None:
            self._response = http.client.HTTPResponse(self._connection.sock, method="POST")
            self._response.begin()
        return self._response


@contextmanager
def upload(url: str, content_type: str) -> Iterator[Upload]:
    """Begin an upload in chunks."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=TIMEOUT_S)
    with closing(connection):
        connection.putrequest("POST", parts.path or "/")
        connection.putheader("content-type", content_type)
        connection.putheader("transfer-encoding", "chunked")
        connection.endheaders()
        yield Upload(connection)
