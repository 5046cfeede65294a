"""Sends a sample transaction to K_SINK, again and again; `sample-source.yaml` runs it.

It shows what a source has to do: read K_SINK and K_CE_OVERRIDES, which Eventing sets, give each
event an id of its own, and send the same event again until it is taken. Only Python's own library
is needed.

https://knative.dev/docs/eventing/custom-event-source/
"""

import itertools
import json
import os
import random
import sys
import time
import urllib.request
import uuid

EVERY_SECONDS = float(os.environ.get("EVERY_SECONDS", "10"))
TIMEOUT_S = 60
"""A Broker on channels in memory answers when the event was delivered; until then it tries."""
MOST_PAUSE_S = 30


def transaction() -> dict[str, float]:
    """Make up a transaction.

    Returns
    -------
    dict
        The components V1 to V28 as a principal component analysis leaves them, around 0 and each
        narrower than the one before, and an amount in euros.
    """
    components = {f"V{n}": random.gauss(0, 2 - n / 17) for n in range(1, 29)}
    return components | {"Amount": round(random.expovariate(1 / 88), 2)}


def attributes() -> dict[str, str]:
    """Return an event's attributes: its own, and those that Eventing wants added.

    Returns
    -------
    dict
        By name. Source and id together name the event.
    """
    overrides = json.loads(os.environ.get("K_CE_OVERRIDES") or "{}")
    return {
        "specversion": "1.0",
        "type": "dev.fraud.transaction.v1",
        "source": "/fraud/sample",
        "id": str(uuid.uuid4()),
        **overrides.get("extensions", {}),
    }


def send(event: dict[str, str], data: bytes) -> None:
    """Send an event until it is taken, with the same id each time.

    Parameters
    ----------
    event
        Its attributes.
    data
        The transaction as JSON.
    """
    headers = {f"ce-{name}": value for name, value in event.items()}
    headers["content-type"] = "application/json"
    for attempt in itertools.count():
        request = urllib.request.Request(os.environ["K_SINK"], data, headers)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S):  # noqa: S310
                return
        except OSError as error:  # an answer that is not 2xx, too
            print(f"{event['id']} was not taken: {error}", file=sys.stderr, flush=True)  # noqa: T201
            time.sleep(min(2**attempt, MOST_PAUSE_S))


if __name__ == "__main__":
    while True:
        send(attributes(), json.dumps(transaction()).encode())
        time.sleep(EVERY_SECONDS)
