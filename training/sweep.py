"""What every possible threshold would do, in one pass over the scores.

`thresholds` chooses among them, `study` draws them as curves.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Sweep:
    """The outcome at each threshold, from none to all transactions called frauds.

    Attributes
    ----------
    thresholds
        Shape (k,): the scores that occur, falling, after an infinite one that calls nothing a
        fraud. A transaction is called a fraud from the threshold on.
    frauds_caught, false_alerts
        Shape (k,): how many frauds and honest transactions are called frauds.
    amount_caught
        Shape (k,): what the frauds caught add up to, in euros.
    frauds, honest
        How many there are.
    amount_of_frauds
        What all frauds add up to, in euros.
    """

    thresholds: Floats
    frauds_caught: Floats
    false_alerts: Floats
    amount_caught: Floats
    frauds: float
    honest: float
    amount_of_frauds: float

    @classmethod
    def of(cls, truth: NDArray[np.int_], scores: Floats, amounts: Floats) -> Self:
        """Sweep over the scores.

        Parameters
        ----------
        truth
            Shape (n,), 1 for a fraud and 0 else; both occur.
        scores
            Shape (n,), 0 to 1.
        amounts
            Shape (n,), in euros, 0 or more.

        Returns
        -------
        Sweep
        """
        order = np.argsort(-scores, kind="stable")
        falling, fraud = scores[order], truth[order].astype(np.float64)
        last = np.flatnonzero(np.append(np.diff(falling) != 0, True))  # of each run of equal scores
        caught, amount, alerts = (
            np.append(0.0, np.cumsum(counted)[last])
            for counted in (fraud, fraud * amounts[order], 1 - fraud)
        )
        thresholds = np.append(np.inf, falling[last])
        return cls(thresholds, caught, alerts, amount, caught[-1], alerts[-1], float(amount[-1]))

    @property
    def recall(self) -> Floats:
        """The share of the frauds that are caught, shape (k,)."""
        return self.frauds_caught / self.frauds

    @property
    def fallout(self) -> Floats:
        """The share of the honest transactions that are called frauds, shape (k,)."""
        return self.false_alerts / self.honest

    @property
    def alerts(self) -> Floats:
        """How many transactions are called frauds, shape (k,)."""
        return self.frauds_caught + self.false_alerts

    @property
    def precision(self) -> Floats:
        """The share of frauds among the alerts, shape (k,); 1 where there are none."""
        return np.divide(
            self.frauds_caught, self.alerts, out=np.ones_like(self.alerts), where=self.alerts > 0
        )

    def cost(self, review: float) -> Floats:
        """Return what is lost at each threshold.

        Parameters
        ----------
        review
            What it costs to review an honest transaction, in euros, 0 or more.

        Returns
        -------
        ndarray of float, shape (k,)
            In euros: the Amounts of the frauds that pass, and the reviews made in vain.
        """
        return self.amount_of_frauds - self.amount_caught + review * self.false_alerts

    def recall_at_fallout(self, fallout: float) -> float:
        """Return the highest recall with at most this fallout.

        Parameters
        ----------
        fallout
            0 to 1.

        Returns
        -------
        float
            0 to 1.
        """
        return float(self.recall[self.fallout <= fallout].max())

    def precision_at_recall(self, recall: float) -> float:
        """Return the highest precision with at least this recall.

        Parameters
        ----------
        recall
            0 to 1.

        Returns
        -------
        float
            0 to 1.
        """
        return float(self.precision[self.recall >= recall].max())

    def fallout_at_recall(self, recall: float) -> float:
        """Return the lowest fallout with at least this recall.

        Parameters
        ----------
        recall
            0 to 1.

        Returns
        -------
        float
            0 to 1.
        """
        return float(self.fallout[self.recall >= recall].min())
