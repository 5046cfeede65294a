"""Chooses the threshold for what the business asks: the decision is not the model's.

`train` calls it with out-of-fold scores of the training part, never with the test part.
"""

from typing import Literal, Self, get_args

import msgspec
import numpy as np

from training.errors import RuleError
from training.sweep import Sweep

Kind = Literal["recall", "fallout", "budget", "cost"]
EXPECTED = (
    "recall=SHARE or fallout=SHARE with a share between 0 and 1, budget=ALERTS per thousand "
    "transactions, or cost=REVIEW in euros"
)
PER_THOUSAND = 1000


class Rule(msgspec.Struct, frozen=True):
    """What a threshold is chosen for.

    Attributes
    ----------
    kind
        "recall": the highest threshold that catches at least this share of the frauds.
        "fallout": the lowest that calls at most this share of the honest transactions frauds.
        "budget": the lowest with at most so many alerts per thousand transactions.
        "cost": the one that would have lost least, where a fraud that passes costs its Amount and
        an honest transaction under review costs this many euros.
    value
        A share between 0 and 1 for the first two, above 0 for the others.
    """

    kind: Kind
    value: float

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a rule as it is written on the command line.

        Parameters
        ----------
        text
            Such as "fallout=0.0005".

        Returns
        -------
        Rule

        Raises
        ------
        RuleError
            If it is none; the message says what is allowed.
        """
        kind, _, number = text.partition("=")
        try:
            value = float(number)
        except ValueError:
            value = np.nan
        highest = 1 if kind in ("recall", "fallout") else np.inf
        if kind not in get_args(Kind) or not 0 < value < highest:
            raise RuleError(f'"{text}" is no rule for a threshold; expected is {EXPECTED}.')
        return cls(kind, value)  # type: ignore[arg-type]  # just checked

    def __str__(self) -> str:
        """Return it as `parse` reads it."""
        return f"{self.kind}={self.value:g}"

    def choose(self, sweep: Sweep) -> float:
        """Choose a threshold.

        Parameters
        ----------
        sweep
            Over out-of-fold scores.

        Returns
        -------
        float
            Between 0 and 1. Where no threshold keeps the rule without calling everything honest, it
            lies above every score.
        """
        chosen = sweep.thresholds[self._index(sweep)]
        highest_score = sweep.thresholds[1]
        bound = np.nextafter(highest_score, 2) if np.isinf(chosen) else chosen
        return float(np.clip(bound, np.nextafter(0, 1), np.nextafter(1, 0)))

    def _index(self, sweep: Sweep) -> int:
        if self.kind == "recall":
            return int(np.argmax(sweep.recall >= self.value))
        if self.kind == "fallout":
            return int(np.flatnonzero(sweep.fallout <= self.value)[-1])
        if self.kind == "budget":
            transactions = sweep.frauds + sweep.honest
            per_thousand = sweep.alerts / transactions * PER_THOUSAND
            return int(np.flatnonzero(per_thousand <= self.value)[-1])
        return int(np.argmin(sweep.cost(self.value)))


DEFAULT_RULE = Rule("fallout", 5e-4)
"""One false alert in 2,000 honest transactions: what the 2018 report set as its aim."""
