"""The readers of KServe's protocols: whatever comes, it is read or refused by name."""

import json
import struct
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from function.adapters.inference_request import InferenceRequest, read_request
from function.adapters.inference_v1 import read_instances
from function.adapters.problems import problem_response
from function.errors import InputError
from function.reading import Reader
from function.transaction import COMPONENT_LIMIT

READER = Reader()
ROW = [0.5] * 29
PLACES = (
    "id",
    "inputs",
    "outputs",
    "parameters",
    "inputs/0",
    "inputs/0/name",
    "inputs/0/shape",
    "inputs/0/datatype",
    "inputs/0/data",
    "inputs/0/data/0",
    "inputs/0/parameters",
    "inputs/0/parameters/binary_data_size",
    "outputs/0",
    "outputs/0/name",
    "outputs/0/parameters",
    "outputs/0/parameters/binary_data",
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**18, 10**400, -1, 29])
    | st.floats()
    | st.text()
    | st.sampled_from(["V1", "transactions", "INT64", "probability", "a:b", "\ud800"])
)
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8
)


def request():
    tensor = {"name": "transactions", "shape": [1, 29], "datatype": "FP64", "data": list(ROW)}
    output = {"name": "fraud", "parameters": {"binary_data": True}}
    return {"inputs": [tensor | {"parameters": {}}], "outputs": [output], "parameters": {}}


def put(document, place, value):
    *path, last = [int(part) if part.isdigit() else part for part in place.split("/")]
    for part in path:
        document = document[part]
    document[last] = value


@contextmanager
def answered():
    """Take an error that a client can be answered with, and no other."""
    try:
        yield
    except InputError as error:
        assert problem_response(error, "/v2").status_code in (400, 422)  # noqa: PT017


@given(st.sampled_from(PLACES), JSON, st.binary(max_size=64), st.none() | st.text(max_size=5))
def test_whatever_a_v2_request_holds_it_is_read_or_refused(place, value, binary, length):
    document = request()
    put(document, place, value)
    text = json.dumps(document).encode()
    header = str(len(text)) if length is None else length
    with answered():
        assert isinstance(read_request(text + binary, header, READER), InferenceRequest)


@given(JSON)
def test_whatever_v1_instances_are_they_are_read_or_refused(value):
    for document in ({"instances": value}, {"instances": [ROW, value, [*ROW[1:], value]]}):
        with answered():
            assert len(read_instances(json.dumps(document).encode(), READER)) in (0, 3)


@pytest.mark.parametrize("code", ["d", "f", "e"])
@given(st.lists(st.floats(width=16), min_size=29, max_size=29))
def test_bytes_are_taken_where_every_number_is_in_its_range(code, values):
    binary = struct.pack(f"<29{code}", *values)
    datatype = {"d": "FP64", "f": "FP32", "e": "FP16"}[code]
    tensor = {"name": "transactions", "shape": [1, 29], "datatype": datatype}
    tensor["parameters"] = {"binary_data_size": len(binary)}
    text = json.dumps({"inputs": [tensor]}).encode()
    good = all(abs(value) <= COMPONENT_LIMIT for value in values) and values[28] >= 0
    try:
        (transaction,) = read_request(text + binary, str(len(text)), READER).transactions
        assert good
        assert [transaction.V1, transaction.Amount] == [values[0], values[28]]
    except InputError:
        assert not good
