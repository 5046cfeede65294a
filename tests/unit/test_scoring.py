"""Scoring: exact reasons, exact probabilities, at any input."""

import math

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from function.model import read_model
from function.policy import CostPolicy
from function.scoring import Scorer
from function.settings import DEFAULT_MODEL
from function.transaction import AMOUNT_LIMIT, COMPONENT_LIMIT, REQUIRED_FIELDS, Transaction
from training.recipes import DEFAULT, RECIPES
from training.table import TARGET

SCORER = Scorer(read_model(DEFAULT_MODEL))
RECIPE = RECIPES[DEFAULT]

components = st.floats(-COMPONENT_LIMIT, COMPONENT_LIMIT)
transactions = st.builds(
    Transaction,
    **dict.fromkeys(REQUIRED_FIELDS, components) | {"Amount": st.floats(0, AMOUNT_LIMIT)},
)


def log_odds(probability):
    return math.log(probability / (1 - probability))


def numbers_of(feature):
    fields = (feature.mean, feature.scale, feature.offset, feature.linear, feature.signed_log)
    return [*fields, *(number for hinge in feature.hinges for number in (hinge.knot, hinge.weight))]


@pytest.fixture(scope="module")
def pipeline(table):
    """The scikit-learn pipeline, fitted to the real data."""
    return RECIPE.pipeline().fit(table, table[TARGET])


@pytest.fixture
def transaction(fraud):
    return msgspec.convert(fraud, Transaction)


@given(transactions)
def test_every_valid_transaction_has_a_probability(transaction):
    decision = SCORER.decide(transaction)
    assert 0 <= decision.probability <= 1
    assert decision.fraud == (decision.probability >= decision.threshold)


def test_reasons_and_the_intercept_add_up_to_the_log_odds(transaction):
    decision = SCORER.decide(transaction, reasons=len(REQUIRED_FIELDS))
    total = SCORER.model.intercept + sum(reason.contribution for reason in decision.reasons)
    assert total == pytest.approx(log_odds(decision.probability), abs=1e-9)


def test_a_policy_changes_the_decision_and_not_the_probability(transaction):
    usual = SCORER.decide(transaction)
    costly = Scorer(SCORER.model, CostPolicy(1e6)).decide(transaction)
    assert (usual.fraud, costly.fraud) == (True, False)
    assert costly.threshold > costly.probability == usual.probability > usual.threshold


@given(transactions)
def test_reasons_come_largest_first(transaction):
    sizes = [abs(reason.contribution) for reason in SCORER.decide(transaction, 29).reasons]
    assert sizes == sorted(sizes, reverse=True)


@pytest.mark.parametrize(("wanted", "given"), [(1, 1), (3, 3), (29, 29), (1000, 29)])
def test_as_many_reasons_are_given_as_were_asked_for(transaction, wanted, given):
    assert len(SCORER.decide(transaction, wanted).reasons) == given


def test_no_reasons_are_given_where_none_were_asked_for(transaction):
    assert b"reasons" not in msgspec.json.encode(SCORER.decide(transaction))


def test_the_default_model_is_what_training_makes_of_the_data(pipeline):
    default = read_model(DEFAULT_MODEL)
    intercept, features = RECIPE.fold(pipeline)
    assert default.intercept == pytest.approx(intercept, rel=1e-6)
    for ours, theirs in zip(default.features, features, strict=True):
        assert (ours.name, ours.transform) == (theirs.name, theirs.transform)
        assert numbers_of(ours) == pytest.approx(numbers_of(theirs), rel=1e-6, abs=1e-9)


def test_an_average_transaction_has_no_reasons_to_speak_of(table):
    totals = np.zeros(len(REQUIRED_FIELDS))
    sample = table[list(REQUIRED_FIELDS)].sample(20_000, random_state=0)
    for row in sample.to_dict(orient="records"):
        totals += SCORER.contributions(Transaction(**row))
    assert np.max(np.abs(totals / len(sample))) < 0.02
