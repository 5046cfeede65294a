"""Asks a server as users of Triton's HTTP client do; prints what it was told as JSON."""

import json
import sys

import numpy as np
from tritonclient.http import (
    InferenceServerClient,
    InferenceServerException,
    InferInput,
    InferRequestedOutput,
)


def main():
    url, rows = json.load(sys.stdin)
    client = InferenceServerClient(url.removeprefix("http://"))
    metadata = client.get_model_metadata("fraud")
    version = metadata["versions"][0]
    told = {
        "live": client.is_server_live(),
        "ready": client.is_server_ready(),
        "model ready": client.is_model_ready("fraud", version),
        "extensions": client.get_server_metadata()["extensions"],
        "inputs": metadata["inputs"],
        "outputs": metadata["outputs"],
        "version": version,
    }
    for datatype, kind in (("FP64", np.float64), ("FP32", np.float32)):
        for binary in (False, True):
            result = infer(client, np.array(rows, kind), datatype, binary, version)
            told[f"{datatype} {binary}"] = result.as_numpy("probability").tolist()
    everything = client.infer("fraud", [tensor_of(np.array(rows), "FP64", True)])
    told["fraud"] = everything.as_numpy("fraud").tolist()
    told["no rows"] = list(
        client.infer("fraud", [tensor_of(np.zeros((0, len(rows[0]))), "FP64", True)])
        .as_numpy("probability")
        .shape
    )
    told["refused"] = refusal(client, np.full((1, len(rows[0])), np.nan), "")
    told["unknown version"] = refusal(client, np.array(rows), "7")
    json.dump(told, sys.stdout)


def infer(client, values, datatype, binary, version):
    outputs = [InferRequestedOutput("probability", binary_data=binary)]
    return client.infer(
        "fraud", [tensor_of(values, datatype, binary)], version, outputs, request_id="batch:1"
    )


def tensor_of(values, datatype, binary):
    tensor = InferInput("transactions", values.shape, datatype)
    tensor.set_data_from_numpy(values, binary_data=binary)
    return tensor


def refusal(client, values, version):
    try:
        client.infer("fraud", [tensor_of(values, "FP64", True)], version)
    except InferenceServerException as error:
        return [error.status(), error.message()]
    return None


main()
