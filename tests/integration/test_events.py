"""CloudEvents against the real server, with the CloudEvents SDK as the client."""

import base64
import json

import pytest
import requests
from cloudevents.conversion import to_binary, to_structured
from cloudevents.http import CloudEvent, from_http
from hypothesis import given, settings
from hypothesis import strategies as st

REVISION = "local"
ENCODERS = {"binary": to_binary, "structured": to_structured}
STRUCTURED = {"content-type": "application/cloudevents+json"}
PROBLEM = "application/problem+json"


def transaction_event(fraud, **attributes):
    known = {"type": "dev.fraud.transaction.v1", "source": "/shop/7", "id": "event-1"}
    return CloudEvent(known | attributes, {k: v for k, v in fraud.items() if k != "id"})


def send(server, event, mode):
    headers, body = ENCODERS[mode](event)
    return requests.post(server.url, data=body, headers=headers)


def structured(fraud, **members):
    """A structured event as a dict; a member that is ... is left out."""
    event = {
        "specversion": "1.0",
        "type": "dev.fraud.transaction.v1",
        "source": "/shop/7",
        "id": "event-1",
        "data": fraud,
    } | members
    return {name: value for name, value in event.items() if value is not ...}


def binary_headers(**changes):
    headers = {
        "content-type": "application/json",
        "ce-specversion": "1.0",
        "ce-type": "dev.fraud.transaction.v1",
        "ce-source": "/shop/7",
        "ce-id": "event-1",
    } | {name.replace("_", "-"): value for name, value in changes.items()}
    return {name: value for name, value in headers.items() if value is not ...}


@pytest.mark.parametrize("mode", ENCODERS)
def test_a_transaction_event_is_answered_with_a_decision_event_in_its_mode(server, fraud, mode):
    response = send(server, transaction_event(fraud, subject="card-9"), mode)
    assert response.status_code == 200
    assert ("ce-id" in response.headers) == (mode == "binary")
    reply = from_http(response.headers, response.content)
    assert reply["type"] == "dev.fraud.decision.v1"
    assert reply["source"] == f"/fraud/{REVISION}"
    assert (reply["id"], reply["subject"]) == ("event-1", "card-9")
    assert reply["datacontenttype"] == "application/json"
    assert reply.data["fraud"] is True
    assert len(reply.data["reasons"]) == 3
    assert reply.data["model"]["name"] == "signed-log"


@pytest.mark.parametrize("mode", ENCODERS)
def test_the_decision_is_the_one_that_plain_json_gets(server, fraud, mode):
    reply = send(server, transaction_event(fraud), mode)
    decision = requests.post(server.url, json=fraud | {"id": "event-1"}).json()
    assert from_http(reply.headers, reply.content).data == decision


@pytest.mark.parametrize("mode", ENCODERS)
def test_extensions_are_carried_over(server, fraud, mode):
    extensions = {
        "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "partitionkey": "card 9, 50% of Zürich",
    }
    response = send(server, transaction_event(fraud, **extensions), mode)
    if mode == "structured":
        reply = response.json()
        assert {name: reply[name] for name in extensions} == extensions
    else:
        assert response.headers["ce-traceparent"] == extensions["traceparent"]


def test_binary_attributes_are_percent_encoded_both_ways(server, fraud):
    encoded = "card%209,%2050%25%20of%20Z%C3%BCrich%20%22%E2%98%83%22"
    headers = binary_headers(ce_subject=encoded, ce_id="%E2%98%83")
    response = requests.post(server.url, json={**fraud, "id": None}, headers=headers)
    assert response.headers["ce-subject"] == encoded
    assert response.headers["ce-id"] == "%E2%98%83"
    assert response.json()["id"] == "☃"


def test_extensions_of_a_structured_event_keep_their_types(server, fraud):
    event = structured(fraud, retries=3, replayed=True, absent=None)
    reply = requests.post(server.url, json=event, headers=STRUCTURED).json()
    assert (reply["retries"], reply["replayed"]) == (3, True)
    assert "absent" not in reply


def test_an_event_lends_its_id_to_a_transaction_without_one(server, fraud):
    event = structured({**fraud, "id": "mine"})
    assert requests.post(server.url, json=event, headers=STRUCTURED).json()["data"]["id"] == "mine"
    event = structured({**fraud, "id": None})
    reply = requests.post(server.url, json=event, headers=STRUCTURED).json()
    assert reply["data"]["id"] == "event-1"


@pytest.mark.parametrize(
    "content_type", [..., "application/json", "application/vnd.shop+json", "text/JSON+json"]
)
def test_data_in_json_is_read_whatever_it_calls_itself(server, fraud, content_type):
    event = structured(fraud, datacontenttype=content_type)
    assert requests.post(server.url, json=event, headers=STRUCTURED).ok
    headers = binary_headers(**{"content-type": content_type})
    assert requests.post(server.url, data=json.dumps(fraud).encode(), headers=headers).ok


def test_data_in_base64_is_read(server, fraud):
    encoded = base64.b64encode(json.dumps(fraud).encode()).decode()
    event = structured(fraud, data=..., data_base64=encoded)
    assert requests.post(server.url, json=event, headers=STRUCTURED).json()["data"]["fraud"] is True


@pytest.mark.parametrize("name", ["id", "source", "specversion", "type"])
@pytest.mark.parametrize("value", [..., ""])
def test_an_event_that_lacks_an_attribute_is_told_which(server, fraud, name, value):
    response = requests.post(
        server.url, json=fraud, headers=binary_headers(**{f"ce_{name}": value})
    )
    assert_faults(response, [("header", f"ce-{name}")])
    response = requests.post(
        server.url, json=structured(fraud, **{name: value}), headers=STRUCTURED
    )
    assert_faults(response, [("pointer", f"/{name}")])


@pytest.mark.parametrize(
    ("member", "value", "words"),
    [
        ("type", "dev.fraud.decision.v1", 'expected "dev.fraud.transaction.v1"'),
        ("specversion", "0.3", 'expected "1.0", got "0.3"'),
        ("id", 7, "expected a string that is not empty, got 7"),
        ("source", ["a"], "expected a string that is not empty, got an array"),
        ("subject", 7, "expected a string, got 7"),
        ("time", False, "expected a string, got false"),
        ("dataschema", {}, "expected a string, got an object"),
        ("extension", 1.5, "expected a string, a whole number or a boolean, got 1.5"),
        ("Upper", "x", "expected a name of lower-case letters and digits"),
        ("data_base64", "AAAA", "no data beside it"),
    ],
)
def test_a_wrong_member_is_named(server, fraud, member, value, words):
    event = structured(fraud, **{member: value})
    response = requests.post(server.url, json=event, headers=STRUCTURED)
    assert response.status_code == 422
    errors = {error["pointer"]: error["detail"] for error in response.json()["errors"]}
    assert words in errors[f"/{member}"]


def test_faults_of_attributes_and_data_are_named_at_once(server, fraud):
    event = structured({**fraud, "V14": "abc", "V1": None}, id=...)
    response = requests.post(server.url, json=event, headers=STRUCTURED)
    assert_faults(response, [("pointer", "/id"), ("pointer", "/data/V1"), ("pointer", "/data/V14")])


@pytest.mark.parametrize("content_type", ["text/xml", "application/octet-stream", "json"])
def test_data_that_is_not_json_is_refused(server, fraud, content_type):
    event = structured(fraud, datacontenttype=content_type)
    assert_problem(requests.post(server.url, json=event, headers=STRUCTURED), 415)
    headers = binary_headers(**{"content-type": content_type})
    assert_problem(requests.post(server.url, data=b"<a/>", headers=headers), 415)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"\xff", 400),
        (b"[" * 10_000_000, 400),
        (b'{"a":' * 1_700_000, 400),
        (b"[]", 422),
        (b"7", 422),
        (b'{"id": "1", "id": "2"}', 422),
        (b'{"data": {}, "data": {}}', 422),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_what_is_no_event_is_refused(server, body, status):
    assert_problem(requests.post(server.url, data=body, headers=STRUCTURED), status)


def test_an_attribute_that_is_there_twice_is_named(server, fraud):
    body = json.dumps(structured(fraud))[:-1] + ', "id": "event-2"}'
    response = requests.post(server.url, data=body, headers=STRUCTURED)
    assert_faults(response, [("pointer", "/id")])


@pytest.mark.parametrize("data", [..., None, "text", [], {"V1": 1}])
def test_an_event_without_a_transaction_is_refused(server, fraud, data):
    response = requests.post(server.url, json=structured(fraud, data=data), headers=STRUCTURED)
    assert_problem(response, 422)
    assert response.json()["errors"][0]["pointer"].startswith("/data")


def test_a_binary_event_with_an_empty_body_is_refused(server):
    assert_problem(requests.post(server.url, data=b"", headers=binary_headers()), 400)


def assert_faults(response, places):
    assert_problem(response, 422)
    errors = response.json()["errors"]
    assert [(kind, error.get(kind)) for error in errors for kind in error if kind != "detail"] == (
        places
    )


def assert_problem(response, status):
    assert response.status_code == status
    assert response.headers["content-type"] == PROBLEM


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
members = st.sampled_from(
    ["id", "source", "type", "specversion", "subject", "time", "data", "data_base64", "extension"]
)


@given(st.dictionaries(members | st.text(max_size=8), json_values, max_size=6))
@settings(max_examples=300)
def test_whatever_an_event_holds_it_is_answered_or_refused(server, fraud, changes):
    event = structured(fraud) | changes
    response = requests.post(server.url, data=json.dumps(event), headers=STRUCTURED)
    assert response.status_code in (200, 400, 415, 422)
    assert response.headers["content-type"] in (PROBLEM, STRUCTURED["content-type"])


@pytest.mark.parametrize(
    ("member", "text"),
    [
        ("extension", b"1e400"),
        ("extension", b"NaN"),
        ("extension", b'"\xff"'),
        ("extension", b"[" * 100_000 + b"]" * 100_000),
        ("data", b"[" * 100_000 + b"]" * 100_000),
        ("data", b"NaN"),
    ],
    ids=lambda value: repr(value)[:16],
)
def test_a_member_that_no_parser_takes_is_refused(server, fraud, member, text):
    body = json.dumps(structured(fraud, **{member: "HERE"})).encode().replace(b'"HERE"', text)
    response = requests.post(server.url, data=body, headers=STRUCTURED)
    assert response.status_code in (400, 422)
    assert response.headers["content-type"] == PROBLEM


def test_a_nan_in_an_events_data_is_named(server, fraud):
    event = structured({**fraud, "V14": float("nan")})
    response = requests.post(server.url, data=json.dumps(event), headers=STRUCTURED)
    assert_faults(response, [("pointer", "/data/V14")])


BATCH = {"content-type": "application/cloudevents-batch+json"}


def send_batch(server, batch, **parameters):
    text = batch if isinstance(batch, bytes) else json.dumps(batch)
    return requests.post(server.url, data=text, headers=BATCH, params=parameters)


def test_a_batch_is_answered_with_a_batch_in_its_order(server, fraud):
    ids = [f"event-{number}" for number in range(200)]
    data = {name: value for name, value in fraud.items() if name != "id"}
    batch = [
        structured(data, id=each, subject=f"card-{each}", traceparent="00-1-2-03") for each in ids
    ]
    response = send_batch(server, batch)
    assert response.headers["content-type"] == BATCH["content-type"]
    replies = response.json()
    assert [reply["id"] for reply in replies] == ids
    assert [reply["data"]["id"] for reply in replies] == ids
    assert [reply["subject"] for reply in replies] == [f"card-{each}" for each in ids]
    single = requests.post(server.url, json=batch[0], headers=STRUCTURED).json()
    for reply in replies:
        assert reply["type"] == "dev.fraud.decision.v1"
        assert reply["traceparent"] == "00-1-2-03"
        assert "reasons" not in reply["data"]
        assert reply["data"]["probability"] == pytest.approx(
            single["data"]["probability"], rel=1e-12
        )
    assert len(send_batch(server, batch[:1], reasons="5").json()[0]["data"]["reasons"]) == 5


def test_an_empty_batch_is_answered_with_an_empty_batch(server):
    response = send_batch(server, [])
    assert (response.status_code, response.json()) == (200, [])


def test_the_data_of_an_event_in_a_batch_may_be_in_base64(server, fraud):
    encoded = base64.b64encode(json.dumps(fraud).encode()).decode()
    [reply] = send_batch(server, [structured(fraud, data=..., data_base64=encoded)]).json()
    assert reply["data"]["fraud"] is True


def test_every_fault_of_every_event_in_a_batch_is_named(server, fraud):
    batch = [
        structured(fraud),
        structured({**fraud, "V3": "abc"}, source=...),
        structured(fraud, type="dev.fraud.other.v1"),
        structured(fraud, data=...),
    ]
    response = send_batch(server, batch)
    assert response.status_code == 422
    pointers = [error["pointer"] for error in response.json()["errors"]]
    assert pointers == ["/1/source", "/1/data/V3", "/2/type", "/3/data"]


@pytest.mark.parametrize(
    ("batch", "status", "pointers"),
    [
        (b"[", 400, None),
        (b"", 400, None),
        (b"{}", 422, [""]),
        (b"3", 422, [""]),
        (b'["event", 3]', 422, ["/0", "/1"]),
        (b'[{"id": 1, "id": 2}]', 422, ["/0/id"]),
        (b"[" * 100_000, 400, None),
    ],
)
def test_what_is_no_batch_is_refused(server, batch, status, pointers):
    response = send_batch(server, batch)
    assert response.status_code == status
    assert response.headers["content-type"] == PROBLEM
    if pointers is not None:
        named = [error["pointer"] for error in response.json()["errors"]]
        assert set(pointers) <= set(named)


def test_a_number_that_json_has_not_is_named_with_its_event(server, fraud):
    batch = [structured(fraud), structured({**fraud, "V1": float("nan")})]
    response = send_batch(server, batch)
    assert response.status_code == 422
    assert [error["pointer"] for error in response.json()["errors"]] == ["/1/data/V1"]


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("/", {}),
        ("/", {f"unknown-{n}": n for n in range(200)}),
        ("/", {"V14" * 1000: 1}),
        ("/", "\u2028" * 1000),
        ("/absent", {}),
    ],
)
def test_a_brokers_dispatcher_is_told_in_as_few_bytes_as_it_can_hand_on(server, path, data):
    headers = binary_headers(prefer="reply")
    response = requests.post(server.url + path, json=data, headers=headers)
    assert response.status_code in (404, 422)
    assert len(response.content) <= 768
    assert response.json()["detail"]


def test_what_is_left_out_for_a_dispatcher_is_counted_and_whoever_else_asks_is_told_all(server):
    asked = [binary_headers(prefer="reply"), binary_headers()]
    short, whole = (requests.post(server.url, json={}, headers=each).json() for each in asked)
    assert len(whole["errors"]) == 29
    assert short["detail"] == whole["detail"] == "29 faults were found in what was sent."
    assert 0 < len(short["errors"]) < 29
    assert short["errors"] == whole["errors"][: len(short["errors"])]
