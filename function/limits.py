"""How much one JSON document may hold; what reads and diagnoses it asks."""

import msgspec

from function.errors import BatchTooLargeError, MalformedBodyError

MOST_TRANSACTIONS = 10_000
VALUES_OF_EACH = 50
"""More than a transaction or its event has."""

TOO_DEEP = "The body is nested too deeply to be read."


def check_count(count: int, limit: int) -> None:
    """Refuse too large a batch.

    Parameters
    ----------
    count
        How many transactions there are.
    limit
        How many there may be.

    Raises
    ------
    BatchTooLargeError
        If there are more.
    """
    if count > limit:
        raise BatchTooLargeError(count, limit)


def check_values(body: bytes, limit: int) -> None:
    """Refuse JSON of so many values that to take it apart would fill the memory.

    Parameters
    ----------
    body
        The JSON text: a value in it takes two bytes, and in memory a hundred.
    limit
        How many values there may be, counted by the signs before them.

    Raises
    ------
    MalformedBodyError
        If there are more, and the body is not JSON, or nested too deeply to be read.
    BatchTooLargeError
        If there are more.
    """
    if len(body) <= limit:
        return
    count = body.count(b",") + body.count(b"[") + body.count(b"{")
    if count <= limit:
        return
    try:
        msgspec.json.decode(body, type=msgspec.Raw)
    except msgspec.DecodeError as error:
        raise MalformedBodyError(f"The body is not JSON: {error}.") from None
    except RecursionError:
        raise MalformedBodyError(TOO_DEEP) from None
    raise BatchTooLargeError(count, limit, "values")
