"""Posts to the function, again where that may help; `exchange` and `events` call it.

aiohttp is used because it reads an answer while it still sends: the function reads no further than
its answers are taken. A million rows of CSV take 1.7 s of a processor with it and 2.9 s with httpx;
urllib3 in threads takes 1.2 s, but sends all before it reads.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus

import aiohttp
import msgspec

from client.errors import RefusedError, UnreachableError
from client.retrying import TEMPORARY, wait_before
from client.watching import Watch

CONNECT_S = 10
SHOWN = 300
ADVICE = {
    202: "a Broker takes --as events only",
    400: "see what is at this URL; a Broker takes --as events only",
    401: "give a key that the function knows with --key-file or in FRAUD_KEY",
    403: "ask who runs the function or its gateway for access",
    404: "give the URL of the function itself, such as http://localhost:8080/",
    405: "give the URL of the function itself, such as http://localhost:8080/",
    408: "the connection is too slow; lower --concurrency and run it again to go on",
    413: "a gateway before the function takes less than 1 MiB a request; raise its limit",
    415: "what is at this URL does not take these; a Broker takes --as events only",
    422: "mend the header of the CSV, or the query of --url",
}
"""What to do, by the status that a request as a whole is refused with."""


@dataclass(frozen=True)
class Reply:
    """An answer to a request.

    Attributes
    ----------
    status
        The HTTP status code.
    headers
        By names in any case.
    body
        All of it.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Target:
    """Where requests go, and how hard is tried.

    Attributes
    ----------
    url
        Of the function or a Broker.
    key
        What the function knows us by; None where it asks for none.
    connections
        How many requests are under way at most.
    timeout_s
        How long one may take, in seconds.
    retries
        How many times one is sent again.
    """

    url: str
    key: str | None
    connections: int
    timeout_s: float
    retries: int


class _Problem(msgspec.Struct):
    """What is shown of a problem document (RFC 9457)."""

    detail: str
    errors: list[dict[str, str]] = []


class _TemporaryError(Exception):
    """A try that failed; the next may not."""

    def __init__(self, reason: str, retry_after: str | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class Sender:
    """Posts over connections that it keeps.

    Parameters
    ----------
    session
        The connections.
    target
        Where to.
    watch
        Is told of every retry.
    """

    def __init__(self, session: aiohttp.ClientSession, target: Target, watch: Watch) -> None:
        self._session = session
        self._target = target
        self._watch = watch
        self._places = asyncio.Semaphore(target.connections)

    async def post(self, body: bytes, headers: Mapping[str, str]) -> Reply:
        """Post, and post again where a later try may help; scoring twice does no harm.

        Parameters
        ----------
        body
            What is sent.
        headers
            Those that it needs.

        Returns
        -------
        Reply
            Of any status but those that are tried again.

        Raises
        ------
        RefusedError
            If there is no trusting the server.
        UnreachableError
            If no try brought an answer.
        """
        attempt = 1
        while True:
            try:
                async with self._places:
                    return await self._try(body, headers)
            except _TemporaryError as error:
                if attempt > self._target.retries:
                    raise UnreachableError(
                        f"{self._target.url} does not answer ({error}), tried {attempt} times."
                    ) from None
                wait = wait_before(attempt, error.retry_after)
                self._watch.retried(str(error), wait)
            await asyncio.sleep(wait)
            attempt += 1

    async def _try(self, body: bytes, headers: Mapping[str, str]) -> Reply:
        try:
            async with self._session.post(
                self._target.url, data=body, headers=headers, allow_redirects=False
            ) as response:
                reply = Reply(response.status, response.headers, await response.read())
        except (aiohttp.ClientSSLError, ssl.SSLError) as error:
            raise RefusedError(f"{self._target.url} cannot be trusted: {error}.") from None
        except TimeoutError:
            raise _TemporaryError(f"nothing within {self._target.timeout_s:g} s") from None
        except aiohttp.ClientConnectorError as error:
            reason = error.os_error.strerror or str(error.os_error)
            raise _TemporaryError(f"no connection: {reason}") from None
        except (aiohttp.ClientError, OSError) as error:
            raise _TemporaryError(str(error) or type(error).__name__) from None
        if reply.status in TEMPORARY:
            reason = f"{reply.status} {HTTPStatus(reply.status).phrase}"
            raise _TemporaryError(reason, reply.headers.get("Retry-After"))
        return reply


@asynccontextmanager
async def open_sender(target: Target, watch: Watch) -> AsyncIterator[Sender]:
    """Open connections, and close them at the end.

    Parameters
    ----------
    target
        Where to.
    watch
        Is told of every retry.

    Yields
    ------
    Sender
    """
    headers = {"User-Agent": "fraud-score"}
    if target.key:
        headers["Authorization"] = f"Bearer {target.key}"
    async with aiohttp.ClientSession(
        headers=headers,
        connector=aiohttp.TCPConnector(limit=0),
        timeout=aiohttp.ClientTimeout(total=target.timeout_s, sock_connect=CONNECT_S),
        cookie_jar=aiohttp.DummyCookieJar(),
    ) as session:
        yield Sender(session, target, watch)


def refusal_of(reply: Reply) -> RefusedError:
    """Make the error for an answer after which there is no going on.

    Parameters
    ----------
    reply
        Of a status that is not expected.

    Returns
    -------
    RefusedError
        It says what came, in the words of the function where they are its own, and what to do.
    """
    if reply.status in range(300, 400):
        place = reply.headers.get("Location", "nowhere")
        return RefusedError(f"The URL leads on to {place}; give that with --url.")
    try:
        phrase = HTTPStatus(reply.status).phrase
    except ValueError:
        phrase = "unknown"
    words = f"The answer is {reply.status} {phrase}"
    if detail := _detail_of(reply.body):
        words += f": {detail}"
    advice = ADVICE.get(reply.status, "see what is at this URL")
    return RefusedError(f"{words.rstrip('.')}. What to do: {advice}.")


def _detail_of(body: bytes) -> str:
    try:
        problem = msgspec.json.decode(body, type=_Problem)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""
    faults = "; ".join(each.get("detail", "") for each in problem.errors)
    return f"{problem.detail} {faults}".strip()[:SHOWN]
