"""Sends requests at a steady rate and keeps count of every one."""

import threading
import time
from collections import Counter
from dataclasses import dataclass, field

import requests

TIMEOUT_S = 60


@dataclass
class Prober:
    """A steady stream of transactions; use it in a with statement.

    Attributes
    ----------
    url
        Where the transactions are posted.
    transaction
        The one that is sent each time.
    rate
        Requests a second over all senders.
    senders
        How many threads share the rate, each with a connection of its own.
    """

    url: str
    transaction: dict
    rate: float = 50
    senders: int = 5
    outcomes: list[str] = field(default_factory=list)

    def __enter__(self):
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._send) for _ in range(self.senders)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _send(self):
        due = time.monotonic()
        with requests.Session() as session:
            while not self._stop.is_set():
                self.outcomes.append(self._outcome(session))
                due += self.senders / self.rate
                time.sleep(max(0.0, due - time.monotonic()))

    def _outcome(self, session) -> str:
        """Return the model's version, or what went wrong."""
        try:
            response = session.post(self.url, json=self.transaction, timeout=TIMEOUT_S)
        except requests.RequestException as error:
            return f"failed: {error}"
        if response.status_code != 200:
            return f"failed: {response.status_code} {response.text[:100]}"
        return response.json()["model"]["version"]

    def next(self, count: int) -> Counter:
        """Return how often each outcome occurred among the next so many requests."""
        start = len(self.outcomes)
        while len(self.outcomes) < start + count:
            time.sleep(0.05)
        return Counter(self.outcomes[start : start + count])

    def failures(self) -> list[str]:
        """Return what went wrong so far."""
        return [outcome for outcome in self.outcomes if outcome.startswith("failed")]
