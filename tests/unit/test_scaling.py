"""The study of scaling: its arithmetic over time, its settings, its verdicts, its page."""

from argparse import ArgumentTypeError
from array import array
from datetime import UTC, datetime

import pytest

from benchmark import scaling
from benchmark.blocks import with_block
from benchmark.load import setting
from benchmark.machine import Machine
from benchmark.over_time import PodCounts, Second, pods_over_time, recovered_after, seconds_of
from benchmark.phases import Phase, Timeline, phase_of
from benchmark.scaling import DECAY, IDLE, SPIKE, Scaled, Tried, p99_limit_ms, verdicts
from benchmark.scaling_page import content_of
from benchmark.scaling_plot import drawn
from benchmark.stages import Requests, Stage
from benchmark.variations import GRID, SETTINGS, others_in_grid, settings_of, varied
from knative.objects import Condition, Metadata
from knative.pods import Sighting
from knative.workload import Pod, PodEvent, PodStatus


def requests_of(*rows):
    """Each (sent, ended, status)."""
    sent, ended, statuses = zip(*rows, strict=True)
    return Requests(array("d", sent), array("d", ended), array("h", statuses))


def second(p99_ms=10.0, answered=100, failed=0):
    return Second(answered, failed, 0, p99_ms and 1.0, p99_ms and 5.0, p99_ms)


def sighting(at_s, name, kind="MODIFIED", *, ready=False, ending=False):
    conditions = (Condition("Ready", "True" if ready else "False"),)
    metadata = Metadata(name, deletion_timestamp=datetime.now(UTC) if ending else None)
    return Sighting(at_s, PodEvent(kind, Pod(metadata, PodStatus(conditions))))


def service():
    container = {"image": "fraud", "resources": {"requests": {"cpu": "100m"}}}
    annotations = {"autoscaling.knative.dev/target": "10"}
    spec = {"containerConcurrency": 50, "containers": [container]}
    return {"spec": {"template": {"metadata": {"annotations": annotations}, "spec": spec}}}


def test_latencies_are_counted_in_the_second_of_the_answer():
    found = seconds_of(requests_of((10.0, 10.5, 200), (10.6, 11.2, 200), (10.7, 11.3, 200)), 10, 12)
    assert [each.answered for each in found] == [1, 2]
    assert [each.under_way for each in found] == [2, 0]
    assert found[0].p99_ms == pytest.approx(500)
    assert found[1].p50_ms == pytest.approx(600)


def test_what_is_not_answered_with_200_is_lost_and_has_no_latency():
    (found,) = seconds_of(requests_of((0.1, 0.2, 503), (0.1, 0.9, 0), (0.1, 0.15, 200)), 0, 1)
    assert (found.answered, found.failed) == (1, 2)
    assert found.p99_ms == pytest.approx(50)


def test_a_second_without_an_answer_has_no_percentiles():
    found = seconds_of(requests_of((0.0, 2.5, 200)), 0, 3)
    assert [each.p99_ms for each in found] == [None, None, pytest.approx(2500)]
    assert [each.under_way for each in found] == [1, 1, 0]


def test_a_rest_of_a_second_counts_only_if_it_is_half_of_one():
    rows = requests_of((0.0, 0.1, 200), (0.0, 1.6, 200), (0.0, 1.8, 200))
    assert len(seconds_of(rows, 0, 1.4)) == 1
    assert [each.answered for each in seconds_of(rows, 0, 1.7)] == [1, 1]


@pytest.mark.parametrize(
    ("p99s", "expected"),
    [
        ([40, 50, 50], 0),
        ([900, 60, 50, 49], 2),
        ([900, 40, 51, 30], 3),
        ([None, None, 30], 2),
        ([900, 40, 51], None),
        ([40, None], None),
        ([], None),
    ],
)
def test_the_p99_is_back_when_it_stays_within_the_limit(p99s, expected):
    assert recovered_after([second(each) for each in p99s], 50) == expected


def test_pods_are_counted_by_their_last_state():
    sightings = [
        sighting(101.0, "a", "ADDED"),
        sighting(101.5, "a"),
        sighting(102.0, "b", "ADDED"),
        sighting(103.0, "a", ready=True),
        sighting(104.0, "a", ready=True, ending=True),
        sighting(105.0, "a", "DELETED", ready=True, ending=True),
    ]
    assert pods_over_time(sightings, 100.0) == [
        PodCounts(1.0, 1, 0, 0),
        PodCounts(2.0, 2, 0, 0),
        PodCounts(3.0, 1, 1, 0),
        PodCounts(4.0, 1, 0, 1),
        PodCounts(5.0, 1, 0, 0),
    ]


def test_pods_that_end_and_the_most_at_once_are_those_of_the_time_asked_for():
    pods = [
        PodCounts(0, 0, 4, 0),
        PodCounts(10, 0, 3, 1),
        PodCounts(11, 0, 5, 0),
        PodCounts(12, 0, 1, 4),
        PodCounts(30, 0, 0, 1),
    ]
    assert scaling.ended_pods(pods, 5, 20) == 5
    assert scaling.most_pods(pods, 11.5, 20) == 5
    assert scaling.most_pods(pods, 15, 20) == 1
    assert scaling.most_pods([], 0, 1) == 0


@pytest.mark.parametrize(("seconds", "clients"), [(0, 5), (0.5, 15), (1, 25), (9, 25)])
def test_clients_join_over_the_ramp_and_stay(seconds, clients):
    assert Stage("", 25, 10, ramp_s=1).clients_after(5, seconds) == clients


def test_a_phase_has_what_ended_in_its_time():
    rows = requests_of((0.5, 1.5, 200), (1.0, 1.8, 503), (1.9, 2.5, 200))
    phase = phase_of("one", rows, 1.0, 2.0, 1.0)
    assert (phase.began_s, phase.ended_s) == (0, 1)
    assert phase.statuses == {200: 1, 503: 1}
    assert phase.failed == 1
    assert phase.p99_ms == pytest.approx(1000)


def test_a_setting_changes_the_copy_that_is_returned_and_nothing_else():
    before = service()
    changed = varied(before, {"container-concurrency": "0", "cpu": "250m", "window": "6s"})
    assert settings_of(before) == {"container-concurrency": "50", "cpu": "100m", "target": "10"}
    assert settings_of(changed) == {
        "container-concurrency": "0",
        "cpu": "250m",
        "target": "10",
        "window": "6s",
    }
    assert changed["spec"]["template"]["spec"]["containerConcurrency"] == 0


def test_the_grid_leaves_out_what_is_already_so():
    tried = others_in_grid(settings_of(service()))
    assert ("target", "10") not in tried
    assert ("target", "50") in tried
    assert ("container-concurrency", "50") not in tried
    assert len(tried) == sum(map(len, GRID.values())) - 3


def test_every_setting_of_the_grid_can_be_set():
    assert set(GRID) <= set(SETTINGS)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("target", '"target" is not NAME=VALUE'),
        ("target=", '"target=" is not NAME=VALUE'),
        ("=1", '"=1" is not NAME=VALUE'),
        ("targets=1", '"targets" is no setting; there are container-concurrency, '),
    ],
)
def test_what_is_no_setting_is_refused(text, message):
    with pytest.raises(ArgumentTypeError, match=message):
        setting(text)


@pytest.mark.parametrize(("idle_ms", "limit"), [(None, 50), (4.0, 50), (20.0, 100)])
def test_the_limit_of_the_p99_is_50_ms_or_five_times_that_of_the_idle_service(idle_ms, limit):
    assert p99_limit_ms(idle_ms and Phase(IDLE, 0, 1, p99_ms=idle_ms)) == limit


def judged(phase, pods=()):
    return {each.goal: each.met for each in verdicts(Timeline([phase], list(pods), 0.1))}


@pytest.mark.parametrize(
    ("statuses", "p99s", "met"),
    [
        ({200: 100}, [900] * 15 + [50], [True, True]),
        ({200: 100}, [900] * 16 + [50], [True, False]),
        ({200: 99, 503: 1}, [50], [False, True]),
        ({200: 99, 0: 1}, [50], [False, True]),
        ({}, [None], [False, False]),
    ],
)
def test_a_spike_may_lose_nothing_and_has_15_seconds(statuses, p99s, met):
    phase = Phase(SPIKE, 0, 20, statuses, seconds=[second(each) for each in p99s])
    assert list(judged(phase).values()) == met


@pytest.mark.parametrize(
    ("statuses", "ready_then", "met"),
    [({200: 10}, 1, True), ({200: 10}, 5, False), ({200: 9, 502: 1}, 1, False)],
)
def test_a_scale_down_counts_only_if_pods_ended(statuses, ready_then, met):
    pods = [PodCounts(0, 0, 5, 0), PodCounts(3, 0, ready_then, 4)]
    (found,) = judged(Phase(DECAY, 1, 10, statuses), pods).values()
    assert found is met


def scaled():
    phases = [
        Phase(IDLE, 0.0, 2.0, {200: 9}, 4.5, 1.0, 2.0, 3.0, [second(), second()]),
        Phase(
            SPIKE, 2.0, 4.0, {200: 8, 503: 1}, 4.0, 1.0, 2.0, 3.0, [second(None, 0, 1), second()]
        ),
    ]
    timeline = Timeline(phases, [PodCounts(-1.0, 0, 1, 0), PodCounts(2.5, 0, 2, 0)], 0.04)
    machine = Machine("CPU", 2, 0.1, "6", "3.13", {"uvicorn": "1"})
    tried = [
        Tried("", "", 0, 3, 40.0, 900.0, 4),
        Tried("window", "6s", 1, None, None, 1.0, 2, 30.0),
    ]
    return Scaled("2026-01-01", "scripts/load", machine, "A.", {"cpu": "1"}, 200, timeline, tried)


def test_the_page_has_the_phases_the_goals_and_what_was_tried():
    page = content_of(scaled(), "scaling.svg")
    assert "| spike | 2 | 9 | 1 | 4 | 1.0 | 2.0 | 3.0 | 1 s | 2 |" in page
    assert "| spike from zero: no request lost | 1 of 9 | **not met** |" in page
    assert "| as above | 0 | 3 s | 40 | 900 | 4 | - |" in page
    assert "| window: 6s | 1 | never | - | 1 | 2 | 30 s |" in page
    assert "(scaling.svg)" in page


def test_the_drawing_is_the_same_for_the_same_numbers():
    assert drawn(scaled()) == drawn(scaled())
    assert "spike" in drawn(scaled())


def test_a_commands_part_of_a_page_is_replaced_and_the_rest_stays():
    page = with_block("# Title\n\nBefore.\n", "one", "first")
    page = with_block(page, "two", "other") + "\nAfter.\n"
    again = with_block(page, "one", "second")
    assert "first" not in again
    assert again == page.replace("first", "second")
    assert again.startswith(
        "# Title\n\nBefore.\n\n<!-- one: begin -->\n\nsecond\n\n<!-- one: end -->"
    )
    assert again.endswith("<!-- two: end -->\n\nAfter.\n")
