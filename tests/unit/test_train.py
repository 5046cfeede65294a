"""Training: the recipe, its measures, and the command as it is typed."""

import json
import subprocess
import sys
from pathlib import Path

import joblib
import numpy as np
import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from function.model import read_model
from function.scoring import Scorer
from function.transaction import Transaction
from training.data import TARGET, sha256_of
from training.evaluation import TARGET_FALLOUT, choose_threshold, metrics_of, splits
from training.features import SignedLog
from training.recipe import FEATURES, signed_log

PROJECT = Path(__file__).parent.parent.parent
HONEST, FRAUDS = 6_000, 120


@pytest.fixture(scope="module")
def sample(table):
    """A few thousand real transactions, in the order of Time."""
    honest = table[table[TARGET] == 0].sample(HONEST, random_state=0)
    frauds = table[table[TARGET] == 1].sample(FRAUDS, random_state=0)
    return table.loc[sorted([*honest.index, *frauds.index])]


@pytest.fixture(scope="module")
def sample_file(sample, tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "sample.csv"
    sample.to_csv(path, index=False)
    return path


def command(*arguments):
    """Run scripts/train as a person would."""
    return subprocess.run(
        [sys.executable, str(PROJECT / "scripts" / "train"), *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )


@parametrize_with_checks([SignedLog()])
def test_the_signed_log_is_an_estimator_as_scikit_learn_wants_it(estimator, check):
    check(estimator)


def test_the_signed_log_keeps_the_sign_and_tames_the_size():
    transformed = SignedLog().fit_transform([[0.0, -1.0], [np.e - 1, 1e9]])
    assert transformed == pytest.approx(
        np.array([[0, -1, 0, -np.log(2)], [np.e - 1, 1e9, 1, np.log1p(1e9)]])
    )


def test_the_pipelines_features_have_names(sample):
    names = signed_log().fit(sample, sample[TARGET])[:-1].get_feature_names_out()
    assert list(names) == [*FEATURES, *(f"signed_log({name})" for name in FEATURES)]


def test_the_time_split_tests_on_what_came_after(sample):
    train, test = splits(sample, seed=0)["time"]
    assert train["Time"].max() <= test["Time"].min()
    assert len(train) == int(0.7 * len(sample))


def test_the_stratified_split_has_the_same_share_of_frauds_in_both(sample):
    train, test = splits(sample, seed=0)["stratified"]
    assert train[TARGET].mean() == pytest.approx(test[TARGET].mean(), rel=0.01)
    assert set(train.index) | set(test.index) == set(sample.index)


def test_the_threshold_keeps_the_fallout_that_was_aimed_at(sample):
    threshold = choose_threshold(signed_log(), sample, seed=0)
    scores = signed_log().fit(sample, sample[TARGET]).predict_proba(sample)[:, 1]
    honest = scores[sample[TARGET] == 0]
    assert 0 < threshold < 1
    assert np.mean(honest >= threshold) <= 3 * TARGET_FALLOUT


def test_metrics_are_those_of_the_confusion_matrix():
    metrics = metrics_of(np.array([0, 0, 0, 1, 1]), np.array([0.1, 0.2, 0.9, 0.8, 0.3]), 0.5)
    assert (metrics.precision, metrics.recall) == (0.5, 0.5)
    assert metrics.fallout == pytest.approx(1 / 3)
    assert metrics.brier == pytest.approx(np.mean([0.01, 0.04, 0.81, 0.04, 0.49]))
    assert (metrics.transactions, metrics.frauds) == (5, 2)


def test_where_nothing_is_called_a_fraud_the_precision_is_one():
    assert metrics_of(np.array([0, 1]), np.array([0.1, 0.2]), 0.5).precision == 1


def test_the_command_writes_a_model_that_scores_as_its_pipeline(sample, sample_file, tmp_path):
    done = command("--data", sample_file, "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    assert "average precision" in done.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.joblib", "model.json"]
    model = read_model(tmp_path / "model.json")
    assert (model.training.transactions, model.training.frauds) == (HONEST + FRAUDS, FRAUDS)
    assert model.training.data_sha256 == sha256_of(sample_file)
    assert set(model.training.metrics) == {"stratified", "time"}
    pipeline = joblib.load(tmp_path / "model.joblib")
    scorer = Scorer(model)
    ours = [
        scorer.decide(Transaction(**row)).probability
        for row in sample[FEATURES].to_dict(orient="records")
    ]
    assert ours == pytest.approx(pipeline.predict_proba(sample)[:, 1], abs=1e-12)


def test_the_same_data_makes_the_same_bytes_and_another_strength_makes_others(
    sample_file, tmp_path
):
    files = []
    for name, strength in (("a", "0.1"), ("b", "0.1"), ("c", "0.05")):
        command("--data", sample_file, "--out", tmp_path / name, "--C", strength)
        files.append((tmp_path / name / "model.json").read_bytes())
    assert files[0] == files[1] != files[2]
    assert json.loads(files[2])["training"]["parameters"] == {"C": 0.05, "seed": 0}


def test_a_bad_file_ends_the_command_with_a_sentence_and_leaves_a_model_as_it_was(tmp_path):
    data, model = tmp_path / "bad.csv", tmp_path / "model.json"
    data.write_text("a,b\n1,2\n")
    model.write_text("the model of before")
    done = command("--data", data, "--out", tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith(f"scripts/train: {data} has no column Time")
    assert model.read_text() == "the model of before"


@pytest.mark.parametrize("strength", ["0", "-1", "nan", "abc"])
def test_a_strength_that_is_none_is_refused(strength):
    done = command("--C", strength)
    assert done.returncode == 2
    assert "--C" in done.stderr
