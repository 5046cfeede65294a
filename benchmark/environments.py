"""Makes an environment for each peer, once, below build/; `benchmark.bench` calls it.

A peer has the scikit-learn that it resolves to, so the pipeline that it serves is fitted there.
"""

import hashlib
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmark.contenders import TARGETS
from benchmark.errors import PeerError
from benchmark.installed import folder_mib

FIT = TARGETS / "fit.py"
STAMP = "complete"
LIMIT_S = 600
"""For each step: a slow network takes minutes."""

LAST_WORDS = 300
"""How many characters of what a program wrote are shown if it fails."""


@dataclass(frozen=True)
class Environment:
    """A virtual environment with a fitted pipeline.

    Attributes
    ----------
    folder
        Where it is.
    """

    folder: Path

    @property
    def pipeline(self) -> Path:
        """The fitted pipeline, a joblib file."""
        return self.folder / "pipeline.joblib"

    def program(self, name: str) -> Path:
        """Return the path of a program, such as python.

        Parameters
        ----------
        name
            Without its folder.

        Returns
        -------
        Path
        """
        return self.folder / "bin" / name

    def size_mib(self) -> float:
        """Return what is installed, in MiB."""
        return sum(folder_mib(each) for each in self.folder.glob("lib/python*/site-packages"))

    def versions(self, packages: Sequence[str]) -> dict[str, str]:
        """Return versions.

        Parameters
        ----------
        packages
            The names of packages; those that are not installed are passed over.

        Returns
        -------
        dict of str to str
            By name.
        """
        listed = _run([*_uv("list", self), "--format", "json"], "listed")
        found = {each["name"]: each["version"] for each in json.loads(listed)}
        return {name: found[name] for name in packages if name in found}


def environment_of(folder: Path, packages: Sequence[str], transactions: Path) -> Environment:
    """Make an environment, unless it was made before from the same.

    Parameters
    ----------
    folder
        Where it is to be.
    packages
        What is installed.
    transactions
        What the pipeline is fitted to, as `benchmark.pipeline.ensure_transactions` writes it.

    Returns
    -------
    Environment

    Raises
    ------
    PeerError
        With the last words of what failed: the installation, or the fit.
    """
    environment = Environment(folder.resolve())
    wanted = hashlib.sha256(repr(packages).encode() + FIT.read_bytes()).hexdigest()
    stamp = folder / STAMP
    if stamp.exists() and stamp.read_text() == wanted:
        return environment
    uv = [sys.executable, "-m", "uv", "venv", "--quiet", "--clear", "--python", sys.executable]
    _run([*uv, str(folder)], "made")
    # Compiled here, so that no start has to.
    _run([*_uv("install", environment), "--compile-bytecode", *packages], "installed")
    python = str(environment.program("python"))
    _run([python, str(FIT), str(transactions), str(environment.pipeline)], "fitted")
    stamp.write_text(wanted)
    return environment


def _uv(verb: str, environment: Environment) -> list[str]:
    python = str(environment.program("python"))
    return [sys.executable, "-m", "uv", "pip", verb, "--quiet", "--python", python]


def _run(command: list[str], deed: str) -> str:
    """Run a program; return what it wrote to its standard output."""
    try:
        ended = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=LIMIT_S
        )
    except subprocess.TimeoutExpired:
        raise PeerError(f"It could not be {deed} within {LIMIT_S} s.") from None
    if ended.returncode:
        words = (ended.stderr.strip() or ended.stdout.strip())[-LAST_WORDS:]
        raise PeerError(f"It could not be {deed}: {' '.join(words.split())}")
    return ended.stdout
