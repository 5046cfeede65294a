"""Scores transactions with a model: the core, which every adapter calls.

It is plain Python: for one transaction that is faster than numpy, and it leaves numpy out of the
container, which starts sooner and stays smaller for it.
"""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from math import exp, log1p
from operator import attrgetter

import msgspec

from function.model import Feature, Model
from function.policy import Policy, ThresholdPolicy
from function.transaction import Transaction, numbers_getter


class ModelReference(msgspec.Struct, frozen=True):
    """The model that made a decision.

    Attributes
    ----------
    name
        The recipe's name.
    version
        The first characters of the digest of its content.
    """

    name: str
    version: str


class Reason(msgspec.Struct, frozen=True, gc=False):
    """A feature's share in a decision.

    Attributes
    ----------
    feature
        Its name.
    contribution
        In log-odds; above 0 it speaks for a fraud.
    """

    feature: str
    contribution: float


class Decision(msgspec.Struct, omit_defaults=True):
    """What the function says of one transaction.

    Attributes
    ----------
    id
        The transaction's own id, or null.
    fraud
        Whether it is called a fraud.
    probability
        The probability of a fraud, 0 to 1.
    threshold
        The probability where the decision turns, 0 to 1.
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
    policy
        What turns its probabilities into decisions; its own threshold where it is None.

    Attributes
    ----------
    model, policy
        The same.
    reference
        The model's name and version, as decisions carry them.
    """

    def __init__(self, model: Model, policy: Policy | None = None) -> None:
        self.model = model
        self.policy = policy or ThresholdPolicy(model.threshold)
        self.reference = ModelReference(model.name, model.version)
        self._names = tuple(feature.name for feature in model.features)
        self._values = numbers_getter(self._names)
        self._logarithmic = tuple(
            position
            for position, feature in enumerate(model.features)
            if feature.transform == "log1p"
        )
        self._terms = tuple(map(_folded, model.features))
        self._segments = tuple(
            (position, *_segments(feature))
            for position, feature in enumerate(model.features)
            if feature.hinges
        )

    def contributions(self, transaction: Transaction) -> list[float]:
        """Return each feature's contribution to the log-odds.

        Parameters
        ----------
        transaction
            What is scored; it has a Time where the model uses it.

        Returns
        -------
        list of float
            In the order of the model's features; with the intercept they add up to the log-odds.
        """
        values = list(self._values(transaction))
        for position in self._logarithmic:
            values[position] = log1p(values[position])
        contributions = []
        for value, (factor, shift, constant, linear, signed_log) in zip(
            values, self._terms, strict=True
        ):
            z = factor * value + shift
            logarithm = log1p(z) if z >= 0 else -log1p(-z)
            contributions.append(constant + linear * value + signed_log * logarithm)
        for position, knots, constants, slopes in self._segments:
            value = values[position]
            segment = bisect_right(knots, value)
            contributions[position] += constants[segment] + slopes[segment] * value
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
        fraud, threshold = self.policy.decide(probability, transaction.Amount)
        decision = Decision(transaction.id, fraud, probability, threshold)
        if reasons:
            decision.reasons = self.reasons(contributions, reasons)
        return decision

    def reasons(self, contributions: Sequence[float], count: int) -> tuple[Reason, ...]:
        """Name the features that decided most.

        Parameters
        ----------
        contributions
            As `contributions` returns them.
        count
            How many reasons to give, 0 or more; more than there are features gives all.

        Returns
        -------
        tuple of Reason
            The greatest in size first.
        """
        # For the few that are wanted, to find the largest again and again is faster than to sort.
        sizes = list(map(abs, contributions))
        reasons = []
        for _ in range(min(count, len(sizes))):
            largest = sizes.index(max(sizes))
            reasons.append(Reason(self._names[largest], contributions[largest]))
            sizes[largest] = -1.0
        return tuple(reasons)


def _folded(feature: Feature) -> tuple[float, float, float, float, float]:
    """Multiply out what does not depend on the value: z and the linear part take one step each."""
    factor, shift = 1 / feature.scale, -feature.mean / feature.scale
    constant = feature.offset + feature.linear * shift
    return factor, shift, constant, feature.linear * factor, feature.signed_log


def _segments(feature: Feature) -> tuple[list[float], list[float], list[float]]:
    """Add up the hinges to one line for each stretch between two knots.

    Returns the knots in units of the value, and a constant and a slope for each stretch: before
    the first knot both are 0. To find one stretch is much faster than to ask every hinge.
    """
    hinges = sorted(feature.hinges, key=attrgetter("knot"))
    knots = [feature.mean + hinge.knot * feature.scale for hinge in hinges]
    steps = [hinge.weight / feature.scale for hinge in hinges]
    slopes = list(accumulate(steps, initial=0.0))
    shifts = (-step * knot for step, knot in zip(steps, knots, strict=True))
    return knots, list(accumulate(shifts, initial=0.0)), slopes


def _sigmoid(log_odds: float) -> float:
    """Return the probability of these log-odds, without overflow at either end."""
    if log_odds >= 0:
        return 1 / (1 + exp(-log_odds))
    odds = exp(log_odds)
    return odds / (1 + odds)
