"""Another model and another policy than the default, in the real server."""

import json

import pytest
import requests

from function.model import encode_model
from function.transaction import NUMBER_FIELDS
from tests.server import running_server
from training.fitting import Wanted, fit
from training.recipes import RECIPES
from training.thresholds import DEFAULT_RULE

REVIEW = 5.0
V1 = "/v1/models/fraud:predict"
V2 = "/v2/models/fraud/infer"
EVENT = {"specversion": "1.0", "type": "dev.fraud.transaction.v1", "source": "/shop/7", "id": "1"}
STRUCTURED = {"content-type": "application/cloudevents+json"}


@pytest.fixture(scope="module")
def paper_server(sample, tmp_path_factory):
    """The report's model, which uses Time, behind the rule of the least expected cost."""
    recipe = RECIPES["paper"]
    _, model = fit(sample, "0" * 64, Wanted(recipe, recipe.C, DEFAULT_RULE), lambda _: None)
    path = tmp_path_factory.mktemp("model") / "model.json"
    path.write_bytes(encode_model(model))
    with running_server(FRAUD_MODEL=str(path), FRAUD_POLICY=f"cost:{REVIEW}") as server:
        yield server


@pytest.mark.parametrize("amount", [0.0, 1.0, 100.0, 25_000.0])
def test_the_decision_weighs_the_amount_against_a_review(paper_server, fraud, amount):
    decision = requests.post(paper_server.url, json={**fraud, "Amount": amount}).json()
    probability = decision["probability"]
    assert decision["fraud"] == (probability * amount > (1 - probability) * REVIEW)
    assert decision["threshold"] == pytest.approx(REVIEW / (REVIEW + amount))


def test_the_model_card_names_the_policy(paper_server, server):
    policy = requests.get(f"{paper_server.url}/model").json()["policy"]
    assert policy == {"kind": "cost", "review": REVIEW}
    assert requests.get(f"{server.url}/model").json()["policy"]["kind"] == "threshold"


def test_a_transaction_without_time_is_refused_where_the_model_uses_it(paper_server, fraud):
    timeless = {name: value for name, value in fraud.items() if name != "Time"}
    assert requests.post(paper_server.url, json=fraud).ok
    for body, pointer in ((timeless, "/Time"), ([fraud, timeless], "/1/Time")):
        response = requests.post(paper_server.url, json=body)
        assert response.status_code == 422
        assert [error["pointer"] for error in response.json()["errors"]] == [pointer]


@pytest.mark.parametrize("number", [1.0, float("nan")])
def test_an_event_without_time_is_refused_with_every_fault(paper_server, fraud, number):
    data = {name: value for name, value in fraud.items() if name != "Time"} | {"V1": number}
    body = json.dumps(EVENT | {"data": data})
    response = requests.post(paper_server.url, data=body, headers=STRUCTURED)
    assert response.status_code == 422
    pointers = [error["pointer"] for error in response.json()["errors"]]
    assert pointers == ["/data/Time"] if number == 1.0 else ["/data/V1", "/data/Time"]


def test_the_document_says_that_a_model_needs_time(paper_server, server):
    schemas = requests.get(f"{paper_server.url}/openapi.json").json()["components"]["schemas"]
    assert "Time" in schemas["TimedTransaction"]["required"]
    assert schemas["TimedTransactionEvent"]["properties"]["data"]["$ref"].endswith(
        "/TimedTransaction"
    )
    others = requests.get(f"{server.url}/openapi.json").json()["components"]["schemas"]
    assert "Time" not in others["Transaction"]["required"]


def test_the_inference_protocols_take_time_last_where_the_model_uses_it(paper_server, fraud):
    probability = requests.post(paper_server.url, json=fraud).json()["probability"]
    row = [fraud[name] for name in NUMBER_FIELDS]
    tensor = {"name": "transactions", "shape": [1, 30], "datatype": "FP64", "data": row}
    v1 = requests.post(f"{paper_server.url}{V1}", json={"instances": [row]}).json()
    v2 = requests.post(f"{paper_server.url}{V2}", json={"inputs": [tensor]}).json()
    assert v1["predictions"][0]["probability"] == pytest.approx(probability, rel=1e-12)
    assert v2["outputs"][0]["data"] == [pytest.approx(probability, rel=1e-12)]
    metadata = requests.get(f"{paper_server.url}/v2/models/fraud").json()
    assert metadata["inputs"][0]["shape"] == [-1, 30]


def test_the_inference_protocols_refuse_a_row_without_time_likewise(paper_server, fraud):
    row = [fraud[name] for name in NUMBER_FIELDS[:-1]]
    tensor = {"name": "transactions", "shape": [1, 29], "datatype": "FP64", "data": row}
    for path, body, pointer in (
        (V1, {"instances": [row]}, "/instances/0"),
        (V2, {"inputs": [tensor]}, "/inputs/0/shape"),
    ):
        response = requests.post(paper_server.url + path, json=body)
        assert response.status_code == 422
        assert [error["pointer"] for error in response.json()["errors"]] == [pointer]
