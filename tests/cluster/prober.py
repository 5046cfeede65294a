"""Sends requests at a steady rate, whatever becomes of them, and keeps count of every one."""

import http.client
import json
import queue
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from urllib.parse import urlsplit

TIMEOUT_S = 90
"""Longer than a request may take on Knative, so that the service has the last word."""

MOST_AT_ONCE = 400
KINDS = "answered", "refused", "failed"


@dataclass(frozen=True)
class Outcome:
    """What became of one request.

    Attributes
    ----------
    kind
        "answered" with the right decision, "refused" with 503 and Retry-After, or "failed".
    said
        The model's version, or what went wrong.
    due
        When it was to be sent, by the monotonic clock.
    seconds
        From then until its answer was there.
    """

    kind: str
    said: str
    due: float
    seconds: float


@dataclass
class Prober:
    """A steady stream of transactions; use it in a with statement.

    It is open-loop: a request is sent when it is due, also where those before it still wait. Each
    is tried once, on a kept connection where one is free, and ends in exactly one `Outcome`. Each
    has an id of its own, so that no answer can be taken for another's.

    Attributes
    ----------
    url
        Where the transactions are posted.
    transaction
        The one that is sent each time.
    rate
        Requests a second.
    """

    url: str
    transaction: dict
    rate: float = 100
    sent: int = 0
    outcomes: list[Outcome] = field(default_factory=list)

    def __enter__(self):
        self._stop = threading.Event()
        self._idle = queue.LifoQueue()
        self._decisions, self._waiting = {}, {}
        self._pool = ThreadPoolExecutor(MOST_AT_ONCE)
        self._schedule = threading.Thread(target=self._send_all)
        self._schedule.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._schedule.join()
        self._pool.shutdown()
        self.reconnect()
        assert self.sent == len(self.outcomes)

    def _send_all(self):
        due = time.monotonic()
        while not self._stop.is_set():
            self._waiting[self.sent] = due
            self._pool.submit(self._send, self.sent, due)
            self.sent += 1
            due += 1 / self.rate
            time.sleep(max(0.0, due - time.monotonic()))

    def _send(self, number, due):
        kind, said = self._outcome(f"{number}")
        del self._waiting[number]
        self.outcomes.append(Outcome(kind, said, due, time.monotonic() - due))

    def _outcome(self, name) -> tuple[str, str]:
        connection = self._connection()
        body = json.dumps({**self.transaction, "id": name})
        try:
            connection.request("POST", "/", body, {"content-type": "application/json"})
            response = connection.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            return "failed", repr(error)
        self._idle.put(connection)
        if response.status == 503 and response.headers["retry-after"]:
            return "refused", "503"
        if response.status != 200:
            return "failed", f"{response.status} {content[:100].decode(errors='replace')}"
        return self._judged(name, json.loads(content))

    def _judged(self, name, decision) -> tuple[str, str]:
        """Compare a decision with the first that its model gave."""
        version = decision["model"]["version"]
        right = self._decisions.setdefault(version, {**decision, "id": name}) | {"id": name}
        if decision != right or not decision["fraud"]:
            return "failed", f"{decision} in place of {right}"
        return "answered", version

    def _connection(self):
        try:
            return self._idle.get_nowait()
        except queue.Empty:
            parts = urlsplit(self.url)
            return http.client.HTTPConnection(parts.hostname, parts.port, timeout=TIMEOUT_S)

    def reconnect(self) -> int:
        """Close the connections on which nothing is under way; return how many there were."""
        count = 0
        while True:
            try:
                self._idle.get_nowait().close()
            except queue.Empty:
                return count
            count += 1

    def under_way(self) -> int:
        """Return how many requests wait for their answer."""
        return len(self._waiting)

    def next(self, count: int) -> Counter:
        """Return how often each thing was said in answer to the next so many requests."""
        start = len(self.outcomes)
        while len(self.outcomes) < start + count:
            time.sleep(0.05)
        return Counter(outcome.said for outcome in self.outcomes[start : start + count])

    def failures(self) -> list[str]:
        """Return what went wrong so far."""
        return [outcome.said for outcome in self.outcomes if outcome.kind == "failed"]

    def tally(self) -> dict:
        """Count what became of all, with their latencies from when they were due."""
        kinds = Counter(outcome.kind for outcome in self.outcomes)
        milliseconds = sorted(round(1000 * outcome.seconds) for outcome in self.outcomes)
        return {
            "sent": self.sent,
            **{kind: kinds[kind] for kind in KINDS},
            "p50_ms": milliseconds[len(milliseconds) // 2],
            "p99_ms": milliseconds[len(milliseconds) * 99 // 100],
            "max_ms": milliseconds[-1],
            "why": Counter(self.failures()),
        }
