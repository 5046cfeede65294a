"""Who is measured: how each is started; `benchmark.measuring` starts them.

All answer the same POST. The one that the others are compared with has what functions-framework
itself requires: asyncio and h11. Those after it have uvloop and httptools, as this function has;
the last two show what those bring, and what this function's way of being served adds.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

TARGETS = Path(__file__).with_name("targets")
NOTHING = TARGETS / "nothing.py"
PIPELINE = TARGETS / "pipeline.py"

BASELINE = "doing nothing"
"""The contender that the others are compared with."""


@dataclass(frozen=True)
class Contender:
    """A server that can be started.

    Attributes
    ----------
    name
        As the table shows it.
    command
        The program and its arguments, to which --host and --port are added.
    environment
        Variables that it has beside those of this process.
    """

    name: str
    command: list[str]
    environment: Mapping[str, str] = field(default_factory=dict)


def contenders(pipeline: Path) -> list[Contender]:
    """Return all contenders, in the order in which they are measured and shown.

    Parameters
    ----------
    pipeline
        The fitted scikit-learn pipeline, a joblib file.

    Returns
    -------
    list of Contender
    """
    python, framework = sys.executable, str(Path(sys.executable).with_name("functions-framework"))
    command = [framework, "--asgi", "--target", "answer", "--source"]
    peer = [python, "-m", "benchmark.peer"]
    return [
        Contender("this function", [python, "-m", "function.serve"]),
        Contender(BASELINE, [*peer, str(NOTHING), "answer", "--bare"]),
        Contender(
            "scikit-learn",
            [*command, str(PIPELINE)],
            {"BENCHMARK_PIPELINE": str(pipeline.resolve())},
        ),
        Contender("nothing, with uvloop", [*command, str(NOTHING)]),
        Contender("nothing, served alike", [*peer, str(NOTHING), "answer"]),
    ]
