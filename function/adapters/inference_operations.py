"""What the paths of KServe's protocols take and give; their adapters load it for the document."""

from typing import Annotated, Any, Literal

import msgspec

from function.adapters import examples
from function.adapters.core import Core
from function.adapters.forms import ReasonsWanted
from function.adapters.inference import (
    BINARY_MEDIA_TYPE,
    JSON_MEDIA_TYPE,
    MODEL_NAME,
    InferenceResponse,
    Output,
    Predictions,
)
from function.adapters.inference_request import MATRIX
from function.adapters.operations import Content, Operation, Parameter
from function.adapters.requests import REASONS_PARAMETER
from function.errors import (
    BatchTooLargeError,
    BodyTooLargeError,
    InvalidInputError,
    MalformedBodyError,
)
from function.transaction import (
    RANGES,
    REQUIRED_FIELDS,
    TimedTransaction,
    Transaction,
)

PROBLEMS = (MalformedBodyError, BatchTooLargeError, BodyTooLargeError, InvalidInputError)
COLUMNS = [msgspec.json.schema(each) for each in RANGES.values()]


def _row(least: int) -> msgspec.Meta:
    """Describe a row: the types of its numbers cannot be told by one type of Python's."""
    return msgspec.Meta(
        extra_json_schema={"prefixItems": COLUMNS, "minItems": least, "maxItems": len(COLUMNS)}
    )


Row = Annotated[list[float], _row(len(COLUMNS) - 1)]
TimedRow = Annotated[list[float], _row(len(COLUMNS))]


class Models(msgspec.Struct):
    """The models that there are.

    Attributes
    ----------
    models
        Their names.
    """

    models: list[str]


class Instances(msgspec.Struct):
    """What a prediction by the protocol v1 is asked for; further members do not count.

    Attributes
    ----------
    instances
        Transactions: objects, or rows of V1 to V28, Amount and, where the model uses it, Time.
    """

    instances: list[Transaction | Row]


class TimedInstances(msgspec.Struct):
    """The same for a model that uses Time.

    Attributes
    ----------
    instances
        Transactions: objects, or rows of V1 to V28, Amount and Time.
    """

    instances: list[TimedTransaction | TimedRow]


class InputTensor(msgspec.Struct):
    """A tensor of numbers.

    Attributes
    ----------
    name
        "transactions", with a row for each; or the name of a field, one tensor for each of them.
    shape
        The number of rows, and that of columns.
    datatype
        What the numbers are.
    data
        All of them, row after row, flat or nested.
    """

    name: Literal["transactions"]
    shape: tuple[int, int]
    datatype: Literal["FP32", "FP64", "INT32", "INT64"]
    data: list[Any]


class InferenceQuestion(msgspec.Struct):
    """What is asked by the protocol v2.

    Attributes
    ----------
    inputs
        The transactions.
    id
        The client's own name for the request; given back with the answer.
    """

    inputs: Annotated[list[InputTensor], msgspec.Meta(min_length=1, max_length=1)]
    id: str | None = None


def models_operation() -> Operation:
    """Describe GET /v1/models.

    Returns
    -------
    Operation
    """
    return Operation(
        name="list_models",
        summary="The models that there are, by KServe's protocol v1",
        gives={JSON_MEDIA_TYPE: Content((Models,), {"models": [MODEL_NAME]})},
        problems=(BodyTooLargeError,),
    )


def fixed_operation(name: str, summary: str, content: object) -> Operation:
    """Describe a path of the protocols that answers always the same.

    Parameters
    ----------
    name
        What a generated client calls it.
    summary
        What it says, in a few words.
    content
        The answer.

    Returns
    -------
    Operation
    """
    return Operation(
        name=name,
        summary=summary,
        gives={JSON_MEDIA_TYPE: Content((dict[str, Any],), content)},
        problems=(BodyTooLargeError,),
    )


def predict_operation(core: Core) -> Operation:
    """Describe POST /v1/models/fraud:predict.

    Parameters
    ----------
    core
        Knows what a transaction must have.

    Returns
    -------
    Operation
    """
    question = TimedInstances if core.scorer.model.needs_time else Instances
    alone = examples.decision()
    return Operation(
        name="predict",
        summary="Decisions on transactions, by KServe's protocol v1",
        takes={JSON_MEDIA_TYPE: Content((question,), {"instances": [examples.TRANSACTION]})},
        gives={
            JSON_MEDIA_TYPE: Content((Predictions,), Predictions([alone], core.scorer.reference))
        },
        parameters=(
            Parameter(
                REASONS_PARAMETER,
                "query",
                ReasonsWanted,
                "How many reasons each decision gives, in the place of none.",
            ),
        ),
        problems=PROBLEMS,
    )


def infer_operation(core: Core, name: str) -> Operation:
    """Describe POST /v2/models/fraud/infer.

    Parameters
    ----------
    core
        The model.
    name
        What a generated client calls it.

    Returns
    -------
    Operation
    """
    row = [examples.TRANSACTION[field] for field in core.reader.required]
    tensor = {"name": MATRIX, "shape": [1, len(row)], "datatype": "FP64", "data": row}
    question = {"inputs": [tensor]}
    found = examples.decision()
    outputs = [
        Output("probability", (1,), "FP64", [found.probability]),
        Output("fraud", (1,), "BOOL", [found.fraud]),
        Output("threshold", (1,), "FP64", [found.threshold]),
    ]
    answer = InferenceResponse(MODEL_NAME, core.scorer.reference.version, outputs)
    return Operation(
        name=name,
        summary="Probabilities of transactions, by the Open Inference Protocol v2",
        description=(
            "Tensors may also stand as bytes behind the JSON, as Triton's clients send them: the "
            "header inference-header-content-length says then how long the JSON is. In place of "
            f"one tensor of the shape [n, {len(REQUIRED_FIELDS)}] there may be one for each field."
        ),
        takes={
            JSON_MEDIA_TYPE: Content((InferenceQuestion,), question),
            # JSON alone is taken by any name.
            BINARY_MEDIA_TYPE: Content(example=msgspec.json.encode(question).decode()),
        },
        gives={
            JSON_MEDIA_TYPE: Content((InferenceResponse,), answer),
            BINARY_MEDIA_TYPE: Content(),
        },
        problems=PROBLEMS,
    )
