"""The bootstrap: weighted metrics as scikit-learn's, paired resamples, intervals that cover."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit
from sklearn.metrics import average_precision_score, brier_score_loss, confusion_matrix, log_loss

from training import bootstrap
from training.bootstrap import (
    METRICS,
    Interval,
    Weighted,
    differences,
    interval_of,
    intervals,
    resampled,
    verdict_of,
)
from training.evaluation import Evaluation, Scored, metrics_of

# Few different scores make ties, among them with the threshold, 0 and 1.
SCORES = st.sampled_from([0.0, 1e-300, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0])
ROWS = st.lists(
    st.tuples(st.integers(0, 1), SCORES | st.floats(0, 1), st.integers(0, 4)), min_size=2
)
THRESHOLDS = st.sampled_from([0.1, 0.5, 0.75, 0.99])


def scored(truth, scores):
    return Scored(np.array(truth), np.array(scores, dtype=float), np.zeros(len(truth)))


def drawn(generator, frauds):
    """Draw transactions, one in twenty a fraud, and the scores of two models that err alike."""
    truth = (generator.random(20 * frauds) < 0.05).astype(int)
    signal = generator.normal(size=len(truth)) + 2.5 * truth
    noise = generator.normal(size=(2, len(truth)))
    old, new = expit(2 * (signal + np.array([[0.5], [0.7]]) * noise) - 7)
    return scored(truth, old), scored(truth, new)


@pytest.fixture
def pair():
    return drawn(np.random.default_rng(0), 50)


@given(ROWS, THRESHOLDS)
def test_weighted_metrics_are_those_of_scikit_learn(rows, threshold):
    truth, scores, weights = map(np.array, zip((1, 0.3, 1), (0, 0.2, 2), *rows, strict=True))
    truth, weights = truth.astype(int), weights.astype(float)
    found = dict(
        zip(METRICS, Weighted(scored(truth, scores), threshold).metrics(weights), strict=True)
    )
    (honest, false), (missed, caught) = confusion_matrix(
        truth, scores >= threshold, sample_weight=weights
    )
    assert found == pytest.approx(
        {
            "average_precision": average_precision_score(truth, scores, sample_weight=weights),
            "precision": caught / (caught + false) if caught + false else 1,
            "recall": caught / (caught + missed),
            "fallout": false / (false + honest),
            "brier": brier_score_loss(truth, scores, sample_weight=weights),
            "log_loss": log_loss(truth, scores, sample_weight=weights),
        },
        abs=1e-12,
    )


@given(ROWS, THRESHOLDS)
def test_with_equal_weights_they_are_the_metrics_of_the_evaluation(rows, threshold):
    truth, scores, _ = zip((1, 0.3, 1), (0, 0.2, 1), *rows, strict=True)
    each = scored(truth, scores)
    expected = metrics_of(each, threshold)
    assert Weighted(each, threshold).metrics(np.ones(len(truth))) == pytest.approx(
        tuple(getattr(expected, name) for name in METRICS), abs=1e-12
    )


def test_weights_count_as_if_the_transactions_were_there_so_often(pair):
    each, _ = pair
    weights = np.random.default_rng(1).integers(3, size=len(each.truth))
    repeated = scored(np.repeat(each.truth, weights), np.repeat(each.scores, weights))
    expected = metrics_of(repeated, 0.4)
    assert Weighted(each, 0.4).metrics(weights.astype(float)) == pytest.approx(
        tuple(getattr(expected, name) for name in METRICS), abs=1e-12
    )


def test_the_same_seed_draws_the_same_and_another_draws_others(pair):
    first, again, other = (resampled(pair, (0.5, 0.5), seed) for seed in (7, 7, 8))
    assert list(first) == list(METRICS)
    for name in METRICS:
        assert np.array_equal(first[name], again[name])
        assert not np.array_equal(first[name], other[name])


def test_both_models_are_measured_on_the_same_resamples(pair):
    old, new = pair
    together = resampled(pair, (0.5, 0.3))
    for position, (each, threshold) in enumerate(((old, 0.5), (new, 0.3))):
        alone = resampled([each], [threshold])
        for name in METRICS:
            assert np.array_equal(together[name][:, position], alone[name][:, 0])


def test_a_model_does_not_differ_from_itself(pair):
    same = Evaluation(pair[0], 0.5)
    for each in differences(same, same).values():
        assert each.difference == 0
        assert each.interval == (0, 0)


def test_to_swap_the_models_turns_the_differences_round(pair):
    old, new = (Evaluation(each, 0.5) for each in pair)
    there, back = differences(old, new), differences(new, old)
    for name in METRICS:
        assert there[name].difference == -back[name].difference
        assert there[name].interval == pytest.approx([-each for each in back[name].interval[::-1]])
        low, high = there[name].interval
        assert low < high
        assert low <= there[name].difference <= high


def test_the_paired_interval_is_narrower_than_either_models_own(pair):
    old, new = (Evaluation(each, 0.5) for each in pair)
    low, high = differences(old, new)["average_precision"].interval
    for each in (old, new):
        own_low, own_high = intervals(each.test, each.threshold)["average_precision"]
        assert own_low < each.metrics.average_precision < own_high
        assert high - low < own_high - own_low


def test_resamples_without_a_fraud_are_left_out():
    found = resampled([scored([0, 0, 0, 1], [0.1, 0.2, 0.6, 0.5])], [0.5])
    for values in found.values():
        assert 0.6 * bootstrap.RESAMPLES < len(values) < 0.75 * bootstrap.RESAMPLES
        assert np.isfinite(values).all()


def test_the_interval_holds_what_it_says():
    assert interval_of(np.arange(1001.0)) == pytest.approx((25, 975))


def test_intervals_cover_the_true_difference_in_about_95_of_100_cases(monkeypatch):
    monkeypatch.setattr(bootstrap, "RESAMPLES", 150)
    generator = np.random.default_rng(0)
    old, new = drawn(generator, 30_000)
    true = new.average_precision - old.average_precision
    held = []
    for seed in range(100):
        found = resampled(drawn(generator, 50), (0.5, 0.5), seed)["average_precision"]
        low, high = interval_of(found[:, 1] - found[:, 0])
        held.append(low <= true <= high)
    assert 0.89 <= np.mean(held) <= 0.99


@pytest.mark.parametrize(
    ("low", "high", "name", "words"),
    [
        (0.001, 0.1, "better", "lies above 0"),
        (0.0, 0.1, "no worse", "does not reach below the margin, -0.02"),
        (0.0, 0.0, "no worse", "does not reach below"),
        (-0.02, 0.1, "no worse", "does not reach below"),
        (-0.02, -0.01, "no worse", "does not reach below"),
        (-0.021, 0.1, "worse", "what is not shown to be no worse counts as worse"),
        (-0.021, 0.0, "worse", "what is not shown"),
        (-0.021, -0.001, "worse", "lies below 0"),
    ],
)
def test_the_verdict_is_by_the_interval_and_fails_closed(low, high, name, words):
    verdict = verdict_of(Interval(low, high), 0.02)
    assert verdict.name == name
    assert words in verdict.sentence


def test_without_a_margin_a_model_is_still_no_worse_than_itself():
    assert verdict_of(Interval(0.0, 0.0), 0.0).name == "no worse"
