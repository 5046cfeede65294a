"""How much one body may hold, and how deep, in every form, against the real server."""

import json
import time
from pathlib import Path

import pytest
import requests

from tests.server import running_server
from training.table import COMPONENTS

JSON, NDJSON, CSV = "application/json", "application/x-ndjson", "text/csv"
EVENT, EVENTS = "application/cloudevents+json", "application/cloudevents-batch+json"
LIMIT = 10
CONTAINER_MIB = 256
"""What the pod has: knative/base/service.yaml."""


@pytest.fixture(scope="module")
def small():
    """A server that takes ten transactions at once."""
    with running_server(FRAUD_MAX_BATCH=str(LIMIT)) as server:
        yield server


def event_of(transaction):
    return {
        "specversion": "1.0",
        "type": "dev.fraud.transaction.v1",
        "source": "/shop",
        "id": "1",
        "data": transaction,
    }


def post(server, body, content_type, **headers):
    headers = {"content-type": content_type, **headers}
    return requests.post(server.url, data=body, headers=headers, timeout=60)


@pytest.mark.parametrize(("content_type", "wrap"), [(JSON, dict), (EVENTS, event_of)])
def test_a_batch_above_the_limit_is_told_its_size_and_the_way_out(small, fraud, content_type, wrap):
    assert post(small, json.dumps([wrap(fraud)] * LIMIT), content_type).ok
    for item in (wrap(fraud), {}, 1, "text"):
        response = post(small, json.dumps([item] * (LIMIT + 1)), content_type)
        problem = response.json()
        assert response.status_code == problem["status"] == 413
        assert problem["type"].endswith(":batch-too-large")
        assert problem["detail"].startswith("There are 11 transactions in the body; at most 10 ")
        assert "NDJSON" in problem["detail"]


def test_a_stream_may_have_any_number_of_transactions(small, fraud):
    lines = (json.dumps(fraud) + "\n") * 1000
    assert post(small, lines, NDJSON).text.count('"probability"') == 1000


NESTINGS = {
    "arrays": b"[" * 30_000 + b"]" * 30_000,
    "arrays without an end": b"[" * 60_000,
    "objects": b'{"V1":' * 8_000 + b"1" + b"}" * 8_000,
    "objects without an end": b'{"V1":' * 10_000,
    "arrays just below what can be read": b"[" * 900 + b"]" * 900,
}
PLACES = {
    "one transaction": (JSON, b"%b"),
    "a field": (JSON, b'{"V1":%b}'),
    "a batch": (JSON, b"[{},%b]"),
    "an event": (EVENT, b"%b"),
    "an event's data": (EVENT, b'{"specversion":"1.0","data":%b}'),
    "an event's attribute": (EVENT, b'{"specversion":%b,"data":{}}'),
    "a batch of events": (EVENTS, b"%b"),
    "a batched event": (EVENTS, b"[%b]"),
    "a batched event's data": (EVENTS, b'[{"data":%b}]'),
}


@pytest.mark.parametrize("nesting", NESTINGS)
@pytest.mark.parametrize("place", PLACES)
def test_what_is_nested_deeply_is_refused_at_once(server, place, nesting):
    content_type, text = PLACES[place]
    began = time.monotonic()
    response = post(server, text % NESTINGS[nesting], content_type)
    assert response.status_code in (400, 422)
    assert response.headers["content-type"] == "application/problem+json"
    assert len(response.content) < 10_000
    assert time.monotonic() - began < 1


@pytest.mark.parametrize("nesting", NESTINGS)
def test_a_binary_event_that_is_nested_deeply_is_refused_at_once(server, nesting):
    response = post(server, NESTINGS[nesting], JSON, **{"ce-specversion": "1.0", "ce-id": "1"})
    assert response.status_code in (400, 422)


@pytest.mark.parametrize("nesting", NESTINGS)
def test_a_line_that_is_nested_deeply_is_a_problem_in_its_place(server, fraud, nesting):
    good = json.dumps(fraud).encode()
    answers = post(server, b"%b\n%b\n%b\n" % (good, NESTINGS[nesting], good), NDJSON).text
    first, problem, last = map(json.loads, answers.splitlines())
    assert problem["status"] in (400, 422)
    assert first["fraud"] is last["fraud"] is True


@pytest.mark.parametrize("nesting", NESTINGS)
def test_a_cell_that_is_nested_deeply_is_a_problem_in_its_place(server, fraud, nesting):
    names = [*COMPONENTS, "Amount"]
    good = ",".join(str(fraud[name]) for name in names).encode()
    bad = NESTINGS[nesting].replace(b'"', b"") + b"," + good.partition(b",")[2]
    body = ",".join(names).encode() + b"\n%b\n%b\n%b\n" % (good, bad, good)
    _, first, problem, last = post(server, body, CSV).text.splitlines()
    assert first.endswith(",true,")
    assert '""status"":422' in problem
    assert last.endswith(",true,")


# The largest bodies that are hardest to take apart: each value in them takes two to seven bytes.
CROWDS = {
    "numbers": b"[" + b"1," * 8_000_000 + b"1]",
    "arrays": b"[" + b"[]," * 5_000_000 + b"[]]",
    "objects": b"[" + b"{}," * 5_000_000 + b"{}]",
    "fields": b"{" + b'"a":1,' * 2_500_000 + b'"b":1}',
    "arrays in a field": b'{"V1":[' + b"[]," * 5_000_000 + b"[]]}",
    "half a million fields": b"{" + b'"a":1,' * 480_000 + b'"b":1}',
}


@pytest.mark.parametrize("name", CROWDS)
@pytest.mark.parametrize("content_type", [JSON, EVENT, EVENTS])
def test_a_large_body_of_many_values_does_not_fill_the_memory(server, content_type, name):
    response = post(server, CROWDS[name], content_type)
    assert response.status_code in (413, 422)
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    peak = next(int(line.split()[1]) for line in status.splitlines() if "VmHWM" in line)
    assert peak / 1024 < CONTAINER_MIB
