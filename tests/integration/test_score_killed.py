"""scripts/score when it is stopped or killed: each row is there once in the end."""

import json
import random
import signal
import subprocess
import time

import pytest

from function.transaction import REQUIRED_FIELDS
from tests.scoring import EXPECTED, run, start, wait_for, written
from tests.scripted import HEAD, Behaviour, scripted

PAUSE_S = 0.04
"""Before each answer."""


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
        again = sum(len(body) for _, body in server.requests[count:])
        assert again < file.stat().st_size - 5_000
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
    with scripted(lambda _: Behaviour(wait_s=PAUSE_S)) as server:
        while not file.with_name("rows.scores.csv").exists():
            count = len(server.requests) + moments.randrange(20)  # of 70: at least two are killed
            process = start(file, server)
            wait_for(lambda: len(server.requests) > count or process.poll() is not None)  # noqa: B023
            time.sleep(moments.random() * PAUSE_S)
            process.kill()
            process.communicate()
            kills += process.returncode == -signal.SIGKILL
            assert kills < 40
    assert kills >= 2
    if process.returncode == -signal.SIGKILL:  # at its very end; what is left is for the next
        run(file, server)
    assert written(file) == EXPECTED
