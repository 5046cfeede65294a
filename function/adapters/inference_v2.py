"""The Open Inference Protocol v2, which KServe, Triton and MLServer speak; `application` calls it.

https://github.com/kserve/open-inference-protocol, and Triton's binary tensor data extension. The
content type does not count: Triton's own client sends none.
"""

from functools import partial
from typing import TYPE_CHECKING

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from function.adapters.core import Core
from function.adapters.inference import (
    BINARY_MEDIA_TYPE,
    JSON_MEDIA_TYPE,
    MODEL_NAME,
    InferenceResponse,
    Output,
)
from function.adapters.inference_request import (
    LENGTH_HEADER,
    MATRIX,
    OUTPUTS,
    InferenceRequest,
    read_request,
)
from function.adapters.requests import note_protocol, read_body
from function.adapters.routes import SCORING_METHODS, Route, Routes, fixed
from function.adapters.tensors import BINARY_SIZE, packed
from function.settings import Settings

if TYPE_CHECKING:
    from function.adapters.operations import Operation

EXTENSIONS = ["binary_tensor_data"]
PLATFORM = "fraud_json"
"""Of the form project_format, as the protocol asks: this project's model file."""


def routes(core: Core, settings: Settings) -> Routes:
    """Return the paths of the protocol, those of the model with and without its version.

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

    async def infer(request: Request) -> Response:
        note_protocol(request, "v2")
        body = await read_body(request, settings.max_body_bytes)
        header = request.headers.get(LENGTH_HEADER)
        return _inferred(core, read_request(body, header, core.reader))

    version = core.scorer.reference.version
    model = f"/v2/models/{MODEL_NAME}"
    ready = {"name": MODEL_NAME, "ready": True}
    server = {"name": MODEL_NAME, "version": core.revision, "extensions": EXTENSIONS}
    content: dict[str, tuple[str, object]] = {
        "/v2": ("The server and its extensions", server),
        "/v2/health/live": ("Whether the server is live", {"live": True}),
        "/v2/health/ready": ("Whether the server is ready", {"ready": True}),
    }
    paths = {}
    for place in (model, f"{model}/versions/{version}"):
        content |= {
            place: ("The model's inputs and outputs", _metadata(core)),
            f"{place}/ready": ("Whether the model is ready", ready),
        }
        path = f"{place}/infer"
        paths[path] = Route(SCORING_METHODS, infer, partial(_infer_operation, core, path))
    return paths | {
        path: fixed(
            msgspec.json.encode(each),
            partial(_fixed_operation, path, what, each),
            settings.max_body_bytes,
        )
        for path, (what, each) in content.items()
    }


def _fixed_operation(path: str, what: str, content: object) -> "Operation":
    from function.adapters.inference_operations import fixed_operation  # noqa: PLC0415

    summary = f"{what}, by the Open Inference Protocol v2"
    return fixed_operation(_name_of(path), summary, content)


def _infer_operation(core: Core, path: str) -> "Operation":
    from function.adapters.inference_operations import infer_operation  # noqa: PLC0415

    return infer_operation(core, _name_of(path))


def _name_of(path: str) -> str:
    return path.strip("/").replace("/", "_")


def _metadata(core: Core) -> dict[str, object]:
    matrix = {
        "name": MATRIX,
        "datatype": "FP64",
        "shape": [-1, len(core.reader.required)],
        "parameters": {"columns": ",".join(core.reader.required)},
    }
    return {
        "name": MODEL_NAME,
        "versions": [core.scorer.reference.version],
        "platform": PLATFORM,
        "inputs": [matrix],
        "outputs": [
            {"name": name, "datatype": datatype, "shape": [-1]}
            for name, datatype in OUTPUTS.items()
        ],
    }


def _inferred(core: Core, request: InferenceRequest) -> Response:
    decisions = core.decide_all(request.transactions, 0)
    outputs, parts = [], []
    for name, binary in request.outputs.items():
        values = [getattr(decision, name) for decision in decisions]
        output = Output(name, (len(values),), OUTPUTS[name])
        if binary:
            parts.append(packed(values, OUTPUTS[name]))
            output.parameters = {BINARY_SIZE: len(parts[-1])}
        else:
            output.data = values
        outputs.append(output)
    version = core.scorer.reference.version
    text = msgspec.json.encode(InferenceResponse(MODEL_NAME, version, outputs, request.id))
    if not parts:
        return Response(text, media_type=JSON_MEDIA_TYPE)
    headers = {LENGTH_HEADER: str(len(text))}
    return Response(b"".join([text, *parts]), headers=headers, media_type=BINARY_MEDIA_TYPE)
