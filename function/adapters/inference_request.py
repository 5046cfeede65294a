"""Reads inference requests of the Open Inference Protocol v2; `inference_v2` calls it.

The transactions are one tensor with a row for each, or one tensor for each field, as MLServer's
codec for data frames sends them. https://github.com/kserve/open-inference-protocol.
"""

from collections.abc import Iterator
from typing import cast

import msgspec

from function import diagnosis
from function.adapters.inference import UNREADABLE, is_array, members_of, parameters_of
from function.adapters.tensors import BINARY_SIZE, Tensor, read_tensor
from function.diagnosis import shown
from function.errors import Fault, InvalidInputError, MalformedBodyError
from function.limits import check_values
from function.reading import Reader
from function.rows import COLUMNS, transactions_of, widths
from function.transaction import Transaction

MATRIX = "transactions"
"""The name of the tensor that holds all fields."""

LENGTH_HEADER = "inference-header-content-length"
"""Says how many bytes of the body are the JSON; all others are tensors."""

OUTPUTS = {"probability": "FP64", "fraud": "BOOL", "threshold": "FP64"}
"""The tensors of an answer and their data types; each has an element for each transaction."""

DEPTH = 6
"""Beyond that of any member that this module reads."""


class InferenceRequest(msgspec.Struct):
    """What a client asks.

    Attributes
    ----------
    id
        The client's own name for the request; optional.
    transactions
        What is scored.
    outputs
        The names of the tensors to answer with, and whether each goes as bytes.
    """

    id: str | None
    transactions: list[Transaction]
    outputs: dict[str, bool]


def read_request(body: bytes, header: str | None, reader: Reader) -> InferenceRequest:
    """Read a request.

    Parameters
    ----------
    body
        JSON, and behind it the bytes of tensors, if any.
    header
        The value of `LENGTH_HEADER`, if any.
    reader
        Knows what a transaction must have.

    Returns
    -------
    InferenceRequest

    Raises
    ------
    MalformedBodyError
        If the JSON part is not JSON.
    InvalidInputError
        If anything in it cannot be scored; it names every fault.
    BatchTooLargeError
        If there are more transactions than the reader takes, or too many values.
    """
    length = len(body) if header is None else _length_of(header, len(body))
    text, binary = body[:length], body[length:]
    check_values(text, reader.most_values)
    try:
        document = msgspec.json.decode(text)
    except UNREADABLE as error:
        _request_of(diagnosis.parse(text), binary, reader)
        raise MalformedBodyError(f"The body cannot be read: {error}.") from None
    if text.count(b":") != _colons(document, DEPTH):
        document = diagnosis.parse(text)
    return _request_of(document, binary, reader)


def _length_of(text: str, most: int) -> int:
    if text.isascii() and text.isdigit() and len(text) <= len(str(most)) and int(text) <= most:
        return int(text)
    expected = f"expected a whole number up to {most}, the length of the body"
    raise InvalidInputError([Fault(f"{expected}; got {shown(text)}", header=LENGTH_HEADER)])


def _colons(value: object, depth: int) -> int:
    """Count the colons that the JSON of a value has where no key is there twice.

    As in `reading`, another count is not wrong, just to be checked: that of a value which is nested
    more deeply than a request is, or has strings where it should have numbers.
    """
    if isinstance(value, str):
        return value.count(":")
    if depth and isinstance(value, list):
        return sum(_colons(each, depth - 1) for each in value)
    if depth and isinstance(value, dict):
        own: int = len(value) + sum(name.count(":") for name in value)
        inner = (_colons(each, depth - 1) for name, each in value.items() if name != "data")
        return own + sum(inner)
    return 0


def _request_of(document: object, binary: bytes, reader: Reader) -> InferenceRequest:
    members = members_of(document, "", "an inference request")
    faults = list(_faults_of_id(members))
    outputs: dict[str, bool] = {}
    transactions: list[Transaction] = []
    try:
        outputs = _outputs_of(members)
    except InvalidInputError as error:
        faults += error.faults
    try:
        transactions = _transactions_of(_tensors_of(members, binary, reader.most), reader)
    except InvalidInputError as error:
        faults += error.faults
    if faults:
        raise InvalidInputError(faults)
    name = members.get("id")
    return InferenceRequest(name if isinstance(name, str) else None, transactions, outputs)


def _faults_of_id(members: dict[str, object]) -> Iterator[Fault]:
    if not isinstance(name := members.get("id"), str | None):
        yield Fault(f"expected a string, got {shown(name)}", "/id")


def _outputs_of(members: dict[str, object]) -> dict[str, bool]:
    """Return which outputs are wanted, all where none is named, and which of them as bytes."""
    default = _flag(parameters_of(members, ""), "binary_data_output", "", default=False)
    items = members.get("outputs")
    if items is None or items == []:
        return dict.fromkeys(OUTPUTS, default)
    wanted: dict[str, bool] = {}
    for place, output in _items_of(items, "/outputs", "an output"):
        name = output.get("name")
        if not isinstance(name, str) or name not in OUTPUTS or name in wanted:
            expected = f"expected one of {', '.join(OUTPUTS)}, each once"
            raise InvalidInputError([Fault(f"{expected}; got {shown(name)}", f"{place}/name")])
        parameters = parameters_of(output, place)
        wanted[name] = _flag(parameters, "binary_data", place, default=default)
    return wanted


def _flag(parameters: dict[str, object], name: str, place: str, *, default: bool) -> bool:
    if not isinstance(flag := parameters.get(name, default), bool):
        detail = f"expected true or false, got {shown(flag)}"
        raise InvalidInputError([Fault(detail, f"{place}/parameters/{name}")])
    return flag


def _items_of(items: object, place: str, kind: str) -> Iterator[tuple[str, dict[str, object]]]:
    if not is_array(items):
        raise InvalidInputError([Fault(f"expected an array, got {shown(items)}", place)])
    if len(listed := cast("list[object]", items)) > len(COLUMNS):
        expected = f"expected at most {len(COLUMNS)}, one for each field"
        raise InvalidInputError([Fault(f"{expected}; got {len(listed)}", place)])
    for index, item in enumerate(listed):
        yield f"{place}/{index}", members_of(item, f"{place}/{index}", kind)


def _tensors_of(members: dict[str, object], binary: bytes, most: int) -> list[Tensor]:
    """Read the inputs; the bytes belong to them in their order."""
    tensors: list[Tensor] = []
    faults: list[Fault] = []
    start = 0
    for place, item in _items_of(members.get("inputs"), "/inputs", "a tensor"):
        try:
            size = _binary_size(item, place, len(binary) - start)
            part = None if size is None else binary[start : start + size]
            start += size or 0
            tensors.append(read_tensor(item, place, part, most))
        except InvalidInputError as error:
            faults += error.faults
    if not faults and start != len(binary):
        detail = f"expected {start} bytes behind the JSON, as the inputs say; got {len(binary)}"
        faults.append(Fault(detail, "/inputs"))
    if faults:
        raise InvalidInputError(faults)
    return tensors


def _binary_size(item: dict[str, object], place: str, most: int) -> int | None:
    parameters = parameters_of(item, place)
    if BINARY_SIZE not in parameters:
        return None
    size = parameters[BINARY_SIZE]
    if type(size) is int and 0 <= size <= most:
        return size
    detail = f"expected a whole number up to {most}, the bytes that are left; got {shown(size)}"
    raise InvalidInputError([Fault(detail, f"{place}/parameters/{BINARY_SIZE}")])


def _transactions_of(tensors: list[Tensor], reader: Reader) -> list[Transaction]:
    if [tensor.name for tensor in tensors] == [MATRIX]:
        return _of_matrix(tensors[0], reader)
    return _of_columns(tensors, reader)


def _of_matrix(matrix: Tensor, reader: Reader) -> list[Transaction]:
    allowed = widths(reader.required)
    if len(matrix.shape) == 1 or (width := matrix.shape[1]) not in allowed:
        expected = " or ".join(f"[n, {width}]" for width in allowed)
        detail = f"expected {expected}; got {list(matrix.shape)}"
        raise InvalidInputError([Fault(detail, f"{matrix.place}/shape")])
    rows = list(zip(*[iter(matrix.values)] * width, strict=True))
    return transactions_of(
        rows, lambda row, column, detail: matrix.fault(row * width + column, detail)
    )


def _of_columns(tensors: list[Tensor], reader: Reader) -> list[Transaction]:
    if faults := list(_faults_of_columns(tensors, reader)):
        raise InvalidInputError(faults)
    by_name = {tensor.name: tensor for tensor in tensors}
    columns = [by_name[name] for name in COLUMNS if name in by_name]
    rows = list(zip(*(column.values for column in columns), strict=True))
    return transactions_of(rows, lambda row, column, detail: columns[column].fault(row, detail))


def _faults_of_columns(tensors: list[Tensor], reader: Reader) -> Iterator[Fault]:
    """Find every name that is wrong, there twice or missing, and every shape unlike the first."""
    if not tensors:
        yield Fault(f'no tensor; expected "{MATRIX}", or one for each field', "/inputs")
        return
    rows = tensors[0].shape[0]
    names = [tensor.name for tensor in tensors]
    for index, tensor in enumerate(tensors):
        if tensor.name not in COLUMNS:
            allowed = f'allowed are "{MATRIX}" alone, or V1 to V28, Amount and Time'
            yield Fault(f"unknown tensor {shown(tensor.name)}; {allowed}", f"{tensor.place}/name")
        elif tensor.name in names[:index]:
            yield Fault(f"the tensor {tensor.name} is there twice", f"{tensor.place}/name")
        elif tensor.shape not in ((rows,), (rows, 1)):
            detail = f"expected [{rows}] or [{rows}, 1]; got {list(tensor.shape)}"
            yield Fault(detail, f"{tensor.place}/shape")
    if set(names) <= set(COLUMNS):
        for name in reader.required:
            if name not in names:
                yield Fault(f"the tensor {name} is missing", "/inputs")
