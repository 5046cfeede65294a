"""The model file: it is read as it was written, or refused with a reason."""

import json

import msgspec
import pytest

from function.errors import ModelFileError
from function.model import SCHEMA, encode_model, read_model, sealed
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


def test_a_number_that_is_none_is_refused(tmp_path):
    text = DEFAULT_MODEL.read_text()
    with pytest.raises(ModelFileError, match="is not a model"):
        read_model(written(tmp_path, text.replace('"intercept": -', '"intercept": NaN, "x": -')))


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
        ({"name": "Time"}, "Time is not a field that every transaction has"),
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
