"""Makes what scikit-learn servers need; `benchmark.bench` calls it.

That is the fitted pipeline, and the transactions to which peers fit one of their own.
"""

import io
from pathlib import Path

import joblib
import numpy as np

from function.transaction import REQUIRED_FIELDS
from training.data import default_cache, fetch
from training.files import write_whole
from training.recipes import DEFAULT, RECIPES
from training.table import TARGET, read


def ensure_pipeline(path: Path) -> None:
    """Fit the recipe to the data set, unless that was done before.

    Parameters
    ----------
    path
        The joblib file; it is written where it does not exist.

    Raises
    ------
    TrainingError
        If the data cannot be had, or the file cannot be written.
    """
    if path.exists():
        return
    table = read(fetch(default_cache()))
    fitted = RECIPES[DEFAULT].pipeline().fit(table, table[TARGET])
    dumped = io.BytesIO()
    joblib.dump(fitted, dumped)
    write_whole(path.parent, {path.name: dumped.getvalue()})


def ensure_transactions(path: Path) -> None:
    """Write the data set as arrays, unless that was done before.

    Parameters
    ----------
    path
        The npz file: `features`, a float64 array of shape (n, 29) in the order of
        `REQUIRED_FIELDS`, and `frauds`, n integers, 0 or 1.

    Raises
    ------
    TrainingError
        If the data cannot be had, or the file cannot be written.
    """
    if path.exists():
        return
    table = read(fetch(default_cache()))
    features, frauds = table[list(REQUIRED_FIELDS)].to_numpy(float), table[TARGET].to_numpy(int)
    saved = io.BytesIO()
    np.savez(saved, features=features, frauds=frauds)
    write_whole(path.parent, {path.name: saved.getvalue()})
