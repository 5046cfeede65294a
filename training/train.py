"""The command `scripts/train`: from the data to a model file that the function reads."""

import argparse
import io
import sys
from pathlib import Path

import joblib
import pandas as pd
from rich.console import Console
from rich.table import Table
from sklearn.pipeline import Pipeline

from function.model import Metrics, Model, encode_model
from training import fitting
from training.data import default_cache, fetch, sha256_of
from training.errors import RuleError, TrainingError
from training.files import write_whole
from training.fitting import Wanted
from training.parallel import one_thread_each
from training.progress import steps
from training.recipes import DEFAULT, RECIPES
from training.table import TARGET, read
from training.thresholds import DEFAULT_RULE, EXPECTED, Rule

DESCRIPTION = "Train a model on the ULB credit card data and write it."
MODEL_FILE = "model.json"
PIPELINE_FILE = "model.joblib"


def main(arguments: list[str] | None = None) -> None:
    """Run the command.

    Parameters
    ----------
    arguments
        The command line; `sys.argv` where it is None.

    Raises
    ------
    SystemExit
        With a sentence, if the data cannot be had or read, or the files cannot be written.
    """
    options = _parser().parse_args(arguments)
    console = Console()
    try:
        with one_thread_each():
            _run(console, options)
    except TrainingError as error:
        sys.exit(f"scripts/train: {error}")


def _run(console: Console, options: argparse.Namespace) -> None:
    path = options.data or fetch(default_cache(), progress=sys.stderr.isatty())
    table = read(path)
    console.print(f"Read {len(table):,} transactions, {table[TARGET].sum()} of them frauds.")
    _train(console, table, sha256_of(path), options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/train",
        description=DESCRIPTION,
        epilog="Recipes: " + "; ".join(f"{each.name}, {each.summary}" for each in RECIPES.values()),
    )
    parser.add_argument(
        "--data", type=Path, metavar="FILE", help="a CSV of your own; else download"
    )
    parser.add_argument(
        "--out", type=Path, default=Path("build/model"), metavar="DIR", help="default: %(default)s"
    )
    parser.add_argument("--report", type=Path, metavar="DIR", help="write a report there as well")
    parser.add_argument("--recipe", choices=RECIPES, default=DEFAULT, help="default: %(default)s")
    parser.add_argument("--C", type=_positive, help="less regularises more; default: the recipe's")
    parser.add_argument(
        "--threshold",
        type=_rule,
        default=DEFAULT_RULE,
        metavar="RULE",
        help=f"{EXPECTED}; default: %(default)s",
    )
    parser.add_argument("--seed", type=_seed, default=0, help="of the splits (%(default)s)")
    return parser


def _positive(text: str) -> float:
    number = float(text)
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    return number


def _seed(text: str) -> int:
    number = int(text)
    if not 0 <= number < 2**32:
        raise argparse.ArgumentTypeError(f"{text} is not from 0 to {2**32 - 1}")
    return number


def _rule(text: str) -> Rule:
    try:
        return Rule.parse(text)
    except RuleError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _train(
    console: Console, table: pd.DataFrame, data_sha256: str, options: argparse.Namespace
) -> None:
    recipe = RECIPES[options.recipe]
    wanted = Wanted(recipe, options.C or recipe.C, options.threshold, options.seed)
    with steps(console, fitting.STEPS) as report:
        pipeline, model = fitting.fit(table, data_sha256, wanted, report)
    console.print(metrics_table(model.training.metrics))
    write(options.out, pipeline, model)
    console.print(f"Wrote model {model.name} {model.version} to {options.out / MODEL_FILE}")
    console.print(f"and its scikit-learn pipeline to {options.out / PIPELINE_FILE}.")
    if options.report:
        _report(console, table, model, options)


def _report(
    console: Console, table: pd.DataFrame, model: Model, options: argparse.Namespace
) -> None:
    # Imported here, because matplotlib takes a second that a plain training need not wait for.
    from training.report.page import write_report  # noqa: PLC0415
    from training.study import steps_of_study, study  # noqa: PLC0415

    with steps(console, steps_of_study()) as report:
        found = study(table, model, options.threshold, report)
    for path in write_report(options.report, found):
        console.print(f"Wrote {path}")


def metrics_table(metrics: dict[str, Metrics]) -> Table:
    """Lay out metrics for a terminal.

    Parameters
    ----------
    metrics
        By the name of the split.

    Returns
    -------
    rich.table.Table
        A column for each split.
    """
    table = Table("", *metrics, title="On transactions not seen in training")
    for name in Metrics.__struct_fields__:
        table.add_row(
            name.replace("_", " "), *(f"{getattr(each, name):.4g}" for each in metrics.values())
        )
    return table


def write(folder: Path, pipeline: Pipeline, model: Model) -> None:
    """Write the model file and the pipeline, each whole or not at all.

    Parameters
    ----------
    folder
        Made where it does not exist.
    pipeline
        For whoever wants to check or extend it; the function never loads it.
    model
        What the function reads.

    Raises
    ------
    DataError
        If the folder cannot be written.
    """
    dumped = io.BytesIO()
    joblib.dump(pipeline, dumped)
    write_whole(folder, {PIPELINE_FILE: dumped.getvalue(), MODEL_FILE: encode_model(model)})
