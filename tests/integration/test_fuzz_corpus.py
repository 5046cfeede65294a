"""Replays what has once been sent by fuzzing, and what is like it: tests/corpus, a file a case."""

from pathlib import Path

import pytest
import requests

from tests.fuzzing.wire import send
from tests.server import running_server

CORPUS = sorted((Path(__file__).parents[1] / "corpus").glob("*.http"))
UNFINISHED = "unfinished"
"""How the names of those begin that the server waits for, until it has waited enough."""


@pytest.fixture(scope="module")
def impatient():
    """A server that waits a second for a body, so that what is not finished ends soon."""
    with running_server(FRAUD_UPLOAD_TIMEOUT_S="1", FRAUD_LOG="errors") as server:
        yield server
        server.stop()
        assert server.output() == ""


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_what_was_found_once_is_answered_or_refused_and_the_next_is_served(impatient, fraud, path):
    case = path.read_bytes()
    waits = path.stem.startswith(UNFINISHED)
    for step in (10_000,) if waits else (10, 10_000):
        send(impatient.port, case, step=step, patient=waits)
    assert requests.post(impatient.url, json=fraud).json()["fraud"] is True
