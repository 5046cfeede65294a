"""KServe's protocols: what the server says of itself, and protocol v1."""

import json

import pytest
import requests

from function.transaction import REQUIRED_FIELDS
from tests.inference import (
    MODEL,
    V1,
    V2,
    VERSIONED,
    assert_refused,
    infer,
    matrix,
    output,
)


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/v1/models", {"models": ["fraud"]}),
        ("/v1/models/fraud", {"name": "fraud", "ready": True}),
        ("/v2", {"name": "fraud", "version": "local", "extensions": ["binary_tensor_data"]}),
        ("/v2/health/live", {"live": True}),
        ("/v2/health/ready", {"ready": True}),
        ("/v2/models/fraud/ready", {"name": "fraud", "ready": True}),
        (f"{VERSIONED}/ready", {"name": "fraud", "ready": True}),
    ],
)
def test_a_path_of_the_protocols_says_what_they_ask(server, path, answer):
    assert requests.get(server.url + path).json() == answer


@pytest.mark.parametrize("path", ["/v2/models/fraud", VERSIONED])
def test_the_metadata_name_the_tensors_and_the_order_of_the_columns(server, path):
    metadata = requests.get(server.url + path).json()
    assert (metadata["name"], metadata["versions"]) == ("fraud", [MODEL.version])
    (tensor,) = metadata["inputs"]
    assert (tensor["name"], tensor["datatype"], tensor["shape"]) == (
        "transactions",
        "FP64",
        [-1, 29],
    )
    assert tensor["parameters"]["columns"].split(",") == list(REQUIRED_FIELDS)
    assert metadata["outputs"] == [
        {"name": "probability", "datatype": "FP64", "shape": [-1]},
        {"name": "fraud", "datatype": "BOOL", "shape": [-1]},
        {"name": "threshold", "datatype": "FP64", "shape": [-1]},
    ]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/models/other", 404),
        ("POST", "/v1/models/other:predict", 404),
        ("POST", "/v2/models/other/infer", 404),
        ("POST", "/v2/models/fraud/versions/7/infer", 404),
        ("GET", "/v2/models/fraud/versions/7/ready", 404),
        ("GET", "/v2/models/fraud/infer", 405),
        ("POST", "/v2/health/live", 405),
    ],
)
def test_what_is_not_there_is_a_problem_with_the_member_error(server, method, path, status):
    assert_refused(requests.request(method, server.url + path), [], status=status)


def test_a_problem_elsewhere_has_no_member_error(server):
    assert "error" not in requests.post(server.url, json={}).json()


@pytest.mark.parametrize("member", ["instances", "inputs"])
def test_v1_answers_objects_and_rows_with_the_decisions_of_the_plain_path(
    server, fraud, row, decision, member
):
    response = requests.post(server.url + V1, json={member: [fraud, row, [*row, fraud["Time"]]]})
    answer = response.json()
    assert answer["predictions"] == [decision, decision | {"id": None}, decision | {"id": None}]
    assert answer["model"] == {"name": MODEL.name, "version": MODEL.version}


def test_v1_answers_no_instances_with_no_predictions(server):
    assert requests.post(server.url + V1, json={"instances": []}).json()["predictions"] == []


def test_v1_gives_the_reasons_that_the_query_asks_for(server, row):
    response = requests.post(f"{server.url}{V1}?reasons=2", json={"instances": [row]})
    assert len(response.json()["predictions"][0]["reasons"]) == 2


@pytest.mark.parametrize("content_type", [None, "application/x-www-form-urlencoded"])
@pytest.mark.parametrize("path", [V1, V2])
def test_the_content_type_does_not_count(server, row, path, content_type):
    body = {"instances": [row]} if path == V1 else {"inputs": [matrix(row)]}
    headers = {"content-type": content_type} if content_type else {}
    response = requests.post(server.url + path, data=json.dumps(body).encode(), headers=headers)
    assert response.status_code == 200


def test_v1_refuses_more_instances_than_a_batch_may_have(server):
    response = requests.post(server.url + V1, json={"instances": [[0] * 29] * 10_001})
    assert response.status_code == 413
    assert "There are 10001 transactions" in response.json()["error"]


def test_v1_names_every_fault_of_every_instance(server, fraud, row):
    bad_object = {name: value for name, value in fraud.items() if name != "V3"} | {"V5": "x"}
    bad_row = [*row[:5], None, *row[6:28], -1]
    instances = [fraud, bad_object, row, bad_row, row[:7], [*row, 0, "id"], 7, [*row, None]]
    assert_refused(
        requests.post(server.url + V1, json={"instances": instances}),
        [
            "/instances/1/V5",
            "/instances/1/V3",
            "/instances/3/5",
            "/instances/3/28",
            "/instances/4",
            "/instances/5",
            "/instances/6",
            "/instances/7/29",
        ],
    )


V1_BODIES = {
    "empty": ("", 400, []),
    "broken": ('{"instances": [', 400, []),
    "a lone surrogate": ('{"instances": [], "id": "\\ud800"}', 400, []),
    "10 MB of nesting": ("[" * 10_000_000, 400, []),
    "10 MB of nesting inside": ('{"instances": [' + "[" * 10_000_000, 400, []),
    "an array": ("[]", 422, [""]),
    "no instances": ('{"signature_name": "x"}', 422, ["/instances"]),
    "instances and inputs": ('{"instances": [], "inputs": []}', 422, ["/instances"]),
    "instances twice": ('{"instances": [], "instances": []}', 422, ["/instances"]),
    "an object": ('{"instances": {}}', 422, ["/instances"]),
    "null": ('{"instances": null}', 422, ["/instances"]),
    "a field twice": ('{"instances": [{"V1": 1, "V1": 2, ROW}]}', 422, ["/instances/0/V1"]),
    "NaN in a row": ('{"instances": [[NaN, VALUES]]}', 422, ["/instances/0/0"]),
    "a number beyond a double": ('{"instances": [[1e999, VALUES]]}', 422, ["/instances/0/0"]),
    "400 digits": (f'{{"instances": [[{"9" * 400}, VALUES]]}}', 422, ["/instances/0/0"]),
    "5,000 digits": (f'{{"instances": [[{"9" * 5000}, VALUES]]}}', 422, ["/instances/0/0"]),
}


@pytest.mark.parametrize("name", V1_BODIES)
def test_v1_refuses_a_bad_body(server, fraud, name):
    body, status, pointers = V1_BODIES[name]
    rest = {field: fraud[field] for field in REQUIRED_FIELDS[1:]}
    body = body.replace("ROW", json.dumps(rest)[1:-1])
    body = body.replace("VALUES", ", ".join(map(str, rest.values())))
    assert_refused(requests.post(server.url + V1, data=body), pointers, status=status)


def test_real_transactions_get_the_same_probability_on_every_path(server, sample):
    chosen = sample.groupby("Class").head(60)
    rows = chosen[list(REQUIRED_FIELDS)].to_numpy().tolist()
    objects = [dict(zip(REQUIRED_FIELDS, row, strict=True)) for row in rows]
    plain = requests.post(server.url, json=objects).json()["decisions"]
    v1 = requests.post(server.url + V1, json={"instances": rows}).json()["predictions"]
    v2 = output(infer(server, matrix(rows, rows=len(rows))))["data"]
    assert v1 == plain
    assert v2 == [each["probability"] for each in plain]
