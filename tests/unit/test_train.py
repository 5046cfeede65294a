"""The command scripts/train, as it is typed."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import joblib
import pytest

from function.model import read_model
from function.scoring import Scorer
from function.transaction import Transaction
from training.data import sha256_of
from training.recipes import RECIPES
from training.table import COMPONENTS, TARGET

PROJECT = Path(__file__).parent.parent.parent


def command(*arguments):
    """Run scripts/train as a person would."""
    return subprocess.run(
        [sys.executable, str(PROJECT / "scripts" / "train"), *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("recipe", RECIPES)
def test_the_command_writes_a_model_that_scores_as_its_pipeline(
    recipe, sample, sample_file, tmp_path
):
    done = command("--data", sample_file, "--out", tmp_path, "--recipe", recipe)
    assert done.returncode == 0, done.stderr
    assert "average precision" in done.stdout
    assert "\x1b" not in done.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.joblib", "model.json"]
    model = read_model(tmp_path / "model.json")
    frauds = sample[TARGET].sum()
    assert (model.name, model.training.transactions, model.training.frauds) == (
        recipe,
        len(sample),
        frauds,
    )
    assert model.training.data_sha256 == sha256_of(sample_file)
    assert set(model.training.metrics) == {"stratified", "time"}
    pipeline = joblib.load(tmp_path / "model.joblib")
    scorer = Scorer(model)
    ours = [
        scorer.decide(Transaction(**row)).probability
        for row in sample[["Time", *COMPONENTS, "Amount"]].to_dict(orient="records")
    ]
    assert ours == pytest.approx(pipeline.predict_proba(sample)[:, 1], abs=1e-12)


def test_the_same_data_makes_the_same_bytes_and_another_wish_makes_others(sample_file, tmp_path):
    wishes = [(), (), ("--C", "0.05"), ("--threshold", "budget=30")]
    files = []
    for number, wish in enumerate(wishes):
        folder = tmp_path / str(number)
        command("--data", sample_file, "--out", folder, *wish)
        files.append((folder / "model.json").read_bytes())
    assert files[0] == files[1]
    assert len(set(files)) == 3
    first, _, stronger, budget = map(json.loads, files)
    assert stronger["training"]["parameters"] == {"C": 0.05, "seed": 0}
    assert budget["training"]["threshold_rule"] == "budget=30"
    assert budget["reference"]["alert_rate"] == pytest.approx(0.03, abs=0.001)
    assert budget["features"] == first["features"]


def test_a_bad_file_ends_the_command_with_a_sentence_and_leaves_a_model_as_it_was(tmp_path):
    data, model = tmp_path / "bad.csv", tmp_path / "model.json"
    data.write_text("a,b\n1,2\n")
    model.write_text("the model of before")
    done = command("--data", data, "--out", tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith(f"scripts/train: {data}")
    assert done.stderr.count("\n") == 1
    assert model.read_text() == "the model of before"


@pytest.mark.parametrize("name", ["model.json", "model.joblib"])
def test_files_that_cannot_be_written_end_the_command_with_a_sentence(name, sample_file, tmp_path):
    (tmp_path / name).mkdir()
    done = command("--data", sample_file, "--out", tmp_path, "--recipe", "paper")
    assert done.returncode == 1
    assert done.stderr == f"scripts/train: {tmp_path} cannot be written: Is a directory.\n"
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] in ([], ["model.joblib"])


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--C", "0"),
        ("--C", "-1"),
        ("--C", "nan"),
        ("--C", "abc"),
        ("--seed", "-1"),
        ("--threshold", "recall=2"),
        ("--recipe", "forest"),
    ],
)
def test_an_option_that_cannot_be_is_refused(option, value):
    done = command(option, value)
    assert done.returncode == 2
    assert option in done.stderr


@pytest.mark.slow
def test_training_on_all_transactions_takes_a_minute_and_a_gigabyte_or_two(data_file, tmp_path):
    began = time.monotonic()
    arguments = ["--data", str(data_file), "--out", str(tmp_path)]
    process = subprocess.Popen([sys.executable, str(PROJECT / "scripts" / "train"), *arguments])
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    assert time.monotonic() - began < 60
    assert used.ru_maxrss * 1024 < 2e9
