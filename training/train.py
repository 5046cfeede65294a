"""The command `scripts/train`: from the data to a model file that the function reads."""

import argparse
import os
import sys
import tempfile
from pathlib import Path

import joblib
import pandas as pd
from rich.console import Console
from rich.table import Table
from sklearn.pipeline import Pipeline

from function.model import Metrics, Model, Training, encode_model
from training.data import TARGET, default_cache, fetch, read, sha256_of
from training.errors import DataError, TrainingError
from training.evaluation import choose_threshold, measure, splits
from training.recipe import DEFAULT_C, fold, signed_log

DESCRIPTION = "Train the signed-log model on the ULB credit card data and write it."
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
        path = options.data or fetch(default_cache(), progress=sys.stderr.isatty())
        table = read(path)
        console.print(f"Read {len(table):,} transactions, {table[TARGET].sum()} of them frauds.")
        pipeline, model = train(table, sha256_of(path), C=options.C, seed=options.seed)
        console.print(metrics_table(model.training.metrics))
        write(options.out, pipeline, model)
    except TrainingError as error:
        sys.exit(f"scripts/train: {error}")
    console.print(f"Wrote model {model.name} {model.version} to {options.out / MODEL_FILE}")
    console.print(f"and its scikit-learn pipeline to {options.out / PIPELINE_FILE}.")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/train", description=DESCRIPTION)
    parser.add_argument(
        "--data", type=Path, metavar="FILE", help="a CSV of your own; else download"
    )
    parser.add_argument(
        "--out", type=Path, default=Path("build/model"), metavar="DIR", help="default: %(default)s"
    )
    parser.add_argument(
        "--C", type=_positive, default=DEFAULT_C, help="less regularises more (%(default)s)"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the splits (%(default)s)")
    return parser


def _positive(text: str) -> float:
    number = float(text)
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    return number


def train(
    table: pd.DataFrame,
    data_sha256: str,
    *,
    C: float = DEFAULT_C,  # noqa: N803  scikit-learn's name
    seed: int = 0,
) -> tuple[Pipeline, Model]:
    """Measure the recipe on both splits, then fit it to all transactions.

    Parameters
    ----------
    table
        As `training.data.read` returns it.
    data_sha256
        The file's digest, for the model's record.
    C
        The inverse of the regularisation's strength, above 0.
    seed
        Of the splits and folds, 0 or more.

    Returns
    -------
    pipeline : sklearn.pipeline.Pipeline
        Fitted to all rows.
    model : Model
        The same, folded.
    """
    recipe = signed_log(C)
    metrics = {name: measure(recipe, split, seed) for name, split in splits(table, seed).items()}
    threshold = choose_threshold(recipe, table, seed)
    pipeline = recipe.fit(table, table[TARGET])
    frauds = int(table[TARGET].sum())
    record = Training(data_sha256, len(table), frauds, {"C": C, "seed": seed}, metrics)
    return pipeline, fold(pipeline, threshold, record)


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
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            joblib.dump(pipeline, Path(scratch, PIPELINE_FILE))
            Path(scratch, MODEL_FILE).write_bytes(encode_model(model))
            for name in (PIPELINE_FILE, MODEL_FILE):
                os.replace(Path(scratch, name), folder / name)  # noqa: PTH105  atomic
    except OSError as error:
        raise DataError(f"{folder} cannot be written: {error.strerror}.") from None
