"""What the adapters that score have in common: the core, made for one model.

`application` makes it; the adapters that score use it.
"""

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from function.reading import Reader
from function.scoring import Decision, Scorer
from function.transaction import Transaction, numbers_getter

if TYPE_CHECKING:
    from function.vectors import VectorScorer, Verdicts

FEW = 32
"""Up to so many transactions, one by one is fast enough to leave numpy unloaded."""


class Core:
    """The core, made for one model.

    Parameters
    ----------
    scorer
        The model.
    revision
        The revision's name.

    Attributes
    ----------
    scorer, revision
        The same.
    reader
        Reads what the model can score.
    """

    def __init__(self, scorer: Scorer, revision: str) -> None:
        self.scorer = scorer
        self.revision = revision
        self.reader = Reader(time_required=scorer.model.needs_time)
        self._numbers = numbers_getter(self.reader.required)

    @cached_property
    def _vectors(self) -> "VectorScorer":
        # To load numpy takes half as long again as the whole start, and most functions get few
        # batches or none.
        from function.vectors import VectorScorer  # noqa: PLC0415

        return VectorScorer(self.scorer.model, self.scorer.policy)

    def decide(self, transaction: Transaction, reasons: int) -> Decision:
        """Score one transaction that stands alone.

        Parameters
        ----------
        transaction
            What is scored.
        reasons
            How many reasons to give, 0 or more.

        Returns
        -------
        Decision
            With its model.
        """
        decision = self.scorer.decide(transaction, reasons)
        decision.model = self.scorer.reference
        return decision

    def decide_all(self, transactions: Sequence[Transaction], reasons: int) -> list[Decision]:
        """Score many.

        Parameters
        ----------
        transactions
            What is scored.
        reasons
            How many reasons to give of each, 0 or more.

        Returns
        -------
        list of Decision
            In the same order and without their model.
        """
        if len(transactions) <= FEW:
            return [self.scorer.decide(each, reasons) for each in transactions]
        rows = map(self._numbers, transactions)
        verdicts = self._vectors.decide(rows, self.reader.required, explained=reasons > 0)
        frauds, probabilities, thresholds, contributions = verdicts
        ids = [each.id for each in transactions]
        decisions = list(map(Decision, ids, frauds, probabilities, thresholds))
        for decision, each in zip(decisions, contributions, strict=False):
            decision.reasons = self.scorer.reasons(each, reasons)
        return decisions

    def decide_rows(self, rows: Iterable[Sequence[float]], columns: Sequence[str]) -> "Verdicts":
        """Score many of which only the numbers are known.

        Parameters
        ----------
        rows
            Their numbers, whose ranges have been checked; at least one row.
        columns
            What the numbers of a row are: all that the model requires among them.

        Returns
        -------
        Verdicts
        """
        return self._vectors.decide(rows, columns)
