"""Puts load on a server with wrk and reads what wrk says; `benchmark.measuring` calls it."""

import shutil
import subprocess
import tempfile
from pathlib import Path

import msgspec

from benchmark.errors import LoadError
from benchmark.posts import Post

SCRIPT = Path(__file__).with_name("load.lua")
TIMEOUT_S = 10
"""How long wrk waits for an answer before it counts as lost."""


class Failures(msgspec.Struct, frozen=True):
    """How many requests went wrong.

    Attributes
    ----------
    status
        Answered with 400 or above.
    connect, read, write
        Connections that were refused or broken.
    timeout
        Not answered within `TIMEOUT_S`.
    """

    status: int
    connect: int
    read: int
    write: int
    timeout: int


class Load(msgspec.Struct, frozen=True):
    """One measurement under load.

    Attributes
    ----------
    requests
        How many were answered.
    duration_us
        How long it took, in microseconds.
    p50_us, p99_us
        Percentiles of the time from request to answer, in microseconds.
    failures
        What went wrong meanwhile.
    """

    requests: int
    duration_us: int
    p50_us: float
    p99_us: float
    failures: Failures

    @property
    def rate(self) -> float:
        """Answers per second."""
        return self.requests / self.duration_us * 1_000_000


def find_wrk() -> str:
    """Return the path of wrk.

    Returns
    -------
    str

    Raises
    ------
    LoadError
        If it is not on the PATH; the message says how to get it.
    """
    if found := shutil.which("wrk"):
        return found
    raise LoadError(
        "wrk is not installed: `apt install wrk` or `dnf install wrk` brings it, "
        "and https://github.com/wg/wrk says how to build it."
    )


def put_load(address: str, post: Post, connections: int, seconds: int) -> Load:
    """Post the same again and again, on connections that stay open.

    Parameters
    ----------
    address
        Where to, without a path.
    post
        What.
    connections
        How many requests are under way at once, 1 or more.
    seconds
        For how long, 1 or more.

    Returns
    -------
    Load

    Raises
    ------
    LoadError
        If wrk is missing or fails, or a single request was not answered well.
    """
    # A second thread of wrk's would only take the processor from a server that has one.
    command = [find_wrk(), "--threads", "1", "--connections", str(connections)]
    command += ["--duration", f"{seconds}s", "--timeout", f"{TIMEOUT_S}s"]
    for name, value in post.all_headers.items():
        command += ["--header", f"{name}: {value}"]
    command += ["--script", str(SCRIPT), address + post.path, "--"]
    with tempfile.NamedTemporaryFile() as body:
        body.write(post.body)
        body.flush()
        ended = subprocess.run([*command, body.name], capture_output=True, text=True, check=False)
    if ended.returncode:
        raise LoadError(f"wrk failed: {(ended.stderr or ended.stdout).strip()}")
    return checked(read_load(ended.stdout))


def read_load(output: str) -> Load:
    """Read what wrk printed.

    Parameters
    ----------
    output
        wrk's standard output; its last line is that of `load.lua`.

    Returns
    -------
    Load

    Raises
    ------
    LoadError
        If that line is not there.
    """
    lines = output.strip().splitlines() or [""]
    try:
        return msgspec.json.decode(lines[-1], type=Load)
    except msgspec.DecodeError:
        raise LoadError(f'wrk ended with "{lines[-1]}" and not with its measures.') from None


def checked(load: Load) -> Load:
    """Return a measurement, if it may count.

    Parameters
    ----------
    load
        As `read_load` returns it.

    Returns
    -------
    Load
        The same.

    Raises
    ------
    LoadError
        If a request failed, or none was answered.
    """
    counts = msgspec.structs.asdict(load.failures)
    found = ", ".join(f"{count} by {kind}" for kind, count in counts.items() if count)
    if found:
        raise LoadError(f"Of {load.requests} requests, some went wrong: {found}.")
    if not load.requests:
        raise LoadError("Not one request was answered.")
    return load
