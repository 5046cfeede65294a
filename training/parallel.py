"""How cores and memory are shared out: fits side by side, each on one core.

`train` and `compare` enter it.
"""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from joblib import cpu_count, effective_n_jobs, parallel_config
from threadpoolctl import threadpool_limits

MOST_AT_ONCE = 2
"""Fits side by side: more would need more memory than a laptop has to spare."""

MEMORY_BYTES = 1_000_000_000
"""What fits side by side may take."""

COPIES = 2
"""How often a fit holds its features: Newton's method weights a copy of them."""


MMAP_THRESHOLD = -3
"""The number of glibc's parameter M_MMAP_THRESHOLD; see mallopt(3)."""

LARGE_BYTES = 1_000_000


@contextmanager
def one_thread_each() -> Iterator[None]:
    """Let scikit-learn fit side by side in threads, and let linear algebra take one core for each.

    The sums of linear algebra then come in the same order on every machine, which makes equal
    models equal to the byte; and its own threads do not wait for each other by spinning, which
    took five times as long where a core was busy with something else. Large arrays are given back
    to the system when they are freed, for the rest of the process.

    Yields
    ------
    None
    """
    _give_memory_back()
    with threadpool_limits(1), parallel_config("threading", n_jobs=min(MOST_AT_ONCE, cpu_count())):
        yield


def _give_memory_back() -> None:
    """Have glibc map large arrays one by one.

    By default it keeps what each thread has freed, in pieces: a report held on to a gigabyte more.
    """
    with suppress(AttributeError, OSError):  # another C library
        ctypes.CDLL(None).mallopt(MMAP_THRESHOLD, LARGE_BYTES)


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
