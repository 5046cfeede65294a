"""The study of starts from zero: its arithmetic, its verdict, its page."""

import numpy as np
import pytest

from benchmark.cold_page import content_of
from benchmark.cold_starts import BASELINE, FUNCTION, ColdStarts, Start, ratio_of, verdict
from benchmark.cold_study import doing_nothing, start_of
from benchmark.machine import Machine
from knative.objects import Condition, Metadata
from knative.pods import Sighting
from knative.workload import (
    ContainerState,
    ContainerStatus,
    Pod,
    PodEvent,
    PodStatus,
    RunningContainer,
)

RUNNING, WAITING = ContainerState(running=RunningContainer()), ContainerState()


def starts(function, baseline):
    pairs = zip(function, baseline, strict=True)
    return [
        start
        for one, other in pairs
        for start in (Start(FUNCTION, one, 90.0, 100.0, 900.0, None), Start(BASELINE, other))
    ]


def seen(at_s, *containers, scheduled=True, ready=False):
    kinds = {"PodScheduled": scheduled, "Ready": ready}
    conditions = tuple(Condition(kind, str(true)) for kind, true in kinds.items())
    statuses = tuple(
        ContainerStatus(str(number), state=each) for number, each in enumerate(containers)
    )
    pod = Pod(Metadata("a-1"), PodStatus(conditions, container_statuses=statuses))
    return Sighting(at_s, PodEvent("MODIFIED", pod))


def test_medians_are_compared_and_one_slow_start_does_not_count():
    found = ratio_of(np.array([108.0, 108, 900]), np.array([100.0, 100, 100]))
    assert found.times == pytest.approx(1.08)


def test_the_interval_holds_the_ratio_and_is_the_same_each_time():
    times, others = np.array([100.0, 110, 120, 130]), np.array([100.0, 100, 101, 99])
    found = ratio_of(times, others)
    assert found.low < found.times < found.high
    assert ratio_of(times, others) == found


def test_what_slows_a_whole_round_does_not_widen_the_interval():
    others = np.array([100.0, 500, 900, 1300])
    found = ratio_of(others * 1.05, others)
    assert (found.low, found.high) == (pytest.approx(1.05), pytest.approx(1.05))


@pytest.mark.parametrize(("function_ms", "met"), [(1080, True), (1081, False)])
def test_the_goal_is_108_hundredths_of_the_baseline(function_ms, met):
    assert verdict(starts([function_ms] * 3, [1000] * 3)).met is met


def test_the_steps_of_a_start_are_when_the_news_came():
    sightings = [
        seen(10.1, scheduled=False),
        seen(10.2),
        seen(10.5, RUNNING, WAITING),
        seen(10.9, RUNNING, RUNNING),
        seen(11.0, RUNNING, RUNNING, ready=True),
    ]
    found = start_of("a", 0.95, sightings, 10.0)
    expected = Start("a", 950.0, 100.0, 200.0, 900.0, 1000.0)
    for name in ("answered_ms", "made_ms", "scheduled_ms", "running_ms", "ready_ms"):
        assert getattr(found, name) == pytest.approx(getattr(expected, name))


def test_a_step_without_news_is_not_known():
    found = start_of("a", 0.95, [seen(10.2)], 10.0)
    assert (found.scheduled_ms, found.running_ms, found.ready_ms) == (
        pytest.approx(200),
        None,
        None,
    )


def test_the_framework_doing_nothing_differs_in_its_command_alone():
    container = {"image": "fraud", "resources": {"requests": {"cpu": "1"}}}
    template = {"metadata": {"annotations": {}}, "spec": {"containers": [container]}}
    manifest = {"spec": {"template": template}}
    changed = doing_nothing(manifest).manifest["spec"]["template"]["spec"]["containers"][0]
    assert changed.pop("command")[:2] == ["python", "-c"]
    assert changed == container


def test_the_page_has_the_ratio_the_goal_and_where_the_time_goes():
    machine = Machine("CPU", 2, 0.1, "6", "3.13", {"uvicorn": "1"})
    found = ColdStarts(
        "2026-01-01", "scripts/coldstart", machine, "A.", 2, starts([1100, 1100], [1000, 1000])
    )
    page = content_of(found)
    assert f"| {FUNCTION} | 1,100 | 1,100 to 1,100 | 1.10 (1.10 to 1.10) |" in page
    assert "**not met**" in page
    assert f"| {FUNCTION} | 90 | 100 | 1,100 | 900 | - |" in page
