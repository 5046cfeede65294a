"""What this function is asked beside one transaction a request; `measuring` sends it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from msgspec.json import encode

from benchmark.posts import (
    Post,
    Transaction,
    batch,
    binary_event,
    plain,
    structured_event,
    version_2,
)
from benchmark.streams import Stream
from function.transaction import REQUIRED_FIELDS

ROWS, BATCHES, STREAMS, EVENTS, INFER, MILLION = CHOICES = (
    "rows",
    "batches",
    "streams",
    "events",
    "infer",
    "million",
)
"""The words by which the command line chooses."""

CONNECTIONS = (1, 16, 64)
"""How many requests of one transaction are under way at once, one measurement for each."""

JSON_BATCHES = "JSON, arrays of 1,000"
PLAIN, BINARY, STRUCTURED = "plain JSON", "binary events", "structured events"
V2 = "Open Inference Protocol"
NDJSON, CSV = "NDJSON, 100,000 lines", "CSV, 100,000 rows"

BATCH_ROWS, STREAM_ROWS, MILLION_TIMES = 1000, 100_000, 10


@dataclass(frozen=True)
class Repeated:
    """A request that is sent again and again.

    Attributes
    ----------
    post
        The request.
    connections
        How many are under way at once.
    rows
        How many transactions one has.
    optional
        Whether it is left out where it is answered with 404.
    """

    post: Post
    connections: int = 16
    rows: int = 1
    optional: bool = False


@dataclass(frozen=True)
class Workloads:
    """What is measured of this function alone.

    Attributes
    ----------
    repeated, streams
        By the names in the tables.
    million
        What is sent `MILLION_TIMES` in one request while memory is watched; None to leave it out.
    """

    repeated: Mapping[str, Repeated] = field(default_factory=dict)
    streams: Mapping[str, Stream] = field(default_factory=dict)
    million: Stream | None = None


def workloads_of(chosen: list[str], transaction: Transaction, transactions: Path) -> Workloads:
    """Prepare all bytes, so that nothing is to be made while it is measured.

    Parameters
    ----------
    chosen
        Of `CHOICES`.
    transaction
        What single requests ask about.
    transactions
        The file that `benchmark.pipeline.ensure_transactions` writes; it is read only where many
        are to be sent.

    Returns
    -------
    Workloads
    """
    many = {BATCHES, STREAMS, MILLION} & set(chosen)
    table = _table(transactions) if many else []
    streams = {NDJSON: _ndjson(table), CSV: _csv(table)} if many else {}
    return Workloads(
        _repeated(chosen, transaction, table),
        streams if STREAMS in chosen else {},
        streams[NDJSON] if MILLION in chosen else None,
    )


def _table(transactions: Path) -> list[list[float]]:
    with np.load(transactions) as arrays:
        table: list[list[float]] = arrays["features"][:STREAM_ROWS].tolist()
    return table


def _repeated(
    chosen: list[str], transaction: Transaction, table: list[list[float]]
) -> dict[str, Repeated]:
    found = {}
    if EVENTS in chosen:
        # Plain JSON right before the events, since it is what they are compared with.
        found[PLAIN] = Repeated(plain(transaction))
        found[BINARY] = Repeated(binary_event(transaction))
        found[STRUCTURED] = Repeated(structured_event(transaction))
    if INFER in chosen:
        found[V2] = Repeated(version_2(transaction), optional=True)
    if BATCHES in chosen:
        some = [_named(row) for row in table[:BATCH_ROWS]]
        found[JSON_BATCHES] = Repeated(batch(some), connections=4, rows=BATCH_ROWS)
    return found


def _named(row: list[float]) -> dict[str, float]:
    return dict(zip(REQUIRED_FIELDS, row, strict=True))


def _ndjson(table: list[list[float]]) -> Stream:
    lines = b"".join(encode(_named(row)) + b"\n" for row in table)
    return Stream(Post(b"", content_type="application/x-ndjson"), lines, len(table))


def _csv(table: list[list[float]]) -> Stream:
    header = ",".join(REQUIRED_FIELDS) + "\n"
    lines = "".join(",".join(map(repr, row)) + "\n" for row in table)
    post = Post(header.encode(), content_type="text/csv")
    return Stream(post, lines.encode(), len(table), answer_heads=1)
