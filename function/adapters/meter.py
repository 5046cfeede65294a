"""Measures how long requests take, by protocol; `application` calls it, `metrics` shows it."""

from bisect import bisect_left

SECONDS_BOUNDS = (
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
    5.0, 10.0, 60.0,
)  # fmt: skip
"""Upper bounds of the buckets; one transaction takes 50 us, a stream as long as it is sent."""


class Timings:
    """How long the requests in one protocol took.

    Attributes
    ----------
    counts
        How many were in each bucket of `SECONDS_BOUNDS`, and how many took longer.
    total
        Seconds, of all requests together.
    """

    def __init__(self) -> None:
        self.counts = [0] * (len(SECONDS_BOUNDS) + 1)
        self.total = 0.0


class Meter:
    """What one process has measured since its start.

    Attributes
    ----------
    timings
        By protocol.
    """

    def __init__(self) -> None:
        self.timings: dict[str, Timings] = {}

    def add(self, protocol: str, seconds: float) -> None:
        """Report that a request was answered.

        Parameters
        ----------
        protocol
            Of the request.
        seconds
            From its head to its answer; to the end of a stream's.
        """
        timings = self.timings.get(protocol)
        if timings is None:
            timings = self.timings[protocol] = Timings()
        timings.counts[bisect_left(SECONDS_BOUNDS, seconds)] += 1
        timings.total += seconds
