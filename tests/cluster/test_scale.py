"""The commands that measure the cluster: a spike from zero and a scale-down lose nothing."""

import json

import pytest

from tests.cluster.conftest import script

SOON = ["window=6s", "max-scale=3", "target=20", "cpu=25m"]
"""Few pods that ask for little, so that they have room on any cluster, and end soon."""
MISSED = 3


def measured(command, path, *arguments):
    """Run a command; a goal may be missed where the machine is busy, an error may not be."""
    done = script(command, "--json", str(path), *arguments, check=False)
    assert done.returncode in {0, MISSED}, done.stderr
    return json.loads(path.read_text())


@pytest.mark.timeout(400)
def test_a_spike_from_zero_loses_nothing_and_neither_does_the_scale_down(images, tmp_path):
    page = tmp_path / "scaling.md"
    found = measured(
        "load",
        tmp_path / "load.json",
        *("--image", images.stable, "--seconds", "6", "--docs", str(page)),
        *("--set", *SOON),
    )
    phases = {phase["name"]: phase for phase in found["timeline"]["phases"]}
    for name in ("spike with pauses", "spike", "decay"):
        assert set(phases[name]["statuses"]) == {"200"}, name
    assert phases["spike"]["statuses"]["200"] > 200
    assert found["timeline"]["pods"][-1]["ready"] == 0
    assert "| scale-down drops no request | 0 of " in page.read_text()
    assert (tmp_path / "scaling.svg").read_text().startswith("<?xml")


@pytest.mark.timeout(400)
def test_a_start_from_zero_is_told_step_by_step(images, tmp_path):
    found = measured(
        "coldstart",
        tmp_path / "cold.json",
        *("--image", images.stable, "--baseline-image", images.candidate, "--rounds", "1"),
    )
    function, other = found["starts"]
    assert {function["contender"], other["contender"]} == {"this function", "no-op in Go"}
    assert 0 < function["made_ms"] <= function["scheduled_ms"] <= function["running_ms"]
    assert function["scheduled_ms"] < function["answered_ms"]
