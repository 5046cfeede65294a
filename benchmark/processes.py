"""Starts contenders, times it, and ends them; `measuring` and `soak` call it."""

import http.client
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO

from benchmark.contenders import PROJECT, Contender
from benchmark.errors import ContenderError
from benchmark.memory import family_of
from benchmark.posts import Post

HOST = "127.0.0.1"
START_LIMIT_S = 60
END_LIMIT_S = 10
POLL_S = 0.001
"""Between two tries to connect: the resolution of the start's time."""

CONTENDERS_CORE = min(os.sched_getaffinity(0))
"""Where contenders run: one that moves between cores, or shares one with wrk, is slower by up to a
quarter, now and then."""

NOT_YET = (None, http.client.SERVICE_UNAVAILABLE)
"""What is waited out: some servers answer before their model is there."""

LAST_WORDS = 500
"""How many characters of what a contender wrote are shown if it fails."""


@dataclass(frozen=True)
class Running:
    """A contender that answers.

    Attributes
    ----------
    address
        Where, without a path.
    process
        The id of its first process, which leads a session.
    start_s
        From the start of its first process to its first answer, in seconds.
    """

    address: str
    process: int
    start_s: float


def leave_contenders_core() -> None:
    """Keep this process, and wrk, which it starts, off the contenders' core where it can be."""
    if others := os.sched_getaffinity(0) - {CONTENDERS_CORE}:
        os.sched_setaffinity(0, others)


@contextmanager
def running(contender: Contender) -> Iterator[Running]:
    """Start a contender, wait for its first answer, and end it afterwards.

    Parameters
    ----------
    contender
        Who.

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
            _wait_for_answer(contender, process, port)
            took = time.perf_counter() - began
            yield Running(f"http://{HOST}:{port}", process.pid, took)
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
    environment = {name: _placed(text, port) for name, text in contender.environment.items()}
    process = subprocess.Popen(
        [_placed(part, port) for part in contender.command],
        env={**os.environ, **environment},
        cwd=PROJECT,
        stdout=words,
        stderr=words,
        start_new_session=True,  # a session of its own, to be weighed and ended as a whole
    )
    os.sched_setaffinity(process.pid, {CONTENDERS_CORE})
    return process


def _placed(text: str, port: int) -> str:
    return text.replace("{host}", HOST).replace("{port}", str(port))


def _wait_for_answer(contender: Contender, process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_LIMIT_S
    while (status := status_of(port, contender.post)) in NOT_YET:
        if process.poll() is not None:
            raise ContenderError(f"{contender.name} did not start.")
        if time.monotonic() > deadline:
            raise ContenderError(f"{contender.name} did not answer within {START_LIMIT_S} s.")
        time.sleep(POLL_S)
    if status != http.client.OK:
        raise ContenderError(f"{contender.name} answered with {status}, not with 200.")


def status_of(port: int, post: Post) -> int | None:
    """Post once.

    Parameters
    ----------
    port
        Where on this machine.
    post
        What.

    Returns
    -------
    int or None
        The answer's status; None where there was no answer.
    """
    connection = http.client.HTTPConnection(HOST, port, timeout=START_LIMIT_S)
    try:
        connection.request("POST", post.path, post.body, post.all_headers)
        answer = connection.getresponse()
        answer.read()
    except (ConnectionError, TimeoutError, http.client.HTTPException):
        return None
    else:
        return answer.status
    finally:
        connection.close()


def _end(process: subprocess.Popen[bytes]) -> None:
    family = family_of(process.pid)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    deadline = time.monotonic() + END_LIMIT_S
    while process.poll() is None and time.monotonic() < deadline:
        time.sleep(POLL_S)
    # What it started and left behind, wherever that is, ends with it.
    for each in {*family, *family_of(process.pid)}:
        with suppress(ProcessLookupError):
            os.kill(each, signal.SIGKILL)
    process.wait()
