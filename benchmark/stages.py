"""What a crowd of clients is to do, and what it writes down; `benchmark.crowd` goes by it."""

from array import array
from collections.abc import Callable
from dataclasses import dataclass, field

HOLD_S = 2.0
"""How long a slow client takes to send a request."""

OK = 200
BROKEN = 0
"""Stands for a status where there was none: no connection, or one that was closed too early."""


@dataclass(frozen=True)
class Stage:
    """A number of clients for some time.

    Attributes
    ----------
    name
        For people.
    clients
        How many there are in the end.
    seconds
        How long the stage lasts.
    ramp_s
        Within how many seconds of it they become so many, from those of the stage before.
    pause_s
        How long each client pauses after an answer.
    slow
        How many of them send each request in two parts, `HOLD_S` apart.
    until
        Ends the stage before its time, but not within its ramp, where it returns True.
    """

    name: str
    clients: int
    seconds: float
    ramp_s: float = 0.0
    pause_s: float = 0.0
    slow: int = 0
    until: Callable[[], bool] = lambda: False

    def clients_after(self, before: int, seconds: float) -> int:
        """Return how many clients there are to be so many seconds after its begin.

        Parameters
        ----------
        before
            How many there were when it began.
        seconds
            Since then.

        Returns
        -------
        int
        """
        share = min(1.0, seconds / self.ramp_s) if self.ramp_s else 1.0
        return round(before + share * (self.clients - before))


@dataclass
class Requests:
    """All requests of a crowd, in the order of their ends.

    Attributes
    ----------
    sent_s
        When each was sent whole, on the clock of `time.perf_counter`.
    ended_s
        When its answer was there, or it was lost.
    statuses
        With what it was answered; `BROKEN` where it was not.
    client_s
        The processor time that the clients took.
    stages_s
        When each stage began, and when the last answer was there.
    """

    sent_s: "array[float]" = field(default_factory=lambda: array("d"))
    ended_s: "array[float]" = field(default_factory=lambda: array("d"))
    statuses: "array[int]" = field(default_factory=lambda: array("h"))
    client_s: float = 0.0
    stages_s: list[float] = field(default_factory=list)
