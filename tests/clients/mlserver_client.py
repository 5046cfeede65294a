"""Asks a server with what MLServer's codecs make of data frames and arrays; prints JSON."""

import json
import sys

import numpy as np
import pandas as pd
import requests
from mlserver.codecs import NumpyCodec, PandasCodec
from mlserver.types import InferenceRequest, InferenceResponse, MetadataModelResponse


def main():
    url, rows = json.load(sys.stdin)
    metadata = requests.get(f"{url}/v2/models/fraud", timeout=10).text
    columns = MetadataModelResponse.model_validate_json(metadata).inputs[0].parameters.columns
    frame = pd.DataFrame(rows, columns=columns.split(","))
    matrix = NumpyCodec.encode_input("transactions", np.array(rows))
    asked = {
        "frame": PandasCodec.encode_request(frame.assign(Amount=frame["Amount"].astype(int))),
        "array": InferenceRequest(inputs=[matrix]),
    }
    answers = {name: ask(url, request) for name, request in asked.items()}
    json.dump(answers, sys.stdout)


def ask(url, request):
    response = requests.post(
        f"{url}/v2/models/fraud/infer", data=request.model_dump_json(), timeout=10
    )
    decoded = PandasCodec.decode_response(InferenceResponse.model_validate_json(response.text))
    return decoded.to_dict(orient="list")


main()
