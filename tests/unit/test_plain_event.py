"""An event that is read at once is read as it is when it is taken apart."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from function.adapters.event_reading import binary_event, structured_event
from function.adapters.events import _found_in
from function.adapters.plain_event import plain_binary_event, plain_structured_event
from function.errors import InputError
from function.reading import Reader
from function.transaction import REQUIRED_FIELDS

READER = Reader()
EVENT = {
    "specversion": "1.0",
    "type": "dev.fraud.transaction.v1",
    "source": "https://shop.example.com/a:b",
    "id": "1",
    "time": "2026-01-01T00:00:00Z",
    "partitionkey": "p",
    "data": dict.fromkeys(REQUIRED_FIELDS, 0.25),
}
BODY = json.dumps(EVENT["data"]).encode()
HEADERS = {
    b"host": b"localhost",
    b"content-type": b"application/json",
    b"ce-specversion": b"1.0",
    b"ce-type": b"dev.fraud.transaction.v1",
    b"ce-source": b"https://shop.example.com/a:b",
    b"ce-id": b"1",
    b"ce-time": b"2026-01-01T00:00:00Z",
    b"ce-subject": b"card",
    b"ce-shop": b"an extension of the client's own",
}
SCRAPS = ["", *'{}[],:"\\ 05.-e', "null", "true", '"id":"2",', '"V1":1,', '"extra":1,', '"a":{},']


def test_a_plain_event_is_read_at_once():
    attributes, transaction = plain_structured_event(json.dumps(EVENT).encode(), READER)
    assert attributes == {"id": "1", "partitionkey": "p"}
    assert transaction.V1 == 0.25


def test_a_plain_binary_event_is_read_at_once():
    attributes, transaction = plain_binary_event(HEADERS, BODY, READER)
    assert attributes == {"id": "1", "subject": "card", "shop": "an extension of the client's own"}
    assert transaction.V1 == 0.25


@pytest.mark.parametrize(
    "change",
    [
        {"id": ""},
        {"id": 1},
        {"type": "dev.fraud.decision.v1"},
        {"specversion": "0.3"},
        {"shop": "an extension of the client's own"},
        {"data": {"V1": 1}},
        {"datacontenttype": "text/xml"},
        {"subject": 7},
    ],
)
def test_any_other_is_left_to_be_taken_apart(change):
    assert plain_structured_event(json.dumps({**EVENT, **change}).encode(), READER) is None


@st.composite
def damaged(draw):
    text = json.dumps(EVENT, separators=draw(st.sampled_from([(",", ":"), (", ", ": ")])))
    for _ in range(draw(st.integers(0, 3))):
        place, length = draw(st.integers(0, len(text))), draw(st.integers(0, 12))
        text = text[:place] + draw(st.sampled_from(SCRAPS)) + text[place + length :]
    return text.encode()


@given(damaged())
def test_what_is_read_at_once_is_what_is_read_otherwise(body):
    if found := plain_structured_event(body, READER):
        assert found == taken_apart(lambda: structured_event(body, READER))


@pytest.mark.parametrize(
    "change",
    [
        {b"ce-id": b""},
        {b"ce-id": None},
        {b"ce-id": b"%31"},
        {b"ce-source": b""},
        {b"ce-type": b"dev.fraud.decision.v1"},
        {b"ce-specversion": b"0.3"},
        {b"ce-a-b": b"not a name"},
        {b"ce-subject": b"50%25"},
        {b"ce-datacontenttype": b"text/xml"},
        {b"content-type": b"application/json; charset=utf-8"},
        {b"content-type": None},
    ],
)
def test_any_other_binary_event_is_left_to_be_taken_apart(change):
    assert plain_binary_event(changed(change), BODY, READER) is None


def changed(change):
    headers = HEADERS | change
    return {name: headers[name] for name in headers if headers[name] is not None}


NAMES = [
    *HEADERS,
    b"ce-datacontenttype",
    b"ce-data",
    b"ce-",
    b"ce-A",
    b"traceparent",
    b"ce-traceparent",
]
VALUES = [None, *HEADERS.values(), b"", b"%", b"%31", b"\xe9", b'"', b"text/xml"]


@given(
    st.dictionaries(st.sampled_from(NAMES), st.sampled_from(VALUES), max_size=3),
    st.sampled_from([BODY, b"{}", b"", BODY[:-1]]),
)
def test_a_binary_event_is_read_at_once_as_it_is_read_otherwise(change, body):
    headers = changed(change)
    try:
        found = plain_binary_event(headers, body, READER)
    except InputError as error:
        found = error
    if found is not None:
        apart = taken_apart(lambda: binary_event(headers.items(), body))
        assert (type(found), str(found)) == (type(apart), str(apart))


def taken_apart(read):
    try:
        return _found_in(read(), READER)
    except InputError as error:
        return error
