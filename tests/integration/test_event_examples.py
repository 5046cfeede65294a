"""The examples of CloudEvents 1.0.2's own documents: events of others' types, read as they stand.

https://github.com/cloudevents/spec/tree/v1.0.2/cloudevents/formats/json-format.md (sections 2.3,
3.1.1 to 3.2, 4.2 and 4.3) and bindings/http-protocol-binding.md (sections 3.1.3.2 to 3.3.2).
"""

import base64
import json
from urllib.parse import unquote

import pytest
import requests

TYPE = "dev.fraud.transaction.v1"
ATTRIBUTES = {
    "specversion": "1.0",
    "type": "com.example.someevent",
    "source": "/mycontext",
    "subject": None,
    "id": "C234-1234-1234",
    "time": "2018-04-05T17:31:00Z",
    "comexampleextension1": "value",
    "comexampleothervalue": 5,
    "unsetextension": None,
}
STRUCTURED = {
    "text data": {
        **ATTRIBUTES,
        "datacontenttype": "text/xml",
        "data": "<much wow='xml'/>",
    },
    "binary data": {
        **ATTRIBUTES,
        "datacontenttype": "application/vnd.apache.thrift.binary",
        "data_base64": "... base64 encoded string ...",
    },
    "JSON data": {
        **ATTRIBUTES,
        "datacontenttype": "application/json",
        "data": {"appinfoA": "abc", "appinfoB": 123, "appinfoC": True},
    },
    "JSON data without datacontenttype": {
        **ATTRIBUTES,
        "data": {"appinfoA": "abc", "appinfoB": 123, "appinfoC": True},
    },
    "JSON string": {
        **ATTRIBUTES,
        "datacontenttype": "application/json",
        "data": "I'm just a string",
    },
    "JSON number": {**ATTRIBUTES, "datacontenttype": "application/json", "data": 1.5},
}
BINARY = {
    "ce-specversion": "1.0",
    "ce-type": "com.example.someevent",
    "ce-time": "2018-04-05T03:56:24Z",
    "ce-id": "1234-1234-1234",
    "ce-source": "/mycontext/subcontext",
    "content-type": "application/json; charset=utf-8",
}
EVENT_JSON = {"content-type": "application/cloudevents+json; charset=UTF-8"}
BATCH_JSON = {"content-type": "application/cloudevents-batch+json; charset=UTF-8"}


def pointers(response):
    assert response.headers["content-type"] == "application/problem+json"
    return [error.get("pointer", error.get("header")) for error in response.json()["errors"]]


@pytest.mark.parametrize("name", [name for name in STRUCTURED if name.startswith("JSON")])
def test_an_example_is_read_and_refused_for_its_type_alone(server, name):
    response = requests.post(server.url, json.dumps(STRUCTURED[name]), headers=EVENT_JSON)
    assert (response.status_code, pointers(response)) == (422, ["/type"])


@pytest.mark.parametrize("name", ["text data", "binary data"])
def test_an_example_whose_data_is_not_json_is_refused_for_its_data(server, name):
    response = requests.post(server.url, json.dumps(STRUCTURED[name]), headers=EVENT_JSON)
    assert response.status_code == 415


@pytest.mark.parametrize("name", STRUCTURED)
def test_an_example_with_a_transaction_is_answered_with_what_it_carries(server, fraud, name):
    example = STRUCTURED[name] | {"type": TYPE}
    if "data_base64" in example:
        example["data_base64"] = base64.b64encode(json.dumps(fraud).encode()).decode()
    else:
        example["data"] = fraud
    if "datacontenttype" in example:
        example["datacontenttype"] = "application/json"
    reply = requests.post(server.url, json.dumps(example), headers=EVENT_JSON).json()
    assert reply["data"]["fraud"] is True
    assert reply["id"] == ATTRIBUTES["id"]
    assert reply["comexampleextension1"] == "value"
    assert reply["comexampleothervalue"] == 5
    assert not {"unsetextension", "subject"} & set(reply)


def test_the_binary_example_is_refused_for_its_type_and_answered_with_ours(server, fraud):
    refused = requests.post(server.url, json.dumps(fraud), headers=BINARY)
    assert (refused.status_code, pointers(refused)) == (422, ["ce-type"])
    answered = requests.post(server.url, json.dumps(fraud), headers=BINARY | {"ce-type": TYPE})
    assert answered.headers["ce-id"] == "1234-1234-1234"
    assert answered.json()["fraud"] is True


def test_the_example_of_percent_encoding_comes_back_as_it_was(server, fraud):
    encoded = "Euro%20%E2%82%AC%20%F0%9F%98%80"
    headers = BINARY | {"ce-type": TYPE, "ce-exampletext": encoded}
    reply = requests.post(server.url, json.dumps(fraud), headers=headers)
    assert reply.headers["ce-exampletext"].isascii()
    assert unquote(reply.headers["ce-exampletext"]) == "Euro € 😀"


def test_the_example_of_a_batch_names_the_fault_of_each_event(server):
    batch = [STRUCTURED["JSON data"], STRUCTURED["JSON number"]]
    response = requests.post(server.url, json.dumps(batch), headers=BATCH_JSON)
    assert (response.status_code, pointers(response)) == (422, ["/0/type", "/1/type"])


def test_the_example_of_an_empty_batch_is_answered_with_one(server):
    assert requests.post(server.url, "[]", headers=BATCH_JSON).json() == []
