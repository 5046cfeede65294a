"""Runs other programs (kubectl, minikube, a builder); every module of this package calls it."""

import subprocess
import sys
from collections.abc import Mapping, Sequence

from knative.errors import CommandError

LAST_WORDS = 20
"""How many lines of what a failed program said are shown."""

HOW_TO_GET: Mapping[str, str] = {
    "kubectl": "https://kubernetes.io/docs/tasks/tools/",
    "minikube": "https://minikube.sigs.k8s.io/docs/start/",
}
"""Where the programs that one cannot guess come from."""


def run(*command: str, stdin: str | None = None) -> str:
    """Run a short program and return what it printed.

    Parameters
    ----------
    command
        The program and its arguments.
    stdin
        What it reads; nothing where it is None.

    Returns
    -------
    str
        Its standard output. What it wrote to standard error is shown only if it failed.

    Raises
    ------
    CommandError
        If the program is not installed, or with its last words if it failed.
    """
    ended = _ended(command, stdin)
    if ended.returncode:
        raise CommandError(_last_words(command[0], ended))
    return ended.stdout


def run_in_part(*command: str) -> tuple[str, str]:
    """Run a short program of which a part may fail.

    Parameters
    ----------
    command
        The program and its arguments.

    Returns
    -------
    tuple of str
        Its standard output, and what it wrote to standard error: the caller tells what that means.

    Raises
    ------
    CommandError
        If the program is not installed.
    """
    ended = _ended(command)
    return ended.stdout, ended.stderr


def _ended(command: Sequence[str], stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command,
            input=stdin or "",
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
    except OSError as error:
        raise _missing(command[0], error) from None


def stream(*command: str) -> None:
    """Run a long program and let all that it says through to standard error.

    Parameters
    ----------
    command
        The program and its arguments. It keeps the terminal, so it can ask for a password.

    Raises
    ------
    CommandError
        If the program is not installed, or if it failed; its own words are then on standard error.
    """
    sys.stderr.flush()
    try:
        ended = subprocess.run(command, stdout=2, check=False)
    except OSError as error:
        raise _missing(command[0], error) from None
    if ended.returncode:
        raise CommandError(
            f"{command[0]} failed with code {ended.returncode}; its own words are above."
        )


def _missing(program: str, error: OSError) -> CommandError:
    if not isinstance(error, FileNotFoundError):
        return CommandError(f"{program} cannot be run: {error.strerror}.")
    source = f"; {HOW_TO_GET[program]} says how to get it" if program in HOW_TO_GET else ""
    return CommandError(f"{program} is not installed{source}.")


def _last_words(program: str, ended: subprocess.CompletedProcess[str]) -> str:
    lines = (ended.stderr.strip() or ended.stdout.strip()).splitlines()[-LAST_WORDS:]
    if not lines:
        return f"{program} failed with code {ended.returncode} and said nothing."
    return f"{program} failed: " + "\n".join(lines)
