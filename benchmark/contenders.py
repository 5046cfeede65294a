"""Who is measured: how each is started; `benchmark.measuring` starts them.

All answer the same POST. The first three are served in the very same way, so that what differs
is the function alone.
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
    peer = [python, "-m", "benchmark.peer"]
    own = [framework, "--source", str(NOTHING), "--target", "answer", "--asgi"]
    return [
        Contender("this function", [python, "-m", "function.serve"]),
        Contender(BASELINE, [*peer, str(NOTHING), "answer"]),
        Contender(
            "scikit-learn",
            [*peer, str(PIPELINE), "score"],
            {"BENCHMARK_PIPELINE": str(pipeline.resolve())},
        ),
        Contender("framework's command, doing nothing", own),
    ]
