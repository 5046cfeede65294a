"""The requests of a soak: good ones, and some to be refused; `benchmark.soak` sends them."""

import http.client
import random
from collections.abc import Iterator, Sequence
from itertools import cycle

from msgspec.json import encode

from benchmark.posts import EVENT, Post, Transaction, binary_event, plain, structured_event
from benchmark.raw import Kind, bytes_of

BODY_LIMIT = 16 * 1024
"""FRAUD_MAX_BODY_BYTES during the soak: so small that a body above it costs little to send."""

SHARE_OF_BAD, SHARE_OF_EVENTS = 0.02, 0.05
CYCLE, SEED = 10_000, 0
"""How many requests have exactly the shares, and what decides their order."""


def good_kinds(transaction: Transaction) -> list[Kind]:
    """Return what is asked in earnest.

    Parameters
    ----------
    transaction
        What it is about.

    Returns
    -------
    list of Kind
        The first is to be sent most.
    """
    posts = {
        "a transaction": plain(transaction),
        "a binary event": binary_event(transaction),
        "a structured event": structured_event(transaction),
    }
    return [Kind(name, bytes_of(post), http.client.OK) for name, post in posts.items()]


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


def mixed(good: Sequence[Kind], bad: Sequence[Kind]) -> Iterator[Kind]:
    """Mix requests in shares that are exact, and the same in every run.

    Parameters
    ----------
    good
        The first is sent most; each of the others has a share of `SHARE_OF_EVENTS`.
    bad
        All have `SHARE_OF_BAD` together, equal parts of it each.

    Returns
    -------
    iterator of Kind
        Without end.
    """
    sequence = [kind for kind in good[1:] for _ in range(round(SHARE_OF_EVENTS * CYCLE))]
    sequence += [bad[number % len(bad)] for number in range(round(SHARE_OF_BAD * CYCLE))]
    sequence += [good[0]] * (CYCLE - len(sequence))
    random.Random(SEED).shuffle(sequence)  # noqa: S311  no secret
    return cycle(sequence)
