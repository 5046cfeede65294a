"""Scoring: exact reasons, exact probabilities, at any input."""

import math

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from function.model import read_model
from function.scoring import Scorer
from function.settings import DEFAULT_MODEL
from function.transaction import AMOUNT_LIMIT, COMPONENT_LIMIT, REQUIRED_FIELDS, Transaction
from training.data import TARGET
from training.recipe import FEATURES, fold, signed_log

SCORER = Scorer(read_model(DEFAULT_MODEL))
ROWS = 10_000

components = st.floats(-COMPONENT_LIMIT, COMPONENT_LIMIT)
transactions = st.builds(
    Transaction,
    **dict.fromkeys(REQUIRED_FIELDS, components) | {"Amount": st.floats(0, AMOUNT_LIMIT)},
)


def log_odds(probability):
    return math.log(probability / (1 - probability))


@pytest.fixture(scope="module")
def pipeline(table):
    """The scikit-learn pipeline, fitted to the real data."""
    return signed_log().fit(table, table[TARGET])


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


@given(transactions)
def test_reasons_come_largest_first(transaction):
    sizes = [abs(reason.contribution) for reason in SCORER.decide(transaction, 29).reasons]
    assert sizes == sorted(sizes, reverse=True)


@pytest.mark.parametrize(("wanted", "given"), [(1, 1), (3, 3), (29, 29), (1000, 29)])
def test_as_many_reasons_are_given_as_were_asked_for(transaction, wanted, given):
    assert len(SCORER.decide(transaction, wanted).reasons) == given


def test_no_reasons_are_given_where_none_were_asked_for(transaction):
    assert b"reasons" not in msgspec.json.encode(SCORER.decide(transaction))


def test_the_function_gives_the_pipelines_probabilities(pipeline, table):
    frauds = table[table[TARGET] == 1]
    rows = np.concatenate([frauds.index, table.index[: ROWS - len(frauds)]])
    chosen = table.loc[rows]
    scorer = Scorer(fold(pipeline, 0.5, SCORER.model.training))
    ours = [
        scorer.decide(Transaction(**row)).probability
        for row in chosen[FEATURES].to_dict(orient="records")
    ]
    theirs = pipeline.predict_proba(chosen)[:, 1]
    assert len(ours) == ROWS
    assert np.max(np.abs(np.array(ours) - theirs)) <= 1e-12


def test_the_default_model_is_what_training_makes_of_the_data(pipeline):
    default = read_model(DEFAULT_MODEL)
    trained = fold(pipeline, default.threshold, default.training)
    for ours, theirs in zip(default.features, trained.features, strict=True):
        assert msgspec.structs.astuple(ours)[:2] == msgspec.structs.astuple(theirs)[:2]
        assert msgspec.structs.astuple(ours)[2:] == pytest.approx(
            msgspec.structs.astuple(theirs)[2:], rel=1e-6, abs=1e-9
        )
    assert default.intercept == pytest.approx(trained.intercept, rel=1e-6)


def test_an_average_transaction_has_no_reasons_to_speak_of(pipeline, table):
    trained = Scorer(fold(pipeline, 0.5, SCORER.model.training))
    totals = np.zeros(len(FEATURES))
    sample = table[FEATURES].sample(20_000, random_state=0)
    for row in sample.to_dict(orient="records"):
        totals += trained.contributions(Transaction(**row))
    assert np.max(np.abs(totals / len(sample))) < 0.02
