"""Who is measured: how each is started; `benchmark.measuring` starts them.

All answer the same POST, with the same uvloop and httptools. The framework's own command runs
those that this function is compared with; the last shows what its way of being served adds.
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
        Contender(BASELINE, [*command, str(NOTHING)]),
        Contender(
            "scikit-learn",
            [*command, str(PIPELINE)],
            {"BENCHMARK_PIPELINE": str(pipeline.resolve())},
        ),
        Contender("nothing, served as this function", [*peer, str(NOTHING), "answer"]),
    ]
