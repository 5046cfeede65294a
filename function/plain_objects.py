"""Reads JSON objects that are all written alike, as programs write them; `reading` calls it.

What is between their numbers is then the same for all: it is compared with the first object's, and
made blanks, all at once. What is left is one array of numbers, for `tables` to read. Objects that
are written in another way are left to who asks here.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from function.scanning import WORD, places_of
from function.tables import Floats, Table, numbers_of, table_of_numbers
from function.transaction import NUMBER_FIELDS

AT_ONCE = 256 * 1024
"""Bytes; with all that is made of them they stay within a processor's own memory."""

COLON = ord(":")


class Ends(NamedTuple):
    """How objects end.

    Attributes
    ----------
    between
        One of them, before the next begins.
    last
        The last of all.
    """

    between: tuple[bytes, ...]
    last: tuple[bytes, ...]


IN_LINES = Ends(between=(b"}\n", b"}\r\n"), last=(b"}\n", b"}\r\n"))
IN_ARRAY = Ends(between=(b"},", b"}, ", b"},\n"), last=(b"}]",))


def table_of_objects(text: bytes, ends: Ends) -> Table | None:
    r"""Read objects that are written alike.

    Parameters
    ----------
    text
        JSON objects, from the first one's brace on; after the last one's there is the \n of a line
        or the bracket of an array.
    ends
        How these may end: `IN_LINES` or `IN_ARRAY`.

    Returns
    -------
    Table or None
        None where the objects differ in their names or the order of these, have anything but
        numbers, or blanks elsewhere than programs write them; or where a number is out of its range
        or missing.
    """
    layout = _layout_of(text, ends.between)
    closing = text.rfind(b"}")
    if layout is None or text[closing:] not in ends.last:
        return None
    found = []
    for piece in _pieces(text, layout.end, closing):
        numbers = _numbers_of_objects(piece, layout)
        if numbers is None:
            return None
        found.append(numbers)
    return table_of_numbers(layout.names, np.concatenate(found).reshape(-1, len(layout.names)))


class _Layout:
    """How objects are written that all have the same names in the same order.

    Parameters
    ----------
    names
        Of the numbers.
    comma
        What stands between a number and the next name: a comma, perhaps with a blank.
    end
        What stands between one object's last number and the next object's brace.
    """

    def __init__(self, names: tuple[str, ...], comma: bytes, end: bytes) -> None:
        self.names = names
        self.end = end
        befores = [end + b"{", *[comma] * (len(names) - 1)]
        texts = [
            before + f'"{name}":'.encode() for before, name in zip(befores, names, strict=True)
        ]
        self.words = _as_words(texts)
        self.masks = _as_words([b"\xff" * len(text) for text in texts])
        self.changes = self.words ^ _as_words(map(_blank, texts))
        """What to flip of what is between two numbers, to make a comma and blanks of it."""
        self.beyond = [
            (column, len(text) - 1 - place, *change)
            for column, text in enumerate(texts)
            for place, change in enumerate(zip(text[:-WORD], _blank(text), strict=False))
        ]
        """What of a long text is not in its word: column, distance to the colon, characters."""


def _as_words(texts: Iterable[bytes]) -> NDArray[np.uint64]:
    padded = b"".join(text[-WORD:].rjust(WORD, b"\0") for text in texts)
    return np.frombuffer(padded, "<u8")


def _blank(text: bytes) -> bytes:
    return b",".ljust(len(text))


def _layout_of(text: bytes, ends: Sequence[bytes]) -> _Layout | None:
    """Tell by the first object how all may be written."""
    closing = text.find(b"}")
    try:
        names = tuple(msgspec.json.decode(text[: closing + 1], type=dict[str, float]))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    comma = b", " if b", " in text[:closing] else b","
    end = next((each for each in ends if text.startswith(each + b"{", closing)), ends[0])
    return _known_layout(names, comma, end)


@lru_cache(maxsize=64)
def _known_layout(names: tuple[str, ...], comma: bytes, end: bytes) -> _Layout | None:
    return _Layout(names, comma, end) if names and set(names) <= set(NUMBER_FIELDS) else None


def _pieces(text: bytes, end: bytes, closing: int) -> list[memoryview]:
    """Cut between objects, and leave out how each piece's last one ends.

    Were it within a string that it is cut, the pieces would not be read.
    """
    count = max(round(closing / AT_ONCE), 1)  # of about the same size: each has a cost of its own
    begins, ends = [0], []
    for number in range(1, count):
        place = text.rfind(end + b"{", begins[-1], closing * number // count)
        if place > 0:
            ends.append(place)
            begins.append(place + len(end))
    whole = memoryview(text)
    return [whole[begin:end] for begin, end in zip(begins, [*ends, closing], strict=True)]


def _numbers_of_objects(text: memoryview, layout: _Layout) -> Floats | None:
    # Before the first object, as before all others, there is a number and how an object ends.
    array = bytearray().join((b"[0", layout.end, text, b"]"))
    places = places_of(array, COLON)
    if len(places) % len(layout.names):
        return None
    colons = places.reshape(-1, len(layout.names))
    # simdjson makes one array of all that are within another, and does not mind where lines end.
    if not _blank_names(array, colons, layout) or array.find(b"[", 1) > 0 or b"\n" in array:
        return None
    numbers = numbers_of(array)
    return numbers[1:] if numbers is not None and numbers.size == 1 + colons.size else None


def _blank_names(text: bytearray, colons: NDArray[np.intp], layout: _Layout) -> bool:
    """Leave a comma of what is between two numbers, if it is what should be there.

    A name has to stand right after the comma, or the first after how an object ends: what is before
    that then is the number of the name before.
    """
    characters = np.frombuffer(text, np.uint8)
    words = np.ndarray((len(text) - WORD + 1,), "<u8", text, 0, (1,))  # from each character on
    places = colons - (WORD - 1)
    found = words[places]
    if not ((found & layout.masks) == layout.words).all():
        return False
    # The last first: a word may reach back over a short number to the colon before that.
    words[places.ravel()[::-1]] = (found ^ layout.changes).ravel()[::-1]
    for column, distance, character, change in layout.beyond:
        where = colons[:, column] - distance
        if not (characters[where] == character).all():
            return False
        if change != character:
            characters[where] = change
    return True
