"""Starts contenders, times it, and weighs their memory; `benchmark.measuring` calls it."""

import http.client
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from benchmark.contenders import Contender
from benchmark.errors import ContenderError, MachineError

PROJECT = Path(__file__).resolve().parent.parent
PROC = Path("/proc")
HOST = "127.0.0.1"
START_LIMIT_S = 60
END_LIMIT_S = 10
POLL_S = 0.001
"""Between two tries to connect: the resolution of the start's time."""

CONTENDERS_CORE = min(os.sched_getaffinity(0))
"""Where contenders run: one that moves between cores, or shares one with wrk, is slower by up to a
quarter, now and then."""

LAST_WORDS = 500
"""How many characters of what a contender wrote are shown if it fails."""


@dataclass(frozen=True)
class Running:
    """A contender that answers.

    Attributes
    ----------
    url
        Where.
    group
        The id of its process group, which holds all its processes and no other.
    start_s
        From the start of its first process to its first answer, in seconds.
    """

    url: str
    group: int
    start_s: float


def leave_contenders_core() -> None:
    """Keep this process, and wrk, which it starts, off the contenders' core where it can be."""
    if others := os.sched_getaffinity(0) - {CONTENDERS_CORE}:
        os.sched_setaffinity(0, others)


@contextmanager
def running(contender: Contender, body: bytes) -> Iterator[Running]:
    """Start a contender, wait for its first answer, and end it afterwards.

    Parameters
    ----------
    contender
        Who.
    body
        What is posted to it, JSON.

    Yields
    ------
    Running

    Raises
    ------
    ContenderError
        If it ends by itself, takes more than `START_LIMIT_S`, or answers with anything but 200;
        with its last words.
    """
    port = _free_port()
    with tempfile.TemporaryFile("w+") as words:
        began = time.perf_counter()
        process = _start(contender, port, words)
        try:
            _wait_for_answer(contender, process, port, body)
            took = time.perf_counter() - began
            yield Running(f"http://{HOST}:{port}/", process.pid, took)
        except ContenderError as error:
            words.seek(0)
            raise ContenderError(f"{error} {words.read()[-LAST_WORDS:]}".strip()) from None
        finally:
            _end(process)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _start(contender: Contender, port: int, words: IO[str]) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [*contender.command, "--host", HOST, "--port", str(port)],
        env={**os.environ, **contender.environment},
        cwd=PROJECT,
        stdout=words,
        stderr=words,
        start_new_session=True,  # a process group of its own, to be weighed and ended as a whole
    )
    os.sched_setaffinity(process.pid, {CONTENDERS_CORE})
    return process


def _wait_for_answer(
    contender: Contender, process: subprocess.Popen[bytes], port: int, body: bytes
) -> None:
    deadline = time.monotonic() + START_LIMIT_S
    while (status := _post(port, body)) is None:
        if process.poll() is not None:
            raise ContenderError(f"{contender.name} did not start.")
        if time.monotonic() > deadline:
            raise ContenderError(f"{contender.name} did not answer within {START_LIMIT_S} s.")
        time.sleep(POLL_S)
    if status != http.client.OK:
        raise ContenderError(f"{contender.name} answered with {status}, not with 200.")


def _post(port: int, body: bytes) -> int | None:
    """Return the answer's status, or None where there was no answer."""
    connection = http.client.HTTPConnection(HOST, port, timeout=START_LIMIT_S)
    try:
        connection.request("POST", "/", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
    except (ConnectionError, TimeoutError):
        return None
    else:
        return answer.status
    finally:
        connection.close()


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(timeout=END_LIMIT_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def memory_mib(group: int) -> float:
    """Return the memory of a process group: the sum of PSS, which counts shared pages in parts.

    Parameters
    ----------
    group
        The group's id.

    Returns
    -------
    float
        In MiB.

    Raises
    ------
    MachineError
        If this machine has no /proc/PID/smaps_rollup (Linux has it since 4.14).
    """
    members = [each for each in PROC.glob("[0-9]*") if _group_of(each) == group]
    try:
        return sum(_pss_kib(each / "smaps_rollup") for each in members) / 1024
    except OSError as error:
        raise MachineError(f"The memory of a process cannot be read: {error}.") from None


def _group_of(folder: Path) -> int | None:
    try:
        return os.getpgid(int(folder.name))
    except ProcessLookupError:  # it has ended since it was listed
        return None


def _pss_kib(file: Path) -> int:
    lines = file.read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
