"""Turns an error into an application/problem+json answer (RFC 9457); `application` calls it.

This is the whole mapping of errors to HTTP.
"""

from itertools import accumulate

import msgspec
from starlette.responses import Response

from function.errors import (
    BatchTooLargeError,
    BodyTooLargeError,
    Fault,
    HeadTooLargeError,
    InputError,
    InvalidInputError,
    LineTooLongError,
    MalformedBodyError,
    MalformedRequestError,
    MethodNotAllowedError,
    OverloadedError,
    UnauthorizedError,
    UnknownPathError,
    UnsupportedMediaTypeError,
    UploadTimeoutError,
)

MEDIA_TYPE = "application/problem+json"
INFERENCE_PATHS = ("/v1", "/v2")
"""Where the clients of KServe's protocols look for a member "error", a string."""

FAULTS_IN_ERROR = 5
RETRY_AFTER_S = "1"
"""When to come again: what is held is mostly answered by then, or another pod is there."""

LONGEST_SHORT = 768
"""The longest body that a Knative dispatcher can hand on with a dead letter, in bytes.

It makes room for 1,024 characters of base64 and writes all of the body into them. One byte more
ends the process of the in-memory channel, with every event that it holds: knative/eventing 1.22,
pkg/kncloudevents/event_dispatcher.go, dispatchExecutionInfoTransformers.
"""


class ProblemKind(msgspec.Struct, frozen=True):
    """What all problems that come from one error class share.

    Attributes
    ----------
    status
        The HTTP status code.
    name
        The last part of the problem's type.
    title
        The problem in a few words, the same each time.
    """

    status: int
    name: str
    title: str

    @property
    def type(self) -> str:
        """A tag URI (RFC 4151): a name that need not be an address, as RFC 9457 allows."""
        return f"tag:fraud.dev,2026:{self.name}"


KINDS: dict[type[InputError], ProblemKind] = {
    MalformedBodyError: ProblemKind(400, "malformed-body", "The body cannot be read"),
    MalformedRequestError: ProblemKind(400, "malformed-request", "The request cannot be read"),
    UnauthorizedError: ProblemKind(401, "unauthorized", "A key is needed"),
    UnknownPathError: ProblemKind(404, "unknown-path", "There is nothing here"),
    MethodNotAllowedError: ProblemKind(405, "method-not-allowed", "The method is not allowed here"),
    UploadTimeoutError: ProblemKind(408, "upload-timeout", "The request took too long"),
    BatchTooLargeError: ProblemKind(413, "batch-too-large", "There is too much in one body"),
    BodyTooLargeError: ProblemKind(413, "body-too-large", "The body is too large"),
    LineTooLongError: ProblemKind(413, "line-too-long", "The line is too long"),
    UnsupportedMediaTypeError: ProblemKind(
        415, "unsupported-media-type", "The content type is not supported"
    ),
    InvalidInputError: ProblemKind(422, "invalid-input", "What was sent cannot be scored"),
    HeadTooLargeError: ProblemKind(431, "head-too-large", "The headers are too large"),
    OverloadedError: ProblemKind(503, "overloaded", "There is too much at once"),
}


class Problem(msgspec.Struct, omit_defaults=True):
    """What is wrong with a request (RFC 9457).

    Attributes
    ----------
    type
        Which kind of problem it is: a tag URI.
    title
        The same in a few words.
    status
        The HTTP status code.
    detail
        What is wrong with this request, in a sentence.
    errors
        Every single fault, in the order of the document; absent where there is nothing to list.
    error
        The detail and the first faults, for clients of KServe's protocols; absent elsewhere.
    """

    type: str
    title: str
    status: int
    detail: str
    errors: tuple[Fault, ...] = ()
    error: str | msgspec.UnsetType = msgspec.UNSET


def problem_of(error: InputError) -> Problem:
    """Return what tells a client what was wrong.

    Parameters
    ----------
    error
        What the core or an adapter raised.

    Returns
    -------
    Problem
        Of its class's kind, with its faults under "errors".
    """
    kind = KINDS[type(error)]
    return Problem(kind.type, kind.title, kind.status, error.detail, error.faults)


def problem_response(error: InputError, path: str, *, short: bool = False) -> Response:
    """Return the answer that tells a client what was wrong.

    Parameters
    ----------
    error
        What the core or an adapter raised.
    path
        The request's; those of KServe's protocols are answered with a member "error" more.
    short
        Whether the body may have no more than `LONGEST_SHORT` bytes. The last faults are left out
        then; the detail says how many there are.

    Returns
    -------
    Response
        With the status of the error's class; its body is what `problem_of` returns.
    """
    problem = problem_of(error)
    if short:
        _shorten(problem)
    if path.startswith(INFERENCE_PATHS):
        problem.error = _in_a_sentence(error)
    content = msgspec.json.encode(problem)
    return Response(content, problem.status, _headers_of(error), MEDIA_TYPE)


def _shorten(problem: Problem) -> None:
    faults, problem.errors = problem.errors, ()
    room = LONGEST_SHORT - len(msgspec.json.encode(problem)) - len(',"errors":[]')
    sizes = accumulate(len(msgspec.json.encode(fault)) + len(",") for fault in faults)
    problem.errors = faults[: sum(size <= room for size in sizes)]


def _headers_of(error: InputError) -> dict[str, str] | None:
    if isinstance(error, MethodNotAllowedError):
        return {"allow": ", ".join(error.allowed)}
    if isinstance(error, OverloadedError):
        return {"retry-after": RETRY_AFTER_S}
    if isinstance(error, UnauthorizedError):
        # https://www.rfc-editor.org/rfc/rfc6750#section-3: no error code where no key came.
        wrong = ', error="invalid_token"' if error.given else ""
        challenge = {"www-authenticate": f'Bearer realm="fraud"{wrong}'}
        return challenge if error.read else challenge | {"connection": "close"}
    return None


def _in_a_sentence(error: InputError) -> str:
    """Return the detail and the first faults: clients that read "error" show nothing else."""
    faults = "; ".join(map(_in_words, error.faults[:FAULTS_IN_ERROR]))
    return f"{error.detail} {faults}".strip()


def _in_words(fault: Fault) -> str:
    place = fault.pointer or fault.header or fault.parameter
    return f"{place}: {fault.detail}" if place else fault.detail
