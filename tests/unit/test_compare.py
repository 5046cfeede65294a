"""The comparison of two model files, and the command as it is typed."""

import json
import re
import subprocess
import sys
from pathlib import Path

import msgspec
import numpy as np
import pytest

from function.model import (
    SCHEMA,
    Distribution,
    Model,
    Reference,
    Training,
    encode_model,
    sealed,
)
from function.scoring import Scorer
from function.transaction import Transaction
from training import bootstrap
from training.bootstrap import METRICS
from training.compare import main
from training.comparison import MOVERS, compare
from training.data import sha256_of
from training.errors import DataError, RefitError, TrainingError
from training.evaluation import Scored, evaluate
from training.parallel import one_thread_each
from training.recipes import RECIPES
from training.scoring import (
    as_it_is,
    contributions_of,
    probabilities_of,
    refitted,
    shifts_of,
)
from training.splits import by_time
from training.table import COMPONENTS, TARGET
from training.thresholds import DEFAULT_RULE

PROJECT = Path(__file__).parent.parent.parent
HONEST, FRAUDS = 40_000, 250
"""With fewer honest transactions the report's recipe is as good as any."""

NOTHING = Distribution((), (1.0,), {}, 0.0)


def fitted(table, digest, name):
    """Make a model file's content, without what does not matter here: its quality, and drift."""
    recipe = RECIPES[name]
    pipeline = recipe.pipeline().fit(table, table[TARGET])
    intercept, features = recipe.fold(pipeline)
    scores = pipeline.predict_proba(table)[:, 1]
    return sealed(
        Model(
            schema=SCHEMA,
            name=name,
            version="",
            digest="",
            threshold=DEFAULT_RULE.choose(Scored.of(table, scores).sweep),
            intercept=intercept,
            features=features,
            training=Training(
                data_sha256=digest,
                transactions=len(table),
                frauds=int(table[TARGET].sum()),
                parameters={"C": recipe.C, "seed": 0},
                threshold_rule=str(DEFAULT_RULE),
                metrics={},
            ),
            reference=Reference({each.name: NOTHING for each in features}, NOTHING, 0.0),
        )
    )


def changed(model, **fields):
    return sealed(msgspec.structs.replace(model, **fields))


def written(folder, model):
    path = folder / f"{model.version}.json"
    path.write_bytes(encode_model(model))
    return path


@pytest.fixture(autouse=True, scope="module")
def _quick():
    with one_thread_each(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(bootstrap, "RESAMPLES", 200)
        yield


@pytest.fixture(scope="module")
def sample(table):
    """A few thousand real transactions, in the order of Time."""
    honest = table[table[TARGET] == 0].sample(HONEST, random_state=0)
    frauds = table[table[TARGET] == 1].sample(FRAUDS, random_state=0)
    return table.loc[sorted([*honest.index, *frauds.index])].reset_index(drop=True)


@pytest.fixture(scope="module")
def sample_file(sample, tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "sample.csv"
    sample.to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def models(sample, sample_file):
    """A model of each recipe."""
    digest = sha256_of(sample_file)
    compared = {name: fitted(sample, digest, name) for name in ("paper", "signed-log")}
    return compared | {name: fitted(sample[::5], "", name) for name in ("linear", "hinges")}


@pytest.fixture(scope="module")
def files(models, tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    return {name: written(folder, model) for name, model in models.items()}


@pytest.fixture(scope="module")
def few(sample):
    """Some of the sample, for what is done one by one."""
    return sample[::40].reset_index(drop=True)


@pytest.fixture(scope="module")
def found(models, sample):
    """What is found between paper, which alone uses Time, and signed-log, as they are."""
    return compare(models["paper"], models["signed-log"], sample, "files", 0.02, lambda _: None)


@pytest.fixture
def compared(capsys):
    """Run the command in this process; give its exit code, output and errors."""

    def run(*arguments):
        code = 0
        try:
            main([str(each) for each in arguments])
        except SystemExit as end:
            code = end.code
        return code, *capsys.readouterr()

    return run


@pytest.mark.parametrize("name", RECIPES)
def test_a_table_is_scored_as_the_function_scores_each_transaction(name, models, few):
    scorer = Scorer(models[name])
    rows = [Transaction(**row) for row in few.drop(columns=TARGET).to_dict(orient="records")]
    probabilities = [scorer.decide(row).probability for row in rows]
    contributions = [scorer.contributions(row) for row in rows]
    assert np.max(np.abs(probabilities_of(models[name], few) - probabilities)) <= 1e-12
    assert contributions_of(models[name], few) == pytest.approx(
        np.array(contributions), rel=1e-12, abs=1e-12
    )


def test_the_most_extreme_transactions_have_a_probability_all_the_same(models, sample):
    extreme = sample[:2].assign(**{name: [1e9, -1e9] for name in COMPONENTS})
    for model in models.values():
        probabilities = probabilities_of(model, extreme)
        assert ((probabilities >= 0) & (probabilities <= 1)).all()


def test_refitted_recipes_are_measured_on_later_transactions_alone(models, sample):
    model = models["paper"]
    pipeline = RECIPES["paper"].pipeline()
    evaluation = refitted(model, sample)
    expected = evaluate(pipeline, by_time(sample), DEFAULT_RULE, seed=0)
    assert evaluation.metrics == expected.metrics
    assert evaluation.metrics.transactions == len(sample) - int(0.7 * len(sample))
    assert as_it_is(model, sample).metrics.transactions == len(sample)


def test_what_moves_a_transaction_adds_up_to_its_log_odds(models, few):
    old, new = models["paper"], models["hinges"]
    shifts = shifts_of(old, new, few, 30)
    differences = [np.log(p) - np.log1p(-p) for p in (probabilities_of(m, few) for m in (old, new))]
    total = np.array([sum(each.new - each.old for each in those) for those in shifts])
    certain = np.abs(differences).max(axis=0) < 10
    expected = differences[1] - differences[0] - (new.intercept - old.intercept)
    assert total[certain] == pytest.approx(expected[certain], abs=1e-9)


def test_a_feature_that_a_model_lacks_contributes_nothing(models, few):
    for those in shifts_of(models["paper"], models["signed-log"], few[:5], 30):
        (time,) = (each for each in those if each.feature == "Time")
        assert time.new == 0 != time.old
        sizes = [abs(each.new - each.old) for each in those]
        assert sizes == sorted(sizes, reverse=True)


def test_decisions_are_counted_by_what_becomes_of_them(found, models, sample):
    truth = sample[TARGET] == 1
    old, new = (
        probabilities_of(models[name], sample) >= models[name].threshold
        for name in ("paper", "signed-log")
    )
    decisions = found.decisions
    assert found.intercept == models["signed-log"].intercept - models["paper"].intercept
    for count, chosen in (
        (decisions.old_alerts, old),
        (decisions.new_alerts, new),
        (decisions.to_fraud, ~old & new),
        (decisions.to_honest, old & ~new),
    ):
        assert (count.transactions, count.frauds) == (chosen.sum(), truth[chosen].sum())
    assert decisions.to_fraud.transactions > 0
    assert decisions.changed_share == np.mean(old != new)
    assert decisions.jaccard == np.sum(old & new) / np.sum(old | new)


def test_the_movers_are_those_whose_probability_moves_most(found, models, sample):
    old, new = (probabilities_of(models[name], sample) for name in ("paper", "signed-log"))
    moved = np.abs(new - old)
    rows = [each.row - 1 for each in found.movers]
    assert moved[rows].tolist() == sorted(moved, reverse=True)[:MOVERS]
    for each in found.movers:
        row = sample.loc[each.row - 1]
        assert (each.amount, each.fraud) == (row["Amount"], row[TARGET] == 1)
        assert each.old.probability == old[each.row - 1]
        assert each.new.fraud == (new[each.row - 1] >= models["signed-log"].threshold)
        assert len(each.reasons) == 3


def test_what_moves_alike_comes_in_the_order_of_the_file(models, few):
    twice = few.loc[[*few.index[::-1], *few.index]].reset_index(drop=True)
    found = compare(models["paper"], models["hinges"], twice, "files", 0.02, lambda _: None)
    rows = [each.row for each in found.movers]
    pairs = list(zip(rows[::2], rows[1::2], strict=True))
    assert all(first + second == len(twice) + 1 and first < second for first, second in pairs)


def test_alerts_overlap_wholly_where_there_are_none(models, few):
    silent = changed(models["signed-log"], intercept=-1000.0)
    found = compare(silent, silent, few, "files", 0.02, lambda _: None)
    assert found.decisions.old_alerts.transactions == 0
    assert found.decisions.jaccard == 1


def test_the_command_finds_the_default_better_than_the_paper(files, sample_file):
    done = subprocess.run(
        [
            sys.executable,
            PROJECT / "scripts" / "compare",
            files["paper"],
            files["signed-log"],
            "--data",
            sample_file,
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "trained on by OLD and NEW: the verdict is about the recipes, refitted" in done.stdout
    assert "Verdict: better." in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 100


def test_the_other_way_round_it_is_worse_and_the_exit_code_says_so(compared, files, sample_file):
    code, output, errors = compared(
        files["signed-log"], files["paper"], "--data", sample_file, "--json", "-"
    )
    document = json.loads(output)
    assert code == 3
    assert document["comparison"]["verdict"]["name"] == "worse"
    assert document["comparison"]["judge"] == "recipes"
    assert list(document["comparison"]["metrics"]) == list(METRICS)
    assert document["old"]["trained_on_this_data"] is True
    assert document["data_sha256"] == sha256_of(sample_file)
    assert len(document["comparison"]["movers"]) == MOVERS
    assert "Verdict: worse." in errors


def test_a_model_is_no_worse_than_itself_and_nothing_changes(
    compared, files, sample_file, tmp_path
):
    same, written_to = files["paper"], tmp_path / "found.json"
    code, output, _ = compared(
        same, same, "--data", sample_file, "--margin", "0", "--json", written_to
    )
    comparison = json.loads(written_to.read_bytes())["comparison"]
    assert code == 0
    assert "Verdict: no worse." in output
    assert comparison["movers"] == []
    assert (comparison["decisions"]["changed_share"], comparison["decisions"]["jaccard"]) == (0, 1)
    assert comparison["metrics"]["average_precision"]["interval"] == [0, 0]


def test_two_retrainings_on_other_rows_are_no_worse_than_each_other(
    compared, sample, sample_file, tmp_path
):
    old, new = (
        written(tmp_path, fitted(sample.sample(frac=0.9, random_state=seed), "", "signed-log"))
        for seed in (1, 2)
    )
    for pair in ((old, new), (new, old)):
        code, output, _ = compared(*pair, "--data", sample_file)
        assert code == 0
        assert "Verdict: no worse." in output
        assert "Neither model was trained on this very file" in output
        assert "The model files as they are" in output


def test_files_that_have_seen_the_data_are_judged_where_that_is_asked_for(
    compared, files, sample_file
):
    code, output, _ = compared(
        files["paper"], files["signed-log"], "--data", sample_file, "--judge", "files"
    )
    assert code == 0
    assert "trained on by OLD and NEW: they show a model better than it is" in output
    assert f"{HONEST + FRAUDS:,} transactions, {FRAUDS} frauds" in output


def test_a_recipe_is_not_judged_against_itself(compared, models, files, sample_file, tmp_path):
    record = msgspec.structs.replace(models["signed-log"].training, data_sha256="0" * 64)
    other = written(tmp_path, changed(models["signed-log"], training=record))
    code, _, _ = compared(files["signed-log"], other, "--data", sample_file)
    assert code.startswith("scripts/compare: OLD and NEW are of one recipe")
    assert compared(files["signed-log"], other, "--data", sample_file, "--judge", "files")[0] == 0


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": "[bold]mine"}, "The model [bold]mine"),
        ({"parameters": {"C": 0.1}}, "cannot be refitted"),
        ({"parameters": {"C": -1.0, "seed": 0}}, "cannot be refitted"),
        ({"parameters": {"C": 0.1, "seed": 0.5}}, "cannot be refitted"),
        ({"threshold_rule": "whatever"}, "no rule for a threshold"),
    ],
)
def test_a_recipe_that_is_not_known_is_not_refitted(fields, words, models, sample):
    model = models["signed-log"]
    record = {key: value for key, value in fields.items() if key != "name"}
    training = msgspec.structs.replace(model.training, **record)
    name = fields.get("name", model.name)
    strange = changed(model, name=name, training=training)
    with pytest.raises(TrainingError, match=re.escape(words)):
        refitted(strange, sample)


def test_an_unknown_recipe_ends_the_command_with_a_sentence(
    compared, models, files, sample_file, tmp_path
):
    strange = written(tmp_path, changed(models["signed-log"], name="[bold]mine"))
    code, _, _ = compared(files["paper"], strange, "--data", sample_file)
    assert code.startswith("scripts/compare: The model [bold]mine")
    assert "--judge files" in code
    code, output, _ = compared(files["paper"], strange, "--data", sample_file, "--judge", "files")
    assert code == 0
    assert "NEW is [bold]mine" in output


def test_a_recipe_is_not_measured_where_the_later_days_have_no_frauds(models, sample):
    later = sample[TARGET] & (sample["Time"] > sample["Time"].quantile(0.6))
    with pytest.raises(DataError, match="The time split cannot be measured"):
        refitted(models["paper"], sample[later == 0])


def test_a_recipe_of_other_features_is_not_refitted(models, sample):
    features = models["signed-log"].features[1:]
    with pytest.raises(RefitError, match="none of the recipes"):
        refitted(changed(models["signed-log"], features=features), sample)


def test_few_frauds_bring_a_warning(compared, files, few, tmp_path):
    path = tmp_path / "few.csv"
    few.to_csv(path, index=False)
    assert few[TARGET].sum() < 10
    _, output, _ = compared(files["paper"], files["signed-log"], "--data", path)
    assert "the intervals are too narrow" in output


def test_a_file_that_is_no_model_ends_the_command_with_a_sentence(compared, files, tmp_path):
    path = tmp_path / "none.json"
    path.write_text("{}")
    for missing_or_none in (path, tmp_path / "missing.json"):
        code, output, _ = compared(files["paper"], missing_or_none)
        assert code.startswith(f"scripts/compare: The model file {missing_or_none}")
        assert output == ""


def test_data_without_frauds_ends_the_command_with_a_sentence(compared, files, few, tmp_path):
    path = tmp_path / "honest.csv"
    few[few[TARGET] == 0].to_csv(path, index=False)
    code, _, _ = compared(files["paper"], files["signed-log"], "--data", path)
    assert code.startswith("scripts/compare: ")
    assert str(path) in code


def test_a_document_that_cannot_be_written_ends_the_command_with_a_sentence(
    compared, files, sample_file, tmp_path
):
    target = tmp_path / "missing" / "found.json"
    same = files["paper"]
    code, _, _ = compared(same, same, "--data", sample_file, "--judge", "files", "--json", target)
    assert code == f"scripts/compare: {target} cannot be written: No such file or directory."


@pytest.mark.parametrize("margin", ["-0.1", "nan", "2", "abc"])
def test_a_margin_that_is_none_is_refused(margin, compared):
    code, _, errors = compared("a", "b", f"--margin={margin}")
    assert code == 2
    assert "--margin" in errors
