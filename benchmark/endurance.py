"""Judges a soak: what must hold however long the function serves; `benchmark.soak` shows it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from statistics import median

from benchmark.goals import Verdict

SERVER_ERROR = 500
PARTS = 3
"""The first, the middle and the last third of the time are compared."""

GROWTH_MIB, GROWTH_SHARE = 1.0, 0.02
TIMES_THE_P99 = 2
LEAST_SENT = 0.99
LEAST_SAMPLES = PARTS


def verdicts(
    statuses: Mapping[tuple[str, int], int],
    expected: Mapping[str, int],
    due: int,
    memory_mib: Sequence[float],
    p99_ms: Sequence[float],
) -> list[Verdict]:
    """Judge a soak.

    Parameters
    ----------
    statuses
        How often each kind of request was answered with each status, 0 for no answer.
    expected
        The status for each kind.
    due
        How many requests there should have been.
    memory_mib
        Samples of what the process has allocated, in their order, at equal distances.
    p99_ms
        For each third of the time.

    Returns
    -------
    list of Verdict
    """
    return [
        *_answers(statuses, expected, due),
        _memory(memory_mib),
        Verdict(
            f"p99 of the last third: at most {TIMES_THE_P99} times that of the first",
            f"{p99_ms[0]:.2f} ms, then {p99_ms[-1]:.2f} ms",
            p99_ms[-1] <= TIMES_THE_P99 * p99_ms[0],
        ),
    ]


def _answers(
    statuses: Mapping[tuple[str, int], int], expected: Mapping[str, int], due: int
) -> Iterator[Verdict]:
    broken = sum(count for (_, status), count in statuses.items() if status >= SERVER_ERROR)
    yield Verdict("no answer of 500 or above", f"{broken:,}", broken == 0)
    wrong = Counter[str]()
    for (kind, status), count in statuses.items():
        if status != expected[kind]:
            wrong[f"{kind}: {status or 'no answer'}"] += count
    found = ", ".join(f"{count:,} x {what}" for what, count in wrong.most_common(3))
    yield Verdict("every request answered as it has to be", found or "all", not wrong)
    answered = sum(statuses.values())
    yield Verdict(
        f"answers to what was due: at least {LEAST_SENT:.0%}",
        f"{answered:,} of {due:,}",
        answered >= LEAST_SENT * due,
    )


def _memory(samples: Sequence[float]) -> Verdict:
    """Compare the median of the last third with that of the middle one.

    The first third is left out, since allocators and caches fill then. A leak of a byte with each
    of ten thousand requests a second is six mebibytes between the two after half an hour.
    Pages of files do not count: they move with what else runs on the machine.
    """
    goal = (
        f"memory flat: the median of the last third at most {GROWTH_MIB:.0f} MiB or "
        f"{GROWTH_SHARE:.0%} above that of the middle third"
    )
    if len(samples) < LEAST_SAMPLES:
        return Verdict(goal, f"only {len(samples)} samples", met=False)
    size = len(samples) // PARTS
    middle, last = median(samples[-2 * size : -size]), median(samples[-size:])
    limit = middle + max(GROWTH_MIB, GROWTH_SHARE * middle)
    return Verdict(goal, f"{middle:.1f} MiB, then {last:.1f} MiB", last <= limit)
