"""What a client may send, and how slowly: the limits of HTTP itself, against the real server."""

import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.duplex import upload
from tests.server import running_server
from tests.sockets import answer_of, connect, exchange, read_to_the_end

HEALTH = b"GET /health/live HTTP/1.1\r\nhost: x\r\n"
UPLOAD = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-type: %b\r\n"
CHUNKED = UPLOAD + b"transfer-encoding: chunked\r\n\r\n"
JSON, NDJSON = b"application/json", b"application/x-ndjson"
TIMEOUT_S = 1
SLACK_S = 5  # the server looks once a second, and a look begins the count


@pytest.fixture(scope="module")
def impatient():
    """A server that waits a second for a body and a third of one for a head."""
    with running_server(FRAUD_UPLOAD_TIMEOUT_S=str(TIMEOUT_S)) as server:
        yield server


LARGE_HEADS = {
    "many headers": HEALTH + b"a: b\r\n" * 101 + b"\r\n",
    "many headers without an end": HEALTH + b"a: b\r\n" * 10_000,
    "a long header": HEALTH + b"a: " + b"b" * 40_000 + b"\r\n\r\n",
    "a long header without an end": HEALTH + b"a: " + b"b" * 5_000_000,
    "a long path": b"GET /" + b"a" * 40_000 + b" HTTP/1.1\r\nhost: x\r\n\r\n",
    "a long path without an end": b"GET /" + b"a" * 5_000_000,
    "a long method of its own": b"POST / HTTP/1.1\r\n" + b"a" * 100_000 + b": b\r\n",
    "trailers without an end": CHUNKED % JSON + b"0\r\n" + b"a: b\r\n" * 20_000,
    "a long trailer": CHUNKED % JSON + b"0\r\na: " + b"b" * 100_000,
    "a long chunk extension": CHUNKED % JSON + b"1;" + b"a" * 100_000,
}


@pytest.mark.parametrize("name", LARGE_HEADS)
def test_a_head_that_is_too_large_is_refused_and_the_next_client_is_served(server, fraud, name):
    answer = exchange(server.port, LARGE_HEADS[name])
    assert (answer.status, answer.problem) == (431, "head-too-large")
    assert answer.headers["connection"] == "close"
    assert requests.post(server.url, json=fraud).ok


@pytest.mark.parametrize("size", [100, 8_000, 31_000])
@pytest.mark.parametrize("step", [37, 1_000_000])
def test_a_head_below_the_limit_is_taken_in_parts_of_any_size(server, size, step):
    head = HEALTH + b"connection: close\r\na: " + b"b" * size + b"\r\n\r\n"
    parts = [head[start : start + step] for start in range(0, len(head), step)]
    assert exchange(server.port, *parts).body == b'{"status":"live"}'


def test_a_hundred_headers_are_taken(server):
    head = HEALTH + b"connection: close\r\n" + b"a: b\r\n" * 98 + b"\r\n"
    assert exchange(server.port, head).status == 200


MALFORMED = {
    "tls": b"\x16\x03\x01nonsense\r\n\r\n",
    "no method": b"HELLO / HTTP/1.1\r\n\r\n",
    "another protocol": b"GET / FTP/1.1\r\n\r\n",
    "a bad length": UPLOAD % JSON + b"content-length: ten\r\n\r\n",
    "two lengths": UPLOAD % JSON + b"content-length: 1\r\ncontent-length: 2\r\n\r\n",
    "a length and chunks": UPLOAD % JSON
    + b"content-length: 1\r\ntransfer-encoding: chunked\r\n\r\n",
    "a bad chunk": CHUNKED % JSON + b"xyz\r\n",
    "a path that is none": b"GET example.org HTTP/1.1\r\nhost: x\r\n\r\n",
    "bytes in the path": b"GET /\xff\xfe HTTP/1.1\r\nhost: x\r\n\r\n",
    "a proxy's method": b"CONNECT example.org:443 HTTP/1.1\r\nhost: x\r\n\r\n",
}


@pytest.mark.parametrize("name", MALFORMED)
def test_what_is_no_http_is_answered_with_a_problem(server, name):
    answer = exchange(server.port, MALFORMED[name])
    assert (answer.status, answer.problem) == (400, "malformed-request")


def test_a_request_before_one_that_is_malformed_is_answered(server):
    assert exchange(server.port, HEALTH + b"\r\n\x00\x00\r\n\r\n").status == 200


def test_a_request_before_one_whose_body_is_malformed_is_answered(server):
    with connect(server.port) as connection:
        connection.sendall((HEALTH + b"\r\n") * 2 + CHUNKED % JSON + b"nonsense\r\n")
        raw = read_to_the_end(connection)
    assert raw.count(b"HTTP/1.1 200") == 2
    assert raw.count(b"HTTP/1.1 400") == 1


def test_a_stream_that_breaks_off_is_not_answered_twice(server, fraud):
    line = json.dumps(fraud).encode() + b"\n"
    with connect(server.port) as connection:
        connection.sendall(CHUNKED % NDJSON + b"%x\r\n%b\r\n" % (len(line), line))
        begun = connection.recv(65536)
        connection.sendall(b"nonsense\r\n")
        raw = begun + read_to_the_end(connection)
    assert raw.count(b"HTTP/1.1 ") == 1
    assert raw.startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("count", [100, 20_000])
def test_requests_ahead_of_their_answers_are_answered_or_end_the_connection(server, count):
    with connect(server.port) as connection:
        try:
            connection.sendall((HEALTH + b"\r\n") * count)
        except ConnectionError:
            assert count > 100
        else:
            raw = b""
            while raw.count(b"HTTP/1.1 200") < min(count, 100) and (part := connection.recv(65536)):
                raw += part
            assert raw.count(b"HTTP/1.1 200") >= min(count, 100)
    assert requests.get(f"{server.url}/health/live").ok


SLOW = {
    "a head that stops": (HEALTH, b""),
    "a head that trickles": (HEALTH, b"a"),
    "a body that stops": (UPLOAD % JSON + b"content-length: 9\r\n\r\n{", b""),
    "a stream that has not begun": (CHUNKED % NDJSON, b""),
}


def trickle(connection, part):
    """Send it again and again until there is an answer."""
    connection.settimeout(0.2)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            return connection.recv(65536)
        except TimeoutError:
            connection.sendall(part)
    raise AssertionError("There was no answer.")


@pytest.mark.parametrize("name", SLOW)
def test_a_slow_client_is_told_so_and_disconnected(impatient, name):
    begin, part = SLOW[name]
    with connect(impatient.port) as connection:
        began = time.monotonic()
        connection.sendall(begin)
        raw = trickle(connection, part)
        connection.settimeout(SLACK_S)
        if raw.startswith(b"HTTP/1.1 200"):  # an answer had begun and can only be cut off
            assert b"\r\n0\r\n" not in raw + read_to_the_end(connection)
        else:
            answer = answer_of(raw + read_to_the_end(connection))
            assert (answer.status, answer.problem) == (408, "upload-timeout")
        assert time.monotonic() - began < TIMEOUT_S + SLACK_S


def test_a_body_that_comes_slowly_but_steadily_is_taken(impatient, fraud):
    body = json.dumps(fraud).encode()
    with connect(impatient.port) as connection:
        length = b"content-length: %d\r\nconnection: close\r\n\r\n" % len(body)
        connection.sendall(UPLOAD % JSON + length)
        for byte in range(5):
            connection.sendall(body[byte : byte + 1])
            time.sleep(0.7)
        connection.sendall(body[5:])
        assert answer_of(read_to_the_end(connection)).status == 200


def test_a_body_that_trickles_for_ever_is_refused(impatient):
    with connect(impatient.port) as connection:
        began = time.monotonic()
        connection.sendall(UPLOAD % JSON + b"content-length: 9999\r\n\r\n{")
        answer = answer_of(trickle(connection, b" ") + read_to_the_end(connection))
        assert (answer.status, answer.problem) == (408, "upload-timeout")
        assert 10 * TIMEOUT_S < time.monotonic() - began < 10 * TIMEOUT_S + SLACK_S


def test_a_stream_may_trickle_for_as_long_as_it_likes(impatient, fraud):
    line = json.dumps(fraud).encode() + b"\n"
    with upload(impatient.url, "application/x-ndjson") as stream:
        for _ in range(25):
            stream.send(line)
            assert json.loads(stream.response.readline())["fraud"] is True
            time.sleep(0.5)
        stream.send(b"")
        assert stream.response.read() == b""


def test_a_stream_whose_reader_is_slow_is_not_cut_off(impatient, fraud):
    count = 40_000
    lines = (json.dumps(fraud).encode() + b"\n") * count
    with connect(impatient.port) as connection, ThreadPoolExecutor(1) as pool:
        body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(lines), lines)
        sending = pool.submit(connection.sendall, CHUNKED % NDJSON + body)
        time.sleep(TIMEOUT_S + SLACK_S + 1)
        assert not sending.done()  # the server waits for its answers to be taken
        raw = b""
        while not raw.endswith(b"\r\n0\r\n\r\n") and (part := connection.recv(1_000_000)):
            raw += part
    assert raw.count(b'"probability"') == count


def test_a_last_answer_that_is_taken_slowly_is_not_cut_off(impatient, fraud):
    body = json.dumps([fraud] * 9_999).encode()
    length = b"content-length: %d\r\nconnection: close\r\n\r\n" % len(body)
    with connect(impatient.port) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        connection.sendall(UPLOAD % JSON + length + body)
        raw = b""
        for _ in range(5):
            time.sleep(0.6)
            raw += connection.recv(100_000)
        raw += read_to_the_end(connection)
    assert raw.count(b'"probability"') == 9_999


def test_idle_connections_are_left_alone(impatient):
    with connect(impatient.port) as fresh, requests.Session() as used:
        used.get(f"{impatient.url}/health/live")
        time.sleep(TIMEOUT_S + SLACK_S)
        assert used.get(f"{impatient.url}/health/live").ok
        fresh.sendall(HEALTH + b"connection: close\r\n\r\n")
        assert answer_of(read_to_the_end(fresh)).status == 200
