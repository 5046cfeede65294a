"""The Open Inference Protocol v2, which KServe, Triton and MLServer speak; `application` calls it.

https://github.com/kserve/open-inference-protocol, and Triton's binary tensor data extension. The
content type does not count: Triton's own client sends none.
"""

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from function.adapters.core import Core
from function.adapters.inference import MODEL_NAME
from function.adapters.inference_request import (
    LENGTH_HEADER,
    MATRIX,
    OUTPUTS,
    InferenceRequest,
    read_request,
)
from function.adapters.requests import read_body
from function.adapters.routes import SCORING_METHODS, Route, Routes, fixed
from function.adapters.tensors import BINARY_SIZE, packed
from function.settings import Settings

EXTENSIONS = ["binary_tensor_data"]
PLATFORM = "fraud_json"
"""Of the form project_format, as the protocol asks: this project's model file."""

BINARY_MEDIA_TYPE = "application/octet-stream"
JSON_MEDIA_TYPE = "application/json"


class Output(msgspec.Struct, omit_defaults=True):
    """A tensor of the answer: its data, or how many of the bytes behind the JSON are its own."""

    name: str
    shape: tuple[int]
    datatype: str
    data: list[object] | msgspec.UnsetType = msgspec.UNSET
    parameters: dict[str, int] | msgspec.UnsetType = msgspec.UNSET


class InferenceResponse(msgspec.Struct, omit_defaults=True):
    """The answer's JSON."""

    model_name: str
    model_version: str
    outputs: list[Output]
    id: str | None = None


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
        body = await read_body(request, settings.max_body_bytes)
        header = request.headers.get(LENGTH_HEADER)
        return _inferred(core, read_request(body, header, core.reader))

    version = core.scorer.reference.version
    model = f"/v2/models/{MODEL_NAME}"
    ready = {"name": MODEL_NAME, "ready": True}
    content: dict[str, object] = {
        "/v2": {"name": MODEL_NAME, "version": core.revision, "extensions": EXTENSIONS},
        "/v2/health/live": {"live": True},
        "/v2/health/ready": {"ready": True},
    }
    paths = {}
    for place in (model, f"{model}/versions/{version}"):
        content |= {place: _metadata(core), f"{place}/ready": ready}
        paths[f"{place}/infer"] = Route(SCORING_METHODS, infer)
    return paths | {
        path: fixed(msgspec.json.encode(each), body_limit=settings.max_body_bytes)
        for path, each in content.items()
    }


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
