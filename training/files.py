"""Writes the files of a result, each whole or not at all; `train` and `report.page` call it."""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from training.errors import DataError


def write_whole(folder: Path, contents: Mapping[str, bytes]) -> list[Path]:
    """Write files that must never be seen half-written.

    Parameters
    ----------
    folder
        Made where it does not exist.
    contents
        By the files' names, in the order in which they are put in place.

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    DataError
        If the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            for name, content in contents.items():
                Path(scratch, name).write_bytes(content)
            for name in contents:
                os.replace(Path(scratch, name), folder / name)  # noqa: PTH105  atomic
    except OSError as error:
        raise DataError(f"{folder} cannot be written: {error.strerror}.") from None
    return [folder / name for name in contents]
