"""Starts the real function in a process of its own, as `scripts/serve` and the container do."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import requests

START_S = 20
DEFAULT_COMMAND = [sys.executable, "-m", "function.serve"]


@dataclass
class Server:
    """A running function.

    Attributes
    ----------
    url
        Without a slash at the end.
    process
        The process that serves.
    log
        The file that its standard streams go to: a pipe that nobody reads would stop it once full.
    """

    url: str
    process: subprocess.Popen
    log: IO

    @property
    def port(self) -> int:
        """Where it listens on loopback."""
        return int(self.url.rpartition(":")[2])

    def stop(self) -> int:
        """Send SIGTERM; return the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=START_S)

    def output(self) -> str:
        """Return what it wrote to its standard streams; only after it has ended."""
        return Path(self.log.name).read_text()


def free_port() -> int:
    """Return a port on loopback that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def running_server(command=DEFAULT_COMMAND, **environment: str) -> Iterator[Server]:
    """Start the function, wait until it is ready, end it afterwards."""
    port = free_port()
    with tempfile.NamedTemporaryFile() as log:
        process = subprocess.Popen(
            [*command, "--host", "127.0.0.1", "--port", str(port)],
            env={**os.environ, "PORT": str(port), **environment},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        server = Server(f"http://127.0.0.1:{port}", process, log)
        try:
            _wait_until_ready(server)
            yield server
        finally:
            process.kill()
            process.wait()


def _wait_until_ready(server: Server) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and server.process.poll() is None:
        try:
            if requests.get(f"{server.url}/health/ready", timeout=1).ok:
                return
        except requests.RequestException:
            time.sleep(0.02)
    server.process.kill()
    raise AssertionError(f"The function did not start: {server.output()}")
