"""Reads and writes tensors of the Open Inference Protocol v2, as JSON or as bytes.

The bytes are those of Triton's binary tensor data extension: little-endian, row by row. They are
read with `struct` and not with numpy, which would have to be imported for it.
https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_binary_data.md.
`inference_request` reads tensors, `inference_v2` writes them.
"""

import math
import struct
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Literal, cast

import msgspec

from function.adapters.inference import is_array, members_of, parameters_of
from function.diagnosis import shown
from function.errors import Fault, InvalidInputError
from function.limits import check_count

BINARY_SIZE = "binary_data_size"
"""The parameter that says how many of the bytes behind the JSON are a tensor's."""

CODES = {
    "FP64": "d",
    "FP32": "f",
    "FP16": "e",
    "INT64": "q",
    "INT32": "i",
    "INT16": "h",
    "INT8": "b",
    "UINT64": "Q",
    "UINT32": "I",
    "UINT16": "H",
    "UINT8": "B",
    "BOOL": "?",
}
"""The data types by the names of the protocol, with their codes in `struct`."""

NUMBERS = tuple(name for name in CODES if name != "BOOL")
"""The data types of an input."""

MOST_DIMENSIONS = 2


class Tensor(msgspec.Struct):
    """An input as it was sent; its numbers are not checked against the ranges of the fields.

    Attributes
    ----------
    name
        As the client calls it.
    place
        Its JSON Pointer.
    shape
        One or two dimensions.
    values
        Row by row, as many as the shape says.
    form
        How the values were sent, which decides how one of them is pointed at.
    """

    name: str
    place: str
    shape: tuple[int, ...]
    values: Sequence[object]
    form: Literal["flat", "nested", "binary"]

    def fault(self, index: int, detail: str) -> Fault:
        """Return the fault of one of the values; among bytes, where there is no JSON, by its row.

        Parameters
        ----------
        index
            Its position in `values`.
        detail
            What is wrong with it.

        Returns
        -------
        Fault
        """
        row, column = divmod(index, math.prod(self.shape[1:]))
        if self.form == "binary":
            return Fault(f"row {row}, {detail}", self.place)
        inner = f"{row}/{column}" if self.form == "nested" else str(index)
        return Fault(detail, f"{self.place}/data/{inner}")


def read_tensor(item: object, place: str, binary: bytes | None, most: int) -> Tensor:
    """Read an input.

    Parameters
    ----------
    item
        The JSON that describes it.
    place
        Its JSON Pointer.
    binary
        Its bytes, where it says how many it has.
    most
        How many rows it may have.

    Returns
    -------
    Tensor

    Raises
    ------
    InvalidInputError
        If a member is missing or of the wrong type, or the data is not what the shape and the data
        type say; it names every fault.
    BatchTooLargeError
        If it has more rows: a body of small numbers could hold far more transactions than one of
        JSON objects can.
    """
    members = members_of(item, place, "a tensor")
    if faults := list(_faults_of_head(members, place)):
        raise InvalidInputError(faults)
    name, datatype = cast("str", members["name"]), cast("str", members["datatype"])
    shape = tuple(cast("list[int]", members["shape"]))
    check_count(shape[0], most)
    if binary is not None:
        return Tensor(name, place, shape, _unpacked(binary, shape, datatype, place), "binary")
    data = cast("list[object]", members["data"])
    nested = len(shape) == MOST_DIMENSIONS and bool(data) and all(map(is_array, data))
    values = _flattened(cast("list[list[object]]", data), shape, place) if nested else data
    if len(values) != math.prod(shape):
        raise InvalidInputError([_fault_of_count(shape, len(values), f"{place}/data")])
    tensor = Tensor(name, place, shape, values, "nested" if nested else "flat")
    if not datatype.startswith("FP"):
        _check_whole(tensor, datatype)
    return tensor


def packed(values: Sequence[object], datatype: str) -> bytes:
    """Return an output's values as bytes.

    Parameters
    ----------
    values
        Numbers, or booleans.
    datatype
        One of `CODES`.

    Returns
    -------
    bytes
    """
    return struct.pack(f"<{len(values)}{CODES[datatype]}", *values)


def _faults_of_head(members: dict[str, object], place: str) -> Iterator[Fault]:
    if not isinstance(name := members.get("name"), str):
        yield Fault(f"expected a string, got {shown(name)}", f"{place}/name")
    if (datatype := members.get("datatype")) not in NUMBERS:
        allowed = ", ".join(NUMBERS)
        yield Fault(f"expected one of {allowed}; got {shown(datatype)}", f"{place}/datatype")
    if not _is_shape(shape := members.get("shape")):
        expected = "an array of one or two whole numbers, 0 or more"
        yield Fault(f"expected {expected}; got {_listed(shape)}", f"{place}/shape")
    binary = BINARY_SIZE in parameters_of(members, place)
    if binary and members.get("data") is not None:
        yield Fault(f"expected no data beside {BINARY_SIZE}", f"{place}/data")
    if not binary and not is_array(data := members.get("data")):
        yield Fault(f"expected an array of numbers, got {shown(data)}", f"{place}/data")


def _is_shape(shape: object) -> bool:
    if not is_array(shape):
        return False
    sizes = cast("list[object]", shape)
    return len(sizes) in range(1, MOST_DIMENSIONS + 1) and all(
        type(size) is int and size >= 0 for size in sizes
    )


def _listed(shape: object) -> str:
    if not is_array(shape) or len(sizes := cast("list[object]", shape)) > 2 * MOST_DIMENSIONS:
        return shown(shape)
    return f"[{', '.join(map(shown, sizes))}]"


def _flattened(data: list[list[object]], shape: tuple[int, ...], place: str) -> list[object]:
    rows, width = shape
    faults = (
        _fault_of_count(shape[1:], len(row), f"{place}/data/{index}")
        for index, row in enumerate(data)
        if len(row) != width
    )
    if len(data) != rows or any(len(row) != width for row in data):
        wrong_count = [_fault_of_count(shape[:1], len(data), f"{place}/data")]
        raise InvalidInputError(chain(wrong_count if len(data) != rows else [], faults))
    return list(chain.from_iterable(data))


def _unpacked(
    binary: bytes, shape: tuple[int, ...], datatype: str, place: str
) -> tuple[object, ...]:
    count = math.prod(shape)
    size = count * struct.calcsize(f"<{CODES[datatype]}")
    if len(binary) != size:
        expected = f"expected {size} for the shape {list(shape)} of {datatype}"
        pointer = f"{place}/parameters/{BINARY_SIZE}"
        raise InvalidInputError([Fault(f"{expected}, got {len(binary)}", pointer)])
    return struct.unpack(f"<{count}{CODES[datatype]}", binary)


def _check_whole(tensor: Tensor, datatype: str) -> None:
    """Refuse what the data type cannot hold; for floating-point numbers any number will do."""
    try:
        packed(tensor.values, datatype)
    except struct.error:
        raise InvalidInputError(
            tensor.fault(
                index, f"expected a whole number that {datatype} holds; got {shown(value)}"
            )
            for index, value in enumerate(tensor.values)
            if not _holds(datatype, value)
        ) from None


def _holds(datatype: str, value: object) -> bool:
    try:
        packed([value], datatype)
    except struct.error:
        return False
    return True


def _fault_of_count(shape: Sequence[int], count: int, place: str) -> Fault:
    expected = f"expected {math.prod(shape)} elements, as the shape says"
    return Fault(f"{expected}; got {count}", place)
