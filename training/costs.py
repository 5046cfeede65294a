"""What a policy would have saved: `study` and the model card call it."""

import numpy as np

from function.policy import Policy
from training.evaluation import Scored, Truth


def alerts_of(scored: Scored, policy: Policy) -> Truth:
    """Decide with a policy of the function's.

    Parameters
    ----------
    scored
        n transactions.
    policy
        Its arithmetic is that of single numbers and of arrays alike.

    Returns
    -------
    ndarray of bool, shape (n,)
        Whether each is called a fraud.
    """
    alerts, _ = policy.decide(scored.scores, scored.amounts)  # type: ignore[arg-type]
    return np.asarray(alerts)


def cost(scored: Scored, alerts: Truth, review: float) -> float:
    """Return what decisions lose.

    Parameters
    ----------
    scored
        n transactions.
    alerts
        Shape (n,), whether each was called a fraud.
    review
        What it costs to review an honest transaction, in euros, 0 or more.

    Returns
    -------
    float
        In euros: the Amounts of the frauds that passed, and the reviews made in vain.
    """
    fraud = scored.truth == 1
    return float(scored.amounts[fraud & ~alerts].sum() + review * np.sum(~fraud & alerts))


def saved(scored: Scored, alerts: Truth, review: float) -> float:
    """Return the share of the loss without any model that decisions save.

    Parameters
    ----------
    scored
        n transactions.
    alerts
        Shape (n,), whether each was called a fraud.
    review
        What it costs to review an honest transaction, in euros, 0 or more.

    Returns
    -------
    float
        At most 1; below 0 where the reviews cost more than they save; 0 where the frauds' Amounts
        are all 0.
    """
    without = cost(scored, np.zeros_like(alerts), review)
    return 1 - cost(scored, alerts, review) / without if without else 0.0
