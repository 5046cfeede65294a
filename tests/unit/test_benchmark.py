"""The benchmark: what it makes of wrk's words, its arithmetic, its verdicts, its tables."""

import io
import re

import pytest
from rich.console import Console

from benchmark import endurance, goals, options, tables
from benchmark.bench import WIDTH
from benchmark.contenders import BASELINE, FAST_BASELINE, FUNCTION, OWN
from benchmark.document import document_of
from benchmark.errors import LoadError
from benchmark.installed import folder_mib, size_mib
from benchmark.machine import Machine, processor_of
from benchmark.mixture import mixed
from benchmark.peers import PEERS
from benchmark.plot import drawn
from benchmark.posts import plain, rows, version_1, version_2
from benchmark.raw import Kind, status_of
from benchmark.report import reported
from benchmark.results import Busy, Measured, Results, Round, Summary, UnderLoad, busy_of, summarise
from benchmark.streams import StreamLoad
from benchmark.workloads import BINARY, CSV, JSON_BATCHES, NDJSON, PLAIN, STRUCTURED
from benchmark.wrk import Failures, Load, checked, read_load
from function.transaction import REQUIRED_FIELDS

WRK_SAYS = """Running 1s test @ http://127.0.0.1:8080/
  1 threads and 16 connections
Requests/sec:   6374.81
{"requests": 7013, "duration_us": 1100170, "p50_us": 2415, "p99_us": 5430, "failures": \
{"status": 0, "connect": 0, "read": 0, "write": 0, "timeout": 0}}
"""

NAMES = [*OWN.values(), *(peer.name for peer in PEERS.values())]


def load(requests=1000, duration_us=1_000_000, p50_us=200.0, p99_us=900.0, **failures):
    counts = {"status": 0, "connect": 0, "read": 0, "write": 0, "timeout": 0, **failures}
    return Load(requests, duration_us, p50_us, p99_us, Failures(**counts))


def summary(name=FUNCTION, *, rate=10_000.0, p99_ms=2.0, start_ms=200.0, **found):
    under_load = UnderLoad(rate, 1.0, p99_ms)
    memory = {"memory_first_mib": 30.0, "memory_loaded_mib": 31.0, "memory_million_mib": None}
    loads = {1: under_load, 16: under_load}
    return Summary(
        **{"name": name, "installed_mib": 21.0, "start_ms": start_ms, "loads": loads}
        | memory
        | {"workloads": {}}
        | found
    )


def judged(*summaries):
    return {each.goal: each.met for each in goals.verdicts({one.name: one for one in summaries})}


def met(found, words):
    (only,) = (value for goal, value in found.items() if words in goal)
    return only


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


def test_the_processor_is_named_by_its_model():
    assert processor_of("processor\t: 0\nmodel name\t: Some CPU @ 2 GHz\n") == "Some CPU @ 2 GHz"


def test_a_processor_without_a_model_is_named_by_its_architecture():
    assert processor_of("processor\t: 0\nBogoMIPS\t: 50.00\n")


def test_help_says_what_is_measured():
    text = " ".join(options.parser().format_help().split())
    assert "functions-framework doing nothing" in text
    assert "kserve, mlserver, bentoml, litserve" in text


@pytest.mark.parametrize("number", ["0", "-1", "1.5", "many"])
def test_a_number_of_rounds_that_is_none_is_refused(capsys, number):
    with pytest.raises(SystemExit):
        options.parser().parse_args(["--rounds", number])
    assert f'"{number}" is not a whole number from 1 on' in capsys.readouterr().err


def test_one_bad_round_and_one_slow_start_do_not_move_the_medians():
    fine, bad = load(requests=2000, p50_us=100, p99_us=400), load(requests=10, p99_us=90_000)
    rounds = [
        Round(30.0, 40.0, {16: each}, {NDJSON: Busy(rate)}, 50.0)
        for each, rate in ((fine, 9.0), (bad, 1.0), (fine, 8.0))
    ]
    found = summarise(Measured("a", 5.0, {}, [0.2, 3.0, 0.1], rounds))
    under_load = {16: UnderLoad(2000, 0.1, 0.4)}
    assert found == Summary("a", 5.0, 200.0, 30.0, 40.0, 50.0, under_load, {NDJSON: 8.0})


def test_between_two_values_the_median_is_their_middle():
    rounds = [Round(30.0, 40.0, {1: load()}), Round(32.0, 46.0, {1: load(requests=3000)})]
    found = summarise(Measured("a", 0.0, {}, [0.1, 0.3], rounds))
    assert (found.start_ms, found.memory_first_mib, found.memory_loaded_mib) == (200, 31, 43)
    assert found.loads[1].rate == 2000


def test_streams_sent_one_after_the_other_are_counted_together():
    loads = [StreamLoad(100, 1.0, 0.1), StreamLoad(100, 3.0, 0.3)]
    assert busy_of(loads) == Busy(50.0, pytest.approx(0.1))


@pytest.mark.parametrize(
    ("rate", "p99_ms", "expected"), [(10_000, 2.0, (True, True)), (9_999, 2.01, (False, False))]
)
def test_the_best_of_the_peers_sets_the_goal_for_rate_and_for_p99(rate, p99_ms, expected):
    peers = [summary("KServe", rate=2000, p99_ms=9.0), summary("LitServe", rate=900, p99_ms=8.0)]
    found = judged(summary(rate=rate, p99_ms=p99_ms), *peers)
    assert (met(found, "times the best peer"), met(found, "of the best peer's")) == expected


@pytest.mark.parametrize("name", [BASELINE, FAST_BASELINE])
@pytest.mark.parametrize(("rate", "expected"), [(9_000, True), (8_999, False)])
def test_the_goal_beside_doing_nothing_is_nine_tenths_of_its_rate(name, rate, expected):
    found = judged(summary(rate=rate), summary(name, rate=10_000))
    assert met(found, f"of {name}") is expected


@pytest.mark.parametrize(("start_ms", "expected"), [(230, True), (231, False)])
def test_the_goal_for_the_start_is_a_share_of_doing_nothing(start_ms, expected):
    found = judged(summary(start_ms=start_ms), summary(BASELINE, start_ms=200))
    assert met(found, "start") is expected


@pytest.mark.parametrize(
    ("name", "rate", "expected"),
    [
        (BINARY, 850, True),
        (STRUCTURED, 849, False),
        (JSON_BATCHES, 300_000, True),
        (NDJSON, 399_999, False),
        (CSV, 400_000, True),
    ],
)
def test_every_workload_has_its_goal(name, rate, expected):
    found = judged(summary(workloads={PLAIN: 1000.0, name: float(rate)}))
    assert met(found, name) is expected


@pytest.mark.parametrize(("rest", "million", "expected"), [(55, 120, True), (55.1, 120.1, False)])
def test_memory_has_its_goals(rest, million, expected):
    found = judged(summary(memory_first_mib=rest, memory_million_mib=million))
    assert (met(found, "at rest"), met(found, "million")) == (expected, expected)


def test_what_was_not_measured_is_not_judged():
    assert judged(summary("KServe")) == {}
    assert list(judged(summary(loads={}))) == ["memory (PSS) at rest: at most 55 MiB"]


def test_the_tables_fit_their_width_and_show_the_ratios():
    summaries = [
        summary(name, rate=99_999, start_ms=100.0 * (n + 1)) for n, name in enumerate(NAMES)
    ]
    screen = io.StringIO()
    for table in reported(summaries, goals.verdicts({one.name: one for one in summaries}), "title"):
        Console(width=WIDTH, file=screen).print(table)
    text = screen.getvalue()
    assert "…" not in text
    assert all(word in text for name in NAMES for word in name.split())
    ratios = next(line for line in text.splitlines() if "start, times nothing's" in line)
    assert re.findall(r"\d\.\d+", ratios)[:3] == ["0.50", "1.00", "1.50"]


def test_memory_under_a_million_lines_is_shown_where_it_was_measured():
    rows_without = tables.comparison([summary()])
    rows_with = tables.comparison([summary(memory_million_mib=37.4), summary("KServe")])
    assert not any("million" in row[0] for row in rows_without)
    assert ("PSS, a million lines under way", "37", "-") in rows_with


def test_without_the_baseline_there_are_no_ratios():
    assert not any("times" in row[0] for row in tables.comparison([summary()]))


def test_the_page_names_machine_versions_goals_and_what_was_left_out():
    rounds = [
        Round(30.0, workloads={NDJSON: Busy(9.0, share), PLAIN: Busy(9.0)}) for share in (0.1, 0.2)
    ]
    measured = Measured(FUNCTION, 21.0, {"uvicorn": "0.54.0"}, [0.2], rounds)
    machine = Machine("Some CPU", 2, 0.1, "6.1", "3.13.1", {"starlette": "1.0"})
    results = Results("2026-01-02", "scripts/bench", machine, 5, [measured], {"KServe": "No disk."})
    summaries = [summary()]
    page = document_of(results, summaries, goals.verdicts({FUNCTION: summaries[0]}), "a.svg")
    for text in ("Some CPU, 2 cores", "Linux 6.1, Python 3.13.1", "2026-01-02", "uvicorn 0.54.0"):
        assert text in page
    assert "- KServe: No disk." in page
    assert "took at most 20% of its core" in page
    assert "| 30 MiB | met |" in page


def test_the_drawing_is_the_same_for_the_same_numbers_and_has_no_background():
    summaries = [summary(), summary("KServe", rate=900)]
    drawing = drawn(summaries)
    assert drawing == drawn(summaries)
    assert ">10,000<" in drawing
    assert "#ffffff" not in drawing


@pytest.mark.parametrize("make", [version_1, version_2, rows])
def test_every_protocol_carries_the_same_numbers_in_the_same_order(make):
    transaction = {"id": "a", **{name: float(n) for n, name in enumerate(REQUIRED_FIELDS)}}
    body = make(transaction).body.decode()
    numbers = re.search(r"\[(0\.0[^\]]*)\]", body)[1]
    assert [float(number) for number in numbers.split(",")] == list(range(29))
    assert '"id":"a"' in plain(transaction).body.decode()


def test_installed_sizes_count_what_is_required_too_and_no_bytecode(tmp_path):
    assert size_mib(["starlette"]) < size_mib(["functions-framework"]) < 100
    assert size_mib(["no-such-package"]) == 0
    (tmp_path / "a.py").write_bytes(b"x" * 2**20)
    (tmp_path / "a.pyc").write_bytes(b"x" * 2**20)
    assert folder_mib(tmp_path) == 1.0


ANSWER = b"HTTP/1.1 422 Unprocessable\r\nContent-Length: 4\r\nx: y\r\n\r\nabcd"


@pytest.mark.parametrize("length", range(len(ANSWER)))
def test_an_answer_that_is_not_complete_has_no_status_yet(length):
    assert status_of(ANSWER[:length]) is None


def test_an_answer_that_is_complete_has_its_status():
    assert status_of(ANSWER) == 422


def test_two_of_a_hundred_requests_of_a_soak_are_bad_and_all_kinds_take_part():
    good = [Kind(name, b"", 200) for name in ("plain", "binary", "structured")]
    bad = [Kind(str(number), b"", 422) for number in range(12)]
    sequence = mixed(good, bad)
    names = [next(sequence).name for _ in range(10_000)]
    assert sum(names.count(kind.name) for kind in bad) == 200
    assert all(names.count(kind.name) >= 16 for kind in bad)
    assert (names.count("binary"), names.count("plain")) == (500, 8800)


def soaked(*, statuses=None, memory=(30.0,) * 9, p99=(2.0, 2.0, 2.0), due=100):
    expected = {"good": 200, "bad": 422}
    statuses = statuses or {("good", 200): 98, ("bad", 422): 2}
    return [each.met for each in endurance.verdicts(statuses, expected, due, memory, p99)]


@pytest.mark.parametrize(
    ("case", "missed"),
    [
        ({}, []),
        ({"statuses": {("good", 200): 99, ("good", 500): 1}}, [0, 1]),
        ({"statuses": {("good", 200): 99, ("bad", 200): 1}}, [1]),
        ({"statuses": {("good", 200): 99, ("good", 0): 1}}, [1]),
        ({"due": 102}, [2]),
        ({"memory": (20.0,) * 3 + (30.0,) * 3 + (31.0,) * 3}, []),
        ({"memory": (30.0,) * 6 + (31.1,) * 3}, [3]),
        ({"memory": (100.0,) * 6 + (101.9,) * 3}, []),
        ({"memory": (30.0, 30.0)}, [3]),
        ({"p99": (2.0, 9.0, 4.0)}, []),
        ({"p99": (2.0, 2.0, 4.1)}, [4]),
    ],
)
def test_a_soak_is_judged_by_answers_memory_and_p99(case, missed):
    assert [number for number, good in enumerate(soaked(**case)) if not good] == missed
