"""Reads a file of transactions in chunks of whole lines; `score` opens it, `run` asks for them.

A chunk ends with the last line before a multiple of the chunk's size, counted from the beginning of
the file: whoever begins at the end of any chunk gets the same chunks from there on.
"""

import gzip
import os
import sys
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, Literal

import msgspec

from client.errors import SourceError
from function.lines import LINE_LIMIT, Lines

Kind = Literal["csv", "ndjson"]
SUFFIXES: dict[str, Kind] = {".csv": "csv", ".ndjson": "ndjson", ".jsonl": "ndjson"}
COMPRESSED = ".gz"
STANDARD_INPUT = Path("-")
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Place(msgspec.Struct, frozen=True):
    """A place between two lines.

    Attributes
    ----------
    offset
        How many bytes are before it, of what the file holds when it is not compressed.
    lines
        How many lines are before it; a CSV's header does not count.
    """

    offset: int = 0
    lines: int = 0


@dataclass(frozen=True)
class Chunk:
    r"""Some lines.

    Attributes
    ----------
    body
        The lines, each with its \n; of one that is too long for the function, as much as shows it.
    start, end
        Where they are.
    read
        How many bytes of the file itself have been read for all so far.
    """

    body: bytes
    start: Place
    end: Place
    read: int

    @property
    def count(self) -> int:
        """How many lines there are."""
        return self.end.lines - self.start.lines

    @cached_property
    def lines(self) -> list[bytes]:
        """Those that are not blank, which are the ones that are answered."""
        return [line for line in self.body.split(b"\n")[:-1] if line.strip()]

    @cached_property
    def numbers(self) -> Sequence[int]:
        """The numbers of those in the file, from 1."""
        first = self.start.lines + 1
        lines = self.body.split(b"\n")[:-1]
        return [number for number, line in enumerate(lines, first) if line.strip()]


class Source:
    """A file of transactions, open for reading.

    Parameters
    ----------
    path
        The file; its name's end says what it holds, or else its first character. `-` is standard
        input.

    Attributes
    ----------
    kind
        What it holds.
    header
        A CSV's first line, with its end; of NDJSON nothing.
    size
        Its size in bytes as it is stored; None where that is not known.
    modified_ns
        When it was changed last, in nanoseconds since 1970.

    Raises
    ------
    SourceError
        If it cannot be read, or is a CSV without a header.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._raw, self._file = _opened(path)
        except OSError as error:
            raise self._broken(error) from None
        try:
            self._begin()
        except BaseException:
            self.close()
            raise

    def chunks(self, size: int, start: Place | None = None) -> Iterator[Chunk]:
        """Read the lines.

        Parameters
        ----------
        size
            About how many bytes a chunk has: at most one line more.
        start
            The end of a chunk of the same size; None for the beginning.

        Yields
        ------
        Chunk
            No empty one.

        Raises
        ------
        SourceError
            If it cannot be read to its end.
        """
        try:
            yield from self._chunks(size, self._go_to(start))
        except (OSError, EOFError, zlib.error) as error:
            raise self._broken(error) from None

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        self._raw.close()

    def _begin(self) -> None:
        status = os.fstat(self._raw.fileno())
        self.size = None if self._path == STANDARD_INPUT else status.st_size
        self.modified_ns = status.st_mtime_ns
        try:
            self._ahead = self._fill(LINE_LIMIT + 2)
        except (OSError, EOFError, zlib.error) as error:
            raise self._broken(error) from None
        self.kind = _kind_of(self._path, self._ahead)
        self.header = self._take_header()

    def _go_to(self, start: Place | None) -> Place:
        if start is None:
            return self._first
        self._file.seek(start.offset)
        self._ahead = b""
        return start

    def _chunks(self, size: int, start: Place) -> Iterator[Chunk]:
        lines, offset = Lines(), start.offset
        while piece := self._read(size - offset % size):
            block = lines.feed(piece)
            if block:
                ended = offset + piece.rfind(b"\n") + 1
                end = Place(ended, start.lines + block.count(b"\n"))
                yield Chunk(block, start, end, self._tell(ended))
                start = end
            offset += len(piece)
        if block := lines.end():
            yield Chunk(block, start, Place(offset, start.lines + 1), self._tell(offset))

    def _take_header(self) -> bytes:
        mark = len(BYTE_ORDER_MARK) if self._ahead.startswith(BYTE_ORDER_MARK) else 0
        self._first = Place(mark)
        header = b""
        if self.kind == "csv":
            line, end, _ = self._ahead[mark:].partition(b"\n")
            header = line + b"\n"
            self._first = Place(mark + len(line + end))
            if not line.strip() or len(line) > LINE_LIMIT:
                raise SourceError(
                    f"{self._path} has no header; a CSV begins with a line of its columns' names: "
                    "V1 to V28, Amount, and optionally id, Time and Class."
                )
        self._ahead = self._ahead[self._first.offset :]
        return header

    def _read(self, size: int) -> bytes:
        ahead, self._ahead = self._ahead[:size], self._ahead[size:]
        return ahead + self._fill(size - len(ahead)) if len(ahead) < size else ahead

    def _fill(self, size: int) -> bytes:
        """Read so many bytes, which a pipe gives bit by bit; fewer only at the end."""
        parts = []
        while size and (part := self._file.read(size)):
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def _tell(self, offset: int) -> int:
        return offset if self._raw is self._file else self._raw.tell()

    def _broken(self, error: Exception) -> SourceError:
        reason = getattr(error, "strerror", None) or error
        return SourceError(f"{self._path} cannot be read: {reason}.")


def bare_name(path: Path) -> str:
    """Return a file's name without what says how it is compressed.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    str
    """
    return path.name.removesuffix(COMPRESSED)


def _opened(path: Path) -> tuple[IO[bytes], IO[bytes]]:
    if path == STANDARD_INPUT:
        # Without a buffer: a thread that waits in one would be in the way of the process's end.
        raw: IO[bytes] = os.fdopen(sys.stdin.fileno(), "rb", buffering=0, closefd=False)
        return raw, raw
    raw = path.open("rb", buffering=0)
    if path.suffix == COMPRESSED:
        return raw, gzip.GzipFile(fileobj=raw)  # type: ignore[return-value]  # all that is used
    return raw, raw


def _kind_of(path: Path, beginning: bytes) -> Kind:
    suffix = Path(bare_name(path)).suffix.lower()
    if suffix in SUFFIXES:
        return SUFFIXES[suffix]
    return "ndjson" if beginning.removeprefix(BYTE_ORDER_MARK).lstrip()[:1] == b"{" else "csv"
