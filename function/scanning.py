"""Looks at every character of long texts, in numpy: `bytes.count` takes seven times as long.

`reading` and the adapters that stream use it. numpy is loaded with the first text that is worth it.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LONG = 32 * 1024
"""Bytes: to load numpy takes longer than to count in a few shorter ones."""

WORD = 8
"""Bytes that numpy looks at as one number; a name in JSON, with quotes and colon, has few more."""

NEWLINE, OPENING_BRACE = b"\n{"


def count(text: bytes, character: bytes) -> int:
    """Count a character.

    Parameters
    ----------
    text
        Of any length.
    character
        A single byte.

    Returns
    -------
    int
    """
    if len(text) < LONG:
        return text.count(character)
    import numpy as np  # noqa: PLC0415  the module's head says why

    return int(np.count_nonzero(np.frombuffer(text, np.uint8) == ord(character)))


def has_one_object_a_line(block: bytes) -> bool:
    r"""Tell whether lines of JSON objects can be read as one text.

    A reader of the whole would not mind an object over two lines, or two in one.

    Parameters
    ----------
    block
        Lines, each with its \n; at least one.

    Returns
    -------
    bool
        True where each line begins with an opening brace and has no other.
    """
    import numpy as np  # noqa: PLC0415

    characters = np.frombuffer(block, np.uint8)
    ends = places_of(block, NEWLINE)
    begins = np.concatenate(([0], ends[:-1] + 1))
    if not (characters[begins] == OPENING_BRACE).all():
        return False
    return int(np.count_nonzero(characters == OPENING_BRACE)) == len(ends)


def places_of(text: bytes | bytearray, character: int) -> "NDArray[np.intp]":
    """Find a character.

    Parameters
    ----------
    text
        Of any length.
    character
        Its code, 0 to 255.

    Returns
    -------
    ndarray of int, shape (n,)
        Where it is, in increasing order.
    """
    import numpy as np  # noqa: PLC0415

    words = np.empty(-(-len(text) // WORD), "<u8")
    words[-1:] = 0  # it may have bytes beyond the text
    is_there = words.view(np.bool_)[: len(text)]
    np.equal(np.frombuffer(text, np.uint8), character, out=is_there)
    # numpy goes through bytes one by one, so it looks for words with the character in them, of
    # which there are fewer. Where there is only one in each, all bits below it tell its place.
    filled = np.flatnonzero(words != 0)
    found = words[filled]
    below = found - 1
    if (found & below).any():
        return np.flatnonzero(is_there)
    places: NDArray[np.intp] = filled * WORD + (np.bitwise_count(below) >> 3)
    return places
