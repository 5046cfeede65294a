"""What every adapter reads from a request: its media type, its body, the number of reasons."""

from functools import lru_cache
from urllib.parse import parse_qs

from starlette.requests import ClientDisconnect, Request

from function.errors import BodyTooLargeError, Fault, InvalidInputError

REASONS_PARAMETER = "reasons"
MOST_DIGITS = 4


async def read_body(request: Request, limit: int) -> bytes:
    """Read the whole body.

    Parameters
    ----------
    request
        Whose body was not read yet.
    limit
        The largest body taken, in bytes.

    Returns
    -------
    bytes

    Raises
    ------
    BodyTooLargeError
        If there is more. It is raised only when all has been received, without keeping it: a
        client that is answered in the middle of its upload, or a proxy between, would see a broken
        connection in place of the answer.
    starlette.requests.ClientDisconnect
        If the client went away.
    """
    chunks, size, more = [], 0, True
    # Not request.stream(), which takes twice the time for the one chunk that there mostly is.
    while more:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunk, more = message.get("body", b""), message.get("more_body", False)
        size += len(chunk)
        if size <= limit:
            chunks.append(chunk)
        else:
            chunks.clear()
    if size > limit:
        raise BodyTooLargeError(f"The body has {size} bytes; at most {limit} are taken.")
    return b"".join(chunks)


@lru_cache(maxsize=64)  # clients use a handful, each for every request
def media_type_of(content_type: str) -> str:
    """Return a content type without its parameters.

    Parameters
    ----------
    content_type
        A Content-Type header's value, such as "application/json; charset=utf-8".

    Returns
    -------
    str
        In lower case.
    """
    return content_type.partition(";")[0].strip().lower()


def reasons_wanted(request: Request, default: int) -> int:
    """Return how many reasons the query asks for.

    Parameters
    ----------
    request
        Its query may hold reasons=N.
    default
        For a query that says nothing.

    Returns
    -------
    int
        0 or more.

    Raises
    ------
    InvalidInputError
        If N is not a whole number from 0 on.
    """
    query = request.scope["query_string"]
    if not query:
        return default
    given = parse_qs(query.decode("latin-1"), keep_blank_values=True).get(REASONS_PARAMETER)
    if given is None:
        return default
    text = given[-1]
    if not (text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS):
        fault = Fault(
            f'expected a whole number from 0 to 9999, got "{text[:40]}"',
            parameter=REASONS_PARAMETER,
        )
        raise InvalidInputError([fault])
    return int(text)
