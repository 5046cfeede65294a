"""KServe's protocol v1 and the Open Inference Protocol v2, as plain HTTP to the real server."""

import json
import struct

import pytest
import requests

from function.model import read_model
from function.settings import DEFAULT_MODEL
from function.transaction import NUMBER_FIELDS, REQUIRED_FIELDS

MODEL = read_model(DEFAULT_MODEL)
V1 = "/v1/models/fraud:predict"
V2 = "/v2/models/fraud/infer"
VERSIONED = f"/v2/models/fraud/versions/{MODEL.version}"
LENGTH = "inference-header-content-length"


@pytest.fixture(scope="session")
def row(fraud):
    return [fraud[name] for name in REQUIRED_FIELDS]


@pytest.fixture(scope="session")
def decision(server, fraud):
    """What POST / says of the data set's first fraud, in an array."""
    return requests.post(server.url, json=[fraud]).json()["decisions"][0]


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


# What the server says of itself.


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


# Protocol v1.


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


# Protocol v2.


def test_v2_answers_with_the_decision_of_the_plain_path(server, row, decision):
    response = infer(server, matrix(row), id="urn:1")
    assert response.headers["content-type"] == "application/json"
    answer = response.json()
    assert (answer["model_name"], answer["model_version"], answer["id"]) == (
        "fraud",
        MODEL.version,
        "urn:1",
    )
    assert [
        (each["name"], each["datatype"], each["shape"], each["data"]) for each in answer["outputs"]
    ] == [
        ("probability", "FP64", [1], [decision["probability"]]),
        ("fraud", "BOOL", [1], [decision["fraud"]]),
        ("threshold", "FP64", [1], [decision["threshold"]]),
    ]


def test_v2_answers_under_the_version_too_and_without_an_id(server, row):
    answer = infer(server, matrix(row), path=f"{VERSIONED}/infer").json()
    assert "id" not in answer


def good_inputs(fraud, row):
    timed = [*row, fraud["Time"]]
    whole = {"datatype": "INT64", "data": [int(fraud["Amount"])]}
    return {
        "flat": [matrix(row)],
        "nested": [matrix([row])],
        "FP32, as the number that it is": [matrix(row, datatype="FP32")],
        "two rows": [matrix([row, row], rows=2)],
        "with Time": [matrix(timed, shape=[1, 30])],
        "a tensor for each field": columns(fraud),
        "in another order": columns(fraud, REQUIRED_FIELDS[::-1]),
        "of shape [n, 1]": columns(fraud, shape=(1, 1)),
        "with Time, which the model does not need": columns(fraud, NUMBER_FIELDS),
        "whole euros": [*columns(fraud)[:-1], columns(fraud)[-1] | whole],
        "parameters of others": [matrix(row, parameters={"content_type": "np"})],
        "null for parameters": [matrix(row, parameters=None)],
    }


@pytest.mark.parametrize("name", good_inputs(dict.fromkeys(NUMBER_FIELDS, 0.0), []))
def test_v2_takes_tensors_of_every_form(server, fraud, row, decision, name):
    inputs = good_inputs(fraud, row)[name]
    data = output(infer(server, *inputs))["data"]
    assert data == pytest.approx([decision["probability"]] * inputs[0]["shape"][0], rel=1e-12)


@pytest.mark.parametrize("inputs", [[matrix([], rows=0)], columns({}, (), ())])
def test_v2_answers_no_rows_with_no_elements_and_no_tensors_with_a_problem(server, inputs):
    response = infer(server, *inputs)
    if inputs:
        assert output(response)["data"] == []
    else:
        assert_refused(response, ["/inputs"])


def test_v2_gives_the_outputs_that_are_asked_for(server, row):
    wanted = [{"name": "fraud", "parameters": {"classification": 1}}, {"name": "probability"}]
    answer = infer(server, matrix(row), outputs=wanted).json()
    assert [each["name"] for each in answer["outputs"]] == ["fraud", "probability"]


@pytest.mark.parametrize(
    ("datatype", "code"), [("FP64", "d"), ("FP32", "f"), ("FP16", "e"), ("INT8", "b")]
)
def test_v2_takes_bytes_of_every_size(server, row, datatype, code):
    values = [round(value) if code == "b" else value for value in row]
    part = struct.pack(f"<29{code}", *values)
    tensor = matrix(None, datatype=datatype, parameters={"binary_data_size": len(part)})
    del tensor["data"]
    as_bytes = output(infer_bytes(server, {"inputs": [tensor]}, part))["data"]
    as_json = output(infer(server, matrix(struct.unpack(f"<29{code}", part))))["data"]
    assert as_bytes == as_json


def test_v2_answers_with_bytes_where_they_are_asked_for(server, row, decision):
    response = infer(
        server,
        matrix([row, row], rows=2),
        parameters={"binary_data_output": True},
        outputs=[
            {"name": "fraud"},
            {"name": "threshold", "parameters": {"binary_data": False}},
            {"name": "probability"},
        ],
    )
    assert response.headers["content-type"] == "application/octet-stream"
    length = int(response.headers[LENGTH])
    fraud, threshold, probability = json.loads(response.content[:length])["outputs"]
    assert fraud["parameters"] == {"binary_data_size": 2}
    assert probability["parameters"] == {"binary_data_size": 16}
    assert "data" not in fraud
    assert threshold["data"] == [decision["threshold"]] * 2
    assert struct.unpack("<2?2d", response.content[length:]) == (
        *[decision["fraud"]] * 2,
        *[decision["probability"]] * 2,
    )


def bad_inputs(fraud, row):
    bad = [*row[:3], "x", *row[4:27], True, -1]
    others = columns(fraud)[1:]
    return {
        "every bad element of flat data": (
            [matrix([*row, *bad], rows=2)],
            ["/inputs/0/data/32", "/inputs/0/data/56", "/inputs/0/data/57"],
        ),
        "every bad element of nested data": (
            [matrix([row, bad], rows=2)],
            ["/inputs/0/data/1/3", "/inputs/0/data/1/27", "/inputs/0/data/1/28"],
        ),
        "out of the range of its field": ([matrix([*row[:28], 2e12])], ["/inputs/0/data/28"]),
        "too few elements": ([matrix(row[:-1])], ["/inputs/0/data"]),
        "too few rows": ([matrix([row], rows=2)], ["/inputs/0/data"]),
        "too short rows": (
            [matrix([row[1:], row, row[2:]], rows=3)],
            ["/inputs/0/data/0", "/inputs/0/data/2"],
        ),
        "an array among numbers": ([matrix([row[:1], *row[1:]])], ["/inputs/0/data/0"]),
        "another width": ([matrix(row[:-1], shape=[1, 28])], ["/inputs/0/shape"]),
        "one dimension": ([matrix(row, shape=[29])], ["/inputs/0/shape"]),
        "three dimensions": ([matrix(row, shape=[1, 29, 1])], ["/inputs/0/shape"]),
        "no width": ([matrix([], shape=[1, 0])], ["/inputs/0/shape"]),
        "a shape below 0": ([matrix([], shape=[-1, 29])], ["/inputs/0/shape"]),
        "a boolean in the shape": ([matrix(row, shape=[True, 29])], ["/inputs/0/shape"]),
        "a shape beyond all memory": ([matrix([], shape=[10**18, 29])], ["/inputs/0/data"]),
        "a shape of 5,000 digits": ([matrix([], shape=["HUGE", 29])], ["/inputs/0/shape"]),
        "every member wrong": (
            [{"name": 1, "shape": "x", "datatype": "BYTES", "data": {}}],
            ["/inputs/0/name", "/inputs/0/datatype", "/inputs/0/shape", "/inputs/0/data"],
        ),
        "no data": ([matrix(None)], ["/inputs/0/data"]),
        "a fraction that is to be whole": (
            [*columns(fraud)[:-1], columns(fraud)[-1] | {"datatype": "INT64", "data": [1.5]}],
            ["/inputs/28/data/0"],
        ),
        "a number beyond its type": (
            [*columns(fraud)[:-1], columns(fraud)[-1] | {"datatype": "INT32", "data": [2**31]}],
            ["/inputs/28/data/0"],
        ),
        "another name": ([matrix(row, name="input-0")], ["/inputs/0/name"]),
        "a field missing": (others, ["/inputs"]),
        "a field twice": ([*columns(fraud), others[0]], ["/inputs/29/name"]),
        "the matrix and a field": ([matrix(row), *columns(fraud)], ["/inputs/0/name"]),
        "shapes that differ": (
            [*others, columns(fraud)[0] | {"shape": [2], "data": [1, 2]}],
            ["/inputs/28/shape"],
        ),
        "more tensors than fields": ([{}] * 31, ["/inputs"]),
        "no object": ([7], ["/inputs/0"]),
        "parameters that are none": ([matrix(row, parameters=[])], ["/inputs/0/parameters"]),
        "bytes that are not there": (
            [{**matrix(None), "parameters": {"binary_data_size": 232}}],
            ["/inputs/0/parameters/binary_data_size"],
        ),
        "data beside bytes": (
            [matrix(row, parameters={"binary_data_size": 0})],
            ["/inputs/0/data"],
        ),
    }


@pytest.mark.parametrize("name", bad_inputs(dict.fromkeys(REQUIRED_FIELDS, 0.0), [0.0] * 29))
def test_v2_refuses_bad_inputs_and_points_at_every_fault(server, fraud, row, name):
    inputs, pointers = bad_inputs(fraud, row)[name]
    body = json.dumps({"inputs": inputs}).replace('"HUGE"', "9" * 5000)
    assert_refused(requests.post(server.url + V2, data=body), pointers)


MEMBERS = {
    "an id that is no string": ({"id": 7}, ["/id"]),
    "an unknown output": ({"outputs": [{"name": "score"}]}, ["/outputs/0/name"]),
    "an output twice": ({"outputs": [{"name": "fraud"}] * 2}, ["/outputs/1/name"]),
    "an output of an unhashable name": ({"outputs": [{"name": []}]}, ["/outputs/0/name"]),
    "outputs that are no array": ({"outputs": {}}, ["/outputs"]),
    "a flag that is none": (
        {"parameters": {"binary_data_output": "yes"}},
        ["/parameters/binary_data_output"],
    ),
    "a flag of an output that is none": (
        {"outputs": [{"name": "fraud", "parameters": {"binary_data": 1}}]},
        ["/outputs/0/parameters/binary_data"],
    ),
}


@pytest.mark.parametrize("name", MEMBERS)
def test_v2_names_faults_of_the_request_beside_those_of_the_inputs(server, row, name):
    members, pointers = MEMBERS[name]
    response = infer(server, matrix([*row[:28], -1]), **members)
    assert_refused(response, [*pointers, "/inputs/0/data/28"])


V2_BODIES = {
    "empty": ("", 400, []),
    "broken": ('{"inputs": [', 400, []),
    "a lone surrogate": ('{"id": "\\ud800", "inputs": [{INPUT}]}', 400, []),
    "10 MB of nesting": ("[" * 10_000_000, 400, []),
    "nested objects": ('{"a":' * 900 + "1" + "}" * 900, 422, ["/inputs"]),
    "an array": ("[]", 422, [""]),
    "no inputs": ("{}", 422, ["/inputs"]),
    "inputs twice": ('{"inputs": [{INPUT}], "inputs": [{INPUT}]}', 422, ["/inputs"]),
    "data twice": ('{"inputs": [{INPUT, "data": []}]}', 422, ["/inputs/0/data"]),
    "NaN": ('{"inputs": [{INPUT}]}'.replace("INPUT", "INPUT_NAN"), 422, ["/inputs/0/data/0"]),
}


@pytest.mark.parametrize("name", V2_BODIES)
def test_v2_refuses_a_bad_body(server, row, name):
    body, status, pointers = V2_BODIES[name]
    body = body.replace("INPUT_NAN", json.dumps(matrix([float("nan"), *row[1:]]))[1:-1])
    body = body.replace("INPUT", json.dumps(matrix(row))[1:-1])
    assert_refused(requests.post(server.url + V2, data=body), pointers, status=status)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), 1e10])
def test_v2_names_a_bad_number_among_bytes_by_its_row_and_its_field(server, row, number):
    part = struct.pack("<58d", *row, *row[:4], number, *row[5:])
    tensor = matrix(None, rows=2, parameters={"binary_data_size": len(part)})
    response = infer_bytes(server, {"inputs": [tensor]}, part)
    assert_refused(response, ["/inputs/0"], "row 1, V5: expected a")


@pytest.mark.parametrize("length", ["x", "-1", "1e3", "99999999", "", "9" * 5000])
def test_v2_refuses_a_length_of_the_json_that_cannot_be(server, row, length):
    response = infer_bytes(server, {"inputs": [matrix(row)]}, length=length)
    assert_refused(response, [None], LENGTH)
    assert response.json()["errors"][0]["header"] == LENGTH


@pytest.mark.parametrize("size", [-1, 231, 233, "232", True])
def test_v2_refuses_sizes_that_are_not_those_of_the_bytes(server, row, size):
    tensor = matrix(None, parameters={"binary_data_size": size})
    response = infer_bytes(server, {"inputs": [tensor]}, struct.pack("<29d", *row))
    assert_refused(response, ["/inputs/0/parameters/binary_data_size"])


def test_v2_refuses_bytes_that_belong_to_no_tensor(server, row):
    response = infer_bytes(server, {"inputs": [matrix(row)]}, b"12345678")
    assert_refused(
        response, ["/inputs"], "expected 0 bytes behind the JSON, as the inputs say; got 8"
    )


def test_a_body_of_millions_of_faults_is_answered_with_the_first_hundred(server):
    part = struct.pack("<d", float("nan")) * 29 * 60_000
    tensor = matrix(None, rows=60_000, parameters={"binary_data_size": len(part)})
    response = infer_bytes(server, {"inputs": [tensor]}, part)
    assert response.elapsed.total_seconds() < 5
    assert_refused(response, ["/inputs/0"] * 100, "100 or more faults were found")


def test_real_transactions_get_the_same_probability_on_every_path(server, sample):
    chosen = sample.groupby("Class").head(60)
    rows = chosen[list(REQUIRED_FIELDS)].to_numpy().tolist()
    objects = [dict(zip(REQUIRED_FIELDS, row, strict=True)) for row in rows]
    plain = requests.post(server.url, json=objects).json()["decisions"]
    v1 = requests.post(server.url + V1, json={"instances": rows}).json()["predictions"]
    v2 = output(infer(server, matrix(rows, rows=len(rows))))["data"]
    assert v1 == plain
    assert v2 == [each["probability"] for each in plain]
