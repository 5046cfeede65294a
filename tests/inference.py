"""What the tests of KServe's protocols send, and how they look at the answers."""

import json

import requests

from function.model import read_model
from function.settings import DEFAULT_MODEL
from function.transaction import REQUIRED_FIELDS

MODEL = read_model(DEFAULT_MODEL)
V1 = "/v1/models/fraud:predict"
V2 = "/v2/models/fraud/infer"
VERSIONED = f"/v2/models/fraud/versions/{MODEL.version}"
LENGTH = "inference-header-content-length"


def matrix(data, rows=1, **changes):
    return {"name": "transactions", "shape": [rows, 29], "datatype": "FP64", "data": data} | changes


def columns(fraud, names=REQUIRED_FIELDS, shape=(1,)):
    return [
        {"name": name, "shape": list(shape), "datatype": "FP64", "data": [fraud[name]]}
        for name in names
    ]


def infer(server, *inputs, path=V2, **members):
    return requests.post(server.url + path, json={"inputs": inputs} | members)


def infer_bytes(server, document, *parts, length=None):
    text = json.dumps(document).encode()
    headers = {LENGTH: str(len(text)) if length is None else length}
    return requests.post(server.url + V2, data=b"".join([text, *parts]), headers=headers)


def output(response, name="probability"):
    assert response.status_code == 200, response.text
    return next(each for each in response.json()["outputs"] if each["name"] == name)


def assert_refused(response, pointers, words="", status=422):
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert [error.get("pointer") for error in problem.get("errors", [])] == pointers
    assert words in problem["error"]
    assert problem["error"].startswith(problem["detail"])
