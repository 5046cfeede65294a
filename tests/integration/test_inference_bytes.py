"""Triton's binary tensor data extension of the Open Inference Protocol v2."""

import json
import struct

import pytest

from tests.inference import (
    LENGTH,
    assert_refused,
    infer,
    infer_bytes,
    matrix,
    output,
)


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


def test_v2_refuses_more_rows_than_a_batch_may_have(server):
    size = 29 * 10_001
    tensor = matrix(None, rows=10_001, datatype="INT8", parameters={"binary_data_size": size})
    response = infer_bytes(server, {"inputs": [tensor]}, bytes(size))
    assert response.status_code == 413
    assert "There are 10001 transactions" in response.json()["error"]


def test_a_body_of_millions_of_faults_is_answered_with_the_first_hundred(server):
    part = struct.pack("<d", float("nan")) * 29 * 10_000
    tensor = matrix(None, rows=10_000, parameters={"binary_data_size": len(part)})
    response = infer_bytes(server, {"inputs": [tensor]}, part)
    assert response.elapsed.total_seconds() < 5
    assert_refused(response, ["/inputs/0"] * 100, "100 or more faults were found")
