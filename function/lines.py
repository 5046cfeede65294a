"""Cuts a stream of bytes into lines, in constant memory; the adapters that stream use it."""

LINE_LIMIT = 64 * 1024
"""Bytes; a transaction takes about 600 as JSON."""


class Lines:
    """Takes chunks and gives lines.

    Parameters
    ----------
    limit
        The longest line that is given whole, in bytes without its end.
    """

    def __init__(self, limit: int = LINE_LIMIT) -> None:
        self._limit = limit
        self._parts: list[bytes] = []
        self._size = 0

    def feed(self, chunk: bytes) -> list[bytes | None]:
        r"""Take a chunk and give the lines that it completes.

        Parameters
        ----------
        chunk
            The next bytes of the stream.

        Returns
        -------
        list of (bytes or None)
            Each without its \n or \r\n; None for one that is longer than the limit.
        """
        first, *more = chunk.split(b"\n")
        self._keep(first)
        if not more:
            return []
        *whole, rest = more
        lines = [self._taken(), *map(self._limited, whole)]
        self._keep(rest)
        return lines

    def end(self) -> list[bytes | None]:
        """Give what is left where the stream ends.

        Returns
        -------
        list of (bytes or None)
            The last line, where it had no end; else nothing.
        """
        return [self._taken()] if self._size else []

    def _keep(self, part: bytes) -> None:
        self._size += len(part)
        if self._size <= self._limit + 1:  # for a \r that is none of the line's
            self._parts.append(part)
        else:
            self._parts.clear()

    def _taken(self) -> bytes | None:
        line = self._limited(b"".join(self._parts)) if self._size <= self._limit + 1 else None
        self._parts, self._size = [], 0
        return line

    def _limited(self, line: bytes) -> bytes | None:
        line = line.removesuffix(b"\r")
        return line if len(line) <= self._limit else None
