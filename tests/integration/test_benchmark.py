"""The benchmark: what it makes of wrk's words, its arithmetic, and real contenders."""

import io
import json
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
import requests
from rich.console import Console

from benchmark.bench import WIDTH, Results
from benchmark.contenders import BASELINE, Contender, contenders
from benchmark.errors import ContenderError, LoadError
from benchmark.machine import processor_of
from benchmark.pipeline import ensure_pipeline
from benchmark.processes import memory_mib, running
from benchmark.report import table_of
from benchmark.results import Measured, Round, Summary, UnderLoad, ratios, summarise
from benchmark.wrk import Failures, Load, checked, put_load, read_load
from tests.server import free_port

PROJECT = Path(__file__).parent.parent.parent
WRK_SAYS = """Running 1s test @ http://127.0.0.1:8080/
  1 threads and 16 connections
Requests/sec:   6374.81
{"requests": 7013, "duration_us": 1100170, "p50_us": 2415, "p99_us": 5430, "failures": \
{"status": 0, "connect": 0, "read": 0, "write": 0, "timeout": 0}}
"""

needs_wrk = pytest.mark.skipif(shutil.which("wrk") is None, reason="wrk is not installed")


def load(requests=1000, duration_us=1_000_000, p50_us=200.0, p99_us=900.0, **failures):
    counts = {"status": 0, "connect": 0, "read": 0, "write": 0, "timeout": 0, **failures}
    return Load(requests, duration_us, p50_us, p99_us, Failures(**counts))


def summary(name, start_ms, rate):
    under_load = UnderLoad(rate, 0.2, 0.9)
    return Summary(name, start_ms, 30.0, 31.0, {1: under_load, 16: under_load})


@pytest.fixture(scope="module")
def body(fraud):
    return json.dumps(fraud).encode()


@pytest.fixture(scope="module")
def body_file(body, tmp_path_factory):
    path = tmp_path_factory.mktemp("body") / "fraud.json"
    path.write_bytes(body)
    return path


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory):
    """The scikit-learn pipeline, trained for these tests in a folder that is not there yet."""
    path = tmp_path_factory.mktemp("bench") / "new" / "model.joblib"
    ensure_pipeline(path)
    return path


@pytest.fixture(scope="module")
def by_name(pipeline):
    return {contender.name: contender for contender in contenders(pipeline)}


def command(*arguments, **environment):
    """Run scripts/bench as a person would."""
    return subprocess.run(
        [sys.executable, str(PROJECT / "scripts" / "bench"), *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env=environment or None,
    )


def test_the_measures_are_the_last_line_of_what_wrk_prints():
    assert read_load(WRK_SAYS) == load(7013, 1_100_170, 2415, 5430)


@pytest.mark.parametrize("output", ["", "Requests/sec: 10\n", '{"requests": 1}\n'])
def test_without_that_line_a_sentence_says_what_was_there_instead(output):
    with pytest.raises(LoadError, match=r'wrk ended with ".*" and not with its measures\.'):
        read_load(output)


def test_the_rate_counts_the_time_that_it_really_took():
    assert load(requests=3000, duration_us=1_500_000).rate == 2000


def test_a_measurement_without_failures_counts():
    assert checked(load()) == load()


def test_one_failed_request_is_enough_to_refuse_a_measurement():
    with pytest.raises(LoadError, match=r"some went wrong: 1 by status, 2 by timeout\."):
        checked(load(status=1, timeout=2))


def test_no_answer_at_all_is_a_failure_too():
    with pytest.raises(LoadError, match="Not one request was answered"):
        checked(load(requests=0))


def test_one_bad_round_and_one_slow_start_do_not_move_the_medians():
    fine, bad = load(requests=2000, p50_us=100, p99_us=400), load(requests=10, p99_us=90_000)
    rounds = [Round(30.0, 40.0, {16: each}) for each in (fine, bad, fine)]
    assert summarise(Measured("a", [0.2, 3.0, 0.1], rounds)) == Summary(
        "a", 200.0, 30.0, 40.0, {16: UnderLoad(2000, 0.1, 0.4)}
    )


def test_between_two_values_the_median_is_their_middle():
    rounds = [Round(30.0, 40.0, {1: load()}), Round(32.0, 46.0, {1: load(requests=3000)})]
    found = summarise(Measured("a", [0.1, 0.3], rounds))
    assert (found.start_ms, found.memory_first_mib, found.memory_loaded_mib) == (200, 31, 43)
    assert found.loads[1].rate == 2000


def test_ratios_say_how_many_times_the_baseline_it_is():
    found = ratios(summary("a", 300, 900), summary(BASELINE, 200, 1000))
    assert found.start == 1.5
    assert found.rates == {1: 0.9, 16: 0.9}


def test_the_table_fits_its_width_and_shows_the_ratios(pipeline):
    names = [contender.name for contender in contenders(pipeline)]
    summaries = [summary(name, 200 * (index + 1), 99_999) for index, name in enumerate(names)]
    screen = io.StringIO()
    Console(width=WIDTH, file=screen).print(table_of(summaries, "title"))
    text = screen.getvalue()
    assert "…" not in text
    assert all(word in text for name in names for word in name.split())
    ratio = next(line for line in text.splitlines() if "ratio of start" in line)
    assert ratio.replace("│", "").split() == [
        "ratio",
        "of",
        "start",
        "0.50",
        "1.00",
        "1.50",
        "2.00",
        "2.50",
    ]


def test_the_processor_is_named_by_its_model():
    assert processor_of("processor\t: 0\nmodel name\t: Some CPU @ 2 GHz\n") == "Some CPU @ 2 GHz"


def test_a_processor_without_a_model_is_named_by_its_architecture():
    assert processor_of("processor\t: 0\nBogoMIPS\t: 50.00\n")


def test_a_pipeline_that_exists_is_left_alone(tmp_path):
    path = tmp_path / "model.joblib"
    path.write_bytes(b"as it was")
    ensure_pipeline(path)
    assert path.read_bytes() == b"as it was"


def test_the_scikit_learn_peer_gives_the_probability_that_the_function_gives(by_name, fraud, body):
    found = []
    for name in ("scikit-learn", "this function"):
        with running(by_name[name], body) as contender:
            found.append(requests.post(contender.url, json=fraud).json()["probability"])
    assert found[0] == pytest.approx(found[1], abs=1e-9)


@pytest.mark.parametrize("name", [BASELINE, "nothing, with uvloop", "nothing, served alike"])
def test_whoever_does_nothing_answers_and_weighs_something_until_it_is_ended(by_name, body, name):
    with running(by_name[name], body) as contender:
        assert requests.post(contender.url, data=body).text == "OK"
        assert 0 < contender.start_s < 20
        assert memory_mib(contender.group) > 10
    assert memory_mib(contender.group) == 0


def test_a_contender_that_does_not_start_ends_with_its_own_words(body):
    broken = Contender("broken", [sys.executable, "-c", "import sys; sys.exit('no such model')"])
    words = r"^broken did not start\. no such model$"
    with pytest.raises(ContenderError, match=words), running(broken, body):
        pass


def test_a_contender_that_refuses_the_body_is_not_measured(by_name):
    words = "this function answered with 422, not with 200"
    with pytest.raises(ContenderError, match=words), running(by_name["this function"], b"{}"):
        pass


@needs_wrk
def test_wrk_posts_the_transaction_and_measures_the_answers(server, body_file):
    found = put_load(server.url, body_file, connections=4, seconds=1)
    assert found.rate > 10
    assert 0 < found.p50_us <= found.p99_us
    assert found.failures == Failures(0, 0, 0, 0, 0)


@needs_wrk
def test_answers_that_are_not_200_end_the_measurement(server, body_file):
    with pytest.raises(LoadError, match=r"some went wrong: \d+ by status\.$"):
        put_load(f"{server.url}/nowhere", body_file, connections=1, seconds=1)


@needs_wrk
def test_a_server_that_is_not_there_ends_the_measurement(body_file):
    with pytest.raises(LoadError, match="wrk failed: unable to connect"):
        put_load(f"http://127.0.0.1:{free_port()}/", body_file, connections=1, seconds=1)


@needs_wrk
def test_the_command_prints_the_table_and_writes_every_measurement(pipeline, tmp_path):
    file = tmp_path / "results.json"
    once = ["--rounds", 1, "--seconds", 1, "--starts", 1]
    done = command(*once, "--pipeline", pipeline, "--json", file)
    assert done.returncode == 0, done.stderr
    assert "ratio of req/s at c=16" in done.stdout
    results = msgspec.json.decode(file.read_bytes(), type=Results)
    assert [each.name for each in results.contenders] == [c.name for c in contenders(pipeline)]
    assert all(len(each.starts_s) == len(each.rounds) == 1 for each in results.contenders)


def test_without_wrk_one_sentence_says_how_to_get_it(tmp_path):
    done = command(PATH=str(tmp_path))
    assert done.returncode == 1
    assert done.stderr.startswith("scripts/bench: wrk is not installed: `apt install wrk`")
    assert len(done.stderr.splitlines()) == 1


def test_help_says_what_is_measured():
    done = command("--help")
    assert done.returncode == 0
    assert "functions-framework doing nothing" in " ".join(done.stdout.split())


@pytest.mark.parametrize("number", ["0", "-1", "1.5", "many"])
def test_a_number_of_rounds_that_is_none_is_refused(number):
    done = command("--rounds", number)
    assert done.returncode == 2
    assert f'"{number}" is not a whole number from 1 on' in done.stderr
