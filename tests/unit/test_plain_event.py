"""An event that is read at once is read as it is when it is taken apart."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from function.adapters.event import transaction_of
from function.adapters.event_reading import structured_event
from function.adapters.plain_event import plain_event
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
SCRAPS = ["", *'{}[],:"\\ 05.-e', "null", "true", '"id":"2",', '"V1":1,', '"extra":1,', '"a":{},']


def test_a_plain_event_is_read_at_once():
    event, transaction = plain_event(json.dumps(EVENT).encode(), READER)
    assert event.attributes == {name: EVENT[name] for name in EVENT if name != "data"}
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
    assert plain_event(json.dumps({**EVENT, **change}).encode(), READER) is None


@st.composite
def damaged(draw):
    text = json.dumps(EVENT, separators=draw(st.sampled_from([(",", ":"), (", ", ": ")])))
    for _ in range(draw(st.integers(0, 3))):
        place, length = draw(st.integers(0, len(text))), draw(st.integers(0, 12))
        text = text[:place] + draw(st.sampled_from(SCRAPS)) + text[place + length :]
    return text.encode()


@given(damaged())
def test_what_is_read_at_once_is_what_is_read_otherwise(body):
    if found := plain_event(body, READER):
        event, transaction = found
        assert (event.attributes, transaction) == taken_apart(body)


def taken_apart(body):
    try:
        event = structured_event(body, READER)
        return event.attributes, transaction_of(event, READER)
    except InputError as error:
        return error
