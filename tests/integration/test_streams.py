"""Streams of transactions against the real server: NDJSON and CSV, line by line."""

import csv
import io
import json
import socket
import struct
import threading
import time
from pathlib import Path

import pytest
import requests

from function.lines import LINE_LIMIT
from tests.duplex import upload
from tests.server import running_server
from training.table import COMPONENTS

NDJSON = "application/x-ndjson"
NAMES = ["Time", *COMPONENTS, "Amount"]


def post(server, body, content_type=NDJSON, **parameters):
    headers = {"content-type": content_type}
    return requests.post(server.url, data=body, headers=headers, params=parameters, timeout=60)


def ndjson_of(*transactions):
    return "".join(json.dumps(each) + "\n" for each in transactions)


def csv_of(*rows, names=(*NAMES, "Class")):
    output = io.StringIO()
    csv.writer(output, lineterminator="\n").writerows([names, *rows])
    return output.getvalue()


def row_of(fraud, **changes):
    """The cells of a transaction in the data set's order, its class included."""
    return [({**fraud, "Class": 1} | changes)[name] for name in (*NAMES, "Class")]


def answers_of(response):
    return [json.loads(line) for line in response.text.splitlines()]


def rows_of(response):
    return list(csv.DictReader(io.StringIO(response.text)))


def test_each_line_is_answered_in_its_order_with_the_decision_of_a_single_request(server, fraud):
    single = requests.post(server.url, json=fraud, params={"reasons": 0}).json()
    response = post(server, ndjson_of(*({**fraud, "id": str(n)} for n in range(500))))
    assert (response.status_code, response.headers["content-type"]) == (200, NDJSON)
    answers = answers_of(response)
    assert [each["id"] for each in answers] == [str(n) for n in range(500)]
    probability = pytest.approx(single["probability"], rel=1e-12)
    expected = single | {"id": None, "probability": probability}
    assert all(each | {"id": None} == expected for each in answers)


def test_a_header_says_which_model_answers(server, fraud):
    model = requests.get(f"{server.url}/model").json()
    row = csv_of(row_of(fraud))
    for response in (post(server, ndjson_of(fraud)), post(server, row, "text/csv")):
        assert response.headers["fraud-model"] == f"{model['name']} {model['version']}"


def test_a_bad_line_is_a_problem_in_its_place_and_the_rest_goes_on(server, fraud):
    lines = [
        json.dumps(fraud),
        "{",
        "",
        json.dumps({**fraud, "V3": "abc"}),
        "x" * (LINE_LIMIT + 1),
        "[]",
        json.dumps({**fraud, "V3": float("nan")}),
        json.dumps(fraud),
    ]
    answers = answers_of(post(server, "\n".join(lines)))
    assert [each.get("line") for each in answers] == [None, 2, 4, 5, 6, 7, None]
    assert [each.get("status", 200) for each in answers] == [200, 400, 422, 413, 422, 422, 200]
    assert answers[2]["errors"][0]["pointer"] == "/V3"


@pytest.mark.parametrize(("body", "count"), [("", 0), ("\n\n\r\n", 0), ("{}", 1)])
def test_a_stream_may_be_empty_or_end_without_a_line_end(server, body, count):
    response = post(server, body)
    assert (response.status_code, len(answers_of(response))) == (200, count)


def test_the_query_says_how_many_reasons_each_line_gets(server, fraud):
    answers = answers_of(post(server, ndjson_of(fraud, fraud), reasons=2))
    assert [len(each["reasons"]) for each in answers] == [2, 2]


@pytest.mark.parametrize("media_type", ["application/x-ndjson", "text/csv"])
def test_a_wrong_number_of_reasons_is_refused(server, media_type):
    response = requests.post(
        server.url,
        data=b"V1\n",
        params={"reasons": "many"},
        headers={"content-type": media_type},
    )
    assert (response.status_code, response.json()["errors"][0]["parameter"]) == (422, "reasons")


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_row_is_answered_with_its_number_the_probability_and_the_decision(
    server, fraud, end, mark
):
    single = requests.post(server.url, json=fraud).json()
    text = mark + csv_of(row_of(fraud), row_of(fraud, V4=0)).replace("\n", end)
    response = post(server, text.encode(), "text/csv; charset=utf-8")
    assert response.headers["content-type"].startswith("text/csv")
    first, second = rows_of(response)
    assert first == {
        "id": "1",
        "probability": repr(single["probability"]),
        "fraud": "true",
        "problem": "",
    }
    assert second["id"] == "2"
    assert float(second["probability"]) < single["probability"]


def test_columns_may_come_in_any_order_with_an_id_and_without_time_and_class(server, fraud):
    names = ["id", "Amount", *reversed(COMPONENTS)]
    rows = [
        [identity, *(fraud[name] for name in names[1:])]
        for identity in ("card 7", 'a "b", c', "back\\slash", "", "ü")
    ]
    answers = rows_of(post(server, csv_of(*rows, names=names).encode(), "text/csv"))
    assert [each["id"] for each in answers] == ["card 7", 'a "b", c', "back\\slash", "4", "ü"]
    probability = requests.post(server.url, json=fraud).json()["probability"]
    assert {float(each["probability"]) for each in answers} == {probability}


@pytest.mark.parametrize("number", ["+1.5", ".5", "1.", "01", '"1.5"', " 1.5 ", "1e0", "-1E+1"])
def test_numbers_are_read_as_csv_writes_them(server, fraud, number):
    text = csv_of(row_of(fraud, V3="NUMBER")).replace("NUMBER", number)
    [answer] = rows_of(post(server, text, "text/csv"))
    expected = requests.post(server.url, json={**fraud, "V3": float(number.strip('"'))}).json()
    assert float(answer["probability"]) == expected["probability"]


@pytest.mark.parametrize(
    ("changes", "pointer", "shown"),
    [
        ({"V3": "abc"}, "/V3", '"abc"'),
        ({"V3": ""}, "/V3", "missing"),
        ({"V3": "nan"}, "/V3", '"nan"'),
        ({"V3": "1e999"}, "/V3", '"1e999"'),
        ({"V3": "1_000"}, "/V3", '"1_000"'),
        ({"V3": '1,"V4":2'}, "/V3", "V4"),
        ({"V3": "1}{"}, "/V3", "1}{"),
        ({"Amount": -1}, "/Amount", "-1"),
        ({"Time": "noon"}, "/Time", '"noon"'),
    ],
)
def test_a_bad_cell_is_a_problem_in_its_place(server, fraud, changes, pointer, shown):
    text = csv_of(row_of(fraud), row_of(fraud, **changes), row_of(fraud))
    first, bad, last = rows_of(post(server, text, "text/csv"))
    assert (first["fraud"], last["id"], last["fraud"]) == ("true", "3", "true")
    assert (bad["id"], bad["probability"], bad["fraud"]) == ("2", "", "")
    [error] = json.loads(bad["problem"])["errors"]
    assert error["pointer"] == pointer
    assert shown in error["detail"]


def test_a_row_of_another_length_is_a_problem_in_its_place(server, fraud):
    text = csv_of(row_of(fraud)[:-1], [*row_of(fraud), 1], row_of(fraud))
    problems = [each["problem"] for each in rows_of(post(server, text, "text/csv"))]
    assert ["expected 31 cells" in each for each in problems] == [True, True, False]


@pytest.mark.parametrize(
    ("names", "detail"),
    [
        ([*NAMES, "Colour"], 'unknown column "Colour"'),
        ([*NAMES, "V1"], 'the column "V1" is there 2 times'),
        (NAMES[2:], "the column V1 is missing"),
        ([""], "the column V1 is missing"),
    ],
)
def test_a_header_that_cannot_be_is_refused_before_anything_is_answered(server, names, detail):
    response = post(server, csv_of([1] * len(names), names=names), "text/csv")
    assert response.status_code == 422
    assert any(detail in error["detail"] for error in response.json()["errors"])


def test_a_header_that_has_no_end_is_refused(server):
    assert post(server, "x" * (10 * LINE_LIMIT), "text/csv").status_code == 413


@pytest.mark.parametrize("content_type", [NDJSON, "text/csv"])
def test_the_answers_begin_before_the_upload_ends(server, fraud, content_type):
    text = ndjson_of(fraud) if content_type == NDJSON else csv_of(row_of(fraud))
    with upload(server.url, content_type) as stream:
        stream.send(text.encode())
        answer = stream.response.readline()
        if content_type == "text/csv":
            assert answer == b"id,probability,fraud,problem\n"
            answer = stream.response.readline()
        assert b"0.82" in answer
        stream.send(b"")
        assert stream.response.read() == b""


def test_a_client_that_goes_away_in_the_middle_harms_nobody(server, fraud):
    text = ndjson_of(fraud).encode()
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", server.port)) as client:
            head = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-ndjson\r\n"
            client.sendall(head + b"content-length: 1000000\r\n\r\n" + text + text[:100])
            client.recv(100)
    assert requests.post(server.url, json=fraud).ok
    assert server.process.poll() is None


def memory_of(process):
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


def test_a_long_stream_takes_no_more_memory_than_a_short_one(server, fraud):
    text = ndjson_of(*[fraud] * 1000).encode()
    chunks = 60
    client = socket.create_connection(("127.0.0.1", server.port))
    head = (
        b"POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/x-ndjson\r\n"
    )
    client.sendall(head + b"content-length: %d\r\n\r\n" % (chunks * len(text)))
    before = memory_of(server.process)

    def upload():
        for _ in range(chunks):
            client.sendall(text)

    sender = threading.Thread(target=upload)
    sender.start()
    with client.makefile("rb") as answers:
        count = sum(line.startswith(b'{"id"') for line in answers)
    sender.join()
    client.close()
    assert count == chunks * 1000
    assert memory_of(server.process) - before < 8_000


@pytest.mark.parametrize("count", [1500, 2000, 2500])
def test_a_client_that_leaves_while_it_is_answered_leaves_no_error_in_the_log(fraud, count):
    line = json.dumps(fraud).encode() + b"\n"
    head = b"POST /?reasons=29 HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-ndjson\r\n"
    # The answers to the first are more than the client takes; the second waits for its turn.
    first, second = (
        head + b"content-length: %d\r\n\r\n%b" % (len(lines), lines)
        for lines in (line * count, line)
    )
    with running_server(FRAUD_LOG="errors") as server:
        with socket.socket() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.settimeout(10)
            connection.connect(("127.0.0.1", server.port))
            connection.sendall(first + second)
            time.sleep(0.5)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        assert requests.post(server.url, json=fraud, timeout=10).ok
        server.stop()
        assert server.output() == ""


@pytest.mark.parametrize("length", ["known", "unknown"])
def test_a_short_stream_is_answered_while_it_comes_too(server, fraud, length):
    line = json.dumps(fraud).encode() + b"\n"
    head = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-ndjson\r\n"
    if length == "known":
        head += b"content-length: %d\r\n\r\n" % (2 * len(line))
        first, second = line, line
    else:
        head += b"transfer-encoding: chunked\r\n\r\n"
        first = b"%x\r\n%b\r\n" % (len(line), line)
        second = first + b"0\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(head + first)
        answer = b""
        while answer.count(b'"probability"') < 1:
            answer += connection.recv(65536)
        connection.sendall(second)
        while not answer.endswith(b"0\r\n\r\n"):
            answer += connection.recv(65536)
    assert answer.count(b'"probability"') == 2
