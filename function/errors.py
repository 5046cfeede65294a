"""Every error that the function raises on purpose: one small tree.

`adapters.problems` turns an `InputError` into an answer; a `StartError` ends the process.
"""

from collections.abc import Iterable, Sequence
from itertools import chain, islice

import msgspec


class FraudError(Exception):
    """The root of the tree."""


class StartError(FraudError):
    """The function cannot start; the message says why and what to do."""


class SettingError(StartError):
    """An environment variable has a value that is not allowed."""


class ModelFileError(StartError):
    """The model file is missing, damaged or not one that this function can read."""


class KeysFileError(StartError):
    """The file of keys is missing, empty or not as it should be; no message shows a key."""


class Fault(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that is wrong with what a client sent.

    Attributes
    ----------
    detail
        What was expected and what was sent.
    pointer
        Where in the JSON document, as a JSON Pointer (RFC 6901).
    header
        The request header at fault, where it is not the document.
    parameter
        The query parameter at fault, likewise.
    """

    detail: str
    pointer: str | None = None
    header: str | None = None
    parameter: str | None = None


class InputError(FraudError):
    """A client sent something that cannot be scored.

    Parameters
    ----------
    detail
        A sentence for the client.
    faults
        Every single fault found, in the order of the document.
    """

    def __init__(self, detail: str, faults: Sequence[Fault] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.faults = tuple(faults)


class MalformedBodyError(InputError):
    """The body is not JSON at all."""


class InvalidInputError(InputError):
    """A field or an attribute is missing, unknown, of the wrong type or out of its range.

    Parameters
    ----------
    faults
        All that are found, at least one. The first hundred are kept, and no more are asked for: a
        large body may have millions.
    """

    SHOWN = 100

    def __init__(self, faults: Iterable[Fault]) -> None:
        found = list(islice(faults, self.SHOWN))
        count = "1 fault was" if len(found) == 1 else f"{len(found)} faults were"
        rest = ""
        if len(found) == self.SHOWN:
            count = f"{self.SHOWN} or more faults were"
            rest = f"; the first {self.SHOWN} are listed"
        super().__init__(f"{count} found in what was sent{rest}.", found)


def refuse(faults: Iterable[Fault]) -> None:
    """Refuse what has any fault.

    Parameters
    ----------
    faults
        All that are found; no more are asked for than an answer shows.

    Raises
    ------
    InvalidInputError
        If there is one.
    """
    faults = iter(faults)
    first = next(faults, None)
    if first is not None:
        raise InvalidInputError(chain((first,), faults))


class BodyTooLargeError(InputError):
    """The body is larger than the function takes."""


class LineTooLongError(InputError):
    """A line of a stream is longer than the function takes.

    Parameters
    ----------
    limit
        The longest that is taken, in bytes.
    """

    def __init__(self, limit: int) -> None:
        super().__init__(f"The line is longer than {limit} bytes.")


class BatchTooLargeError(InputError):
    """There is more in one JSON document than the function takes.

    Parameters
    ----------
    count
        How many there are.
    limit
        How many are taken.
    what
        Of what.
    """

    def __init__(self, count: int, limit: int, what: str = "transactions") -> None:
        super().__init__(
            f"There are {count} {what} in the body; at most {limit} are taken at once. "
            "NDJSON (application/x-ndjson) has no such limit."
        )


class HeadTooLargeError(InputError):
    """A request's line and headers are more than the function takes.

    Parameters
    ----------
    headers
        How many headers are taken.
    size
        How many bytes are taken, of all together.
    """

    def __init__(self, headers: int, size: int) -> None:
        super().__init__(
            f"At most {headers} headers are taken, and at most {size} bytes of the request line "
            "and the headers together."
        )


class MalformedRequestError(InputError):
    """What came is not HTTP."""


class UploadTimeoutError(InputError):
    """A client has stopped in the middle of its request."""


class OverloadedError(InputError):
    """The server holds as much as it can at one time; nothing is wrong with the request."""


class UnauthorizedError(InputError):
    """A request has no key, or a wrong one.

    Parameters
    ----------
    given
        Whether it has one.
    read
        Whether all of its body was read.
    """

    def __init__(self, *, given: bool, read: bool) -> None:
        lack = "The key is not one of this service's" if given else "There is no key"
        super().__init__(f'{lack}; "Authorization: Bearer KEY" was expected.')
        self.given = given
        self.read = read


class UnsupportedMediaTypeError(InputError):
    """The body is of a content type that the function does not read."""


class UnknownPathError(InputError):
    """There is nothing at this path."""


class MethodNotAllowedError(InputError):
    """The path does not take this method.

    Parameters
    ----------
    detail
        A sentence for the client.
    allowed
        The methods that the path takes.
    """

    def __init__(self, detail: str, allowed: Sequence[str]) -> None:
        super().__init__(detail)
        self.allowed = tuple(allowed)
