"""Recipes: pipelines as scikit-learn wants them, and what the function makes of their files."""

import msgspec
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.model_selection import cross_val_score
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from function.model import encode_model, read_model, sealed
from function.scoring import Scorer
from function.settings import DEFAULT_MODEL
from function.transaction import Transaction
from training.features import BatchedStandardScaler, Hinges, SignedLog
from training.recipes import RECIPES
from training.scoring import probabilities_of
from training.table import COMPONENTS, TARGET

DEFAULT = read_model(DEFAULT_MODEL)
ALL_THIRTY = ["Time", *COMPONENTS, "Amount"]
MILLION = 1_000_000
CHUNK = 100_000

every_recipe = pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)


def model_of(recipe, pipeline):
    """A model file's content, with the default model's record."""
    intercept, features = recipe.fold(pipeline)
    nothing = next(iter(DEFAULT.reference.features.values()))
    reference = msgspec.structs.replace(
        DEFAULT.reference, features={feature.name: nothing for feature in features}
    )
    return sealed(
        msgspec.structs.replace(
            DEFAULT,
            name=recipe.name,
            intercept=intercept,
            features=features,
            reference=reference,
        )
    )


def probabilities(model, table):
    scorer = Scorer(model)
    columns = table[ALL_THIRTY].to_dict(orient="records")
    return np.array([scorer.decide(Transaction(**row)).probability for row in columns])


@parametrize_with_checks([SignedLog(), Hinges(), Hinges(quantiles=()), BatchedStandardScaler()])
def test_the_transforms_are_estimators_as_scikit_learn_wants_them(estimator, check):
    check(estimator)


def test_the_signed_log_keeps_the_sign_and_tames_the_size():
    transformed = SignedLog().fit_transform([[0.0, -1.0], [np.e - 1, 1e9]])
    assert transformed == pytest.approx(
        np.array([[0, -1, 0, -np.log(2)], [np.e - 1, 1e9, 1, np.log1p(1e9)]])
    )


def test_a_hinge_bends_at_its_quantile():
    transformed = Hinges(quantiles=(0.5,)).fit_transform([[0.0], [1.0], [4.0]])
    assert transformed.tolist() == [[0, 0], [1, 0], [4, 3]]


def test_standardising_in_batches_is_standardising():
    values = np.random.default_rng(0).normal(3, 7, size=(25_001, 2))
    batched, whole = BatchedStandardScaler(), StandardScaler()
    difference = batched.fit_transform(values) - whole.fit_transform(values)
    assert np.max(np.abs(difference)) < 1e-12


def test_a_quantile_that_is_none_is_refused():
    with pytest.raises(ValueError, match="quantiles must be from 0 to 1"):
        Hinges(quantiles=(0.5, 1.5)).fit([[0.0], [1.0]])


@every_recipe
def test_a_recipe_can_be_cloned_configured_and_cross_validated(recipe, sample):
    pipeline = clone(recipe.pipeline())
    assert pipeline.get_params()["classify__C"] == recipe.C
    pipeline.set_params(classify__C=0.5)
    scores = cross_val_score(pipeline, sample, sample[TARGET], cv=3, scoring="average_precision")
    assert np.all(scores > 0.5)


@every_recipe
def test_every_term_of_a_recipe_has_a_name(recipe, sample):
    fitted = recipe.pipeline().fit(sample, sample[TARGET])
    names = list(fitted[:-1].get_feature_names_out())
    assert names[: len(recipe.features)] == list(recipe.features)
    assert len(names) == len(set(names)) == fitted["classify"].coef_.size


@every_recipe
def test_the_function_gives_a_recipes_probabilities(recipe, table, sample):
    pipeline = recipe.pipeline().fit(sample, sample[TARGET])
    rows = table.sample(10_000, random_state=0)
    expected = pipeline.predict_proba(rows)[:, 1]
    model = model_of(recipe, pipeline)
    assert np.max(np.abs(probabilities(model, rows) - expected)) <= 1e-12
    assert np.max(np.abs(probabilities_of(model, rows) - expected)) <= 1e-12


@every_recipe
def test_a_recipes_file_is_read_as_it_was_written(recipe, sample, tmp_path):
    model = model_of(recipe, recipe.pipeline().fit(sample, sample[TARGET]))
    path = tmp_path / "model.json"
    path.write_bytes(encode_model(model))
    assert read_model(path) == model
    assert model.needs_time == ("Time" in recipe.features)


@every_recipe
def test_equal_data_and_seeds_make_equal_numbers(recipe, sample):
    first, second = (
        recipe.fold(recipe.pipeline(seed=7).fit(sample, sample[TARGET])) for _ in range(2)
    )
    assert first == second


def test_another_seed_draws_another_sample_for_the_paper(sample):
    recipe = RECIPES["paper"]
    first, second = (
        recipe.fold(recipe.pipeline(seed=seed).fit(sample, sample[TARGET])) for seed in (0, 1)
    )
    assert first != second


@given(row=st.lists(st.floats(-1e9, 1e9), min_size=30, max_size=30))
def test_hinges_are_exact_far_beyond_the_data(row, hinges):
    pipeline, model = hinges
    values = dict(zip(ALL_THIRTY, row, strict=True))
    values |= {"Amount": abs(values["Amount"]), "Time": abs(values["Time"])}
    frame = pd.DataFrame([values])
    log_odds = pipeline.decision_function(frame)[0]
    contributions = Scorer(model).contributions(Transaction(**values))
    assert model.intercept + sum(contributions) == pytest.approx(log_odds, rel=1e-9, abs=1e-9)


@pytest.fixture(scope="module")
def hinges(sample):
    recipe = RECIPES["hinges"]
    pipeline = recipe.pipeline().fit(sample, sample[TARGET])
    return pipeline, model_of(recipe, pipeline)


@pytest.mark.slow
@every_recipe
def test_a_million_transactions_get_a_recipes_probabilities(recipe, table):
    pipeline = recipe.pipeline().fit(table, table[TARGET])
    model = model_of(recipe, pipeline)
    generator = np.random.default_rng(0)
    for _ in range(MILLION // CHUNK):
        # Each column is drawn by itself, so that the rows hold what no real one does.
        rows = pd.DataFrame(
            {name: generator.choice(table[name].to_numpy(), CHUNK) for name in ALL_THIRTY}
        )
        expected = pipeline.predict_proba(rows)[:, 1]
        assert np.max(np.abs(probabilities(model, rows) - expected)) <= 1e-12
