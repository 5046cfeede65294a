"""KServe's protocol v1, which is TensorFlow Serving's; `application` calls it.

https://kserve.github.io/website/docs/concepts/architecture/data-plane/v1-protocol. The content
type does not count, because many of its clients send none or a wrong one.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from function import diagnosis
from function.adapters.core import Core
from function.adapters.inference import (
    MODEL_NAME,
    UNREADABLE,
    Predictions,
    is_array,
    members_of,
)
from function.adapters.requests import note_protocol, read_body, reasons_wanted
from function.adapters.routes import SCORING_METHODS, Route, Routes, fixed
from function.adapters.transactions import MEDIA_TYPE, REASONS_OF_EACH
from function.diagnosis import faults_of_transaction, shown
from function.errors import (
    BatchTooLargeError,
    Fault,
    InputError,
    InvalidInputError,
    MalformedBodyError,
    refuse,
)
from function.limits import check_count, check_values
from function.reading import Reader, members_in
from function.rows import COLUMNS, faults_of, transactions_of, widths
from function.settings import Settings
from function.transaction import Transaction

if TYPE_CHECKING:
    from function.adapters.operations import Operation

INSTANCES = ("instances", "inputs")
"""The member that holds the transactions: KServe takes either name."""

_ROW = msgspec.json.Decoder(list)


def routes(core: Core, settings: Settings) -> Routes:
    """Return the paths of the protocol.

    Parameters
    ----------
    core
        The model, and what it can score.
    settings
        The limits.

    Returns
    -------
    Routes
    """

    async def predict(request: Request) -> Response:
        note_protocol(request, "v1")
        body = await read_body(request, settings.max_body_bytes)
        reasons = reasons_wanted(request, REASONS_OF_EACH)
        decisions = core.decide_all(read_instances(body, core.reader), reasons)
        answer = Predictions(decisions, core.scorer.reference)
        return Response(msgspec.json.encode(answer), media_type=MEDIA_TYPE)

    limit = settings.max_body_bytes
    listed = msgspec.json.encode({"models": [MODEL_NAME]})
    ready = {"name": MODEL_NAME, "ready": True}
    return {
        "/v1/models": fixed(listed, _models_operation, limit),
        f"/v1/models/{MODEL_NAME}": fixed(
            msgspec.json.encode(ready), lambda: _model_operation(ready), limit
        ),
        f"/v1/models/{MODEL_NAME}:predict": Route(
            SCORING_METHODS, predict, lambda: _predict_operation(core)
        ),
    }


def _models_operation() -> "Operation":
    from function.adapters.inference_operations import models_operation  # noqa: PLC0415

    return models_operation()


def _model_operation(content: object) -> "Operation":
    from function.adapters.inference_operations import fixed_operation  # noqa: PLC0415

    return fixed_operation("read_v1_model", "Whether the model is ready, by protocol v1", content)


def _predict_operation(core: Core) -> "Operation":
    from function.adapters.inference_operations import predict_operation  # noqa: PLC0415

    return predict_operation(core)


def read_instances(body: bytes, reader: Reader) -> list[Transaction]:
    """Read the transactions of a request.

    Parameters
    ----------
    body
        The JSON text of an object whose member "instances" (or "inputs") is an array of
        transactions, each an object as POST / takes it or an array of its numbers in the order of
        `function.rows.COLUMNS`.
    reader
        Knows what a transaction must have.

    Returns
    -------
    list of Transaction
        In the order of the array.

    Raises
    ------
    MalformedBodyError
        If the body is not JSON.
    InvalidInputError
        If it is no such object; it names every fault.
    BatchTooLargeError
        If there are more transactions than the reader takes, or too many values.
    """
    check_values(body, reader.most_values)
    try:
        members, doubtful = members_in(body)
        [name] = [name for name in INSTANCES if name in members]
        texts = msgspec.json.decode(members[name], type=list[msgspec.Raw])
        check_count(len(texts), reader.most)
        transactions = [_transaction(bytes(text), reader) for text in texts]
    except BatchTooLargeError:
        raise
    except (*UNREADABLE, InputError, ValueError) as error:
        refuse(_faults(diagnosis.parse(body), reader))
        raise MalformedBodyError(f"The body cannot be read: {error}.") from None
    if doubtful:
        refuse(_faults(diagnosis.parse(body), reader))
    return transactions


def _transaction(text: bytes, reader: Reader) -> Transaction:
    if not text.startswith(b"["):
        return reader.read_transaction(text)
    row = _ROW.decode(text)
    if (fault := _fault_of_width(row, "", reader)) is not None:
        raise InvalidInputError([fault])
    return transactions_of([row], lambda _, column, detail: Fault(detail, f"/{column}"))[0]


def _faults(document: object, reader: Reader) -> Iterator[Fault]:
    try:
        members = members_of(document, "", 'a request, {"instances": [...]}')
    except InvalidInputError as error:
        yield from error.faults
        return
    names = [name for name in INSTANCES if name in members]
    if len(names) != 1:
        wrong = "only one of both may be there" if names else "missing; expected an array"
        yield Fault(f"instances (or inputs): {wrong}", "/instances")
    for name in names:
        yield from _faults_of_instances(members[name], f"/{name}", reader)


def _faults_of_instances(instances: object, place: str, reader: Reader) -> Iterator[Fault]:
    if not is_array(instances):
        yield Fault(f"expected an array of transactions, got {shown(instances)}", place)
        return
    listed = cast("list[object]", instances)
    check_count(len(listed), reader.most)
    for index, instance in enumerate(listed):
        if is_array(instance):
            yield from _faults_of_row(cast("list[object]", instance), f"{place}/{index}", reader)
        else:
            yield from faults_of_transaction(instance, f"{place}/{index}", reader.required)


def _faults_of_row(row: list[object], place: str, reader: Reader) -> Iterator[Fault]:
    if (fault := _fault_of_width(row, place, reader)) is not None:
        yield fault
    else:
        yield from faults_of([row], lambda _, column, detail: Fault(detail, f"{place}/{column}"))


def _fault_of_width(row: list[object], place: str, reader: Reader) -> Fault | None:
    if len(row) in (allowed := widths(reader.required)):
        return None
    numbers = " or ".join(map(str, allowed))
    order = f"{COLUMNS[0]} to {COLUMNS[-3]}, {COLUMNS[-2]}, {COLUMNS[-1]}"
    return Fault(f"expected {numbers} numbers, in the order {order}; got {len(row)}", place)
