"""The process: how it starts, what it holds, how it ends."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from http.client import HTTPConnection
from pathlib import Path

import pytest
import requests

from function.settings import DEFAULT_MODEL
from tests.server import free_port, running_server

MAIN = Path("function", "main.py")
MOST_MEMORY_MIB = 55


def start(**environment):
    """Start the function where it should not come up; return its exit code and its words."""
    done = subprocess.run(
        [sys.executable, "-m", "function.serve", "--port", str(free_port())],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_a_bad_setting_ends_the_start_with_a_sentence():
    assert start(FRAUD_MAX_BODY_BYTES="many") == (
        1,
        'The function cannot start. FRAUD_MAX_BODY_BYTES is "many"; '
        "a whole number from 1024 on is expected.\n",
    )


def test_a_port_that_is_none_ends_the_start_with_a_sentence():
    done = subprocess.run(
        [sys.executable, "-m", "function.serve"],
        env={**os.environ, "PORT": "http"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "argument --port: invalid int value: 'http'" in done.stderr


def test_a_damaged_model_ends_the_start_with_a_sentence(tmp_path):
    model = tmp_path / "model.json"
    model.write_bytes(DEFAULT_MODEL.read_bytes()[:1000])
    code, words = start(FRAUD_MODEL=str(model))
    assert code == 1
    assert words.startswith(f"The function cannot start. The model file {model} is not a model")
    assert "Traceback" not in words


def test_the_frameworks_own_command_serves_the_function_too(fraud):
    script = Path(sys.executable).with_name("functions-framework")
    command = [str(script), "--source", str(MAIN), "--target", "score", "--asgi"]
    with running_server(command) as server:
        assert requests.post(server.url, json=fraud).json()["fraud"] is True
        assert server.stop() == 0


def test_the_revision_that_knative_names_is_the_source_of_events(fraud):
    headers = {
        "ce-specversion": "1.0",
        "ce-type": "dev.fraud.transaction.v1",
        "ce-source": "/shop",
        "ce-id": "1",
    }
    with running_server(K_REVISION="fraud-00007") as server:
        reply = requests.post(server.url, json=fraud, headers=headers)
        assert reply.headers["ce-source"] == "/fraud/fraud-00007"
        assert requests.get(f"{server.url}/model").json()["revision"] == "fraud-00007"


def test_scikit_learn_is_not_imported_when_serving(server, fraud):
    requests.post(server.url, json=fraud)
    mapped = Path(f"/proc/{server.process.pid}/maps").read_text()
    assert "msgspec" in mapped
    assert "sklearn" not in mapped


def test_memory_at_rest_is_small(fraud):
    with running_server() as server:
        requests.post(server.url, json=fraud)
        rollup = Path(f"/proc/{server.process.pid}/smaps_rollup").read_text()
    kibibytes = next(int(line.split()[1]) for line in rollup.splitlines() if "Pss:" in line)
    assert kibibytes / 1024 < MOST_MEMORY_MIB


def test_nothing_of_a_request_is_written_to_the_log(fraud):
    with running_server() as server:
        for body in (fraud, {**fraud, "V14": "secret-value"}, [{"id": "secret-value"}]):
            requests.post(server.url, json=body)
        server.stop()
        assert "secret-value" not in server.output()


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_server_ends_at_once(ending):
    with running_server() as server:
        with requests.Session() as session:  # its connection stays open
            session.get(f"{server.url}/health/live")
            began = time.monotonic()
            server.process.send_signal(ending)
            assert server.process.wait(timeout=10) == 0
        assert time.monotonic() - began < 2


def test_requests_that_were_accepted_before_sigterm_are_answered(fraud):
    request = requests.Request("POST", "http://x", json=fraud).prepare()
    head = (
        b"POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
        + f"content-length: {len(request.body)}\r\n\r\n".encode()
    )
    with running_server() as server, ExitStack() as stack:
        address = ("127.0.0.1", server.port)
        connections = [
            stack.enter_context(socket.create_connection(address, timeout=10)) for _ in range(20)
        ]
        for connection in connections:
            connection.sendall(head + request.body[:100])
        requests.get(f"{server.url}/health/live")  # by then the others were taken up
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        assert server.process.poll() is None
        for connection in connections:
            connection.sendall(request.body[100:])
        answers = [connection.recv(10_000) for connection in connections]
        assert [answer[:15] for answer in answers] == [b"HTTP/1.1 200 OK"] * 20
        assert server.process.wait(timeout=10) == 0


def test_an_idle_connection_outlives_the_keep_alive_of_the_proxies(server):
    """The framework's own command closes it after two seconds, at times under a new request."""
    connection = HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.connect()
    connection.auto_open = 0  # a connection that was closed is an error, not opened again
    for pause in (0, 3):
        time.sleep(pause)
        connection.request("GET", "/health/live")
        assert connection.getresponse().read() == b'{"status":"live"}'
    connection.close()


def test_sigterm_during_the_start_ends_it():
    process = subprocess.Popen([sys.executable, "-m", "function.serve", "--port", "0"])
    time.sleep(0.1)
    process.terminate()
    assert process.wait(timeout=5) in (0, -signal.SIGTERM)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs /proc")
def test_numpy_is_loaded_with_the_first_batch_that_is_worth_it(fraud):
    with running_server() as server:
        maps = Path("/proc", str(server.process.pid), "maps")
        for few in (fraud, [fraud] * 3):
            assert requests.post(server.url, json=few, timeout=10).ok
            assert "numpy" not in maps.read_text()
        assert requests.post(server.url, json=[fraud] * 100, timeout=10).ok
        assert "numpy" in maps.read_text()
