"""scripts/score where the network, the server, the disk or the user is in the way."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from client import output, retrying, score
from client.score import WAITING_EACH
from function.transaction import REQUIRED_FIELDS
from tests.scripted import GOOD, HEAD, Behaviour, answer_row, problem, scripted

PROJECT = Path(__file__).parents[2]
ROWS = [b"%d,%d" % (number, number * 7919 % 1000) for number in range(4_000)]
ROWS[1234] = b"bad"
EXPECTED = HEAD + b"".join(answer_row(number, row) for number, row in enumerate(ROWS, 1))
PROGRAM = """
import sys
from client import output, retrying, score
output.COMMIT_EVERY_S, retrying.FIRST_WAIT_S = 0.05, 0.01
score.CHUNK_BYTES = {"rows": 500, "events": 500}
score.main(sys.argv[1:])
"""


@pytest.fixture(autouse=True)
def small_and_quick(monkeypatch):
    monkeypatch.setattr(retrying, "FIRST_WAIT_S", 0.01)
    monkeypatch.setattr(output, "COMMIT_EVERY_S", 0.05)
    monkeypatch.setattr(score, "CHUNK_BYTES", {"rows": 2_000, "events": 2_000})


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_bytes(b"V1,V2\n" + b"\n".join(ROWS))
    return path


def run(file, server, *words):
    """Return the exit code."""
    try:
        score.main([str(file), "--url", server.url, *words])
    except SystemExit as ended:
        return ended.code
    return 0


def written(file):
    return file.with_name("rows.scores.csv").read_bytes()


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
    assert "tried 2 times" in run(file, server, "--retries", "1")


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


def start(file, server, *words, **streams):
    command = [sys.executable, "-c", PROGRAM, str(file), "--url", server.url, *words]
    streams = {"stderr": subprocess.PIPE, "text": True, **streams}
    return subprocess.Popen(command, cwd=PROJECT, **streams)


def wait_for(condition):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_in_order(file, number, code):
    with scripted(lambda _: Behaviour(wait_s=0.02)) as server:
        process = start(file, server)
        wait_for(lambda: len(server.requests) > 20)
        process.send_signal(number)
        error = process.communicate(timeout=20)[1]
        assert process.returncode == code
        assert "rows are kept: the same command goes on from there" in error
        assert "Traceback" not in error
        count = len(server.requests)
        assert run(file, server) == 3
        assert len(server.requests) - count < len(ROWS) // 12
    assert written(file) == EXPECTED


def test_a_pipe_through_which_nothing_comes_can_be_left():
    with scripted() as server:
        process = start("-", server, stdin=subprocess.PIPE)
        process.stdin.write("V1,V2\n" + "1,2\n" * 50_000)
        process.stdin.flush()
        wait_for(lambda: len(server.requests) > 20)
        process.send_signal(signal.SIGINT)
        wait_for(lambda: process.poll() is not None)
        assert process.returncode == 130
        assert "Traceback" not in process.stderr.read()
        process.communicate()


def transactions(count):
    numbers = dict.fromkeys(REQUIRED_FIELDS, 0.25)
    return "".join(json.dumps(numbers | {"V1": number}) + "\n" for number in range(count))


def test_events_to_a_broker_that_are_sent_again_have_the_same_ids(tmp_path):
    file, out = tmp_path / "today.ndjson", tmp_path / "sent.csv"
    file.write_text(transactions(300))
    words = ["--as", "events", "--out", str(out), "--concurrency", "4"]
    accepted, kills = Behaviour(202, wait_s=0.01), 0
    with scripted(lambda _: accepted) as server:
        while not out.exists():
            count = len(server.requests)
            process = start(file, server, *words)
            wait_for(lambda: len(server.requests) > count + 120 or process.poll() is not None)  # noqa: B023
            process.kill()
            process.communicate()
            kills += process.returncode == -signal.SIGKILL
    assert kills >= 2
    sent = {headers["ce-id"]: body for headers, body in server.requests}
    assert len(sent) == 300 < len(server.requests)
    assert all(sent[headers["ce-id"]] == body for headers, body in server.requests)
    assert sorted(json.loads(body)["V1"] for body in sent.values()) == list(range(300))
    names = sorted(sent, key=lambda name: int(name.partition("-")[0]))
    assert out.read_text() == HEAD.decode() + "".join(f"{name},,,\n" for name in names)


def test_one_event_at_a_time_goes_in_the_files_order(tmp_path, capsys):
    file = tmp_path / "rows.ndjson"
    file.write_text(transactions(50))
    with scripted(lambda _: Behaviour(202)) as server:
        assert run(file, server, "--as", "events", "--concurrency", "1") == 0
    assert [json.loads(body)["V1"] for _, body in server.requests] == list(range(50))
    assert "50 events accepted without a decision" in capsys.readouterr().err


def test_killed_at_any_moment_it_goes_on_and_every_row_is_there_once(file):
    moments, kills = random.Random(), 0
    with scripted(lambda _: Behaviour(wait_s=0.04)) as server:
        while not file.with_name("rows.scores.csv").exists():
            count = len(server.requests)
            process = start(file, server)
            wait_for(lambda: len(server.requests) > count or process.poll() is not None)  # noqa: B023
            time.sleep(moments.random() * 0.6)
            process.kill()
            process.communicate()
            kills += process.returncode == -signal.SIGKILL
            assert kills < 40
    assert kills >= 2
    if process.returncode == -signal.SIGKILL:  # at its very end; what is left is for the next
        run(file, server)
    assert written(file) == EXPECTED
