"""The model file: it is read as it was written, or refused with a reason."""

import json
import re

import msgspec
import pytest

from function.errors import ModelFileError
from function.model import SCHEMA, Hinge, encode_model, read_model, sealed
from function.settings import DEFAULT_MODEL


@pytest.fixture
def document():
    """The default model file as plain JSON."""
    return json.loads(DEFAULT_MODEL.read_text())


def written(tmp_path, document):
    path = tmp_path / "model.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return path


def resealed(tmp_path, model):
    path = tmp_path / "model.json"
    path.write_bytes(encode_model(sealed(model)))
    return path


def test_a_model_is_read_as_it_was_written(tmp_path):
    model = read_model(DEFAULT_MODEL)
    path = tmp_path / "model.json"
    path.write_bytes(encode_model(model))
    assert read_model(path) == model
    assert path.read_bytes() == DEFAULT_MODEL.read_bytes()


def test_the_default_model_does_what_the_data_allows():
    metrics = read_model(DEFAULT_MODEL).training.metrics
    assert 0.78 <= metrics["stratified"].average_precision <= 0.89
    assert 0.80 <= metrics["time"].average_precision <= 0.82


def test_equal_models_have_equal_versions_and_others_do_not():
    model = read_model(DEFAULT_MODEL)
    other = msgspec.structs.replace(model, intercept=model.intercept + 1e-9)
    assert sealed(model) == model
    assert sealed(other).version != model.version
    assert sealed(other).digest.startswith(sealed(other).version)


def test_a_layout_of_ones_own_does_not_break_the_seal(tmp_path, document):
    assert read_model(written(tmp_path, document)) == read_model(DEFAULT_MODEL)


def test_a_file_edited_by_hand_is_refused(tmp_path, document):
    document["threshold"] = 0.5
    with pytest.raises(ModelFileError, match="changed after it was written"):
        read_model(written(tmp_path, document))


def test_a_later_schema_is_told_from_damage(tmp_path, document):
    document |= {"schema": SCHEMA + 1, "something": "new"}
    with pytest.raises(ModelFileError, match=f"has schema {SCHEMA + 1}; this function reads"):
        read_model(written(tmp_path, document))


@pytest.mark.parametrize("content", ["", "{}", "[]", "nonsense", '{"schema": "1"}'])
def test_what_is_no_model_is_refused(tmp_path, content):
    with pytest.raises(ModelFileError, match="is not a model"):
        read_model(written(tmp_path, content))


def test_a_truncated_file_is_refused(tmp_path):
    text = DEFAULT_MODEL.read_text()
    with pytest.raises(ModelFileError, match="is not a model"):
        read_model(written(tmp_path, text[: len(text) // 2]))


@pytest.mark.parametrize("number", ["NaN", "Infinity", "null", '"1"', "1e999"])
def test_a_number_that_is_none_is_refused(tmp_path, number):
    text = re.sub(r'"intercept": [^,]+', f'"intercept": {number}', DEFAULT_MODEL.read_text())
    with pytest.raises(ModelFileError, match="is not a model"):
        read_model(written(tmp_path, text))


def test_a_missing_feature_breaks_the_seal(tmp_path, document):
    del document["features"][3]
    with pytest.raises(ModelFileError, match="changed after it was written"):
        read_model(written(tmp_path, document))


def test_a_missing_number_is_named_with_its_place(tmp_path, document):
    del document["features"][3]["scale"]
    with pytest.raises(
        ModelFileError, match=r"missing required field `scale` .*features\[3|\.\.\."
    ):
        read_model(written(tmp_path, document))


@pytest.mark.parametrize(
    "changes",
    [
        {"edges": (1.0, 0.0)},
        {"edges": (1.0, 1.0)},
        {"shares": (1.0,)},
        {"shares": (2.0,) + (-0.1,) * 10},
        {"shares": (0.0,) * 10},
    ],
)
def test_a_reference_with_bins_that_are_none_is_refused(tmp_path, changes):
    model = read_model(DEFAULT_MODEL)
    score = msgspec.structs.replace(model.reference.score, **changes)
    reference = msgspec.structs.replace(model.reference, score=score)
    model = msgspec.structs.replace(model, reference=reference)
    with pytest.raises(ModelFileError, match="the reference of score has bins that are none"):
        read_model(resealed(tmp_path, model))


def test_hinges_are_read_as_they_were_written(tmp_path):
    model = read_model(DEFAULT_MODEL)
    hinged = msgspec.structs.replace(
        model.features[0], hinges=(Hinge(-1.5, 0.25), Hinge(2.0, -1.0))
    )
    model = sealed(msgspec.structs.replace(model, features=(hinged, *model.features[1:])))
    assert read_model(resealed(tmp_path, model)) == model


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ModelFileError, match=r"absent\.json cannot be read: No such file"):
        read_model(tmp_path / "absent.json")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"threshold": 1.0}, "its threshold is 1.0"),
        ({"features": ()}, "no features"),
    ],
)
def test_a_model_that_cannot_be_right_is_refused(tmp_path, changes, words):
    model = msgspec.structs.replace(read_model(DEFAULT_MODEL), **changes)
    with pytest.raises(ModelFileError, match=words):
        read_model(resealed(tmp_path, model))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": "id"}, "its feature id is not a number of a transaction"),
        ({"name": "Time"}, "its reference is not about the same features"),
        ({"transform": "log1p"}, "the transform log1p of V1 would fail"),
        ({"name": "V2"}, "one of them twice"),
        ({"scale": 0.0}, "the scale of V1 is 0.0"),
        ({"linear": 1e999}, "is not a model"),
    ],
)
def test_a_feature_that_cannot_be_right_is_refused(tmp_path, changes, words):
    model = read_model(DEFAULT_MODEL)
    first = msgspec.structs.replace(model.features[0], **changes)
    model = msgspec.structs.replace(model, features=(first, *model.features[1:]))
    with pytest.raises(ModelFileError, match=words):
        read_model(resealed(tmp_path, model))
