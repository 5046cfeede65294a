"""Asks a server as users of KServe's Python client do; prints what it was told as JSON."""

import asyncio
import json
import sys

import numpy as np
from kserve import InferenceRESTClient, InferInput, InferRequest, RESTConfig


async def v1(url, rows):
    async with InferenceRESTClient(RESTConfig(protocol="v1")) as client:
        return {
            "ready": await client.is_model_ready(url, "fraud"),
            "predictions": (await client.infer(url, {"instances": rows}, "fraud"))["predictions"],
        }


async def v2(url, rows):
    async with InferenceRESTClient(RESTConfig(protocol="v2")) as client:
        return {
            "live": await client.is_server_live(url),
            "ready": await client.is_server_ready(url),
            "model ready": await client.is_model_ready(url, "fraud"),
            "other ready": await client.is_model_ready(url, "other"),
            **{
                f"binary {binary_in} {binary_out}": await probabilities(
                    client, url, rows, binary_in, binary_out
                )
                for binary_in in (False, True)
                for binary_out in (False, True)
            },
            "refused": await status_of_a_refusal(client, url, rows),
        }


async def probabilities(client, url, rows, binary_in, binary_out):
    request = request_of(rows, binary_in, {"binary_data_output": binary_out})
    response = await client.infer(url, request, "fraud")
    assert response.id == request.id
    return response.get_output_by_name("probability").as_numpy().tolist()


async def status_of_a_refusal(client, url, rows):
    try:
        await client.infer(url, request_of([[float("nan"), *rows[0][1:]]], True, {}), "fraud")
    except Exception as error:  # noqa: BLE001  its class is the HTTP library's
        return error.response.status_code
    return None


def request_of(rows, binary, parameters):
    values = np.array(rows)
    tensor = InferInput("transactions", list(values.shape), "FP64")
    tensor.set_data_from_numpy(values, binary_data=binary)
    return InferRequest("fraud", [tensor], request_id="batch-1", parameters=parameters)


async def main():
    url, rows = json.load(sys.stdin)
    json.dump({"v1": await v1(url, rows), "v2": await v2(url, rows)}, sys.stdout)


asyncio.run(main())
