"""Lets only requests with a key through, where a file of keys is set; `application` calls it.

Bearer keys as in https://www.rfc-editor.org/rfc/rfc6750. The health paths need none, because
Kubernetes asks them.
"""

import hmac
import re
import time
from contextlib import suppress
from pathlib import Path

from starlette.requests import ClientDisconnect, Request

from function.adapters import log
from function.adapters.requests import headers_of
from function.adapters.routes import OPEN_PATHS
from function.errors import KeysFileError, UnauthorizedError

LEAST_CHARACTERS = 16
KEY = re.compile(rb"[\x21-\x7e]{%d,}" % LEAST_CHARACTERS)
CHECK_S = 1
DRAINED_BYTES, DRAINED_S = 1024 * 1024, 5
"""What is read, and thrown away, of a refused upload, so that its client sees the answer."""

Signature = tuple[int, int, int]


class Keys:
    """The keys in a file, read again when it changes: Kubernetes replaces a Secret's files.

    Parameters
    ----------
    path
        A file of one key a line; blank lines and those that begin with # do not count.

    Raises
    ------
    KeysFileError
        If it cannot be read, has no key, or a key that is too short or cannot be sent in a header.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._signature = _signature_of(path)
        self._keys = _read(path)
        self._checked_at = time.monotonic()

    def holds(self, key: bytes) -> bool:
        """Tell whether this is one of the keys.

        Parameters
        ----------
        key
            What the client sent.

        Returns
        -------
        bool
            After the same time, whichever key it is like.
        """
        now = time.monotonic()
        if now - self._checked_at >= CHECK_S:
            self._checked_at = now
            self._follow()
        found = False
        for each in self._keys:
            found |= hmac.compare_digest(each, key)
        return found

    async def check(self, request: Request) -> None:
        """Refuse a request that needs a key and has none.

        Parameters
        ----------
        request
            Its body was not read yet; of a refused one it is thrown away.

        Raises
        ------
        UnauthorizedError
            If it has no key, or none of these.
        """
        if request.scope["path"] in OPEN_PATHS:
            return
        key = _key_of(request)
        if key is None or not self.holds(key):
            raise UnauthorizedError(given=key is not None, read=await _drained(request))

    def _follow(self) -> None:
        """Read the file again where it is another; a bad one changes nothing."""
        signature = _signature_of(self._path)
        if signature == self._signature:
            return
        self._signature = signature
        try:
            self._keys = _read(self._path)
        except KeysFileError as error:
            log.write_error(f"The keys stay as they were. {error}")


def _key_of(request: Request) -> bytes | None:
    """Return the key that a request has, or None where it has none."""
    scheme, _, key = headers_of(request.scope).get(b"authorization", b"").partition(b" ")
    return key.strip() if scheme.lower() == b"bearer" else None


async def _drained(request: Request) -> bool:
    """Throw a body away, as far as it is small and quick, and tell whether that was all of it."""
    size, more, deadline = 0, True, time.monotonic() + DRAINED_S
    with suppress(ClientDisconnect):
        # A client that sends nothing is ended by the server.
        while more and size <= DRAINED_BYTES and time.monotonic() < deadline:
            message = await request.receive()
            size += len(message.get("body", b""))
            more = message.get("more_body", False)
    return not more


def _signature_of(path: Path) -> Signature | None:
    """Return what changes when the file does; None where there is no file."""
    try:
        status = path.stat()  # of what the link leads to: Kubernetes swaps the link
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size


def _read(path: Path) -> tuple[bytes, ...]:
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise KeysFileError(
            f"The file of keys {path} cannot be read: {error.strerror}; a file with a key a line "
            "was expected."
        ) from None
    keys = []
    for number, line in enumerate(map(bytes.strip, lines), start=1):
        if not line or line.startswith(b"#"):
            continue
        if not KEY.fullmatch(line):
            raise KeysFileError(
                f"Line {number} of the file of keys {path} is no key; at least {LEAST_CHARACTERS} "
                "letters, digits or signs of ASCII without a space were expected."
            )
        keys.append(line)
    if not keys:
        raise KeysFileError(f"The file of keys {path} has none; a key a line was expected.")
    return tuple(keys)
