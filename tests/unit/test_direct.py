"""What a connection does at moments that no client can choose."""

import asyncio
import re

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from uvicorn.config import Config
from uvicorn.server import ServerState

from function.capacity import Capacity
from function.direct import DirectApplication, DirectProtocol
from function.timeouts import Guard

STREAM = (
    b"POST / HTTP/1.1\r\nhost: a\r\ncontent-type: application/x-ndjson\r\ncontent-length: 0\r\n\r\n"
)
NEXT = b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"
NOISE = b"x" * 40_000  # more than a head may have, and ignored after "close"


class Recorded(asyncio.Transport):
    """Keeps what is written, and calls back at the first."""

    def __init__(self, at_first_write):
        super().__init__()
        self.written, self.ended = [], False
        self._at_first_write = at_first_write

    def write(self, data):
        assert not self.ended, "Cannot call write() after write_eof()"
        if not self.written:
            self._at_first_write()
        self.written.append(bytes(data))

    def write_eof(self):
        self.ended = True

    def is_closing(self):
        return False

    def close(self):
        pass

    pause_reading = resume_reading = close


async def answer(request: Request) -> Response:
    if request.method == "POST":
        await request.body()
        await asyncio.sleep(0)  # so that it takes a task
    return PlainTextResponse("answered")


async def statuses_of(sent, then):
    """Send requests, and more at the moment in which the first is answered."""
    loop = asyncio.get_running_loop()
    failures = []
    loop.set_exception_handler(lambda _, context: failures.append(context))
    application = DirectApplication(answer)
    config = Config(application, lifespan="off", ws="none", log_config=None)
    config.load()
    config.loaded_app = application
    guard, capacity = Guard(30, 620, 1000), Capacity(1000, 1 << 26, 1 << 24)
    protocol = DirectProtocol(guard, capacity, config, ServerState(), {}, loop)
    transport = Recorded(lambda: loop.call_soon(protocol.data_received, then))
    protocol.connection_made(transport)
    protocol.data_received(sent)
    for _ in range(20):
        await asyncio.sleep(0)
    written = b"".join(transport.written)
    return [int(status) for status in re.findall(rb"HTTP/1.1 (\d+)", written)], failures


def test_a_whole_request_is_answered_also_where_what_follows_it_is_refused_before_its_turn():
    statuses, failures = asyncio.run(statuses_of(STREAM + NEXT, NOISE))
    assert failures == []
    assert statuses == [200, 200]
