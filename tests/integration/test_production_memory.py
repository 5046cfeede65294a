"""Whether a pod in production holds as many of the largest bodies as it may be given at once."""

import json
import socket
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
import yaml

from tests.manifests import MANIFESTS, memory_limit_in_production, settings_in_production
from tests.server import running_server

HEAD = (
    "POST / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n"
    "content-type: application/json\r\ncontent-length: {}\r\n\r\n"
)
TO_SPARE = 0.8
"""Of the limit, which the kernel counts sockets and files against as well."""


def at_once() -> int:
    service = yaml.safe_load((MANIFESTS / "base" / "service.yaml").read_text())
    return service["spec"]["template"]["spec"]["containerConcurrency"]


def mebibytes_at_most(process) -> float:
    """Return the most that a process ever held."""
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM:")).split()[1]) / 1024


def answered(connection) -> bytes:
    with connection.makefile("rb") as answer:
        return answer.read().split(b"\r\n", 1)[0]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says what a process held at most")
def test_as_many_of_the_largest_bodies_as_a_pod_gets_fit_in_its_memory(fraud):
    settings = settings_in_production()
    size = int(settings["FRAUD_MAX_BODY_BYTES"])
    one = json.dumps(fraud).encode()
    body = b"[" + b",".join([one] * ((size - 2) // (len(one) + 1))) + b"]"
    with running_server(FRAUD_MAX_BODY_BYTES=str(size)) as server, ExitStack() as connections:
        held = [
            connections.enter_context(socket.create_connection(("127.0.0.1", server.port), 60))
            for _ in range(at_once())
        ]
        for each in held:
            each.sendall(HEAD.format(len(body)).encode() + body[:-1])
        for each in held:
            each.sendall(body[-1:])
        # Where the function refuses to hold so much, that is well, too.
        assert {answered(each) for each in held} <= {
            b"HTTP/1.1 200 OK",
            b"HTTP/1.1 503 Service Unavailable",
        }
        most = mebibytes_at_most(server.process)
    assert most < TO_SPARE * memory_limit_in_production()
