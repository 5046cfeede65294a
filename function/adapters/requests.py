"""What every adapter reads from a request and notes of it.

The media type, the headers, the body, the number of reasons, the trace that it belongs to.
"""

import re
from functools import lru_cache
from urllib.parse import parse_qs

from starlette.requests import ClientDisconnect, Request
from starlette.types import Scope

from function.errors import BodyTooLargeError, Fault, InvalidInputError

REASONS_PARAMETER = "reasons"
MOST_DIGITS = 4
HEADERS_KEY = "fraud.headers"
PROTOCOL_KEY = "fraud.protocol"
TRACEPARENT = re.compile(
    rb"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}"
)
"""W3C Trace Context, https://www.w3.org/TR/trace-context/#traceparent-header."""


def headers_of(scope: Scope) -> dict[bytes, bytes]:
    """Return a request's headers by name.

    Parameters
    ----------
    scope
        The request's; it keeps them for the next who asks.

    Returns
    -------
    dict of bytes to bytes
        By names in lower case; of several of one name, the last.
    """
    headers: dict[bytes, bytes] | None = scope.get(HEADERS_KEY)
    if headers is None:
        headers = scope[HEADERS_KEY] = dict(scope["headers"])
    return headers


def set_headers(scope: Scope, headers: list[tuple[bytes, bytes]]) -> None:
    """Put other headers in the place of a request's own.

    Parameters
    ----------
    scope
        The request's.
    headers
        Names in lower case, and values.
    """
    scope["headers"] = headers
    scope.pop(HEADERS_KEY, None)


def traceparent_of(request: Request) -> str | None:
    """Return which trace a request belongs to.

    Parameters
    ----------
    request
        Its header traceparent may say.

    Returns
    -------
    str or None
        The header's value; None where there is none, or none that is valid.
    """
    value = headers_of(request.scope).get(b"traceparent")
    if value is None or not TRACEPARENT.fullmatch(value):
        return None
    return value.decode("ascii")


def note_protocol(request: Request, protocol: str) -> None:
    """Note in which protocol a request is, for the metrics and the log.

    Parameters
    ----------
    request
        Whose it is.
    protocol
        A short word, one of a few.
    """
    request.scope[PROTOCOL_KEY] = protocol


def protocol_of(request: Request) -> str:
    """Return what was noted.

    Parameters
    ----------
    request
        Whose it is.

    Returns
    -------
    str
        "other" where nothing was.
    """
    protocol: str = request.scope.get(PROTOCOL_KEY, "other")
    return protocol


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
