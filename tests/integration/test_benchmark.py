"""The benchmark and the soak: real contenders, real load, the commands."""

import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from itertools import cycle
from pathlib import Path
from threading import Timer

import msgspec
import numpy as np
import pytest
import requests

from benchmark.contenders import BASELINE, FAST_BASELINE, FUNCTION, OWN, Contender, own_contenders
from benchmark.environments import environment_of
from benchmark.errors import ContenderError, LoadError, PeerError
from benchmark.measuring import Plan, measure
from benchmark.memory import family_of, memory_mib
from benchmark.mixture import BODY_LIMIT, bad_kinds
from benchmark.pipeline import ensure_pipeline
from benchmark.posts import Post, binary_event, plain
from benchmark.processes import running, status_of
from benchmark.raw import Kind, bytes_of
from benchmark.results import Results
from benchmark.soak import MISSED, Soaked
from benchmark.steady import send_steadily
from benchmark.streams import Stream, put_stream
from benchmark.workloads import (
    BATCHES,
    BINARY,
    EVENTS,
    JSON_BATCHES,
    MILLION,
    PLAIN,
    STREAMS,
    STRUCTURED,
    workloads_of,
)
from benchmark.wrk import Failures, put_load
from function.transaction import REQUIRED_FIELDS
from tests.server import free_port, running_server

PROJECT = Path(__file__).parent.parent.parent
ROWS = 2000

needs_wrk = pytest.mark.skipif(shutil.which("wrk") is None, reason="wrk is not installed")


@pytest.fixture(scope="module")
def post(fraud):
    return plain(fraud)


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory):
    """The scikit-learn pipeline, trained for these tests in a folder that is not there yet."""
    path = tmp_path_factory.mktemp("bench") / "new" / "model.joblib"
    ensure_pipeline(path)
    return path


@pytest.fixture(scope="module")
def by_name(fraud, pipeline):
    return {each.name: each for each in own_contenders(list(OWN), fraud, pipeline)}


def command(name, *arguments, **environment):
    """Run a script as a person would."""
    return subprocess.run(
        [sys.executable, str(PROJECT / "scripts" / name), *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env=environment or None,
    )


def test_a_pipeline_that_exists_is_left_alone(tmp_path):
    path = tmp_path / "model.joblib"
    path.write_bytes(b"as it was")
    ensure_pipeline(path)
    assert path.read_bytes() == b"as it was"


def test_the_scikit_learn_contender_gives_the_probability_that_the_function_gives(by_name, fraud):
    found = []
    for name in ("with scikit-learn", "this function"):
        with running(by_name[name]) as contender:
            found.append(requests.post(contender.address, json=fraud).json()["probability"])
    assert found[0] == pytest.approx(found[1], abs=1e-9)


@pytest.mark.parametrize("name", [BASELINE, FAST_BASELINE])
def test_whoever_does_nothing_answers_and_weighs_something_until_it_is_ended(by_name, fraud, name):
    with running(by_name[name]) as contender:
        assert requests.post(contender.address, json=fraud).text == "OK"
        assert 0 < contender.start_s < 20
        assert memory_mib(contender.process) > 10
    assert memory_mib(contender.process) == 0


def test_a_contender_that_does_not_start_ends_with_its_own_words(post):
    broken = Contender("broken", [sys.executable, "-c", "import sys; sys.exit('no model')"], post)
    words = r"^broken did not start\. no model$"
    with pytest.raises(ContenderError, match=words), running(broken):
        pass


def test_a_contender_that_refuses_the_body_is_not_measured(by_name):
    function = replace(by_name["this function"], post=Post(b"{}"))
    words = "this function answered with 422, not with 200"
    with pytest.raises(ContenderError, match=words), running(function):
        pass


def test_workers_in_sessions_of_their_own_are_weighed_and_ended_too():
    code = (
        "import subprocess, sys, time; "
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'], "
        "start_new_session=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], start_new_session=True) as process:
        deadline = time.monotonic() + 10
        while len(family_of(process.pid)) < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        family = family_of(process.pid)
        for each in family:
            os.kill(each, signal.SIGKILL)
    assert len(family) == 2
    assert family_of(process.pid) == []


def test_an_optional_contender_that_fails_is_left_out_with_the_reason(post):
    broken = Contender("broken", ["false"], post, optional=True)
    found = measure([broken], Plan(starts=1, rounds=1, seconds=1), say=lambda _: None)
    assert found.contenders == []
    assert found.left_out == {"broken": "broken did not start."}


def test_a_peer_that_cannot_be_installed_says_why(tmp_path):
    words = r"^It could not be installed: .*no-such-package"
    with pytest.raises(PeerError, match=words):
        environment_of(tmp_path / "venv", [f"no-such-package @ file://{tmp_path}"], tmp_path)


def test_every_stream_line_is_counted_with_its_answer(server, transactions):
    workloads = workloads_of([STREAMS, MILLION], {}, transactions)
    for stream in workloads.streams.values():
        found = put_stream(server.url, stream, times=2)
        assert found.lines == 2 * ROWS
        assert 0 < found.client_busy < 1


@pytest.fixture(scope="module")
def transactions(tmp_path_factory, sample):
    path = tmp_path_factory.mktemp("arrays") / "transactions.npz"
    np.savez(path, features=sample[list(REQUIRED_FIELDS)].to_numpy(float)[:ROWS])
    return path


def test_a_stream_with_a_line_that_is_refused_does_not_count(server):
    stream = Stream(Post(b"", content_type="application/x-ndjson"), b"{}\n" * 5000, 5000)
    with pytest.raises(LoadError, match="answered with a problem"):
        put_stream(server.url, stream)


def test_a_stream_that_is_refused_does_not_count(server):
    stream = Stream(Post(b"V1\n", content_type="text/csv"), b"1\n", 1)
    with pytest.raises(LoadError, match="answered with 422, not with 200"):
        put_stream(server.url, stream)


def test_all_that_the_function_alone_is_asked_is_answered_well(server, fraud, transactions):
    workloads = workloads_of([EVENTS, BATCHES], fraud, transactions)
    assert list(workloads.repeated) == [PLAIN, BINARY, STRUCTURED, JSON_BATCHES]
    for repeated in workloads.repeated.values():
        assert status_of(server.port, repeated.post) == 200


def test_a_steady_load_keeps_its_rate_and_counts_every_answer(server, fraud):
    kinds = [Kind("good", bytes_of(plain(fraud)), 200), Kind("bad", bytes_of(Post(b"{}")), 422)]
    found = send_steadily(server.url, cycle(kinds), rate=200, seconds=1, parts=2)
    assert found.due == pytest.approx(200, abs=5)
    assert sum(found.statuses.values()) == found.due
    assert set(found.statuses) == {("good", 200), ("bad", 422)}
    assert all(70 < len(times) < 130 for times in found.times_ms)


def test_every_kind_of_bad_input_is_answered_as_the_soak_expects(fraud):
    with running_server(FRAUD_MAX_BODY_BYTES=str(BODY_LIMIT)) as server:
        kinds = bad_kinds(fraud)
        found = send_steadily(server.url, cycle(kinds), rate=100, seconds=0.5, parts=1)
    assert set(found.statuses) == {(kind.name, kind.status) for kind in kinds}


def test_a_server_that_ends_leaves_broken_answers_and_no_hang(fraud):
    with running_server() as server:
        Timer(0.3, server.process.kill).start()
        kinds = cycle([Kind("good", bytes_of(plain(fraud)), 200)])
        found = send_steadily(server.url, kinds, rate=2000, seconds=0.6, parts=1)
    assert found.statuses["good", 200] > 100
    assert sum(found.statuses.values()) < found.due


@needs_wrk
def test_wrk_posts_the_transaction_and_measures_the_answers(server, post):
    found = put_load(server.url, post, connections=4, seconds=1)
    assert found.rate > 10
    assert 0 < found.p50_us <= found.p99_us
    assert found.failures == Failures(0, 0, 0, 0, 0)


@needs_wrk
def test_wrk_sends_the_headers_of_an_event(server, fraud):
    assert put_load(server.url, binary_event(fraud), connections=1, seconds=1).rate > 10


@needs_wrk
def test_answers_that_are_not_200_end_the_measurement(server, post):
    with pytest.raises(LoadError, match=r"some went wrong: \d+ by status\.$"):
        put_load(server.url, replace(post, path="/nowhere"), connections=1, seconds=1)


@needs_wrk
def test_a_server_that_is_not_there_ends_the_measurement(post):
    with pytest.raises(LoadError, match="wrk failed: unable to connect"):
        put_load(f"http://127.0.0.1:{free_port()}", post, connections=1, seconds=1)


@needs_wrk
def test_the_command_prints_the_tables_and_writes_every_measurement_and_a_page(tmp_path):
    file, page = tmp_path / "results.json", tmp_path / "new" / "page.md"
    once = ["--rounds", 1, "--seconds", 1, "--starts", 1]
    chosen = ["--only", "function", "--workloads", "rows", "infer"]
    done = command("bench", *once, *chosen, "--json", file, "--docs", page)
    assert done.returncode == 0, done.stderr
    assert "req/s at c=16" in done.stdout
    results = msgspec.json.decode(file.read_bytes(), type=Results)
    assert [each.name for each in results.contenders] == [FUNCTION]
    assert all(len(each.starts_s) == len(each.rounds) == 1 for each in results.contenders)
    assert "| req/s at c=16 |" in page.read_text()
    assert page.with_suffix(".svg").read_text().startswith("<?xml")


@needs_wrk
def test_a_short_soak_ends_with_its_verdicts(tmp_path):
    file = tmp_path / "soak.json"
    done = command("soak", "--minutes", 0.05, "--json", file)
    assert done.returncode in (0, MISSED), done.stderr
    found = msgspec.json.decode(file.read_bytes(), type=Soaked)
    assert "memory flat" in " ".join(done.stdout.split())
    assert found.statuses["no JSON"].keys() == {400}
    assert (done.returncode == 0) == all(each.met for each in found.verdicts)


def test_without_wrk_one_sentence_says_how_to_get_it(tmp_path):
    done = command("bench", PATH=str(tmp_path))
    assert done.returncode == 1
    assert done.stderr.startswith("scripts/bench: wrk is not installed: `apt install wrk`")
    assert len(done.stderr.splitlines()) == 1
