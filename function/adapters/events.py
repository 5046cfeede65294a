"""CloudEvents 1.0 over HTTP, binary and structured; `application` calls it.

The event formats are those of the CloudEvents JSON format and HTTP protocol binding. They are read
here and not by the CloudEvents SDK because an answer must name every attribute at fault, and the
SDK takes several times as long as scoring; the tests speak to this module through the SDK.
"""

import base64
import binascii
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from urllib.parse import quote, unquote

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from function.adapters.requests import media_type_of, reasons_wanted
from function.adapters.transactions import REASONS_OF_ONE
from function.diagnosis import faults_of_keys, shown
from function.errors import Fault, InvalidInputError, UnsupportedMediaTypeError
from function.reading import read_transaction
from function.scoring import Scorer
from function.transaction import Transaction

STRUCTURED_MEDIA_TYPE = "application/cloudevents+json"
TRANSACTION_TYPE = "dev.fraud.transaction.v1"
DECISION_TYPE = "dev.fraud.decision.v1"
SPECVERSION = "1.0"
HEADER_PREFIX = b"ce-"
REQUIRED_ATTRIBUTES = ("id", "source", "specversion", "type")
OWN_ATTRIBUTES = {*REQUIRED_ATTRIBUTES, "time", "datacontenttype", "dataschema", "subject"}
"""Those that the specification defines; all others are extensions, which a reply carries over."""

NAME = re.compile(r"[a-z0-9]+")
DATA_EXPECTED = {
    "data": "missing; expected a transaction",
    "data_base64": "expected a transaction in base64, and no data beside it",
}
"""The members of a structured event that are no attributes, and what is said of a bad one."""

Attribute = str | int | bool


class Event(msgspec.Struct):
    """A CloudEvent as it came.

    Attributes
    ----------
    attributes
        Context attributes by name; until they are checked, of any type.
    data
        The text of the data, or None where the event has none.
    pointer
        The JSON Pointer of the data in the request's body.
    structured
        Whether the event is the body, or else spread over headers and body.
    """

    attributes: dict[str, object]
    data: bytes | None
    pointer: str
    structured: bool

    def fault(self, name: str, detail: str) -> Fault:
        """Return a fault of an attribute, placed where the client wrote it."""
        if self.structured:
            return Fault(detail, pointer=f"/{name}")
        header = "content-type" if name == "datacontenttype" else f"ce-{name}"
        return Fault(detail, header=header)


def is_binary_event(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Tell whether a request's headers hold the attributes of an event.

    Parameters
    ----------
    headers
        Names in lower case, and values.

    Returns
    -------
    bool
        True from the first attribute on, so that an incomplete event is told what it lacks.
    """
    return any(name.startswith(HEADER_PREFIX) for name, _ in headers)


def score_event(
    scorer: Scorer, revision: str, request: Request, body: bytes, *, structured: bool
) -> Response:
    """Answer an event that holds a transaction with an event that holds the decision.

    Parameters
    ----------
    scorer
        The model.
    revision
        Names the source of the answer: /fraud/REVISION.
    request
        Its headers hold a binary event's attributes; its query may ask for a number of reasons.
    body
        The event of a structured request, the data of a binary one.
    structured
        Which of the two it is; the answer is in the same mode.

    Returns
    -------
    Response

    Raises
    ------
    InputError
        If this is no CloudEvent, or not one that holds a transaction; it names every fault.
    """
    event = _structured_event(body) if structured else _binary_event(request, body)
    transaction = _transaction_of(event)
    decision = scorer.decide(transaction, reasons_wanted(request, REASONS_OF_ONE))
    decision.model = scorer.reference
    if decision.id is None:
        decision.id = str(event.attributes["id"])
    attributes = _reply_attributes(event, revision)
    if structured:
        content = msgspec.json.encode({**attributes, "data": decision})
        return Response(content, media_type=STRUCTURED_MEDIA_TYPE)
    media_type = str(attributes.pop("datacontenttype"))
    headers = {f"ce-{name}": _header_value(value) for name, value in attributes.items()}
    return Response(msgspec.json.encode(decision), headers=headers, media_type=media_type)


def _binary_event(request: Request, body: bytes) -> Event:
    attributes: dict[str, object] = {}
    for name, value in request.scope["headers"]:
        if name.startswith(HEADER_PREFIX):
            text = unquote(value.decode("latin-1"))
            attributes[name[len(HEADER_PREFIX) :].decode("latin-1")] = text
        elif name == b"content-type":
            attributes["datacontenttype"] = value.decode("latin-1")
    return Event(attributes, body, "", structured=False)


def _structured_event(body: bytes) -> Event:
    members = _members(body)
    attributes = {
        name: value
        for name, raw in members.items()
        if name not in DATA_EXPECTED and (value := msgspec.json.decode(raw)) is not None
    }
    if "data_base64" not in members:
        data = bytes(members["data"]) if "data" in members else None
        return Event(attributes, data, "/data", structured=True)
    data = None if "data" in members else _decoded(members["data_base64"])
    return Event(attributes, data, "/data_base64", structured=True)


def _members(body: bytes) -> dict[str, msgspec.Raw]:
    """Read a JSON object's members, each as its own text, and be sure that none is there twice."""
    try:
        members = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        faults = faults_of_keys(body)
        raise InvalidInputError(
            faults or [Fault("expected a CloudEvent, an object", pointer="")]
        ) from None
    # Outside its members' texts an object has one colon for each key.
    colons = len(members) + sum(bytes(raw).count(b":") for raw in members.values())
    if body.count(b":") != colons and (faults := faults_of_keys(body)):
        raise InvalidInputError(faults)
    return members


def _decoded(raw: msgspec.Raw) -> bytes | None:
    try:
        return base64.b64decode(msgspec.json.decode(raw, type=str), validate=True)
    except (msgspec.DecodeError, binascii.Error, ValueError):
        return None


def _transaction_of(event: Event) -> Transaction:
    _check_data_content_type(event)
    faults = list(_attribute_faults(event))
    if event.attributes.get("type", TRANSACTION_TYPE) != TRANSACTION_TYPE:
        raise InvalidInputError(faults)
    if event.data is None:
        expected = DATA_EXPECTED[event.pointer.lstrip("/")]
        raise InvalidInputError([*faults, Fault(expected, event.pointer)])
    try:
        transaction = read_transaction(event.data, pointer=event.pointer)
    except InvalidInputError as error:
        raise InvalidInputError([*faults, *error.faults]) from None
    if faults:
        raise InvalidInputError(faults)
    return transaction


def _check_data_content_type(event: Event) -> None:
    given = event.attributes.get("datacontenttype")
    if given is None:
        return
    media_type = media_type_of(str(given))
    if media_type != "application/json" and not media_type.endswith("+json"):
        raise UnsupportedMediaTypeError(
            f'The event\'s data is of type "{shown(given)[1:-1]}"; application/json was expected.'
        )


def _attribute_faults(event: Event) -> Iterable[Fault]:
    for name in REQUIRED_ATTRIBUTES:
        value = event.attributes.get(name)
        if value is None:
            yield event.fault(name, "missing; every CloudEvent has it")
        elif not isinstance(value, str) or not value:
            yield event.fault(name, f"expected a string that is not empty, got {shown(value)}")
    for name, expected in (("specversion", SPECVERSION), ("type", TRANSACTION_TYPE)):
        value = event.attributes.get(name)
        if isinstance(value, str) and value not in ("", expected):
            yield event.fault(name, f'expected "{expected}", got {shown(value)}')
    for name, value in event.attributes.items():
        if not NAME.fullmatch(name):
            yield event.fault(name, "expected a name of lower-case letters and digits")
        if name not in REQUIRED_ATTRIBUTES and not isinstance(value, Attribute):
            detail = f"expected a string, a whole number or a boolean, got {shown(value)}"
            yield event.fault(name, detail)


def _reply_attributes(event: Event, revision: str) -> dict[str, object]:
    attributes: dict[str, object] = {
        "specversion": SPECVERSION,
        "id": event.attributes["id"],
        "source": f"/fraud/{revision}",
        "type": DECISION_TYPE,
        "time": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
        "datacontenttype": "application/json",
    }
    if "subject" in event.attributes:
        attributes["subject"] = event.attributes["subject"]
    extensions = {k: v for k, v in event.attributes.items() if k not in OWN_ATTRIBUTES}
    return attributes | extensions


def _header_value(value: object) -> str:
    """Encode an attribute as the HTTP protocol binding asks: all but printable ASCII, and " and %.

    https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md
    section 3.1.3.2.
    """
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return quote(text, safe="!#$&'()*+,-./:;<=>?@[\\]^_`{|}~")
