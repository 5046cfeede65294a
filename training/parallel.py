"""How the processor's cores are shared out: fits side by side, each on one core.

`train` and `compare` enter it.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from joblib import cpu_count, effective_n_jobs, parallel_config
from threadpoolctl import threadpool_limits

MOST_AT_ONCE = 2
"""Fits side by side: more would need more memory than a laptop has to spare."""

MEMORY_BYTES = 1_000_000_000
"""What fits side by side may take."""

COPIES = 2
"""How often a fit holds its features: Newton's method weights a copy of them."""


@contextmanager
def one_thread_each() -> Iterator[None]:
    """Let scikit-learn fit side by side in threads, and let linear algebra take one core for each.

    The sums of linear algebra then come in the same order on every machine, which makes equal
    models equal to the byte; and its own threads do not wait for each other by spinning, which
    took five times as long where a core was busy with something else.

    Yields
    ------
    None
    """
    with threadpool_limits(1), parallel_config("threading", n_jobs=min(MOST_AT_ONCE, cpu_count())):
        yield


def at_once(transactions: int, columns: int) -> int:
    """Return how many fits there may be side by side.

    Parameters
    ----------
    transactions
        How many a model is fitted to.
    columns
        How many features it sees, terms included.

    Returns
    -------
    int
        From 1 on: as many as `one_thread_each` allows and memory holds.
    """
    size = COPIES * transactions * columns * 8
    return max(1, min(int(effective_n_jobs()), MEMORY_BYTES // size))
