"""What makes a probability a decision: a fixed threshold, or what a mistake costs.

`settings` reads from FRAUD_POLICY which it is, `scoring` asks it about every transaction, and
`training` measures what each would have saved.
"""

import msgspec


class ThresholdPolicy(msgspec.Struct, frozen=True, tag="threshold", tag_field="kind"):
    """A fraud is what reaches a fixed threshold.

    Attributes
    ----------
    threshold
        Between 0 and 1.
    """

    threshold: float

    def decide(self, probability: float, amount: float) -> tuple[bool, float]:  # noqa: ARG002
        """Decide about one transaction.

        Parameters
        ----------
        probability
            Of a fraud, 0 to 1.
        amount
            In euros, 0 or more; it does not count.

        Returns
        -------
        fraud : bool
            Whether it is called a fraud.
        threshold : float
            The probability from which on it is.
        """
        return probability >= self.threshold, self.threshold


class CostPolicy(msgspec.Struct, frozen=True, tag="cost", tag_field="kind"):
    """A fraud is what is expected to cost more when it passes than when it is reviewed.

    To let a transaction pass is expected to cost probability · Amount, to review it in vain
    (1 - probability) · review: where the probabilities are calibrated, this is the rule of the
    least expected cost. Charles Elkan: The Foundations of Cost-Sensitive Learning. IJCAI 2001.

    Attributes
    ----------
    review
        What a review costs, in euros, above 0.
    """

    review: float

    def decide(self, probability: float, amount: float) -> tuple[bool, float]:
        """Decide about one transaction.

        Parameters
        ----------
        probability
            Of a fraud, 0 to 1.
        amount
            In euros, 0 or more.

        Returns
        -------
        fraud : bool
            Whether it is called a fraud; never where the amount is 0.
        threshold : float
            The probability beyond which it is.
        """
        fraud = probability * amount > (1 - probability) * self.review
        return fraud, self.review / (self.review + amount)


Policy = ThresholdPolicy | CostPolicy
