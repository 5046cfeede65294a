"""The command `scripts/compare`: whether a model file may take the place of another."""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import msgspec
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from function.errors import ModelFileError
from function.model import Model, read_model
from training.bootstrap import MARGIN
from training.comparison import STEPS, Comparison, Count, Decisions, Judge, compare
from training.data import default_cache, fetch, sha256_of
from training.errors import DataError, TrainingError
from training.parallel import one_thread_each
from training.progress import steps
from training.table import TARGET, read

DESCRIPTION = """\
Compare two model files: metrics, the decisions that change, and a verdict.

A model does too well on transactions that it was trained on. So where either was trained on this
very file, the verdict is about their recipes, refitted to the first 70% of the time and measured on
the rest. Decisions are always compared as the files make them."""
EXITS = """\
exit code: 0 better or no worse, 1 error, 2 usage, 3 worse. Better: the 95% interval of the
difference in average precision lies above 0. No worse: it lies above -MARGIN. Else worse."""
WORSE = 3
WIDTH = 100
STANDARD_OUTPUT = Path("-")
WORDS = {False: "honest", True: "fraud"}
FEWEST_FRAUDS = 10
"""With five frauds, 95% intervals were found to hold 85 times in 100; with ten, 94 times."""


@dataclass(frozen=True)
class Side:
    """A model in the JSON document: which it is, and whether it was trained on this data."""

    name: str
    version: str
    threshold: float
    trained_on_this_data: bool


@dataclass(frozen=True)
class Document:
    """What --json writes: `data_sha256` in hexadecimal, `notes` in sentences."""

    old: Side
    new: Side
    data_sha256: str
    data: Count
    margin: float
    comparison: Comparison
    notes: tuple[str, ...]


def main(arguments: list[str] | None = None) -> None:
    """Run the command.

    Parameters
    ----------
    arguments
        The command line; `sys.argv` where it is None.

    Raises
    ------
    SystemExit
        With 3 where NEW is worse; with a sentence if a file cannot be read or written, or the
        models cannot be compared.
    """
    options = _parser().parse_args(arguments)
    stream = sys.stderr if options.json == STANDARD_OUTPUT else sys.stdout
    console = Console(file=stream, width=None if stream.isatty() else WIDTH, highlight=False)
    try:
        document = _document(console, options)
        _show(console, document)
        if options.json:
            _write(options.json, document)
    except (TrainingError, ModelFileError) as error:
        sys.exit(f"scripts/compare: {error}")
    if document.comparison.verdict.name == "worse":
        sys.exit(WORSE)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/compare",
        description=DESCRIPTION,
        epilog=EXITS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("old", type=Path, metavar="OLD", help="the model.json that is deployed")
    parser.add_argument("new", type=Path, metavar="NEW", help="the model.json that might be")
    parser.add_argument(
        "--data", type=Path, metavar="FILE", help="a CSV of your own; else the ULB data"
    )
    parser.add_argument(
        "--judge",
        choices=get_args(Judge),
        help="what the verdict is about; default: recipes where a model was trained on this file",
    )
    parser.add_argument(
        "--margin", type=_margin, default=MARGIN, help="in average precision (%(default)s)"
    )
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="write all that is found; - for standard output"
    )
    return parser


def _margin(text: str) -> float:
    number = float(text)
    if not 0 <= number <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not from 0 to 1")
    return number


def _document(console: Console, options: argparse.Namespace) -> Document:
    models = read_model(options.old), read_model(options.new)
    path = options.data or fetch(default_cache(), progress=sys.stderr.isatty())
    table = read(path)
    digest = sha256_of(path)
    old, new = (_side(model, digest) for model in models)
    seen = old.trained_on_this_data or new.trained_on_this_data
    judge: Judge = options.judge or ("recipes" if seen else "files")
    with steps(console, STEPS) as report, one_thread_each():
        comparison = compare(*models, table, judge, options.margin, report)
    data = Count(len(table), int(table[TARGET].sum()))
    notes = tuple(_notes(old, new, comparison))
    return Document(old, new, digest, data, options.margin, comparison, notes)


def _side(model: Model, digest: str) -> Side:
    seen = model.training.data_sha256 == digest
    return Side(model.name, model.version, model.threshold, seen)


def _notes(old: Side, new: Side, comparison: Comparison) -> Iterator[str]:
    sides = (("OLD", old), ("NEW", new))
    seen = " and ".join(role for role, side in sides if side.trained_on_this_data)
    if not seen:
        yield (
            "Neither model was trained on this very file; whether it was on some of these "
            "transactions, its record does not tell."
        )
    elif comparison.judge == "files":
        yield f"These transactions were trained on by {seen}: they show a model better than it is."
    else:
        yield (
            f"These transactions were trained on by {seen}: the verdict is about the recipes, "
            "refitted, while changed decisions and movers are those of the files, which have seen "
            "the truth."
        )
    if comparison.measured.frauds < FEWEST_FRAUDS:
        yield f"With fewer than {FEWEST_FRAUDS} frauds to measure on, the intervals are too narrow."


def _show(console: Console, document: Document) -> None:
    found = document.comparison
    for role, side in (("OLD", document.old), ("NEW", document.new)):
        text = f"{role} is {side.name} {side.version}, threshold {side.threshold:.4g}"
        console.print(text, markup=False)
    for note in document.notes:
        console.print(f"Note: {note}", style="yellow")
    _show_metrics(console, found)
    _show_decisions(console, found.decisions, document.data)
    if found.movers:
        _show_movers(console, found)
    console.print(f"Verdict: {found.verdict.name}. {found.verdict.sentence}", style="bold")


def _show_metrics(console: Console, found: Comparison) -> None:
    what = {
        "recipes": "The recipes, refitted to the first 70% of the time, on the rest",
        "files": "The model files as they are, on all of the data",
    }[found.judge]
    count = f"{found.measured.transactions:,} transactions, {found.measured.frauds:,} frauds"
    table = _table("", "OLD", "NEW", "NEW - OLD", "95% interval")
    for name, each in found.metrics.items():
        low, high = each.interval
        table.add_row(
            name.replace("_", " "),
            *(f"{number:.4g}" for number in (each.old, each.new)),
            *(f"{each.difference:+.3g}", f"{low:+.3g} to {high:+.3g}"),
        )
    console.print(f"\n{what}: {count}", table, sep="\n")


def _show_decisions(console: Console, found: Decisions, data: Count) -> None:
    table = _table("", "transactions", "of them frauds")
    for what, count in (
        ("called frauds by OLD", found.old_alerts),
        ("called frauds by NEW", found.new_alerts),
        ("from honest to fraud", found.to_fraud),
        ("from fraud to honest", found.to_honest),
    ):
        table.add_row(what, f"{count.transactions:,}", f"{count.frauds:,}")
    console.print(f"Decisions of the model files on all {data.transactions:,} transactions", table)
    console.print(
        f"Decisions change for {found.changed_share:.3%} of the transactions; the alerts overlap "
        f"by {found.jaccard:.3f} (Jaccard).\n"
    )


def _show_movers(console: Console, found: Comparison) -> None:
    reasons = "contributions that differ most"
    table = _table("row", "Amount", "truth", "OLD", "NEW", "decision", reasons)
    table.columns[-1].justify = "left"
    for each in found.movers:
        before, after = WORDS[each.old.fraud], WORDS[each.new.fraud]
        table.add_row(
            *(str(each.row), f"{each.amount:.2f}", WORDS[each.fraud]),
            *(f"{opinion.probability:.4f}" for opinion in (each.old, each.new)),
            f"{before} to {after}" if before != after else f"stays {after}",
            ", ".join(f"{why.feature} {why.new - why.old:+.2f}" for why in each.reasons),
        )
    console.print("The model files' probabilities of a fraud that move most", table, sep="\n")
    console.print(
        "Row 1 is the first below the header. Contributions are NEW - OLD, in log-odds; besides "
        f"them the intercept moves every transaction by {found.intercept:+.2f}.\n"
    )


def _table(*columns: str) -> Table:
    table = Table(box=SIMPLE, pad_edge=False)
    for position, column in enumerate(columns):
        table.add_column(column, justify="right" if position else "left")
    return table


def _write(path: Path, document: Document) -> None:
    content = msgspec.json.format(msgspec.json.encode(document)) + b"\n"
    try:
        if path == STANDARD_OUTPUT:
            sys.stdout.buffer.write(content)
        else:
            path.write_bytes(content)
    except OSError as error:
        raise DataError(f"{path} cannot be written: {error.strerror}.") from None
