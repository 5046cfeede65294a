"""What became of the requests under each disturbance, for build/ and for the end of the tests."""

import json
from pathlib import Path

FILE = Path(__file__).parent.parent.parent / "build" / "nothing-lost.json"
COLUMNS = ("sent", "answered", "refused", "failed", "p50_ms", "p99_ms", "max_ms")

_all: dict[str, dict] = {}


def add(name: str, tally: dict) -> None:
    """Keep the tally of a test, and write the file anew: the last of each name stays."""
    _all[name] = tally
    FILE.parent.mkdir(exist_ok=True)
    before = json.loads(FILE.read_text()) if FILE.exists() else {}
    FILE.write_text(json.dumps(before | _all, indent=2) + "\n")
    FILE.with_suffix(".md").write_text(table(before | _all))


def table(tallies: dict[str, dict]) -> str:
    """Return a table in Markdown."""
    rows = [["disturbance", *COLUMNS], ["---"] * (1 + len(COLUMNS))]
    rows += [[name, *(f"{each[column]:,}" for column in COLUMNS)] for name, each in tallies.items()]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def summary() -> str:
    """Return the table of those of this run."""
    return table(_all) if _all else ""
