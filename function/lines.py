"""Cuts a stream of bytes into lines, in constant memory; the adapters that stream use it.

Lines are handed on in blocks, because what reads many at once has no use for single ones.
"""

LINE_LIMIT = 64 * 1024
"""Bytes; a transaction takes about 600 as JSON."""


class Lines:
    """Takes chunks and gives blocks of whole lines.

    Parameters
    ----------
    limit
        The longest line that is given whole, in bytes without its end. Of a longer one only so much
        is given that `cut` and `all_short` can tell.
    """

    def __init__(self, limit: int = LINE_LIMIT) -> None:
        self._limit = limit
        self._rest: list[bytes] = []
        self._size = 0

    def feed(self, chunk: bytes) -> bytes:
        r"""Take a chunk and give the lines that it completes.

        Parameters
        ----------
        chunk
            The next bytes of the stream.

        Returns
        -------
        bytes
            Lines, each with its \n; empty where the chunk completes none.
        """
        end = chunk.rfind(b"\n") + 1
        if not end:
            self._keep(chunk)
            return b""
        block = b"".join((*self._rest, memoryview(chunk)[:end]))  # copied once, not twice
        self._rest, self._size = [], 0
        self._keep(chunk[end:])
        return block

    def end(self) -> bytes:
        r"""Give what is left where the stream ends.

        Returns
        -------
        bytes
            The last line, where it had no end, with one; else nothing.
        """
        return self.feed(b"\n") if self._size else b""

    def _keep(self, part: bytes) -> None:
        room = max(self._limit + 2 - self._size, 0)  # one too many, and a \r that is none of it
        if part and room:
            self._rest.append(part[:room])
            self._size += len(part[:room])


def cut(block: bytes, limit: int = LINE_LIMIT) -> list[bytes | None]:
    r"""Cut a block into its lines.

    Parameters
    ----------
    block
        As `Lines` gives it.
    limit
        The longest line that is taken, in bytes without its end.

    Returns
    -------
    list of (bytes or None)
        Each without its \n or \r\n; None for one that is longer than the limit.
    """
    lines = [line.removesuffix(b"\r") for line in block.split(b"\n")[:-1]]
    return [line if len(line) <= limit else None for line in lines]


def all_short(block: bytes, limit: int = LINE_LIMIT) -> bool:
    """Tell, without cutting, whether no line of a block is longer than the limit.

    Parameters
    ----------
    block
        As `Lines` gives it.
    limit
        In bytes, without a line's end.

    Returns
    -------
    bool
    """
    start = 0
    while start < len(block):
        # The last end that a short line here could have; none, where the line is long.
        start = block.rfind(b"\n", start, start + limit + 1) + 1
        if not start:
            return False
    return True
