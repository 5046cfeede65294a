"""What is posted: the same transaction in the form of each server's protocol, and many of them.

`contenders`, `peers` and `workloads` call it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from msgspec.json import encode

from function.transaction import EVENT_TYPE, REQUIRED_FIELDS

JSON = "application/json"
EVENT = {
    "specversion": "1.0",
    "type": EVENT_TYPE,
    "source": "/benchmark",
    "id": "event-1",
}
Transaction = Mapping[str, float | str]


@dataclass(frozen=True)
class Post:
    """A request.

    Attributes
    ----------
    body
        All of it.
    path
        Where to, with its slash.
    content_type
        The header of that name.
    headers
        All others, by name.
    """

    body: bytes
    path: str = "/"
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def all_headers(self) -> dict[str, str]:
        """The headers, with the content type."""
        return {"Content-Type": self.content_type, **self.headers}


def read_transaction(path: Path) -> Transaction:
    """Read one transaction.

    Parameters
    ----------
    path
        A JSON file with an object of `REQUIRED_FIELDS` and, optionally, id and Time.

    Returns
    -------
    Transaction
    """
    return msgspec.json.decode(path.read_bytes(), type=dict[str, float | str])


def plain(transaction: Transaction) -> Post:
    """Return the post of a transaction to a function."""
    return Post(encode(transaction))


def batch(transactions: Sequence[Transaction]) -> Post:
    """Return the post of many transactions in one array."""
    return Post(encode(transactions))


def binary_event(transaction: Transaction) -> Post:
    """Return the post of a CloudEvent whose attributes are headers."""
    headers = {f"ce-{name}": value for name, value in EVENT.items()}
    return Post(encode(transaction), headers=headers)


def structured_event(transaction: Transaction) -> Post:
    """Return the post of a CloudEvent that is all in the body."""
    event = {**EVENT, "datacontenttype": JSON, "data": transaction}
    return Post(encode(event), content_type="application/cloudevents+json")


def version_1(transaction: Transaction) -> Post:
    """Return the post of the protocol v1 of KServe, which is that of TensorFlow Serving."""
    return Post(encode({"instances": [_values(transaction)]}), "/v1/models/fraud:predict")


def version_2(transaction: Transaction, outputs: tuple[str, ...] = ()) -> Post:
    """Return the post of the Open Inference Protocol, which is KServe's v2.

    Parameters
    ----------
    transaction
        Who is asked about.
    outputs
        The names of what is asked for; the server's default without.

    Returns
    -------
    Post
    """
    values = _values(transaction)
    tensor = {"name": "transactions", "shape": [1, len(values)], "datatype": "FP64"}
    asked = {"outputs": [{"name": name} for name in outputs]} if outputs else {}
    content = {"inputs": [{**tensor, "data": values}], **asked}
    return Post(encode(content), "/v2/models/fraud/infer")


def rows(transaction: Transaction) -> Post:
    """Return the post to a server that takes an array named features: here of one row."""
    return Post(encode({"features": [_values(transaction)]}), "/predict")


def _values(transaction: Transaction) -> list[float | str]:
    return [transaction[name] for name in REQUIRED_FIELDS]
