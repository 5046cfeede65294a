"""When a request is sent again, and how long it waits before; `sending` asks."""

import math
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from random import uniform

TEMPORARY = frozenset((429, 502, 503, 504))
"""Statuses of which a later try may rid us: too many requests, and gateways without a backend."""

FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 30.0
LONGEST_ASKED_S = 300.0


def wait_before(
    attempt: int,
    retry_after: str | None = None,
    pick: Callable[[float, float], float] = uniform,
    now: datetime | None = None,
) -> float:
    """Return how long to wait: a random time up to one that doubles, or what the server asks for.

    The whole time is random ("full jitter"), so that many clients that failed together do not come
    back together: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/.

    Parameters
    ----------
    attempt
        How many tries have failed, 1 or more.
    retry_after
        The header Retry-After of the last answer: seconds, or a date
        (https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3). What is neither does not count.
    pick
        Chooses between two bounds.
    now
        The time; the clock's where it is None.

    Returns
    -------
    float
        Seconds; never less than is asked for, of which at most five minutes count.
    """
    longest = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** min(attempt - 1, 16))
    asked = _asked(retry_after.strip(), now or datetime.now(UTC)) if retry_after else 0.0
    return max(pick(0, longest), min(asked, LONGEST_ASKED_S))


def _asked(retry_after: str, now: datetime) -> float:
    if retry_after.isascii() and retry_after.isdigit():
        return float(retry_after[:9])
    try:
        seconds = (parsedate_to_datetime(retry_after) - now).total_seconds()
    except (ValueError, TypeError):
        return 0.0
    return max(seconds, 0.0) if math.isfinite(seconds) else 0.0
