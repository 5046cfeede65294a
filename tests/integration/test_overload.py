"""More at once than the server holds: what is too much is refused, and the rest is answered."""

import json
import time
from contextlib import ExitStack

import pytest
import requests

from tests.duplex import upload
from tests.server import running_server
from tests.sockets import connect, exchange

HALF = b" " * 400_000
WAIT_S = 10


@pytest.fixture(scope="module")
def small():
    """A server that holds a mebibyte of bodies on ten connections."""
    mebibyte = str(1024 * 1024)
    with running_server(
        FRAUD_MAX_HELD_BYTES=mebibyte, FRAUD_MAX_BODY_BYTES=mebibyte, FRAUD_MAX_CONNECTIONS="10"
    ) as server:
        yield server


def is_overload(response) -> bool:
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["retry-after"] == "1"
    problem = json.loads(response.read() if hasattr(response, "read") else response.content)
    return (problem["status"], problem["title"]) == (503, "There is too much at once")


def test_bodies_beyond_the_bound_are_refused_and_those_held_are_answered(small, fraud):
    body = json.dumps(fraud).encode()
    with ExitStack() as stack:
        uploads = [stack.enter_context(upload(small.url, "application/json")) for _ in range(3)]
        for each in uploads:
            each.send(HALF)
            time.sleep(0.2)
        assert requests.post(small.url, json=fraud, timeout=WAIT_S).ok  # a short one always passes
        uploads[2].send(HALF)  # beyond the bound: it is read and thrown away
        for each in uploads:
            each.send(body)
            each.send(b"")
        assert [each.response.status for each in uploads] == [200, 200, 503]
        assert is_overload(uploads[2].response)


@pytest.mark.parametrize("ends", ["answered", "too large", "left"])
def test_what_was_held_is_free_again(small, fraud, ends):
    body = json.dumps(fraud).encode()
    with upload(small.url, "application/json") as first:
        first.send(HALF * 3 if ends == "too large" else HALF * 2)
        if ends != "left":
            first.send(body)
            first.send(b"")
            assert first.response.status == (413 if ends == "too large" else 200)
            first.response.read()
    time.sleep(0.2)
    large = HALF * 2 + body
    headers = {"content-type": "application/json"}
    assert requests.post(small.url, data=large, headers=headers, timeout=WAIT_S).ok


def test_a_stream_of_any_length_is_not_held(small, fraud):
    lines = (json.dumps(fraud).encode() + b"\n") * 3_000
    headers = {"content-type": "application/x-ndjson"}
    answer = requests.post(small.url, data=lines, headers=headers, timeout=WAIT_S)
    assert len(lines) > 1024 * 1024
    assert answer.text.count('"fraud":true') == 3_000


def test_connections_beyond_the_bound_are_refused_but_for_health(small, fraud):
    request = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
    body = json.dumps(fraud).encode()
    whole = request + b"content-length: %d\r\n\r\n%b" % (len(body), body)
    with ExitStack() as stack:
        held = [stack.enter_context(connect(small.port)) for _ in range(10)]
        for each in held:
            each.sendall(whole[:-1])
        refused = exchange(small.port, whole)
        assert (refused.status, refused.problem) == (503, "overloaded")
        assert refused.headers["retry-after"] == "1"
        health = b"GET /health/live HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
        assert exchange(small.port, health).status == 200
        for each in held:
            each.sendall(whole[-1:])
            assert each.recv(65536).startswith(b"HTTP/1.1 200")
    assert requests.post(small.url, json=fraud, timeout=WAIT_S).ok


def test_idle_connections_make_room(small, fraud):
    request = b"GET /model HTTP/1.1\r\nhost: x\r\n\r\n"
    with ExitStack() as stack:
        for _ in range(12):
            idle = stack.enter_context(connect(small.port))
            idle.sendall(request)
            idle.recv(65536)
        time.sleep(4)  # the server looks at its connections once a second
        assert requests.post(small.url, json=fraud, timeout=WAIT_S).ok


def test_a_connection_that_was_one_too_many_is_served_once_there_is_room(small):
    health = b"GET /model HTTP/1.1\r\nhost: x\r\n\r\n"
    with ExitStack() as stack:
        for _ in range(10):
            stack.enter_context(connect(small.port))
        late = connect(small.port)
        time.sleep(0.2)
    with late:
        time.sleep(0.2)
        late.sendall(health)
        assert late.recv(65536).startswith(b"HTTP/1.1 200")
