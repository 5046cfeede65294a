"""Settings: what the environment may say."""

import pytest

from function.errors import SettingError
from function.policy import CostPolicy
from function.settings import DEFAULT_MODEL, read_settings


def test_an_empty_environment_gives_the_defaults():
    settings = read_settings({})
    assert settings.model == DEFAULT_MODEL
    assert settings.max_body_bytes == 16 * 1024 * 1024
    assert settings.policy is None
    assert settings.revision == "local"


def test_each_setting_is_read_from_its_variable(tmp_path):
    model = tmp_path / "model.json"
    model.touch()
    settings = read_settings(
        {"FRAUD_MODEL": str(model), "FRAUD_MAX_BODY_BYTES": "2048", "K_REVISION": "fraud-00001"}
    )
    assert (settings.model, settings.max_body_bytes) == (model, 2048)
    assert settings.revision == "fraud-00001"


@pytest.mark.parametrize("value", ["", "abc", "-1", "0", "1023", "1e6", "4096.0"])
def test_a_bad_limit_is_told_with_its_name_value_and_range(value):
    with pytest.raises(SettingError) as caught:
        read_settings({"FRAUD_MAX_BODY_BYTES": value})
    assert str(caught.value) == (
        f'FRAUD_MAX_BODY_BYTES is "{value}"; a whole number from 1024 on is expected.'
    )


@pytest.mark.parametrize(
    ("value", "policy"),
    [("threshold", None), ("cost:5", CostPolicy(5)), ("cost:0.01", CostPolicy(0.01))],
)
def test_the_policy_is_the_models_threshold_or_what_a_review_costs(value, policy):
    assert read_settings({"FRAUD_POLICY": value}).policy == policy


@pytest.mark.parametrize(
    "value",
    ["", "cost", "cost:", "cost:0", "cost:-1", "cost:nan", "cost:inf", "cost:5e", "never:5"],
)
def test_a_bad_policy_is_told_with_what_is_allowed(value):
    with pytest.raises(SettingError, match=f'FRAUD_POLICY is "{value}"; "threshold" is expected'):
        read_settings({"FRAUD_POLICY": value})


def test_a_model_that_is_no_file_is_told_with_its_path(tmp_path):
    with pytest.raises(SettingError, match=f'FRAUD_MODEL is "{tmp_path}", which is not a file'):
        read_settings({"FRAUD_MODEL": str(tmp_path)})


def test_variables_that_kubernetes_sets_for_a_service_are_left_alone():
    assert read_settings({"FRAUD_PORT": "tcp://10.0.0.1:80", "FRAUD_SERVICE_HOST": "10.0.0.1"})


def test_what_is_held_of_all_bodies_is_no_less_than_of_one():
    both = {"FRAUD_MAX_BODY_BYTES": "2048", "FRAUD_MAX_HELD_BYTES": "2048"}
    assert read_settings(both).max_held_bytes == 2048
    with pytest.raises(SettingError, match='HELD_BYTES is "2047"; a whole number from 2048 on'):
        read_settings(both | {"FRAUD_MAX_HELD_BYTES": "2047"})


@pytest.mark.parametrize(
    "name", ["FRAUD_MAX_BATCH", "FRAUD_UPLOAD_TIMEOUT_S", "FRAUD_MAX_CONNECTIONS"]
)
def test_the_other_limits_begin_at_one(name):
    assert read_settings({name: "1"})
    with pytest.raises(SettingError, match=f'{name} is "0"; a whole number from 1 on is expected'):
        read_settings({name: "0"})
