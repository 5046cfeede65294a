"""Sends a case to the server and judges what comes back; `run` and the corpus' test use it."""

import contextlib
import socket
import time
from dataclasses import dataclass, field

import httptools

from tests.sockets import connect

ANSWER_S = 10
STEP = 1000
RECEIVED = 65536


@dataclass
class Observation:
    """What was seen on a connection.

    Attributes
    ----------
    statuses
        Those of the answers, in their order.
    closed
        Whether the server ended the connection.
    """

    statuses: list[int] = field(default_factory=list)
    closed: bool = False


class Answers:
    """Reads answers as they come; httptools calls it."""

    def __init__(self) -> None:
        self.statuses: list[int] = []
        self.content_type = b""
        self.whole = 0
        self.parser = httptools.HttpResponseParser(self)

    def on_message_begin(self):
        self.content_type = b""

    def on_header(self, name, value):
        if name.lower() == b"content-type":
            self.content_type = value

    def on_headers_complete(self):
        status = self.parser.get_status_code()
        if status == 100:
            return
        self.statuses.append(status)
        assert status < 500, f"The server answered {status}."
        problem = self.content_type == b"application/problem+json"
        assert problem == (status >= 400), f"The answer {status} is of type {self.content_type}."

    def on_message_complete(self):
        self.whole += self.parser.get_status_code() != 100


class Request:
    """Reads what we send, to know whether an answer is due."""

    def __init__(self) -> None:
        self.complete = False
        self.malformed = False
        self.method = b""
        self.parser = httptools.HttpRequestParser(self)

    def on_headers_complete(self):
        self.method = self.method or self.parser.get_method()

    def on_message_complete(self):
        self.complete = True


def read_request(case: bytes) -> Request:
    """Read the first request of a case, as far as it is one."""
    request = Request()
    try:
        request.parser.feed_data(case)
    except httptools.HttpParserError:
        request.malformed = True
    except httptools.HttpParserUpgrade:
        request.complete = True
    return request


def send(port: int, case: bytes, *, step: int = STEP, patient: bool = True) -> Observation:
    """Send a case, read the first answer, and check it.

    Parameters
    ----------
    port
        The server's.
    case
        What is sent.
    step
        How many bytes are sent at once of the first ten thousand.
    patient
        Whether the server's time-out is awaited, where the case has no whole request.

    Raises
    ------
    AssertionError
        If the answer is 5xx, no HTTP, of a wrong type, or does not come.
    """
    request = read_request(case)
    with connect(port) as connection:
        connection.settimeout(ANSWER_S)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # The server may answer and close before it has all.
        with contextlib.suppress(ConnectionError):
            for start in range(0, min(len(case), 10_000), step):
                connection.sendall(case[start : min(start + step, 10_000)])
            connection.sendall(case[10_000:])
        if not (request.complete or request.malformed or patient):
            return Observation()
        return _read(connection, request)


def _read(connection: socket.socket, request: Request) -> Observation:
    answers, head = Answers(), request.method == b"HEAD"
    deadline = time.monotonic() + ANSWER_S
    while time.monotonic() < deadline:
        try:
            data = connection.recv(RECEIVED)
        except ConnectionError:
            return Observation(answers.statuses, closed=True)
        except TimeoutError:
            break
        if not data:
            assert answers.whole or not request.complete, "The answer was cut off."
            return Observation(answers.statuses, closed=True)
        try:
            answers.parser.feed_data(data)
        except httptools.HttpParserCallbackError as error:
            raise error.__context__ from None
        except httptools.HttpParserError as error:
            # Behind the first answer, one to HEAD may have a length and no body.
            if not answers.whole and not head:
                raise AssertionError(f"The answer is no HTTP: {error}") from None
        if answers.whole or (head and answers.statuses):
            return Observation(answers.statuses)
    raise AssertionError(f"No answer within {ANSWER_S} s.")
