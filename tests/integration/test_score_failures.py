"""scripts/score where the network, the server, the disk or the user is in the way."""

import os
import random
import time

import pytest

from client import file_output, retrying, score
from client.score import WAITING_EACH
from tests.scoring import EXPECTED, run, written
from tests.scripted import GOOD, HEAD, Behaviour, problem, scripted


@pytest.fixture(autouse=True)
def small_and_quick(monkeypatch):
    monkeypatch.setattr(retrying, "FIRST_WAIT_S", 0.01)
    monkeypatch.setattr(file_output, "COMMIT_EVERY_S", 0.05)
    monkeypatch.setattr(score, "CHUNK_BYTES", {"rows": 2_000, "events": 2_000})


TROUBLES = {
    "502": Behaviour(502),
    "503": Behaviour(503),
    "504": Behaviour(504),
    "429": Behaviour(429),
    "a closed connection": Behaviour(drop="before"),
    "half an answer": Behaviour(drop="within"),
    "half an error": Behaviour(503, drop="within", body=b"none"),
    "no answer in time": Behaviour(wait_s=0.7),
}


@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES)
def test_what_passes_is_tried_again(file, trouble, capsys):
    with scripted(lambda number: trouble if number in {0, 1, 5, 9} else GOOD) as server:
        assert run(file, server, "--timeout", "0.5") == 3
        assert len(server.requests) > len({body for _, body in server.requests})
    assert written(file) == EXPECTED
    assert "Sent again in" in capsys.readouterr().err


def test_what_does_not_pass_ends_the_run_and_the_next_goes_on(file, capsys):
    with scripted(lambda number: Behaviour(503) if number > 5 else GOOD) as server:
        error = run(file, server, "--retries", "2", "--concurrency", "1")
        assert "does not answer (503 Service Unavailable), tried 3 times" in error
        assert "rows are kept: the same command goes on from there" in error
    assert not file.with_name("rows.scores.csv").exists()
    with scripted() as other:
        server.url, other.url = other.url, server.url
        assert "--url changed" in run(file, server)
    with scripted() as server:
        assert run(file, server, "--restart") == 3
    assert written(file) == EXPECTED
    assert "1 problems" in capsys.readouterr().err


def test_a_server_that_is_not_there_is_told(file):
    with scripted() as server:
        pass
    error = run(file, server, "--retries", "1")
    assert "no connection: " in error
    assert "tried 2 times. No rows were written." in error


def test_a_server_that_asks_for_time_gets_it(file):
    busy = Behaviour(503, {"Retry-After": "1"})
    began = time.monotonic()
    with scripted(lambda number: GOOD if number else busy) as server:
        assert run(file, server) == 3
    assert time.monotonic() - began >= 1


def test_answers_that_come_in_another_order_are_written_in_order(file):
    waits = random.Random(0)
    with scripted(lambda _: Behaviour(wait_s=waits.random() * 0.05)) as server:
        assert run(file, server, "--concurrency", "8") == 3
    assert written(file) == EXPECTED


def test_one_late_answer_does_not_let_the_others_pile_up(file):
    counts = []

    def behave(number):
        if number:
            return GOOD
        time.sleep(0.5)
        counts.append(len(server.requests))
        return GOOD

    with scripted(behave) as server:
        assert run(file, server, "--concurrency", "2") == 3
        assert counts == [WAITING_EACH * 2]
        assert len(server.requests) > 10


REFUSALS = {
    "no key": (problem(401, "There is no key"), "There is no key. What to do: give a key"),
    "a key that may not": (Behaviour(403), "403 Forbidden. What to do: ask"),
    "another path": (Behaviour(404), "What to do: give the URL of the function"),
    "another method": (Behaviour(405), "What to do: give the URL of the function"),
    "a small gateway": (Behaviour(413), "takes less than 1 MiB"),
    "another content type": (Behaviour(415), "--as events"),
    "a bad header": (problem(422, "V3 is missing"), "V3 is missing. What to do: mend the header"),
    "a crash": (Behaviour(500), "500 Internal Server Error"),
    "an unknown status": (Behaviour(599), "599 unknown"),
    "another place": (Behaviour(307, {"Location": "https://a/"}), "leads on to https://a/"),
    "a broker": (Behaviour(202), "202 Accepted"),
    "a page": (Behaviour(200, {"content-type": "text/html"}, b"<p>"), "is --url that of the func"),
    "too few rows": (Behaviour(200, body=HEAD + b"1,0.5,true,\n"), "lines came 1 in return"),
    "no head": (Behaviour(200, body=b"1,0.5,true,\n"), "is --url that of the function"),
}


@pytest.mark.parametrize(("behaviour", "words"), REFUSALS.values(), ids=REFUSALS)
def test_what_does_not_pass_is_not_tried_again(file, behaviour, words):
    with scripted(lambda _: behaviour) as server:
        error = run(file, server, "--concurrency", "1")
        assert words in error
        assert len(server.requests) <= WAITING_EACH


def test_another_model_halfway_is_told(file, capsys):
    def behave(number):
        version = "linear b" if number > 5 else "linear a"
        return Behaviour(0, {"fraud-model": version})

    with scripted(behave) as server:
        assert run(file, server, "--concurrency", "1") == 3
    error = " ".join(capsys.readouterr().err.split())
    assert "another model answers: linear b; before it linear a." in error
    assert "Model linear a: " in error
    assert "Model linear b: " in error


def test_a_changed_input_is_not_gone_on_with(file):
    with scripted(lambda number: Behaviour(500) if number > 5 else GOOD) as server:
        run(file, server, "--concurrency", "1")
        os.utime(file, ns=(1, 1))
        assert "the time of the input's last change changed" in run(file, server)
        file.write_bytes(file.read_bytes() + b"\n1,2")
        assert "the input's size and the time" in run(file, server)


def test_quiet_says_nothing(file, capsys):
    with scripted() as server:
        assert run(file, server, "--quiet") == 3
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "")
