"""The keeper of the events overlay, as its container runs it."""

import base64
import json
import os
import subprocess
import sys
import time

import pytest
import requests

from tests.conftest import PROJECT
from tests.server import free_port

FOLDER = PROJECT / "knative/overlays/events/component"
HEADERS = {
    "ce-specversion": "1.0",
    "ce-type": "dev.fraud.transaction.v1",
    "ce-source": "/shop/7",
    "ce-id": "1",
    "ce-subject": "caf%C3%A9",
    "content-type": "application/json",
}
EVENT = {
    "specversion": "1.0",
    "type": "dev.fraud.transaction.v1",
    "source": "/shop/7",
    "id": "1",
    "subject": "café",
    "datacontenttype": "application/json",
}
BROKERS = {"ce-knativebrokerttl": "254", "ce-knativearrivaltime": "2026-01-01T00:00:00Z"}


@pytest.fixture
def keeper(tmp_path):
    port = free_port()
    command = ["uvicorn", "--app-dir", FOLDER, "--port", str(port), "keep:application"]
    environment = {**os.environ, "KEEP_IN": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    url = f"http://127.0.0.1:{port}"
    with (
        (tmp_path / "log").open("w") as log,
        subprocess.Popen([sys.executable, "-m", *command], env=environment, stdout=log) as process,
    ):
        try:
            wait_for(url)
            yield url
        finally:
            process.terminate()


def wait_for(url):
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            assert requests.get(url, timeout=5).status_code == 204
        except requests.ConnectionError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the keeper did not start")


def post(url, data, **headers):
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = requests.post(url, data=data, headers=HEADERS | names, timeout=5)
    assert (answer.status_code, answer.content) == (202, b"")


def kept(url):
    return [json.loads(line) for line in requests.get(url, timeout=5).text.splitlines()]


def reason(body):
    return {
        "ce_knativeerrordest": "http://fraud",
        "ce_knativeerrorcode": "422",
        "ce_knativeerrordata": base64.b64encode(body).decode()[:1024],
    }


def test_a_decision_is_kept_as_it_came(keeper):
    assert kept(f"{keeper}/decisions") == []
    post(f"{keeper}/decisions", '{"fraud": true}', ce_traceid="7")
    (line,) = kept(f"{keeper}/decisions")
    assert line == {"event": EVENT | {"traceid": "7", "data": {"fraud": True}}}
    assert kept(f"{keeper}/dead-letters") == []


def test_a_dead_letter_has_its_reason_apart_and_can_be_sent_again(keeper):
    problem = {"status": 422, "detail": "1 fault was found in what was sent."}
    post(f"{keeper}/dead-letters", "{}", **BROKERS, **reason(json.dumps(problem).encode()))
    (line,) = kept(f"{keeper}/dead-letters")
    assert line["event"] == EVENT | {"data": {}}
    assert line["reason"] == {"from": "http://fraud", "status": "422", "answer": problem}


@pytest.mark.parametrize(
    ("body", "shown"),
    [(b"no JSON", "no JSON"), (b"x" * 900, "x" * 768), (b"", ""), (b"\xff", "\ufffd")],
)
def test_a_reason_that_is_no_problem_is_kept_as_text(keeper, body, shown):
    post(f"{keeper}/dead-letters", "{}", **reason(body))
    assert kept(f"{keeper}/dead-letters")[0]["reason"]["answer"] == shown


def test_a_dead_letter_without_a_reason_is_kept(keeper):
    post(f"{keeper}/dead-letters", "{}", **BROKERS)
    assert "reason" not in kept(f"{keeper}/dead-letters")[0]


def test_data_that_is_no_json_is_kept_in_base64(keeper):
    post(f"{keeper}/dead-letters", b"{\xff")
    assert base64.b64decode(kept(f"{keeper}/dead-letters")[0]["event"]["data_base64"]) == b"{\xff"


def test_the_log_names_an_event_and_tells_nothing_of_it(keeper, tmp_path):
    post(f"{keeper}/dead-letters", '{"V1": 12345}', **reason(b"got 12345"))
    log = (tmp_path / "log").read_text()
    assert "/dead-letters /shop/7 1\n" in log
    assert "12345" not in log
