"""Waits for what a cluster brings about in its own time; the cluster tests use it."""

import time

WAIT_S = 180
POLL_S = 0.25


def wait_until(condition, what, seconds=WAIT_S):
    """Return the condition's first true value."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(POLL_S)
    raise AssertionError(f"{what} did not come about in {seconds} s")
