"""The Open Inference Protocol v2 in JSON."""

import json

import pytest
import requests

from function.transaction import NUMBER_FIELDS, REQUIRED_FIELDS
from tests.inference import (
    MODEL,
    V2,
    VERSIONED,
    assert_refused,
    columns,
    infer,
    matrix,
    output,
)


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
        "a shape beyond its data": ([matrix([], shape=[10**4, 29])], ["/inputs/0/data"]),
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
