"""Says which goals the numbers meet; `benchmark.report` shows it."""

import operator
from collections.abc import Callable, Iterator, Mapping

import msgspec

from benchmark.contenders import BASELINE, FAST_BASELINE, FUNCTION
from benchmark.results import Summary
from benchmark.workloads import BINARY, CSV, JSON_BATCHES, NDJSON, PLAIN, STRUCTURED

PEER_NAMES = ("KServe", "MLServer", "BentoML", "LitServe")
JUDGED_AT = 16
"""How many connections the goals for single transactions speak of."""

TIMES_THE_BEST_PEER, SHARE_OF_ITS_P99 = 5, 0.25
SHARE_OF_NOTHING, SHARE_OF_PLAIN = 0.9, 0.85
BATCH_RATE, STREAM_RATE = 300_000, 400_000
TIMES_THE_START = 1.15
MEMORY_MIB, MILLION_MEMORY_MIB = 55, 120


class Verdict(msgspec.Struct, frozen=True):
    """A goal and what came of it.

    Attributes
    ----------
    goal
        In words.
    found
        The number, with its unit.
    met
        Whether it is as good as it has to be.
    """

    goal: str
    found: str
    met: bool


def verdicts(summaries: Mapping[str, Summary]) -> list[Verdict]:
    """Judge every goal for which there are numbers.

    Parameters
    ----------
    summaries
        By the contenders' names.

    Returns
    -------
    list of Verdict
        Empty where this function was not measured.
    """
    function = summaries.get(FUNCTION)
    if function is None:
        return []
    return [
        *_beside_peers(function, summaries),
        *_beside_nothing(function, summaries),
        *_beside_plain(function),
        *_many(function),
        *_memory(function),
    ]


def _at_least(goal: str, found: float, least: float, text: str) -> Verdict:
    return _judged(goal, found, operator.ge, least, text)


def _at_most(goal: str, found: float, most: float, text: str) -> Verdict:
    return _judged(goal, found, operator.le, most, text)


def _judged(
    goal: str, found: float, fits: Callable[[float, float], bool], limit: float, text: str
) -> Verdict:
    return Verdict(goal, text.format(found), fits(found, limit))


def _beside_peers(function: Summary, summaries: Mapping[str, Summary]) -> Iterator[Verdict]:
    peers = [summaries[name] for name in PEER_NAMES if name in summaries]
    loads = [peer.loads[JUDGED_AT] for peer in peers if peer.loads]
    if not loads or not function.loads:
        return
    own = function.loads[JUDGED_AT]
    best = max(loads, key=lambda load: load.rate)
    least_p99 = min(load.p99_ms for load in loads)
    yield _at_least(
        f"requests a second at c={JUDGED_AT}: at least {TIMES_THE_BEST_PEER} times the best peer's",
        own.rate / best.rate,
        TIMES_THE_BEST_PEER,
        "{:.1f} times",
    )
    yield _at_most(
        f"p99 at c={JUDGED_AT}: at most {SHARE_OF_ITS_P99} of the best peer's",
        own.p99_ms / least_p99,
        SHARE_OF_ITS_P99,
        "{:.2f} of it",
    )


def _beside_nothing(function: Summary, summaries: Mapping[str, Summary]) -> Iterator[Verdict]:
    for name in (BASELINE, FAST_BASELINE):
        other = summaries.get(name)
        if other and other.loads and function.loads:
            yield _at_least(
                f"requests a second at c={JUDGED_AT}: at least {SHARE_OF_NOTHING:.0%} of {name}",
                function.loads[JUDGED_AT].rate / other.loads[JUDGED_AT].rate,
                SHARE_OF_NOTHING,
                "{:.0%}",
            )
    if BASELINE in summaries:
        yield _at_most(
            f"start to the first answer: at most {TIMES_THE_START} times {BASELINE}",
            function.start_ms / summaries[BASELINE].start_ms,
            TIMES_THE_START,
            "{:.2f} times",
        )


def _beside_plain(function: Summary) -> Iterator[Verdict]:
    for name in (BINARY, STRUCTURED):
        if name in function.workloads:
            yield _at_least(
                f"{name} a second: at least {SHARE_OF_PLAIN:.0%} of plain JSON",
                function.workloads[name] / function.workloads[PLAIN],
                SHARE_OF_PLAIN,
                "{:.0%}",
            )


def _many(function: Summary) -> Iterator[Verdict]:
    for name, least in ((JSON_BATCHES, BATCH_RATE), (NDJSON, STREAM_RATE), (CSV, STREAM_RATE)):
        if name in function.workloads:
            yield _at_least(
                f"transactions a second, {name}: at least {least:,}",
                function.workloads[name],
                least,
                "{:,.0f}",
            )


def _memory(function: Summary) -> Iterator[Verdict]:
    yield _at_most(
        f"memory (PSS) at rest: at most {MEMORY_MIB} MiB",
        function.memory_first_mib,
        MEMORY_MIB,
        "{:.0f} MiB",
    )
    if function.memory_million_mib is not None:
        yield _at_most(
            f"memory (PSS) while a million lines go through: at most {MILLION_MEMORY_MIB} MiB",
            function.memory_million_mib,
            MILLION_MEMORY_MIB,
            "{:.0f} MiB",
        )
