"""What the command line of `scripts/score` says; `score` reads it."""

import argparse
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import get_args
from urllib.parse import urlsplit

from client.errors import OptionError
from client.state import Format, Mode

KEY_VARIABLE = "FRAUD_KEY"
KEY = re.compile(r"[!-~]+")
CONCURRENCY: dict[Mode, int] = {"rows": 4, "events": 16}
TIMEOUT_S, RETRIES = 60.0, 8
MOST, MOST_SECONDS = 1000, 3600
FINISHED_WITH_PROBLEMS = 3
DESCRIPTION = """\
Send a file of transactions to the function and write what it decides, in the file's order.

FILE is a CSV with the data set's header (V1 to V28, Amount; optionally id, Time and Class, in any
order) or NDJSON, a transaction a line; it may be compressed (.gz). - is standard input.

Where the run stops, by Ctrl-C, an error or a crash, the same command goes on from there: beside the
output are FILE.partial and FILE.state until it is whole. The key is read from --key-file or the
environment variable FRAUD_KEY."""
EXITS = """\
what is written: id (or else the row's number), probability, fraud, problem. NDJSON from NDJSON is
what the function answers, line by line. --as events sends each row as a binary CloudEvent
(dev.fraud.transaction.v1), to the function or to a Broker, which decides nothing: its rows have an
id alone. An event without an id is called by its row's number and digest; a run that goes on sends
at most the last second's events again, with the same ids.

exit code: 0 all rows are scored, 1 it could not finish, 2 usage, 3 finished, but some rows have
problems, 130 or 143 stopped by a signal."""


@dataclass(frozen=True)
class Options:
    """What was asked for.

    Attributes
    ----------
    input
        The file to send.
    url
        Where to.
    mode
        As what.
    out
        The file to write; None for one beside the input.
    format
        In which it is written; None for what its name says.
    event_source
        Of events; None for one made of the file's name.
    concurrency
        How many requests are under way at once.
    timeout_s
        How long one may take, in seconds.
    retries
        How many times one is sent again.
    key
        What the function knows us by; None where it asks for none.
    restart
        Whether to forget what an earlier run has left.
    quiet
        Whether to say nothing but errors.
    """

    input: Path
    url: str
    mode: Mode
    out: Path | None
    format: Format | None
    event_source: str | None
    concurrency: int
    timeout_s: float
    retries: int
    key: str | None
    restart: bool
    quiet: bool


def read_options(arguments: list[str] | None, environment: Mapping[str, str]) -> Options:
    """Read the command line.

    Parameters
    ----------
    arguments
        Without the command; `sys.argv` where it is None.
    environment
        May have the key.

    Returns
    -------
    Options

    Raises
    ------
    OptionError
        If the key cannot be read.
    SystemExit
        With 2, if the command line is wrong.
    """
    words = _parser().parse_args(arguments)
    return Options(
        input=words.file,
        url=words.url,
        mode=words.mode,
        out=words.out,
        format=words.format,
        event_source=words.source,
        concurrency=words.concurrency or CONCURRENCY[words.mode],
        timeout_s=words.timeout,
        retries=words.retries,
        key=_key(words.key_file, environment),
        restart=words.restart,
        quiet=words.quiet,
    )


def _key(path: Path | None, environment: Mapping[str, str]) -> str | None:
    try:
        key = path.read_text().strip() if path else environment.get(KEY_VARIABLE, "").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise OptionError(f"--key-file {path} cannot be read: {reason}.") from None
    place = f"--key-file {path}" if path else KEY_VARIABLE
    if key and not KEY.fullmatch(key):
        raise OptionError(f"{place} has a key of more than one word or line; one key is expected.")
    if path and not key:
        raise OptionError(f"{place} is empty; a key is expected.")
    return key or None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/score",
        description=DESCRIPTION,
        epilog=EXITS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,  # a key after --key would be taken for a file, and shown
    )
    add = parser.add_argument
    add("file", type=Path, metavar="FILE", help="what to send; - for standard input")
    add("--url", type=_url, required=True, help="of the function, or of a Broker for events")
    add("--as", choices=get_args(Mode), default="rows", dest="mode", help="default: rows")
    add(
        "--out",
        type=Path,
        metavar="FILE",
        help="default: FILE.scores.FORMAT; - for standard output",
    )
    add("--format", choices=get_args(Format), help="default: as --out ends, or as the input is")
    add("--source", type=_source, metavar="URI", help="of the events; default: /files/NAME")
    add("--concurrency", type=_count, metavar="N", help="requests at once; 4, or 16 for events")
    add("--retries", type=_number, default=RETRIES, metavar="N", help=f"of a request; {RETRIES}")
    add("--timeout", type=_seconds, default=TIMEOUT_S, metavar="S", help="of a request; 60")
    add("--key-file", type=Path, metavar="FILE", help=f"has the key; default: {KEY_VARIABLE}")
    add("--restart", action="store_true", help="forget an earlier run, and replace its output")
    add("--quiet", action="store_true", help="say nothing but errors")
    return parser


def _url(text: str) -> str:
    try:
        parts = urlsplit(text)
        good = parts.scheme in ("http", "https") and parts.hostname and (parts.port or 1)
    except ValueError:
        good = False
    if not good:
        raise argparse.ArgumentTypeError(f'"{text}" is none, such as http://localhost:8080/')
    if parts.username or parts.password:
        raise argparse.ArgumentTypeError("it holds a user or a password; a key goes in --key-file")
    return text


def _source(text: str) -> str:
    if not text or not text.isprintable() or " " in text:
        raise argparse.ArgumentTypeError(f'"{text}" is no URI reference, such as /files/today')
    return text


def _count(text: str) -> int:
    return _number(text, least=1)


def _number(text: str, least: int = 0) -> int:
    if not (text.isascii() and text.isdigit() and least <= int(text) <= MOST):
        raise argparse.ArgumentTypeError(f'"{text}" is no whole number from {least} to {MOST}')
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= MOST_SECONDS:
        raise argparse.ArgumentTypeError(f'"{text}" is no number above 0, up to {MOST_SECONDS}')
    return seconds
