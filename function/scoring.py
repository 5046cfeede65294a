"""Scores transactions with a model: the core, which every adapter calls.

It is plain Python: for one transaction that is faster than numpy, and it leaves numpy out of the
container, which starts sooner and stays smaller for it.
"""

import math
from collections.abc import Callable
from operator import attrgetter

import msgspec

from function.model import Model
from function.transaction import Transaction


class ModelReference(msgspec.Struct, frozen=True):
    """The model that made a decision: the recipe's name and the content's version."""

    name: str
    version: str


class Reason(msgspec.Struct, frozen=True, gc=False):
    """A feature's share in a decision, in log-odds; above 0 it speaks for a fraud."""

    feature: str
    contribution: float


class Decision(msgspec.Struct, omit_defaults=True):
    """What the function says of one transaction.

    Attributes
    ----------
    id
        The transaction's own id, or null.
    fraud
        Whether the probability is at or above the threshold.
    probability
        The probability of a fraud, 0 to 1.
    threshold
        Between 0 and 1.
    reasons
        The contributions of the greatest size first; absent where none were asked for.
    model
        Absent within a batch, which names it once.
    """

    id: str | None
    fraud: bool
    probability: float
    threshold: float
    reasons: tuple[Reason, ...] | msgspec.UnsetType = msgspec.UNSET
    model: ModelReference | msgspec.UnsetType = msgspec.UNSET


class Scorer:
    """A model made ready for scoring.

    Parameters
    ----------
    model
        As `read_model` returns it.

    Attributes
    ----------
    model
        The same.
    reference
        Its name and version, as decisions carry them.
    """

    def __init__(self, model: Model) -> None:
        self.model = model
        self.reference = ModelReference(model.name, model.version)
        self._names = tuple(feature.name for feature in model.features)
        self._values: Callable[[Transaction], tuple[float, ...]] = attrgetter(*self._names)
        self._terms = tuple(
            (f.transform == "log1p", f.mean, f.scale, f.offset, f.linear, f.signed_log)
            for f in model.features
        )

    def contributions(self, transaction: Transaction) -> list[float]:
        """Return each feature's contribution to the log-odds.

        Parameters
        ----------
        transaction
            What is scored.

        Returns
        -------
        list of float
            In the order of the model's features; with the intercept they add up to the log-odds.
        """
        log1p, copysign = math.log1p, math.copysign
        contributions = []
        for value, (logarithm, mean, scale, offset, linear, signed_log) in zip(
            self._values(transaction), self._terms, strict=True
        ):
            z = ((log1p(value) if logarithm else value) - mean) / scale
            signed = copysign(log1p(abs(z)), z)
            contributions.append(offset + linear * z + signed_log * signed)
        return contributions

    def decide(self, transaction: Transaction, reasons: int = 0) -> Decision:
        """Score one transaction.

        Parameters
        ----------
        transaction
            What is scored.
        reasons
            How many reasons to give, 0 or more; more than there are features gives all.

        Returns
        -------
        Decision
            Without its model, which the caller adds where it stands alone.
        """
        contributions = self.contributions(transaction)
        probability = _sigmoid(self.model.intercept + sum(contributions))
        threshold = self.model.threshold
        decision = Decision(transaction.id, probability >= threshold, probability, threshold)
        if reasons:
            decision.reasons = self._reasons(contributions, reasons)
        return decision

    def _reasons(self, contributions: list[float], count: int) -> tuple[Reason, ...]:
        pairs = sorted(zip(contributions, self._names, strict=True), key=_size, reverse=True)
        return tuple(Reason(name, contribution) for contribution, name in pairs[:count])


def _size(pair: tuple[float, str]) -> float:
    return abs(pair[0])


def _sigmoid(log_odds: float) -> float:
    """Return the probability of these log-odds, without overflow at either end."""
    if log_odds >= 0:
        return 1 / (1 + math.exp(-log_odds))
    odds = math.exp(log_odds)
    return odds / (1 + odds)
