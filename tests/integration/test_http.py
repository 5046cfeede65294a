"""Plain HTTP against the real server: the contract of POST /, /model and the health paths."""

import gzip
import json
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from function.model import read_model
from function.settings import DEFAULT_MODEL

MODEL = read_model(DEFAULT_MODEL)
REFERENCE = {"name": MODEL.name, "version": MODEL.version}
MEBIBYTE = 1024 * 1024


def test_a_transaction_is_answered_with_a_decision(server, fraud):
    response = requests.post(server.url, json=fraud)
    decision = response.json()
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert list(decision) == ["id", "fraud", "probability", "threshold", "reasons", "model"]
    assert decision["id"] == fraud["id"]
    assert decision["fraud"] is True
    assert decision["probability"] > decision["threshold"] == MODEL.threshold
    assert len(decision["reasons"]) == 3
    assert decision["model"] == REFERENCE


def test_an_array_is_answered_in_its_order_and_names_the_model_once(server, fraud):
    batch = [{**fraud, "id": str(number)} for number in range(1000)]
    answer = requests.post(server.url, json=batch).json()
    assert [each["id"] for each in answer["decisions"]] == [each["id"] for each in batch]
    assert set(answer["decisions"][0]) == {"id", "fraud", "probability", "threshold"}
    assert answer["model"] == REFERENCE


def test_an_empty_array_is_answered_with_no_decisions(server):
    assert requests.post(server.url, json=[]).json()["decisions"] == []


def test_an_array_and_a_single_transaction_get_the_same_probability(server, fraud):
    single = requests.post(server.url, json=fraud).json()
    batch = requests.post(server.url, json=[fraud]).json()["decisions"][0]
    assert single["probability"] == batch["probability"]


@pytest.mark.parametrize(("query", "count"), [("0", None), ("1", 1), ("29", 29), ("9999", 29)])
def test_the_query_says_how_many_reasons(server, fraud, query, count):
    for body in (fraud, [fraud]):
        answer = requests.post(server.url, json=body, params={"reasons": query}).json()
        decision = answer["decisions"][0] if isinstance(body, list) else answer
        assert len(decision.get("reasons", [])) == (count or 0)


@pytest.mark.parametrize("query", ["-1", "abc", "", "1.5", "10000", "٣"])
def test_a_wrong_number_of_reasons_is_refused(server, fraud, query):
    response = requests.post(server.url, json=fraud, params={"reasons": query})
    assert response.status_code == 422
    assert response.json()["errors"][0]["parameter"] == "reasons"


def test_parameters_of_the_content_type_do_not_matter(server, fraud):
    headers = {"content-type": "Application/JSON; charset=utf-8"}
    assert requests.post(server.url, data=json.dumps(fraud), headers=headers).ok


def test_a_body_in_chunks_is_read_whole(server, fraud):
    text = json.dumps(fraud).encode()
    chunks = (text[start : start + 10] for start in range(0, len(text), 10))
    headers = {"content-type": "application/json"}
    assert requests.post(server.url, data=chunks, headers=headers).json()["fraud"] is True


def test_the_model_card_says_what_the_model_is_and_does(server):
    card = requests.get(f"{server.url}/model").json()
    assert (card["name"], card["version"], card["digest"]) == (
        MODEL.name,
        MODEL.version,
        MODEL.digest,
    )
    assert card["features"][0] == "V1"
    assert 0.8 <= card["training"]["metrics"]["time"]["average_precision"] <= 0.82


@pytest.mark.parametrize("path", ["/health/live", "/health/ready"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_health_paths_answer(server, path, method):
    assert requests.request(method, server.url + path).status_code == 200


def test_an_unknown_path_is_told_the_known_ones(server):
    response = requests.get(f"{server.url}/unknown")
    assert response.status_code == 404
    assert "/health/ready" in response.json()["detail"]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("GET", "/", "POST"), ("DELETE", "/", "POST"), ("POST", "/model", "GET, HEAD")],
)
def test_a_method_that_is_not_allowed_is_told_those_that_are(server, method, path, allowed):
    response = requests.request(method, server.url + path)
    assert response.status_code == 405
    assert response.headers["allow"] == allowed


@pytest.mark.parametrize(
    "content_type", [None, "text/plain", "application/x-www-form-urlencoded", "application/xml"]
)
def test_an_unknown_content_type_is_told_the_known_ones(server, fraud, content_type):
    headers = {"content-type": content_type} if content_type else {}
    response = requests.post(server.url, data=json.dumps(fraud).encode(), headers=headers)
    assert response.status_code == 415
    assert "application/json" in response.json()["detail"]


BAD_BODIES = {
    "empty": (b"", 400),
    "broken": (b'{"V1": 1,', 400),
    "text": (b"hello", 400),
    "not UTF-8": (b'{"id": "\xff"}', 400),
    "compressed": (gzip.compress(b"{}"), 400),
    "10 MB of nesting": (b"[" * 10_000_000, 400),
    "10 MB of nested objects": (b'{"V1":' * 1_700_000, 400),
    "more than the limit": (b" " * (17 * MEBIBYTE), 413),
    "a string": (b'"abc"', 422),
    "no fields": (b"{}", 422),
}


@pytest.mark.parametrize("name", BAD_BODIES)
def test_a_bad_body_is_refused_and_the_next_request_is_served(server, fraud, name):
    body, status = BAD_BODIES[name]
    headers = {"content-type": "application/json"}
    response = requests.post(server.url, data=body, headers=headers)
    assert_problem(response, status)
    assert requests.post(server.url, json=fraud).status_code == 200


BAD_FIELDS = {
    "missing": ("V14", None),
    "unknown": ("V29", "1"),
    "NaN": ("V14", "NaN"),
    "Infinity": ("V14", "-Infinity"),
    "beyond a double": ("V14", "1e400"),
    "a string": ("V14", '"1.5"'),
    "a boolean": ("V14", "true"),
    "null": ("V14", "null"),
    "negative amount": ("Amount", "-1"),
}


@pytest.mark.parametrize("name", BAD_FIELDS)
def test_a_bad_field_is_named(server, fraud, name):
    field, text = BAD_FIELDS[name]
    document = {**fraud, field: "HERE"}
    if text is None:
        del document[field]
    body = json.dumps([fraud, document]).replace('"HERE"', text or "")
    headers = {"content-type": "application/json"}
    response = requests.post(server.url, data=body, headers=headers)
    assert_problem(response, 422)
    assert [error["pointer"] for error in response.json()["errors"]] == [f"/1/{field}"]


def test_a_field_that_is_there_twice_is_named(server, fraud):
    body = json.dumps(fraud)[:-1] + ', "V14": 0}'
    response = requests.post(server.url, data=body, headers={"content-type": "application/json"})
    assert_problem(response, 422)
    assert response.json()["errors"] == [
        {"detail": "the field is there 2 times", "pointer": "/V14"}
    ]


def test_bytes_that_are_no_http_end_the_connection_and_not_the_process(server, fraud):
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
        connection.sendall(b"\x16\x03\x01nonsense\r\n\r\n")
        assert connection.recv(1000).startswith(b"HTTP/1.1 400")
    assert requests.post(server.url, json=fraud).ok


def test_a_client_that_goes_away_in_its_upload_harms_nobody(server, fraud):
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(
            b"POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
            b'content-length: 1000\r\n\r\n{"V1":'
        )
    assert requests.post(server.url, json=fraud).ok


def test_good_and_bad_requests_at_once_each_get_their_own_answer(server, fraud):
    def send(number):
        body = fraud | {"id": str(number)} | ({"V14": "bad"} if number % 3 == 0 else {})
        response = requests.post(server.url, json=body)
        if number % 3 == 0:
            return response.status_code == 422
        return response.json()["id"] == str(number)

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(send, range(300)))


def assert_problem(response, status):
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem["status"] == status
    assert set(problem) - {"errors"} == {"type", "title", "status", "detail"}
    assert "Traceback" not in response.text


def test_a_request_to_upgrade_to_websockets_is_answered_as_any_other(server):
    headers = {
        "connection": "upgrade",
        "upgrade": "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
    }
    assert requests.get(f"{server.url}/health/live", headers=headers).status_code == 200


@pytest.mark.parametrize("path", ["/favicon.ico", "/robots.txt", "/model/", "//", "/%2e%2e/etc"])
def test_every_unknown_path_is_answered_with_a_problem(server, path):
    assert_problem(requests.get(server.url + path), 404)
