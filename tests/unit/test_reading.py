"""Reading transactions: what is accepted, and that every fault is named."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from function.errors import InputError, InvalidInputError, MalformedBodyError
from function.reading import Reader
from function.transaction import (
    AMOUNT_LIMIT,
    COMPONENT_LIMIT,
    REQUIRED_FIELDS,
    TIME_LIMIT,
    Transaction,
)

READER = Reader()
TIME_READER = Reader(time_required=True)

components = st.floats(-COMPONENT_LIMIT, COMPONENT_LIMIT)
transactions = st.fixed_dictionaries(
    dict.fromkeys(REQUIRED_FIELDS, components) | {"Amount": st.floats(0, AMOUNT_LIMIT)},
    optional={"Time": st.floats(0, TIME_LIMIT) | st.none(), "id": st.text() | st.none()},
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def body_of(fraud, **changes):
    """The fraud's JSON with some fields changed; a field that is ... is left out."""
    document = {**fraud, **changes}
    return json.dumps({k: v for k, v in document.items() if v is not ...}).encode()


def faults_of(body):
    with pytest.raises(InvalidInputError) as caught:
        READER.read_transactions(body)
    return {fault.pointer: fault.detail for fault in caught.value.faults}


@given(transactions)
def test_every_transaction_within_the_ranges_is_read_as_it_was_sent(document):
    found = READER.read_transaction(json.dumps(document).encode())
    assert {name: getattr(found, name) for name in document} == document


@given(st.lists(transactions, max_size=3))
def test_an_array_is_read_in_its_order(documents):
    found = READER.read_transactions(json.dumps(documents).encode())
    assert [each.V1 for each in found] == [document["V1"] for document in documents]


@given(st.binary() | anything.map(lambda value: json.dumps(value).encode()))
def test_whatever_is_sent_is_read_or_refused_with_a_sentence(body):
    try:
        found = READER.read_transactions(body)
    except InputError as refused:
        found = refused
    assert isinstance(found, Transaction | list) or found.detail


@given(transactions, st.sampled_from(REQUIRED_FIELDS), anything)
def test_a_single_wrong_value_is_found_where_it_is(document, name, value):
    try:
        READER.read_transaction(json.dumps({**document, name: value}).encode())
        pointers = []
    except InvalidInputError as refused:
        pointers = [fault.pointer for fault in refused.faults]
    least, most = (0, AMOUNT_LIMIT) if name == "Amount" else (-COMPONENT_LIMIT, COMPONENT_LIMIT)
    fine = type(value) in (int, float) and least <= value <= most
    assert pointers == ([] if fine else [f"/{name}"])


@pytest.mark.parametrize(
    ("changes", "pointer", "words"),
    [
        ({"V14": ...}, "/V14", "missing"),
        ({"V14": "abc"}, "/V14", 'expected a finite number, got "abc"'),
        ({"V14": True}, "/V14", "expected a finite number, got true"),
        ({"V14": None}, "/V14", "expected a finite number, got null"),
        ({"V14": [1]}, "/V14", "expected a finite number, got an array"),
        ({"V14": {"a": 1}}, "/V14", "expected a finite number, got an object"),
        ({"V14": float("nan")}, "/V14", "expected a finite number, got NaN"),
        ({"V14": float("inf")}, "/V14", "expected a finite number, got Infinity"),
        ({"V14": -float("inf")}, "/V14", "expected a finite number, got Infinity"),
        ({"V14": 10**400}, "/V14", "expected a finite number"),
        ({"V14": 2e9}, "/V14", "expected a number from -1e+09 to 1e+09, got 2000000000.0"),
        ({"Amount": -0.01}, "/Amount", "expected a number from 0 to 1e+12, got -0.01"),
        ({"Time": -1}, "/Time", "expected a number from 0 to 1e+12, got -1"),
        ({"Time": "1"}, "/Time", 'expected a finite number, got "1"'),
        ({"id": 7}, "/id", "expected a string, got 7"),
        ({"V29": 1}, "/V29", "unknown field; allowed are V1 to V28, Amount, Time and id"),
        ({"a/b~c": 1}, "/a~1b~0c", "unknown field"),
        ({"Class": 1}, "/Class", "unknown field"),
        ({"x" * 1000: 1}, "/" + "x" * 40 + "…", "unknown field"),
    ],
)
def test_a_fault_names_the_field_and_what_was_expected(fraud, changes, pointer, words):
    faults = faults_of(body_of(fraud, **changes))
    assert list(faults) == [pointer]
    assert words in faults[pointer]


def test_a_number_beyond_a_double_is_not_finite(fraud):
    body = body_of(fraud, V14=...)[:-1] + b', "V14": 1e400}'
    assert "beyond 1.8e308" in faults_of(body)["/V14"]


@pytest.mark.parametrize("again", [b'"V14": 1', b'"id": "x"', b'"\\u005614": 1'])
def test_a_field_that_is_there_twice_is_refused(fraud, again):
    body = body_of(fraud)[:-1] + b", " + again + b"}"
    assert list(faults_of(body).values()) == ["the field is there 2 times"]


def test_a_field_that_is_there_twice_is_found_within_an_array(fraud):
    twice = body_of(fraud)[:-1] + b', "V1": 1}'
    assert list(faults_of(b"[" + body_of(fraud) + b"," + twice + b"]")) == ["/1/V1"]


@pytest.mark.parametrize("text", ["a:b:c", "", 'quote " and \\', "\\u003a", "ü:☃"])
def test_an_id_may_hold_what_looks_like_json(fraud, text):
    assert READER.read_transaction(body_of(fraud, id=text)).id == text


def test_every_fault_is_named_at_once(fraud):
    body = b"[" + body_of(fraud) + b"," + body_of(fraud, V1="a", V2=..., V99=1) + b"]"
    assert set(faults_of(body)) == {"/1/V1", "/1/V2", "/1/V99"}


def test_faults_beyond_a_hundred_are_counted_and_not_listed():
    with pytest.raises(
        InvalidInputError, match=r"100 or more faults .* the first 100 are listed"
    ) as caught:
        READER.read_transactions(b"[" + b",".join([b"{}"] * 10) + b"]")
    assert len(caught.value.faults) == 100


@pytest.mark.parametrize("body", [b'"abc"', b"7", b"null", b"true"])
def test_json_that_is_no_object_is_told_what_was_expected(body):
    assert "expected a transaction, an object" in faults_of(body)[""]


@pytest.mark.parametrize("item", ["7", "[]", "null"])
def test_an_array_takes_only_objects(item):
    assert "expected a transaction, an object" in faults_of(f"[{item}]".encode())["/0"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"{", "not JSON"),
        (b"{'V1': 1}", "not JSON"),
        (b"V1=1&V2=2", "not JSON"),
        (b"{} {}", "not JSON"),
        (b"\xff\xfe", "not UTF-8"),
        (b'{"id": "\xff"}', "not UTF-8"),
        (b"[" * 10_000_000, "nested too deeply"),
        (b'{"V1":' * 1_000_000, "nested too deeply"),
    ],
    ids=lambda value: repr(value[:12]),
)
def test_what_is_not_json_is_told_so(body, words):
    with pytest.raises(MalformedBodyError, match=words):
        READER.read_transactions(body)


def test_an_empty_array_holds_no_transactions():
    assert READER.read_transactions(b"[]") == []


def test_a_single_transaction_is_wanted_where_an_array_would_not_do(fraud):
    with pytest.raises(InvalidInputError, match="1 fault"):
        READER.read_transaction(b"[" + body_of(fraud) + b"]", pointer="/data")


@pytest.mark.parametrize("time", [..., None])
def test_a_model_that_uses_time_is_not_given_a_transaction_without(fraud, time):
    body = body_of(fraud, Time=time)
    assert READER.read_transaction(body).Time is None
    with pytest.raises(InvalidInputError) as caught:
        TIME_READER.read_transactions(b"[" + body_of(fraud) + b"," + body + b"]")
    [fault] = caught.value.faults
    assert fault.pointer == "/1/Time"
    assert "expected a finite number" in fault.detail


def test_a_model_that_uses_time_is_given_it(fraud):
    assert TIME_READER.read_transaction(body_of(fraud)).Time == fraud["Time"]
