"""Requests that this function has to refuse; `benchmark.soak` mixes them with good ones."""

from msgspec.json import encode

from benchmark.posts import EVENT, Post, Transaction, binary_event
from benchmark.steady import Kind, bytes_of

BODY_LIMIT = 16 * 1024
"""FRAUD_MAX_BODY_BYTES during the soak: so small that a body above it costs little to send."""


def bad_kinds(transaction: Transaction) -> list[Kind]:
    """Return requests of all kinds that a client can get wrong.

    Parameters
    ----------
    transaction
        A good one.

    Returns
    -------
    list of Kind
        Each with the status that the README promises for it.
    """
    without = {name: value for name, value in transaction.items() if name != "V7"}
    half = {**binary_event(transaction).headers}
    del half["ce-id"]
    posts = {
        "no JSON": (400, Post(b'{"V1": 1.')),
        "nothing at all": (400, Post(b"")),
        "too large": (413, Post(b" " * (BODY_LIMIT + 1))),
        "another content type": (415, Post(b"<a/>", content_type="text/xml")),
        "a field is missing": (422, Post(encode(without))),
        "a field is unknown": (422, Post(encode({**transaction, "V29": 1.0}))),
        "a field is a word": (422, Post(encode({**transaction, "V7": "seven"}))),
        "an amount below 0": (422, Post(encode({**transaction, "Amount": -1.0}))),
        "an event without id": (422, Post(encode(transaction), headers=half)),
        "an event without data": (422, _event(EVENT)),
        "another path": (404, Post(encode(transaction), "/nowhere")),
    }
    kinds = [Kind(name, bytes_of(post), status) for name, (status, post) in posts.items()]
    return [*kinds, Kind("another method", bytes_of(Post(b""), "PUT"), 405)]


def _event(content: object) -> Post:
    return Post(encode(content), content_type="application/cloudevents+json")
