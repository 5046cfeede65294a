"""Sends a chunk as it is, and checks what comes back; `score` makes it, `run` calls it."""

from http import HTTPStatus
from typing import Protocol

from client.answers import CSV_HEAD, Answer, check_count
from client.errors import AnswerError
from client.sending import Sender, refusal_of
from client.source import Chunk, Kind

MEDIA_TYPES: dict[Kind, str] = {"csv": "text/csv", "ndjson": "application/x-ndjson"}
MODEL_HEADER = "fraud-model"
CHUNK_BYTES = 1_000_000
"""About 1,900 rows: the function takes some 10 ms for them, a gateway mostly lets 1 MiB pass, and
on Knative a request has to end within a minute."""


class Exchange(Protocol):
    """Has chunks answered."""

    async def answer(self, chunk: Chunk) -> Answer:
        """Return a line for each of the chunk's lines, in their order."""


class RowsExchange:
    """Sends all lines of a chunk in one request.

    Parameters
    ----------
    sender
        Posts.
    kind
        What the lines are.
    header
        What is sent before each chunk: a CSV's first line.
    """

    def __init__(self, sender: Sender, kind: Kind, header: bytes) -> None:
        self._sender = sender
        self._kind = kind
        self._header = header

    async def answer(self, chunk: Chunk) -> Answer:
        """Have a chunk scored.

        Parameters
        ----------
        chunk
            Some lines.

        Returns
        -------
        Answer
            In the form in which they were sent.

        Raises
        ------
        RefusedError
            If the request as a whole is not taken.
        AnswerError
            If what comes is not the function's, or some lines of it are missing.
        UnreachableError
            If nothing comes.
        """
        media_type = MEDIA_TYPES[self._kind]
        reply = await self._sender.post(self._header + chunk.body, {"Content-Type": media_type})
        if reply.status != HTTPStatus.OK:
            raise refusal_of(reply)
        head = CSV_HEAD if self._kind == "csv" else b""
        came = reply.headers.get("Content-Type", "")
        if not (came.startswith(media_type) and reply.body.startswith(head)):
            raise AnswerError(f'The answer is "{came[:40]}": is --url that of the function?')
        body = reply.body[len(head) :]
        check_count(chunk, body)
        model = reply.headers.get(MODEL_HEADER)
        return Answer(self._kind, body, {model: body.count(b"\n")} if model else {})
