"""Runs a command of this folder inside the project's own virtual environment.

Every Python command in scripts/ calls `enter` before it imports anything that is not in the
standard library. The environment is made on the first call and brought up to date when a lock
file changed, so that a fresh machine needs nothing but Python.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
ENVIRONMENT = PROJECT / ".venv"
PYTHON = ENVIRONMENT / "bin" / "python"
OLDEST_PYTHON = (3, 11)


def enter(group: str) -> None:
    """Continue this process inside the virtual environment.

    Parameters
    ----------
    group
        The lock file to have installed: requirements/GROUP.txt.

    Raises
    ------
    SystemExit
        With a sentence, where Python is too old or the environment cannot be made.
    """
    if sys.prefix == str(ENVIRONMENT):
        return
    if sys.version_info < OLDEST_PYTHON:
        _find_newer_python()
    with (PROJECT / ".venv.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _create()
        _install(group)
    os.execv(PYTHON, [str(PYTHON), *sys.argv])  # noqa: S606  the same command, with our own Python


def _find_newer_python() -> None:
    for minor in range(20, OLDEST_PYTHON[1] - 1, -1):
        if found := shutil.which(f"python3.{minor}"):
            os.execv(found, [found, *sys.argv])  # noqa: S606  the same command, with that Python
    sys.exit(
        f"Python {sys.version_info.major}.{sys.version_info.minor} is too old: "
        "install Python 3.11 or newer and run this again."
    )


def _create() -> None:
    if PYTHON.exists():
        return
    _say(f"making a virtual environment in {ENVIRONMENT.name}/ (once)")
    made = subprocess.run([sys.executable, "-m", "venv", "--clear", ENVIRONMENT], check=False)
    if made.returncode:
        shutil.rmtree(ENVIRONMENT, ignore_errors=True)
        sys.exit("The virtual environment could not be made: on Debian, install python3-venv.")
    packages = next(ENVIRONMENT.glob("lib/python*/site-packages"))
    (packages / "project.pth").write_text(f"{PROJECT}\n")


def _install(group: str) -> None:
    locked = PROJECT / "requirements" / f"{group}.txt"
    digest = hashlib.sha256(locked.read_bytes()).hexdigest()
    stamp = ENVIRONMENT / f"installed-{group}"
    if stamp.exists() and stamp.read_text() == digest:
        return
    _say(f"installing requirements/{group}.txt (once)")
    command = [PYTHON, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", locked]
    installed = subprocess.run([*command, "--disable-pip-version-check"], check=False)
    if installed.returncode:
        sys.exit(f"requirements/{group}.txt could not be installed; pip's own words are above.")
    stamp.write_text(digest)


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
