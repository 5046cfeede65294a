"""Makes what a hostile or careless client might send: whole requests, as bytes.

`run` draws from `cases`. A new path of the service goes into PATHS, a new content type into
BODIES; to both it is no matter whether the server knows them.
"""

import json
from pathlib import Path

from hypothesis import strategies as st

FRAUD = json.loads((Path(__file__).parents[2] / "examples" / "fraud.json").read_text())
NAMES = [*FRAUD, "Class", "V0", "V29", "", "é", "a" * 50]

PATHS = [
    "/",
    "/model",
    "/health/live",
    "/health/ready",
    "/metrics",
    "/openapi.json",
    "/docs",
    "/v1/models/fraud",
    "/v1/models/fraud:predict",
    "/v1/score",
    "/v2",
    "/v2/health/live",
    "/v2/health/ready",
    "/v2/models/fraud",
    "/v2/models/fraud/ready",
    "/v2/models/fraud/infer",
    "//",
    "/%00",
    "/%ff",
    "/..%2f",
    "*",
    "http://x/model",
    "/é",
]
MOST_PATHS = st.sampled_from(["/"] * 3 * len(PATHS) + PATHS)
QUERIES = ["", "", "", "?", "?reasons=3", "?reasons=-1", "?reasons=99999", "?reasons=%FF", "?&&=&"]
METHODS = ["POST"] * 20 + ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PRI"]

NUMBERS = ["0", "-0", "1", "1.5", "-1e9", "1e308", "1e400", "1e-400", "9" * 400, "NaN", "Infinity"]
TEXTS = ["null", "true", '""', '"1"', '"\\ud800"', '"\\u0000"', "[]", "{}", "[[[[[]]]]]", "1.", "'"]
DEEP = ["[" * 3000, "[" * 3000 + "]" * 3000, '{"V1":' * 3000]
VALUES = st.sampled_from([*NUMBERS, *TEXTS, *DEEP]) | st.text(max_size=8).map(json.dumps)


@st.composite
def transactions(draw):
    """Draw the text of a transaction, mostly with a fault or two."""
    members = [[name, json.dumps(value)] for name, value in FRAUD.items()]
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 2, 3]))):
        place = draw(st.integers(0, len(members) - 1))
        change = draw(st.sampled_from(["value", "name", "drop", "twice", "order"]))
        if change == "value":
            members[place][1] = draw(VALUES)
        elif change == "name":
            members[place][0] = draw(st.sampled_from(NAMES))
        elif change == "drop":
            del members[place]
        elif change == "twice":
            members.append(list(members[place]))
        else:
            members.reverse()
    return "{" + ",".join(f"{json.dumps(name)}:{value}" for name, value in members) + "}"


@st.composite
def events(draw):
    """Draw the text of a structured event."""
    attributes = {
        "specversion": '"1.0"',
        "type": '"dev.fraud.transaction.v1"',
        "source": '"/shop"',
        "id": '"1"',
        "data": draw(transactions()),
    }
    names = [*attributes, "time", "datacontenttype", "data_base64", "subject", "Bad-Name", "x"]
    for _ in range(draw(st.integers(0, 2))):
        attributes[draw(st.sampled_from(names))] = draw(VALUES)
    return "{" + ",".join(f'"{name}":{text}' for name, text in attributes.items()) + "}"


def several(items):
    """Draw an array."""
    return st.lists(items, max_size=3).map(lambda texts: f"[{','.join(texts)}]")


CELLS = st.sampled_from([*NUMBERS, "", " ", '"', '""', '"1"', "a,b", "\\", "{}", "[", "\r", "\0"])


@st.composite
def tables(draw):
    """Draw CSV."""
    names = [name for name in FRAUD if name != "id"]
    if draw(st.booleans()):
        names[draw(st.integers(0, len(names) - 1))] = draw(st.sampled_from(NAMES))
    rows = []
    for _ in range(draw(st.integers(0, 3))):
        cells = [str(FRAUD.get(name, "")) for name in names]
        cells[draw(st.integers(0, len(cells) - 1))] = draw(CELLS)
        rows.append(",".join(cells))
    end = draw(st.sampled_from(["\n", "\r\n", "\r", "\n\n"]))
    return end.join([",".join(names), *rows])


def tensors():
    """Draw a request of the open inference protocol."""
    tensor = st.builds(
        '{{"name":"x","shape":{},"datatype":{},"data":{}}}'.format,
        st.sampled_from(["[1,30]", "[1]", "[-1]", "[]", "[1e9]", "null", "[999999999,999999999]"]),
        st.sampled_from(['"FP64"', '"BYTES"', '"x"', "1"]),
        st.sampled_from([json.dumps([0.5] * 30), "[]", "[1,[2]]", "null", '["a"]', *DEEP]),
    )
    return several(tensor).map('{{"id":"1","inputs":{}}}'.format)


LINES = st.lists(transactions() | VALUES | st.just(""), max_size=4).map("\n".join)
SIZES = st.sampled_from([1, 100, 66_000, 300_000])
LONG = st.builds(str.__mul__, st.sampled_from(["a", "1,", "[],", '{"a":1},', "\n", "é"]), SIZES)
BODIES = {
    "application/json": transactions() | several(transactions()) | tensors() | VALUES,
    "application/x-ndjson": LINES,
    "text/csv": tables(),
    "application/cloudevents+json": events(),
    "application/cloudevents-batch+json": several(events()),
    "text/plain": transactions(),
    "application/json; charset=\xff": transactions(),
}
HEADERS = [
    "accept: */*",
    "accept-encoding: gzip",
    "authorization: Bearer 0123456789abcdef",
    "authorization: Basic \xff",
    "connection: close",
    "connection: upgrade",
    "upgrade: h2c",
    "expect: 100-continue",
    "content-encoding: gzip",
    "ce-id: 1",
    "ce-source: /shop",
    "ce-specversion: 1.0",
    "ce-type: dev.fraud.transaction.v1",
    "ce-subject: %ff%zz",
    "ce-\xe9: \xff",
    "ce-a: " + "b" * 9000,
    "inference-header-content-length: 10",
    "cookie: " + "a=b; " * 9000,
    "transfer-encoding: gzip",
    " folded",
]
EVENT_HEADERS = [header for header in HEADERS if header.startswith("ce-")]


@st.composite
def requests(draw):
    """Draw one request, framed as it should be or not."""
    content_type = draw(st.sampled_from(list(BODIES)))
    text = draw(st.one_of(BODIES[content_type], BODIES[content_type], BODIES[content_type], LONG))
    body = draw(mutated(text.encode()))
    path = draw(MOST_PATHS) + draw(st.sampled_from(QUERIES))
    lines = [f"{draw(st.sampled_from(METHODS))} {path} HTTP/1.1", "host: x"]
    lines.append(f"content-type: {content_type}")
    if draw(st.integers(0, 3)) == 0:
        lines += EVENT_HEADERS[:4]
    if draw(st.integers(0, 2)) == 0:
        lines += draw(st.lists(st.sampled_from(HEADERS), max_size=2))
    framing, body = draw(framed(body))
    head = "\r\n".join([*lines, *framing]).encode("latin-1", "replace")
    return head + b"\r\n\r\n" + body


@st.composite
def framed(draw, body):
    """Draw the headers that tell a body's length, and what is sent of it."""
    way = draw(st.sampled_from(["length"] * 16 + ["chunks"] * 12 + ["none", "both", "wrong"]))
    length = [f"content-length: {len(body)}"]
    if way == "length":
        return length, body
    if way == "none":
        return [], body
    if way == "wrong":
        wrong = draw(st.sampled_from(["-1", "0", "1", "1000", "9" * 30, "0x10", "1, 1", ""]))
        return [f"content-length: {wrong}"], body
    size = draw(st.integers(1, max(1, len(body))))
    size = max(size, len(body) // 50)
    chunks = [body[start : start + size] for start in range(0, len(body), size)]
    sent = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks)
    end = draw(st.sampled_from([b"0\r\n\r\n"] * 6 + [b"0\r\na: b\r\n\r\n", b"0;x=y\r\n\r\n", b""]))
    return [*(length if way == "both" else []), "transfer-encoding: chunked"], sent + end


@st.composite
def mutated(draw, data):
    """Draw the same bytes, in a quarter of cases with a few of them changed."""
    if draw(st.integers(0, 3)):
        return data
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(data)))
        stop = min(len(data), start + draw(st.integers(0, 20)))
        data = data[:start] + draw(st.binary(max_size=6)) * draw(st.integers(0, 3)) + data[stop:]
    return data


@st.composite
def cases(draw):
    """Draw what is sent on one connection: one to three requests, or what they have become."""
    return draw(st.lists(requests(), min_size=1, max_size=3).map(b"".join))
