"""Who is measured: how each is started, and what it is asked; `benchmark.bench` chooses.

All are asked about the same transaction. Those of functions-framework run in the project's own
environment. The first of them has what functions-framework itself requires: asyncio and h11. Those
after it have uvloop and httptools, as this function has. The peers are in `benchmark.peers`.
"""

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmark.installed import size_mib, version_of
from benchmark.posts import Post, Transaction, plain

PROJECT = Path(__file__).resolve().parent.parent
TARGETS = Path(__file__).with_name("targets")
NOTHING = TARGETS / "nothing.py"
PIPELINE = TARGETS / "pipeline.py"
LOCKED = PROJECT / "requirements" / "function.txt"

FUNCTION = "this function"
BASELINE = "doing nothing"
"""The contender that the others are compared with."""
FAST_BASELINE = "nothing, with uvloop"

OWN = {
    "function": FUNCTION,
    "nothing": BASELINE,
    "uvloop": FAST_BASELINE,
    "scikit-learn": "with scikit-learn",
}
"""The words by which the command line chooses, and the names in the tables."""


@dataclass(frozen=True)
class Contender:
    """A server that can be started.

    Attributes
    ----------
    name
        As the tables show it.
    command
        The program and its arguments; {host} and {port} stand for where it has to listen.
    post
        What it is asked.
    environment
        Variables that it has beside those of this process, with the same places.
    installed_mib
        What is installed for it beside Python, in MiB.
    versions
        Of what it is made of, by package.
    optional
        Whether the others are measured without it where it fails.
    """

    name: str
    command: list[str]
    post: Post
    environment: Mapping[str, str] = field(default_factory=dict)
    installed_mib: float = 0.0
    versions: Mapping[str, str] = field(default_factory=dict)
    optional: bool = False


def own_contenders(chosen: list[str], transaction: Transaction, pipeline: Path) -> list[Contender]:
    """Return those that run in the project's environment.

    Parameters
    ----------
    chosen
        Keys of `OWN`; others are passed over.
    transaction
        What they are asked about.
    pipeline
        The fitted scikit-learn pipeline, a joblib file.

    Returns
    -------
    list of Contender
        In the order of `OWN`.
    """
    return [
        Contender(
            OWN[key],
            _COMMANDS[key],
            plain(transaction),
            {"BENCHMARK_PIPELINE": str(pipeline.resolve())} if key == "scikit-learn" else {},
            size_mib(_PACKAGES[key]) + (_source_mib() if key == "function" else 0),
            {name: version_of(name) for name in _SHOWN[key]},
        )
        for key in OWN
        if key in chosen
    ]


_ADDRESS = ["--host", "{host}", "--port", "{port}"]
_FRAMEWORK = [str(Path(sys.executable).with_name("functions-framework"))]
_FRAMEWORK += ["--asgi", "--target", "answer", *_ADDRESS, "--source"]
_COMMANDS = {
    "function": [sys.executable, "-m", "function.serve", *_ADDRESS],
    "nothing": [sys.executable, "-m", "benchmark.bare", str(NOTHING), "answer", *_ADDRESS],
    "uvloop": [*_FRAMEWORK, str(NOTHING)],
    "scikit-learn": [*_FRAMEWORK, str(PIPELINE)],
}
_PACKAGES = {
    "function": re.findall(r"^([\w.-]+)==", LOCKED.read_text(), re.MULTILINE),
    "nothing": ["functions-framework"],
    "uvloop": ["functions-framework", "uvloop", "httptools"],
    "scikit-learn": ["functions-framework", "uvloop", "httptools", "scikit-learn", "pandas"],
}
_SHOWN = {
    "function": ["functions-framework", "uvicorn", "uvloop"],
    "nothing": ["functions-framework", "uvicorn", "h11"],
    "uvloop": ["functions-framework", "uvicorn", "uvloop"],
    "scikit-learn": ["functions-framework", "uvicorn", "scikit-learn"],
}


def _source_mib() -> float:
    files = (PROJECT / "function").rglob("*")
    return sum(file.stat().st_size for file in files if file.suffix in {".py", ".json"}) / 2**20
