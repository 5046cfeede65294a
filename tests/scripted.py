"""A real HTTP server that answers as a test says: well, late, with an error, or not at all.

What it answers to a row depends on the row alone, so that two runs can be compared byte for byte.
"""

import json
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread

HEAD = b"id,probability,fraud,problem\n"


@dataclass
class Behaviour:
    """How a request is answered.

    Attributes
    ----------
    status, headers, body
        In place of a good answer, where there is a status.
    wait_s
        How long it takes.
    drop
        "before" or "within" the answer, where the connection is closed then.
    """

    status: int = 0
    headers: dict = field(default_factory=dict)
    body: bytes = b""
    wait_s: float = 0
    drop: str = ""


GOOD = Behaviour()


@dataclass
class Scripted:
    """The running server, and what it was sent: each request's headers and body, as they came."""

    url: str
    requests: list = field(default_factory=list)


def answer_to(body: bytes) -> bytes:
    """Answer a CSV; a row that has no comma is a problem."""
    rows = body.partition(b"\n")[2].splitlines()
    return HEAD + b"".join(answer_row(number, row) for number, row in enumerate(rows, 1))


def answer_row(number: int, row: bytes) -> bytes:
    """Answer a row without an id."""
    if b"," not in row:
        return b'%d,,,"{""detail"":""no""}"\n' % number
    share = zlib.crc32(row) % 1000
    return b"%d,0.%03d,%b,\n" % (number, share, b"true" if share > 950 else b"false")


@contextmanager
def scripted(behave: Callable[[int], Behaviour] = lambda _: GOOD) -> Iterator[Scripted]:
    """Serve; `behave` takes how many requests came before and says how the next is answered."""
    lock = Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            with lock:
                number = len(found.requests)
                found.requests.append((dict(self.headers), body))
            how = behave(number)
            time.sleep(how.wait_s)
            if how.drop == "before":
                self.close_connection = True
                return
            self._answer(how, body)

        def _answer(self, how: Behaviour, body: bytes) -> None:
            content = how.body if how.status else answer_to(body)
            self.send_response(how.status or 200)
            for name, value in ({"content-type": "text/csv"} | how.headers).items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            if how.drop == "within":
                self.close_connection = True
                content = content[: len(content) // 2]
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

        def handle_error(self, *_: object) -> None:
            pass  # a client that was killed

    server = Server(("127.0.0.1", 0), Handler)
    found = Scripted(f"http://127.0.0.1:{server.server_port}/")
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()


def problem(status: int, detail: str) -> Behaviour:
    """Refuse in the function's form."""
    body = json.dumps({"type": "about:blank", "title": "No", "status": status, "detail": detail})
    return Behaviour(status, {"content-type": "application/problem+json"}, body.encode())
