"""A line as a CloudEvent: what is sent, and what is a problem before it is sent."""

import asyncio
import json

import pytest
from cloudevents.http import from_http

from client.errors import AnswerError, RefusedError, SourceError
from client.events import EventsExchange
from client.sending import Reply
from client.source import Chunk, Place
from function.transaction import REQUIRED_FIELDS

NUMBERS = dict.fromkeys(REQUIRED_FIELDS, 0.25)
HEADER = ("Class,id,Time," + ",".join(REQUIRED_FIELDS) + "\n").encode()
ROW = ",".join(["0.25"] * len(REQUIRED_FIELDS))


class Recorder:
    """Stands where the connections are, and keeps what would be sent."""

    def __init__(self, reply=None):
        self.reply = reply or Reply(202, {}, b"")
        self.sent = []

    async def post(self, body, headers):
        self.sent.append((body, headers))
        return self.reply


def answered(kind, lines, reply=None, before=0):
    recorder = Recorder(reply)
    header = HEADER if kind == "csv" else b""
    exchange = EventsExchange(recorder, kind, header, "/files/ä b.csv")
    body = "".join(f"{line}\n" for line in lines).encode()
    chunk = Chunk(body, Place(9, before), Place(9 + len(body), before + len(lines)), 0)
    answer = asyncio.run(exchange.answer(chunk))
    return [json.loads(line) for line in answer.body.splitlines()], recorder.sent, answer


SENT = {
    "a row": ("csv", f'"0",a,7,{ROW}', {**NUMBERS, "Time": 7.0, "id": "a"}),
    "a row without id and time": ("csv", f"0,,,{ROW}\r", NUMBERS),
    "signs and spaces": ("csv", f"0,, 7 ,{ROW[:-4]}+.25", {**NUMBERS, "Time": 7.0}),
    "a line": ("ndjson", json.dumps(NUMBERS | {"id": "a"}), {**NUMBERS, "id": "a"}),
    "a line without an id": ("ndjson", json.dumps(NUMBERS), NUMBERS),
}


@pytest.mark.parametrize(("kind", "line", "data"), SENT.values(), ids=SENT)
def test_an_event_holds_the_transaction(kind, line, data):
    _, [(body, headers)], _ = answered(kind, [line])
    event = from_http(headers, body)
    assert event.data == data
    assert event["type"] == "dev.fraud.transaction.v1"
    assert event["source"] == "/files/%C3%A4%20b.csv"
    assert event["specversion"] == "1.0"


def test_the_id_is_the_rows_own():
    _, sent, _ = answered("csv", [f'0,"ü ""x""",,{ROW}'])
    assert sent[0][1]["ce-id"] == "%C3%BC%20%22x%22"


def test_another_id_is_made_of_the_line_and_its_number_and_stays_the_same():
    lines = [json.dumps(NUMBERS), json.dumps(NUMBERS), json.dumps(NUMBERS | {"V1": 1})]
    names = [headers["ce-id"] for _, headers in answered("ndjson", lines, before=10)[1]]
    assert len(set(names)) == 3
    assert [name.partition("-")[0] for name in names] == ["11", "12", "13"]
    assert names[0].partition("-")[2] == names[1].partition("-")[2] != names[2].partition("-")[2]
    assert [h["ce-id"] for _, h in answered("ndjson", lines[1:], before=11)[1]] == names[1:]


PROBLEMS = {
    "no JSON": ("ndjson", "x"),
    "a field is missing": ("ndjson", "{}"),
    "a text for a number": ("ndjson", json.dumps(NUMBERS | {"V1": "1"})),
    "an unknown field": ("ndjson", json.dumps(NUMBERS | {"V29": 1})),
    "out of range": ("ndjson", json.dumps(NUMBERS | {"Amount": -1})),
    "a row too short": ("csv", "1,2"),
    "a row too long": ("csv", f"0,a,7,{ROW},1"),
    "a cell without a number": ("csv", f"0,a,7,{ROW[:-4]}many"),
    "nan": ("csv", f"0,a,7,{ROW[:-4]}nan"),
    "inf": ("csv", f"0,a,7,{ROW[:-4]}inf"),
    "an empty cell": ("csv", f"0,a,7,{ROW[:-4]}"),
}


@pytest.mark.parametrize(("kind", "line"), PROBLEMS.values(), ids=PROBLEMS)
def test_what_is_no_transaction_is_a_problem_in_its_place_and_is_not_sent(kind, line):
    good = f"0,b,7,{ROW}" if kind == "csv" else json.dumps(NUMBERS | {"id": "b"})
    found, sent, _ = answered(kind, [good, line, good], before=100)
    assert [found[0], found[2]] == [{"id": "b"}] * 2
    assert found[1]["line"] == 2  # within the chunk
    assert found[1]["detail"]
    assert len(sent) == 2


def test_a_line_that_is_no_text_is_a_problem():
    exchange = EventsExchange(Recorder(), "csv", HEADER, "/a")
    body = b"0,\xff,7," + ROW.encode() + b"\n"
    answer = asyncio.run(exchange.answer(Chunk(body, Place(), Place(len(body), 1), 0)))
    assert json.loads(answer.body)["line"] == 1


DECISION = {"id": "a", "fraud": True, "probability": 0.9, "threshold": 0.1}
MODEL = {"name": "linear", "version": "a"}
PROBLEM = {"type": "t", "title": "No", "status": 422, "detail": "d", "errors": [{"detail": "e"}]}
REPLIES = {
    "a decision": (200, DECISION | {"model": MODEL}, DECISION | {"model": MODEL}, {"linear a": 1}),
    "a decision without its model": (200, DECISION, DECISION, {}),
    "a problem of the function's": (422, PROBLEM, {"line": 1} | PROBLEM, {}),
    "accepted": (202, None, {"id": "a"}, {}),
    "nothing": (204, None, {"id": "a"}, {}),
}


@pytest.mark.parametrize(("status", "body", "expected", "models"), REPLIES.values(), ids=REPLIES)
def test_what_is_written_of_a_reply(status, body, expected, models):
    reply = Reply(status, {}, json.dumps(body, indent=1).encode() if body else b"")
    found, _, answer = answered("csv", [f"0,a,7,{ROW}"], reply)
    assert (found, answer.models) == ([expected], models)


def test_a_problem_that_is_no_problem_document_is_one_all_the_same():
    [found], _, _ = answered("csv", [f"0,a,7,{ROW}"], Reply(400, {}, b"<p>"))
    assert found == {"line": 1, "type": "about:blank", "title": "Bad Request", "status": 400,
                     "detail": "", "errors": []}  # fmt: skip


@pytest.mark.parametrize(
    ("reply", "error"),
    [(Reply(200, {}, b"ok"), AnswerError), (Reply(401, {}, b""), RefusedError)],
)
def test_a_reply_that_is_about_all_events_ends_the_run(reply, error):
    with pytest.raises(error):
        answered("csv", [f"0,a,7,{ROW}"], reply)


HEADERS = {
    "a column is missing": (HEADER.replace(b"V3,", b""), "V3 is missing"),
    "a column is unknown": (HEADER.replace(b"Class", b"Klasse"), '"Klasse" is unknown'),
    "a column is there twice": (b"V1," + HEADER, "V1 is there twice"),
}


@pytest.mark.parametrize(("header", "words"), HEADERS.values(), ids=HEADERS)
def test_a_wrong_header_is_told_before_anything_is_sent(header, words):
    with pytest.raises(SourceError, match=words):
        EventsExchange(Recorder(), "csv", header, "/a")
