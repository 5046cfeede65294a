"""Evaluation: splits, metrics, thresholds, costs and the reference for drift."""

import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from sklearn.metrics import precision_recall_curve, roc_curve

from function.policy import CostPolicy, ThresholdPolicy
from training.costs import alerts_of, cost, saved
from training.drift import distribution_of, psi, reference_of
from training.errors import DataError, RuleError
from training.evaluation import Scored, calibration_error, check, evaluate, metrics_of, out_of_fold
from training.progress import steps
from training.recipes import RECIPES
from training.splits import DAY_S, by_day, by_time, stratified, without_duplicates
from training.table import TARGET
from training.thresholds import DEFAULT_RULE, Rule

PIPELINE = RECIPES["signed-log"].pipeline()


def scored(truth, scores, amounts=None):
    return Scored(
        np.array(truth), np.array(scores, dtype=float), np.array(amounts or [1.0] * len(truth))
    )


# Few different scores, so that ties occur.
several = st.lists(
    st.tuples(st.integers(0, 1), st.integers(1, 20).map(lambda n: n / 21), st.floats(0, 1e4)),
    min_size=2,
    max_size=60,
).filter(lambda rows: 0 < sum(row[0] for row in rows) < len(rows))


def test_the_time_split_tests_on_what_came_after(sample):
    train, test = by_time(sample)
    assert train["Time"].max() <= test["Time"].min()
    assert len(train) == int(0.7 * len(sample))


def test_the_day_split_tests_on_the_next_day(table):
    train, test = by_day(table)
    assert train["Time"].max() < DAY_S <= test["Time"].min()
    assert len(train) + len(test) == len(table)


def test_data_of_a_single_day_is_split_in_halves(sample):
    train, test = by_day(sample[sample["Time"] < DAY_S])
    assert abs(len(train) - len(test)) <= 1


def test_the_stratified_split_has_the_same_share_of_frauds_in_both(sample):
    train, test = stratified(sample, seed=0)
    assert train[TARGET].mean() == pytest.approx(test[TARGET].mean(), rel=0.01)
    assert set(train.index) | set(test.index) == set(sample.index)


def test_duplicates_are_dropped_once_each_and_none_is_left_to_learn_from(table):
    split = stratified(table, seed=0)
    train, test = without_duplicates(split)
    both = pd.concat([train, test])
    assert (len(table) - len(both), both[TARGET].sum()) == (1081, 473)
    assert not both.duplicated().any()
    assert set(train.index) <= set(split[0].index)
    assert set(test.index) <= set(split[1].index)


@pytest.mark.parametrize(("frauds", "part"), [(1, "training"), (0, "test")])
def test_a_split_that_cannot_be_measured_is_told(sample, frauds, part):
    honest, fraudulent = sample[sample[TARGET] == 0][:10], sample[sample[TARGET] == 1]
    good, bad = sample, pd.concat([honest, fraudulent[:frauds]])
    with pytest.raises(DataError, match=f"time split .* {part} part has {frauds} frauds among"):
        check((bad, good) if part == "training" else (good, bad), "time")


def test_metrics_are_those_of_the_confusion_matrix():
    metrics = metrics_of(scored([0, 0, 0, 1, 1], [0.1, 0.2, 0.9, 0.8, 0.3]), 0.5)
    assert (metrics.precision, metrics.recall) == (0.5, 0.5)
    assert metrics.fallout == pytest.approx(1 / 3)
    assert metrics.brier == pytest.approx(np.mean([0.01, 0.04, 0.81, 0.04, 0.49]))
    assert metrics.log_loss == pytest.approx(-np.mean(np.log([0.9, 0.8, 0.1, 0.8, 0.3])))
    assert (metrics.transactions, metrics.frauds) == (5, 2)


def test_where_nothing_is_called_a_fraud_the_precision_is_one():
    assert metrics_of(scored([0, 1], [0.1, 0.2]), 0.5).precision == 1


@pytest.mark.parametrize(
    ("truth", "scores", "expected"),
    [
        ([0, 1], [0.0, 1.0], 0.0),
        ([0, 1], [1.0, 0.0], 1.0),
        ([0, 0, 0, 1], [0.26, 0.26, 0.26, 0.26], 0.01),
        ([0, 1, 0, 1], [0.3, 0.3, 0.9, 0.9], 0.3),
    ],
)
def test_the_calibration_error_is_the_mean_distance_in_the_bins(truth, scores, expected):
    assert calibration_error(np.array(truth), np.array(scores)) == pytest.approx(expected)


@given(several)
def test_the_sweep_has_the_curves_that_scikit_learn_has(rows):
    data = scored(*zip(*rows, strict=True))
    fallout, recall, thresholds = roc_curve(data.truth, data.scores, drop_intermediate=False)
    assert data.sweep.thresholds == pytest.approx(thresholds)
    assert data.sweep.fallout == pytest.approx(fallout)
    assert data.sweep.recall == pytest.approx(recall)
    precision = precision_recall_curve(data.truth, data.scores)[0]
    assert data.sweep.precision[::-1] == pytest.approx(precision)


@given(several, st.floats(0, 50))
def test_the_sweeps_cost_is_that_of_the_decisions(rows, review):
    data = scored(*zip(*rows, strict=True))
    for threshold, expected in zip(data.sweep.thresholds, data.sweep.cost(review), strict=True):
        assert cost(data, data.scores >= threshold, review) == pytest.approx(expected, abs=1e-6)


@given(several, st.floats(0.01, 0.99))
def test_a_threshold_keeps_the_recall_fallout_or_budget_it_was_chosen_for(rows, share):
    data = scored(*zip(*rows, strict=True))
    bounds = {kind: Rule(kind, share).choose(data.sweep) for kind in ("recall", "fallout")}
    bounds["budget"] = Rule("budget", 1000 * share).choose(data.sweep)
    alerts = {kind: data.scores >= bound for kind, bound in bounds.items()}
    assert np.mean(alerts["recall"][data.truth == 1]) >= share
    assert np.mean(alerts["fallout"][data.truth == 0]) <= share
    assert np.mean(alerts["budget"]) <= share


@given(several, st.floats(0.01, 100))
def test_a_threshold_chosen_for_cost_loses_least(rows, review):
    data = scored(*zip(*rows, strict=True))
    chosen = Rule("cost", review).choose(data.sweep)
    loss = cost(data, data.scores >= chosen, review)
    assert loss == pytest.approx(data.sweep.cost(review).min(), abs=1e-6)


@pytest.mark.parametrize("text", ["recall=0.8", "fallout=0.0005", "budget=1.5", "cost=5"])
def test_a_rule_is_written_as_it_is_read(text):
    assert str(Rule.parse(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "recall",
        "recall=",
        "recall=0",
        "recall=1",
        "recall=80%",
        "fallout=-1",
        "budget=0",
        "cost=nan",
        "cost=inf",
        "precision=0.7",
        "=0.5",
    ],
)
def test_what_is_no_rule_is_refused_with_what_is_allowed(text):
    with pytest.raises(RuleError, match=f'"{text}" is no rule .* budget=ALERTS per thousand'):
        Rule.parse(text)


def test_scores_do_not_keep_their_table_in_memory(sample):
    data = Scored.of(sample, np.zeros((len(sample), 2))[:, 1])
    assert [each.base for each in (data.truth, data.scores, data.amounts)] == [None] * 3


def test_the_threshold_comes_from_the_training_part_alone(sample):
    train, test = stratified(sample, seed=0)
    changed = test.assign(**{TARGET: 1 - test[TARGET]})
    thresholds = {
        evaluate(PIPELINE, (train, part), DEFAULT_RULE, 0).threshold for part in (test, changed)
    }
    assert len(thresholds) == 1


def test_nothing_is_scored_by_a_model_that_has_seen_it(sample):
    # A label that only the transaction itself could teach: noise, out of fold, stays noise.
    noise = np.random.default_rng(0).integers(0, 2, len(sample))
    found = out_of_fold(PIPELINE, sample.assign(**{TARGET: noise}), seed=0)
    assert found.average_precision == pytest.approx(noise.mean(), abs=0.05)


def test_the_cost_rule_saves_what_it_is_said_to(table):
    train, test = by_time(table)
    fitted = RECIPES["signed-log"].pipeline().fit(train, train[TARGET])
    data = Scored.of(test, fitted.predict_proba(test)[:, 1])
    for review in (2, 5, 10):
        assert 0.6 < saved(data, alerts_of(data, CostPolicy(review)), review) < 0.85


@pytest.mark.parametrize(("threshold", "expected"), [(0.5, 0.75), (0.05, 0.7), (0.95, 0.0)])
def test_savings_are_the_frauds_caught_less_the_reviews_in_vain(threshold, expected):
    data = scored([0, 0, 1, 1], [0.1, 0.2, 0.3, 0.9], [10.0, 10.0, 25.0, 75.0])
    alerts = alerts_of(data, ThresholdPolicy(threshold))
    review = 15.0 if threshold == 0.05 else 5.0
    assert saved(data, alerts, review) == pytest.approx(expected)


def test_the_index_of_equal_data_is_zero_and_grows_with_the_shift():
    values = np.random.default_rng(0).normal(size=100_000)
    near, far = psi(values, values + 0.1), psi(values, values + 1)
    assert psi(values, values) == 0
    assert 0 < near < 0.05
    assert far > 0.5


@pytest.mark.parametrize("constant", [True, False])
def test_a_distribution_has_a_share_for_each_bin(constant):
    values = np.zeros(1000) if constant else np.random.default_rng(0).exponential(size=1000)
    found = distribution_of(values, 500, tails=(0.01, 0.99))
    assert len(found.shares) == len(found.edges) + 1
    assert sum(found.shares) == pytest.approx(1, abs=1e-3)
    assert found.tails == pytest.approx(
        {"0.01": np.quantile(values, 0.01), "0.99": np.quantile(values, 0.99)}, rel=1e-5
    )


def test_the_reference_knows_how_far_days_lie_apart(table):
    scores = np.random.default_rng(0).uniform(size=len(table))
    data = Scored.of(table, scores)
    found = reference_of(table, ["V1", "V3", "V13", "Amount"], data, threshold=0.9)
    indices = {name: each.baseline_psi for name, each in found.features.items()}
    assert indices == pytest.approx(
        {"V1": 1.57, "V3": 1.43, "V13": 0.004, "Amount": 0.002}, rel=0.2, abs=0.001
    )
    assert found.score.baseline_psi < 0.01
    assert found.alert_rate == pytest.approx(np.mean(scores >= 0.9), rel=1e-5)


@pytest.mark.parametrize("terminal", [True, False])
def test_progress_is_a_bar_in_a_terminal_and_lines_in_a_log(terminal):
    output = io.StringIO()
    console = Console(file=output, force_terminal=terminal, width=100)
    with steps(console, 2) as report:
        report("reading")
        report("fitting [1]")
    if terminal:
        assert "\x1b[" in output.getvalue()
        assert "fitting [1]" in output.getvalue()
    else:
        assert output.getvalue() == "1/2 reading\n2/2 fitting [1]\n"
