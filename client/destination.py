"""Decides where a run's answers go and how its events are called; `score` asks."""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from client.errors import OptionError
from client.options import Options
from client.source import STANDARD_INPUT, Kind, bare_name
from client.state import Format

STANDARD_OUTPUT = Path("-")
FORMATS: dict[str, Format] = {
    ".csv": "csv",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".parquet": "parquet",
}


@dataclass(frozen=True)
class Destination:
    """Where the answers go: `-` is standard output."""

    path: Path
    format: Format


def destination_of(options: Options, kind: Kind) -> Destination:
    """Decide where answers go, and in which format.

    Parameters
    ----------
    options
        What was asked for.
    kind
        What the input holds.

    Returns
    -------
    Destination

    Raises
    ------
    OptionError
        If the name does not say the format, the output is the input, or what writes Parquet is not
        installed.
    """
    found = _destination_of(options, kind)
    if found.format == "parquet" and find_spec("pyarrow") is None:
        raise OptionError("Parquet needs pyarrow, which requirements/parquet.txt installs.")
    return found


def _destination_of(options: Options, kind: Kind) -> Destination:
    out = options.out
    if out is None and options.input == STANDARD_INPUT:
        out = STANDARD_OUTPUT
    if out is None:
        stem = Path(bare_name(options.input)).stem
        form = options.format or kind
        return Destination(options.input.with_name(f"{stem}.scores.{form}"), form)
    form = options.format or (kind if out == STANDARD_OUTPUT else _format_of(out))
    if out == STANDARD_OUTPUT and form == "parquet":
        raise OptionError("Parquet is written to a file; give its name with --out.")
    if out != STANDARD_OUTPUT and out.resolve() == options.input.resolve():
        raise OptionError(f"--out {out} is the input itself; give another.")
    return Destination(out, form)


def event_source_of(options: Options) -> str:
    """Return the source that events have.

    Parameters
    ----------
    options
        What was asked for.

    Returns
    -------
    str
        A URI reference; empty where no events are sent.
    """
    if options.mode == "rows":
        return ""
    if options.event_source:
        return options.event_source
    name = "stdin" if options.input == STANDARD_INPUT else bare_name(options.input)
    return f"/files/{quote(name)}"


def _format_of(out: Path) -> Format:
    form = FORMATS.get(out.suffix.lower())
    if form is None:
        raise OptionError(
            f"--out {out} does not say what it is; let it end with {', '.join(FORMATS)}, or give "
            "--format."
        )
    return form
