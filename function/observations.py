"""Counts what was decided and keeps the latest transactions, to be compared with the training data.

`adapters.core` reports every decision; `drift` and the adapter for metrics look at it.
"""

from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from itertools import repeat
from typing import Any, Protocol

import msgspec

from function.errors import InputError
from function.scoring import Decision
from function.transaction import Transaction

SCORE_BOUNDS = (1e-5, 1e-4, 1e-3, 0.003, 0.01, 0.03, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99, 1.0)
"""Upper bounds of the histogram's buckets: probabilities of frauds are spread over magnitudes."""

KEPT = 2_000
"""Transactions: a thousand is the least from which drift can be told, and each takes 1 KiB."""

MOST_OF_A_BATCH = 50
"""So that one large batch does not stand for all that came lately."""

Numbers = Callable[[Any], Sequence[float]]


class Places(Protocol):
    """A list of transactions, or whatever gives some for their places."""

    def __getitem__(self, places: slice, /) -> Iterable[Any]:
        """Return some that may be kept."""


class Observed(msgspec.Struct, frozen=True, gc=False):
    """A transaction as it was decided.

    Attributes
    ----------
    numbers
        Takes the model's features, in its order, out of the next.
    transaction
        A `Transaction`, or a row of numbers.
    probability
        Of a fraud, 0 to 1.
    fraud
        Whether it was called one.
    """

    numbers: Numbers
    transaction: Any
    probability: float
    fraud: bool


class Observations:
    """What one process has decided since its start.

    Parameters
    ----------
    numbers
        Takes the model's features, in its order, out of a transaction.

    Attributes
    ----------
    honest, frauds
        How many transactions were called so.
    score_counts
        How many probabilities were in each bucket of `SCORE_BOUNDS`.
    score_sum
        All probabilities added up.
    errors
        How many requests and lines were refused, by the error's class.
    latest
        Up to `KEPT` transactions, the oldest first; of a batch some, evenly spaced.
    """

    def __init__(self, numbers: Callable[[Transaction], Sequence[float]]) -> None:
        self._numbers = numbers
        self.honest = 0
        self.frauds = 0
        self.score_counts = [0] * len(SCORE_BOUNDS)
        self.score_sum = 0.0
        self.errors: Counter[type[InputError]] = Counter()
        self.latest: deque[Observed] = deque(maxlen=KEPT)

    def add(self, transaction: Transaction, decision: Decision) -> None:
        """Report one decision.

        Parameters
        ----------
        transaction
            What was decided about.
        decision
            What was decided.
        """
        probability, fraud = decision.probability, decision.fraud
        if fraud:
            self.frauds += 1
        else:
            self.honest += 1
        self.score_counts[bisect_left(SCORE_BOUNDS, probability)] += 1
        self.score_sum += probability
        self.latest.append(Observed(self._numbers, transaction, probability, fraud))

    def add_error(self, error: InputError) -> None:
        """Report that a request or a line was refused.

        Parameters
        ----------
        error
            Why.
        """
        self.errors[type(error)] += 1

    def add_batch(
        self,
        numbers: Numbers,
        transactions: Places,
        probabilities: Sequence[float],
        frauds: Sequence[bool],
        score_counts: Sequence[int],
    ) -> None:
        """Report many decisions.

        Parameters
        ----------
        numbers
            Takes the model's features, in its order, out of one of the next.
        transactions
            What was decided about, one or more.
        probabilities, frauds
            What was decided, in the same order.
        score_counts
            How many of the probabilities are in each bucket of `SCORE_BOUNDS`.
        """
        count = sum(frauds)
        self.frauds += count
        self.honest += len(frauds) - count
        self.score_counts = list(map(int.__add__, self.score_counts, score_counts))
        self.score_sum += sum(probabilities)
        some = slice(None, None, 1 + (len(frauds) - 1) // MOST_OF_A_BATCH)
        self.latest.extend(
            map(Observed, repeat(numbers), transactions[some], probabilities[some], frauds[some])
        )
