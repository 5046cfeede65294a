"""Makes Parquet of the CSV that a run has written; `file_output` imports it where it is asked for.

A Parquet file has its table of contents at its end, so that half of one is none: a run that may be
resumed writes CSV first.
"""

from pathlib import Path

import pyarrow as pa
from pyarrow import csv, parquet

from client.errors import OutputError

SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("probability", pa.float64()),
        ("fraud", pa.bool_()),
        ("problem", pa.string()),
    ]
)
COMPRESSION = "zstd"


def write_parquet(source: Path, target: Path) -> None:
    """Write a CSV's rows as Parquet, in little memory.

    Parameters
    ----------
    source
        With a head; columns as in `SCHEMA`.
    target
        Written anew.

    Raises
    ------
    OutputError
        If the rows cannot be read back.
    OSError
        If it cannot be written.
    """
    types = csv.ConvertOptions(
        column_types=SCHEMA, strings_can_be_null=True, quoted_strings_can_be_null=False
    )
    try:
        with (
            csv.open_csv(source, convert_options=types) as rows,
            parquet.ParquetWriter(target, SCHEMA, compression=COMPRESSION) as writer,
        ):
            for batch in rows:
                writer.write_batch(batch)
    except pa.ArrowInvalid as error:
        raise OutputError(f"{source} cannot be made Parquet: {error}.") from None
