"""Sends the real server what a hostile client might, for some minutes; `scripts/fuzz` calls it."""

import argparse
import hashlib
import random
import sys
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import requests
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import HypothesisWarning

from tests.fuzzing.inputs import FRAUD, cases
from tests.fuzzing.wire import send
from tests.server import Server, running_server

DESCRIPTION = """Send the real server requests of every form, right, wrong and torn, for some
minutes. Each has to be answered or its connection closed within seconds, never with 5xx; after
each block of them a good one has to be answered rightly; and memory must not grow. What fails is
saved as a file."""
BLOCK = 500
PIECES = [
    b"",
    b"",
    b"\0",
    b"\xff",
    b"\r\n",
    b"\r\n\r\n",
    b"0",
    b"9" * 20,
    b'"',
    b"[" * 900,
    b":",
    b",",
]
VARIANTS = 4
"""How many times each is torn at random and sent once more: that is faster than to draw another."""

PATIENCE = 500
"""One in so many of the requests without an end waits until the server ends them."""

GROWTH_MIB = 8
"""How much the highest memory of the last quarter may lie above that of the second quarter."""


class Run:
    """One run against one server."""

    def __init__(self, server: Server, folder: Path) -> None:
        self._server = server
        self._folder = folder
        self.sent = 0
        self.statuses: Counter[str] = Counter()
        self.memory: list[float] = []
        self.failures = 0

    def block(self) -> None:
        """Send a block of cases, and look at the server."""

        @settings(
            max_examples=BLOCK,
            deadline=None,
            database=None,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        )
        @given(cases())
        def check(case: bytes) -> None:
            for each in variants(case):
                # Not left to Hypothesis: to shorten what hangs, or fails now and then, takes long.
                try:
                    self._send(each)
                except AssertionError as error:
                    self._save(each, error)

        check()
        answer = requests.post(self._server.url, json=FRAUD, timeout=10).json()
        assert answer["fraud"] is True, "A good request is not answered rightly any more."
        self.memory.append(memory_mib(self._server.process.pid))

    def _send(self, case: bytes) -> None:
        self.sent += 1
        step = (7, 100, 1000, 10_000)[len(case) % 4]  # the same for a case that is sent again
        seen = send(self._server.port, case, step=step, patient=self.sent % PATIENCE == 0)
        status = seen.statuses[0] if seen.statuses else "closed" if seen.closed else "torn off"
        self.statuses[str(status)] += 1

    def _save(self, case: bytes, error: AssertionError) -> None:
        self.failures += 1
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{hashlib.sha256(case).hexdigest()[:12]}.http"
        path.write_bytes(case)
        say(f"FAILED: {str(error).splitlines()[0]} {path}")

    @property
    def growth_mib(self) -> float:
        """How much memory grew after the first quarter, which counts as warming up."""
        quarter = max(1, len(self.memory) // 4)
        return max(self.memory[-quarter:]) - max(self.memory[quarter : 2 * quarter], default=0)

    def report(self) -> str:
        """Say what was sent and seen."""
        first, last, most = self.memory[0], self.memory[-1], max(self.memory)
        seen = ", ".join(f"{status}: {count}" for status, count in sorted(self.statuses.items()))
        return (
            f"{self.sent} connections; first answers {seen}; {self.failures} failures; "
            f"memory (PSS) {first:.1f} MiB after the first block, {last:.1f} after the last, "
            f"{most:.1f} at most, {self.growth_mib:+.1f} from the second quarter to the last"
        )


def main(arguments: list[str] | None = None) -> None:
    """Run, report, and end with 1 where something failed."""
    parser = argparse.ArgumentParser(prog="scripts/fuzz", description=DESCRIPTION)
    parser.add_argument("--minutes", type=float, default=10, help="how long (%(default)s)")
    folder = Path("build", "fuzz")
    parser.add_argument("--save", type=Path, default=folder, help="where failures go (%(default)s)")
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore", HypothesisWarning)  # a case is long, and shown nowhere
    end = time.monotonic() + 60 * options.minutes
    with running_server(FRAUD_UPLOAD_TIMEOUT_S="1", FRAUD_LOG="errors") as server:
        run = Run(server, options.save)
        while not run.memory or time.monotonic() < end:
            run.block()
            say(run.report())
        server.stop()
        output = server.output()
    sys.stdout.write(f"{run.report()}\n")
    if output:
        sys.exit(f"The server wrote to its log:\n{output}")
    if run.failures or run.growth_mib > GROWTH_MIB:
        sys.exit(f"{run.failures} failures; memory grew by {run.growth_mib:.1f} MiB.")


def variants(case: bytes) -> Iterator[bytes]:
    """Yield a case, and itself with some of its bytes changed, always the same for one case."""
    yield case
    chance = random.Random(case)
    for _ in range(VARIANTS):
        torn = bytearray(case)
        for _ in range(chance.choice([1, 1, 2, 5])):
            place = chance.randrange(len(torn) + 1)
            torn[place : place + chance.choice([0, 0, 1, 1, 2, 30])] = chance.choice(PIECES)
        yield bytes(torn)


def memory_mib(process: int) -> float:
    """Return a process's share of memory (PSS), in MiB."""
    rollup = Path(f"/proc/{process}/smaps_rollup").read_text()
    return next(int(line.split()[1]) for line in rollup.splitlines() if "Pss:" in line) / 1024


def say(text: str) -> None:
    """Tell how it goes."""
    sys.stderr.write(f"{text}\n")
