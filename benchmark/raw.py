"""HTTP as bytes, for a client that has to be cheap; `steady`, `mixture` and `crowd` call it."""

from collections.abc import Mapping
from dataclasses import dataclass

from benchmark.posts import Post


@dataclass(frozen=True)
class Kind:
    """A kind of request.

    Attributes
    ----------
    name
        For people.
    request
        All its bytes.
    status
        How it has to be answered.
    """

    name: str
    request: bytes
    status: int


def bytes_of(post: Post, method: str = "POST") -> bytes:
    """Return a request as it is sent.

    Parameters
    ----------
    post
        What.
    method
        By which method.

    Returns
    -------
    bytes
    """
    headers: Mapping[str, str] = {"Host": "localhost", **post.all_headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    head = f"{method} {post.path} HTTP/1.1\r\n{lines}Content-Length: {len(post.body)}\r\n\r\n"
    return head.encode() + post.body


def status_of(received: bytes) -> int | None:
    """Return the status of an answer that is complete.

    Parameters
    ----------
    received
        What has come since the request, of an answer that gives its length.

    Returns
    -------
    int or None
        None where some of it is still to come.
    """
    end = received.find(b"\r\n\r\n")
    if end < 0:
        return None
    head = received[:end].lower()
    _, _, after = head.partition(b"content-length:")
    length = int(after.split(b"\r\n", 1)[0] or 0)
    return int(received[9:12]) if len(received) >= end + 4 + length else None
