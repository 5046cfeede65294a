"""The real clients of KServe, Triton and MLServer against the real server.

None of them goes with the project's own versions of pandas or Starlette, so each set has an
environment of its own, which is made on the first run.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from function.transaction import REQUIRED_FIELDS
from tests.environments import python_with

CLIENTS = Path(__file__).parent.parent / "clients"
ROUNDED = 1e-5
"""What rounding the features to single precision may do to a probability."""


@pytest.fixture(scope="module")
def rows(sample):
    """Real transactions, frauds among them, with amounts in whole euros for the integer types."""
    chosen = sample.groupby("Class").head(30)
    return chosen.assign(Amount=chosen["Amount"].round())[list(REQUIRED_FIELDS)].to_numpy().tolist()


@pytest.fixture(scope="module")
def decisions(server, rows):
    """What POST / says of them."""
    body = [dict(zip(REQUIRED_FIELDS, row, strict=True)) for row in rows]
    return requests.post(server.url, json=body).json()["decisions"]


@pytest.fixture(scope="module")
def probabilities(decisions):
    return pytest.approx([each["probability"] for each in decisions], rel=1e-12)


def told(server, rows, client, *packages):
    """Run a client in an environment of its own; return what the server told it."""
    python = python_with(client, *packages)
    done = subprocess.run(
        [python, CLIENTS / f"{client}_client.py"],
        input=json.dumps([server.url, rows]),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="the client supports Python up to 3.13")
def test_kserves_client_gets_the_same_answers_in_both_protocols(
    server, rows, decisions, probabilities
):
    answer = told(server, rows, "kserve", "kserve==0.21.0")
    v1, v2 = answer["v1"], answer["v2"]
    assert v1["ready"] is True
    assert [each["fraud"] for each in v1["predictions"]] == [each["fraud"] for each in decisions]
    assert [each["probability"] for each in v1["predictions"]] == probabilities
    assert (v2["live"], v2["ready"], v2["model ready"]) == (True, True, True)
    assert v2["other ready"] is False
    for binary in ("False False", "False True", "True False", "True True"):
        assert v2[f"binary {binary}"] == probabilities
    assert v2["refused"] == 422


@pytest.fixture(scope="module")
def triton(server, rows):
    return told(server, rows, "triton", "tritonclient[http]==2.73.0")


def test_tritons_client_is_told_what_the_server_and_the_model_are(server, triton):
    assert (triton["live"], triton["ready"], triton["model ready"]) == (True, True, True)
    assert triton["extensions"] == ["binary_tensor_data"]
    assert triton["inputs"][0]["shape"] == [-1, 29]
    assert triton["version"] == requests.get(f"{server.url}/model").json()["version"]


def test_tritons_client_gets_the_same_answers_as_json_and_as_bytes(
    triton, decisions, probabilities
):
    assert triton["FP64 False"] == triton["FP64 True"] == probabilities
    exact = [each["probability"] for each in decisions]
    assert triton["FP32 True"] == triton["FP32 False"] == pytest.approx(exact, rel=ROUNDED)
    assert triton["FP32 True"] != exact
    assert triton["fraud"] == [each["fraud"] for each in decisions]
    assert triton["no rows"] == [0]


def test_tritons_client_is_told_what_was_wrong(triton):
    status, message = triton["refused"]
    assert status == "422"
    assert message.startswith("29 faults were found in what was sent. /inputs/0: row 0, V1: ")
    status, message = triton["unknown version"]
    assert status == "404"
    assert f"/v2/models/fraud/versions/{triton['version']}/infer" in message


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="MLServer supports Python up to 3.12")
def test_a_data_frame_and_an_array_that_mlserver_encodes_get_the_same_answers(
    server, rows, decisions, probabilities
):
    answer = told(server, rows, "mlserver", "mlserver==1.7.1", "requests")
    for form in ("frame", "array"):
        assert answer[form]["probability"] == probabilities
        assert answer[form]["fraud"] == [each["fraud"] for each in decisions]
        assert answer[form]["threshold"] == [each["threshold"] for each in decisions]
