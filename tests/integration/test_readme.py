"""README.md: what it shows is what happens."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from function.model import read_model
from function.settings import DEFAULT_MODEL

PROJECT = Path(__file__).parent.parent.parent
README = (PROJECT / "README.md").read_text()


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_the_curl_command_gets_the_answer_that_is_shown(server):
    command = next(block for block in blocks("sh") if block.startswith("curl"))
    command = command.replace("localhost:8080", f"127.0.0.1:{server.port}")
    done = subprocess.run(command, shell=True, capture_output=True, check=True, cwd=PROJECT)
    answer, shown = json.loads(done.stdout), json.loads(blocks("json")[0])
    assert answer["probability"] == pytest.approx(shown["probability"], rel=1e-12)
    assert answer | {"probability": 0, "reasons": []} == shown | {"probability": 0, "reasons": []}
    assert [reason["feature"] for reason in answer["reasons"]] == [
        reason["feature"] for reason in shown["reasons"]
    ]


def test_the_metrics_are_those_of_the_default_model():
    metrics = read_model(DEFAULT_MODEL).training.metrics
    for name in ("average_precision", "precision", "recall", "fallout", "brier"):
        values = [f"{getattr(metrics[split], name):.3g}" for split in ("stratified", "time")]
        assert f"| {name.replace('_', ' ')} | {' | '.join(values)} |" in README


@pytest.mark.parametrize("script", sorted(PROJECT.glob("scripts/[a-z]*")), ids=lambda s: s.name)
def test_every_command_has_help(script):
    done = subprocess.run([script, "--help"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("usage:")
