"""Policies: when a probability becomes a decision."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from function.policy import CostPolicy, ThresholdPolicy

probabilities = st.floats(0, 1)
amounts = st.floats(0, 1e6)
reviews = st.floats(0.01, 1e4)


@pytest.mark.parametrize(("probability", "fraud"), [(0.19, False), (0.2, True), (0.21, True)])
def test_a_fraud_is_called_from_the_threshold_on_whatever_the_amount(probability, fraud):
    for amount in (0, 1e6):
        assert ThresholdPolicy(0.2).decide(probability, amount) == (fraud, 0.2)


@pytest.mark.parametrize(
    ("probability", "amount", "fraud", "threshold"),
    [
        (0.5, 5, False, 0.5),
        (0.51, 5, True, 0.5),
        (0.05, 100, True, 5 / 105),
        (0.04, 100, False, 5 / 105),
        (1.0, 0, False, 1.0),
        (0.0, 1e6, False, 5 / 1_000_005),
    ],
)
def test_a_fraud_is_called_where_it_costs_more_than_a_review(probability, amount, fraud, threshold):
    assert CostPolicy(5).decide(probability, amount) == (fraud, pytest.approx(threshold))


@given(probabilities, amounts, reviews)
def test_the_threshold_is_where_the_decision_turns(probability, amount, review):
    fraud, threshold = CostPolicy(review).decide(probability, amount)
    assert 0 < threshold <= 1
    if abs(probability - threshold) > 1e-9:
        assert fraud == (probability > threshold)


@given(st.lists(st.tuples(probabilities, amounts), min_size=1), reviews)
def test_arrays_are_decided_as_single_numbers_are(rows, review):
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    for policy in (CostPolicy(review), ThresholdPolicy(0.5)):
        assert list(policy.decide(*columns)[0]) == [policy.decide(*row)[0] for row in rows]
