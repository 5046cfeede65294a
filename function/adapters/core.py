"""What the adapters that score have in common: the core, made for one model.

`application` makes it; the adapters that score use it.
"""

from collections.abc import Iterable
from functools import cached_property, lru_cache
from itertools import repeat
from operator import itemgetter
from typing import TYPE_CHECKING

from function.observations import Numbers, Observations
from function.reading import Reader
from function.scoring import Decision, Scorer
from function.settings import Settings
from function.transaction import Transaction, numbers_getter

if TYPE_CHECKING:
    from function.tables import Table
    from function.vectors import VectorScorer, Verdicts

FEW = 32
"""Up to so many transactions, one by one is fast enough to leave numpy unloaded."""


class Core:
    """The core, made for one model.

    Parameters
    ----------
    scorer
        The model.
    settings
        The revision's name, how many reasons a single decision has, and how many transactions one
        JSON document may hold.

    Attributes
    ----------
    scorer
        The same.
    revision
        The revision's name.
    reasons
        How many reasons come with one transaction, where the query does not say.
    reader
        Reads what the model can score.
    observations
        What was decided.
    """

    def __init__(self, scorer: Scorer, settings: Settings) -> None:
        self.scorer = scorer
        self.revision = settings.revision
        self.reasons = settings.reasons
        self.reader = Reader(time_required=scorer.model.needs_time, most=settings.max_batch)
        self._numbers = numbers_getter(self.reader.required)
        self._features = tuple(feature.name for feature in scorer.model.features)
        self._features_of = numbers_getter(self._features)
        self.observations = Observations(self._features_of)

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
        self.observations.add(transaction, decision)
        return decision

    def decide_all(self, transactions: "list[Transaction] | Table", reasons: int) -> list[Decision]:
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
        if isinstance(transactions, list):
            if len(transactions) <= FEW:
                return self._decide_few(transactions, reasons)
            ids: Iterable[str | None] = [each.id for each in transactions]
            verdicts = self._verdicts_on(transactions, explained=reasons > 0)
        else:
            ids = repeat(None)
            verdicts = self.decide_table(transactions, explained=reasons > 0)
        decisions = list(
            map(Decision, ids, verdicts.frauds, verdicts.probabilities, verdicts.thresholds)
        )
        for decision, each in zip(decisions, verdicts.contributions, strict=False):
            decision.reasons = self.scorer.reasons(each, reasons)
        return decisions

    def decide_table(self, table: "Table", *, explained: bool = False) -> "Verdicts":
        """Score many of which only the numbers are known.

        Parameters
        ----------
        table
            At least one row; all that the model requires is among the columns.
        explained
            Whether to give the contributions too.

        Returns
        -------
        Verdicts
        """
        verdicts = self._vectors.decide(table.numbers, table.columns, explained=explained)
        self._observe(_getter_of(self._features, table.columns), table, verdicts)
        return verdicts

    def _decide_few(self, transactions: list[Transaction], reasons: int) -> list[Decision]:
        decisions = [self.scorer.decide(each, reasons) for each in transactions]
        for transaction, decision in zip(transactions, decisions, strict=True):
            self.observations.add(transaction, decision)
        return decisions

    def _verdicts_on(self, transactions: list[Transaction], *, explained: bool) -> "Verdicts":
        from function.vectors import matrix_of  # noqa: PLC0415  as in _vectors

        columns = self.reader.required
        matrix = matrix_of(map(self._numbers, transactions), len(columns))
        verdicts = self._vectors.decide(matrix, columns, explained=explained)
        self._observe(self._features_of, transactions, verdicts)
        return verdicts

    def _observe(
        self, numbers: Numbers, transactions: "list[Transaction] | Table", found: "Verdicts"
    ) -> None:
        self.observations.add_batch(
            numbers, transactions, found.probabilities, found.frauds, found.score_counts
        )


@lru_cache(maxsize=64)  # streams are looked at in blocks, all of the same columns
def _getter_of(names: tuple[str, ...], columns: tuple[str, ...]) -> Numbers:
    return itemgetter(*map(columns.index, names))
