"""How the server ends: what is under way, or on its way, when SIGTERM comes is answered."""

import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path

import pytest
import requests

from tests.duplex import upload
from tests.server import free_port, running_server
from tests.sockets import answer_of, connect, read_to_the_end

SUPERVISOR = [sys.executable, "-m", "function.supervisor"]
SERVERS = {"alone": [sys.executable, "-m", "function.serve"], "kept": SUPERVISOR}
JSON = {"content-type": "application/json"}
END_S = 10
TAKEN_UP_S = 0.3  # by then the server has seen the signal, and still waits for its clients


@pytest.fixture(params=SERVERS)
def own(request):
    """A server of the test's own, as the container runs it and without its supervisor."""
    with running_server(SERVERS[request.param]) as server:
        yield server


def test_a_stream_in_whose_middle_sigterm_comes_is_answered_to_its_last_line(own, fraud):
    line = json.dumps(fraud).encode() + b"\n"
    with upload(own.url, "application/x-ndjson") as stream:
        stream.send(line)
        assert json.loads(stream.response.readline())["fraud"] is True
        own.process.terminate()
        for _ in range(20):
            stream.send(line * 10)
            time.sleep(0.1)
        stream.send(b"")
        assert len(stream.response.read().splitlines()) == 200
    assert own.process.wait(END_S) == 0


def test_a_connection_whose_stream_ran_through_sigterm_is_good_for_one_more_request(own, fraud):
    """The head of the stream's answer had promised as much."""
    line = json.dumps(fraud).encode() + b"\n"
    with upload(own.url, "application/x-ndjson") as stream:
        stream.send(line)
        assert json.loads(stream.response.readline())["fraud"] is True
        own.process.terminate()
        time.sleep(TAKEN_UP_S)
        stream.send(line)
        stream.send(b"")
        assert len(stream.response.read().splitlines()) == 1
        stream.socket.sendall(b"GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n")
        answer = answer_of(read_to_the_end(stream.socket))
    assert (answer.status, answer.headers["connection"]) == (200, "close")
    assert own.process.wait(END_S) == 0


def test_a_request_on_a_kept_connection_is_the_last_on_it_after_sigterm(own, fraud):
    connection = HTTPConnection("127.0.0.1", own.port, timeout=END_S)
    connection.request("GET", "/health/live")
    assert connection.getresponse().read()
    own.process.terminate()
    time.sleep(TAKEN_UP_S)
    connection.request("POST", "/", json.dumps(fraud), JSON)
    response = connection.getresponse()
    assert json.loads(response.read())["fraud"] is True
    assert response.headers["connection"] == "close"
    assert own.process.wait(END_S) == 0


def test_a_head_in_whose_middle_sigterm_comes_is_read_on(own):
    with connect(own.port) as connection:
        connection.sendall(b"GET /health/live HTTP/1.1\r\n")
        requests.get(f"{own.url}/health/live", timeout=END_S)  # by then the other was taken up
        own.process.terminate()
        time.sleep(2)
        connection.sendall(b"host: x\r\n\r\n")
        answer = answer_of(read_to_the_end(connection))
    assert (answer.status, answer.headers["connection"]) == (200, "close")
    assert own.process.wait(END_S) == 0


def test_of_clients_that_go_on_through_sigterm_none_is_cut_off(own, fraud):
    body, began = json.dumps(fraud), threading.Barrier(17)

    def ask(_):
        """Return how many requests were answered before the one that was the last."""
        connection = HTTPConnection("127.0.0.1", own.port, timeout=END_S)
        for count in itertools.count():
            connection.request("POST", "/", body, JSON)
            response = connection.getresponse()
            assert json.loads(response.read())["fraud"] is True
            if not count:
                began.wait()
            if response.headers["connection"] == "close":
                break
        return count

    with ThreadPoolExecutor(16) as pool:
        counts = pool.map(ask, range(16))
        began.wait()
        own.process.terminate()
        assert all(count > 0 for count in counts)
    assert own.process.wait(END_S) == 0


@pytest.mark.parametrize("name", SERVERS)
@pytest.mark.parametrize("seconds", [0.05, 0.1, 0.2, 0.4])
def test_sigterm_during_the_start_ends_it(name, seconds):
    environment = {**os.environ, "PORT": str(free_port())}
    process = subprocess.Popen(SERVERS[name], env=environment)
    time.sleep(seconds)
    process.terminate()
    assert process.wait(END_S) in (0, -signal.SIGTERM, 128 + signal.SIGTERM)


HARD_OF_HEARING = """
import signal

class Dying:
    def __del__(self):
        signal.raise_signal(signal.SIGTERM)

Dying()

async def answer(request):
    return "served"
"""


def test_sigterm_ends_the_start_also_where_exceptions_are_ignored(tmp_path):
    source = tmp_path / "main.py"
    source.write_text(HARD_OF_HEARING)
    program = "import sys, pathlib, function.server as server\n"
    program += "server.run(pathlib.Path(sys.argv[1]), 'answer', '127.0.0.1', 0)"
    command = [sys.executable, "-c", program, str(source)]
    assert subprocess.run(command, timeout=END_S, check=False).returncode == 0


@pytest.fixture
def kept():
    with running_server(SUPERVISOR) as server:
        time.sleep(2)  # a child that lives shorter is not started anew
        yield server
        server.process.terminate()
        server.process.wait(END_S)


def children_of(process) -> str:
    return Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()


needs_proc = pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs /proc")


@needs_proc
@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM])
def test_what_comes_after_the_serving_process_has_ended_waits_for_the_next(kept, fraud, ending):
    first = children_of(kept.process)
    with upload(kept.url, "application/json") as held:
        held.send(b"{")
        os.kill(int(first), ending)
        if ending == signal.SIGTERM:
            held.send(json.dumps(fraud).encode()[1:])
            held.send(b"")
            assert held.response.status == 200
        answers = []
        while len(answers) < 20 or children_of(kept.process) == first:
            answers.append(requests.post(kept.url, json=fraud, timeout=END_S).status_code)
    assert set(answers) == {200}
    kept.stop()
    assert "another one takes its place" in kept.output()


@needs_proc
def test_a_process_that_is_killed_at_once_ends_its_supervisor_too():
    supervisor = subprocess.Popen(SUPERVISOR, env={**os.environ, "PORT": str(free_port())})
    while not (child := children_of(supervisor)):
        time.sleep(0.01)
    os.kill(int(child), signal.SIGKILL)
    assert supervisor.wait(END_S) == 128 + signal.SIGKILL


def kept_words(**environment):
    done = subprocess.run(
        SUPERVISOR,
        env={**os.environ, "PORT": str(free_port()), **environment},
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_the_supervisor_ends_where_the_function_cannot_start():
    code, words = kept_words(FRAUD_REASONS="many")
    assert code == 1
    assert words.startswith('The function cannot start. FRAUD_REASONS is "many"')


@pytest.mark.parametrize("port", ["http", "70000", "taken"])
def test_a_port_where_it_cannot_listen_ends_the_supervisor_with_a_sentence(server, port):
    given = str(server.port) if port == "taken" else port
    code, words = kept_words(PORT=given)
    assert code == 1
    assert words.startswith(f'The function cannot start. PORT is "{given}", where')
