"""Keeps the events that a Broker delivers, and hands them out; `keeper.yaml` runs it.

POST /decisions and POST /dead-letters keep an event, GET hands out all that came, one JSON object
a line. A dead letter's line has the reason, too, and its event is again as it was when it was sent:
it can be sent once more when what was wrong is mended.

The log names events by id and source alone: transactions, and reasons that quote them, are in the
files and nowhere else.
"""

import base64
import binascii
import json
import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

SHELVES = ("decisions", "dead-letters")
PREFIX = "ce-"
PIECE = 65_536
REASON = {"knativeerrordest": "from", "knativeerrorcode": "status", "knativeerrordata": "answer"}
"""The attributes that a Broker adds to a dead letter; knative/eventing,
pkg/kncloudevents/attributes/knative_error.go. The answer is in base64 and cut to 1,024 characters.
There is none where an attempt took longer than the delivery's timeout."""

OF_THE_BROKER = ("knativebrokerttl", "knativearrivaltime")
"""What a Broker adds to each event that it takes; it does so again for one that is sent again."""


def event_of(request: Request, body: bytes) -> dict[str, object]:
    """Read an event that came in binary mode, in which a Broker delivers.

    Parameters
    ----------
    request
        Its headers hold the attributes.
    body
        The data.

    Returns
    -------
    dict
        The event as the CloudEvents JSON format has it. Data that is not JSON is kept in base64.
    """
    event: dict[str, object] = {
        name.removeprefix(PREFIX): unquote(value)
        for name, value in request.headers.items()
        if name.startswith(PREFIX)
    }
    if media_type := request.headers.get("content-type"):
        event["datacontenttype"] = media_type
    try:
        return event | {"data": json.loads(body)}
    except ValueError:
        return event | {"data_base64": base64.b64encode(body).decode()}


def line_of(event: dict[str, object]) -> dict[str, object]:
    """Part an event from the reason why it could not be delivered.

    Parameters
    ----------
    event
        As it came.

    Returns
    -------
    dict
        The event, and the reason if there is one.
    """
    reason = {word: event.pop(name) for name, word in REASON.items() if name in event}
    if not reason:
        return {"event": event}
    for name in OF_THE_BROKER:
        event.pop(name, None)
    return {"event": event, "reason": reason | {"answer": answer_of(str(reason.get("answer")))}}


def answer_of(encoded: str) -> object:
    """Read what the function answered.

    Parameters
    ----------
    encoded
        In base64, perhaps cut off.

    Returns
    -------
    object
        The problem (RFC 9457) or else the text, as far as it came.
    """
    try:
        text = base64.b64decode(encoded[: len(encoded) // 4 * 4]).decode(errors="replace")
    except binascii.Error:
        return encoded
    try:
        return json.loads(text)
    except ValueError:
        return text


async def keep(request: Request) -> Response:
    """Keep an event.

    Parameters
    ----------
    request
        It holds the event.

    Returns
    -------
    Response
        Without a body, which the Broker would take for an event.
    """
    event = event_of(request, await request.body())
    print(request.url.path, event.get("source"), event.get("id"), flush=True)  # noqa: T201
    with file_of(request).open("a") as file:
        file.write(json.dumps(line_of(event)) + "\n")
    return Response(status_code=202)


async def hand_out(request: Request) -> Response:
    """Hand out all that was kept.

    Parameters
    ----------
    request
        Its path says of which.

    Returns
    -------
    Response
    """
    file = file_of(request)
    file.touch()
    return StreamingResponse(pieces(file, file.stat().st_size), media_type="application/x-ndjson")


def pieces(file: Path, size: int) -> Iterator[bytes]:
    """Read the beginning of a file that grows meanwhile.

    Parameters
    ----------
    file
        Of lines.
    size
        How many bytes; taken when no line was being written, so that the last is whole.

    Yields
    ------
    bytes
    """
    with file.open("rb") as lines:
        while size and (piece := lines.read(min(size, PIECE))):
            size -= len(piece)
            yield piece


async def healthy(_: Request) -> Response:
    """Say that the keeper is up."""
    return Response(status_code=204)


def file_of(request: Request) -> Path:
    """Return the file that keeps what comes to a request's path."""
    return Path(os.environ["KEEP_IN"], f"{request.url.path.strip('/')}.ndjson")


application = Starlette(
    routes=[
        Route("/", healthy),
        *(Route(f"/{shelf}", keep, methods=["POST"]) for shelf in SHELVES),
        *(Route(f"/{shelf}", hand_out) for shelf in SHELVES),
    ]
)
