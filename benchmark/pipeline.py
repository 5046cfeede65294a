"""Makes the scikit-learn pipeline that one of the peers serves; `benchmark.bench` calls it."""

from pathlib import Path

import joblib

from benchmark.errors import MachineError
from training.data import default_cache, fetch
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
        If the data cannot be had.
    MachineError
        If the file cannot be written.
    """
    if path.exists():
        return
    table = read(fetch(default_cache()))
    fitted = RECIPES[DEFAULT].pipeline().fit(table, table[TARGET])
    scratch = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        joblib.dump(fitted, scratch)
        scratch.replace(path)
    except OSError as error:
        raise MachineError(f"{path} cannot be written: {error.strerror}.") from None
