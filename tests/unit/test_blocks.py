"""Lines that are answered many at once are answered as they are one by one."""

import csv
import io
import json
import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from function.adapters import streams
from function.adapters.comma_separated import CsvTranslator
from function.adapters.core import Core
from function.adapters.ndjson import NdjsonTranslator
from function.lines import cut
from function.model import read_model
from function.scoring import Scorer
from function.settings import DEFAULT_MODEL, Settings
from function.transaction import REQUIRED_FIELDS

CORE = Core(Scorer(read_model(DEFAULT_MODEL)), Settings())
NUMBERS = dict.fromkeys(REQUIRED_FIELDS, 0.25)
GOOD = json.dumps(NUMBERS)
OBJECTS = [
    GOOD,
    GOOD[:-1] + ', "id": "a:b"}',
    GOOD[:-1] + ', "id": "{"}',
    GOOD[:-1] + ', "Time": 7}',
    GOOD[:-1] + ', "V1": 1}',
    GOOD + GOOD,
    GOOD[: len(GOOD) // 2],
    GOOD[len(GOOD) // 2 :],
    GOOD.replace("0.25", "1e999", 1),
    GOOD.replace("0.25", "null", 1),
    " " + GOOD,
    "",
    "[]",
    "\\",
    "x" * 70_000,
]
HEADER = ["id", *REQUIRED_FIELDS, "Class"]
ROW = [*["0.25"] * len(REQUIRED_FIELDS), '"0"']
ROWS = [
    ",".join(["", *ROW]),
    ",".join(["plain", *ROW]),
    ",".join(['"quoted, with a comma"', *ROW]),
    ",".join(["back\\u0041slash", *ROW]),
    ",".join(["ünïcode", *ROW]),
    ",".join(["a", *ROW[:-1], "0],[0"]),
    ",".join(["a", *ROW]).replace("0.25", ".25", 1),
    ",".join(["a", *ROW]).replace("0.25", "1e10", 1),
    ",".join(["a", *ROW]).replace("0.25", '"0.25"', 1),
    ",".join(["a", *ROW]).replace("0.25", '"\\u0030"', 1),
    ",".join(["a", *ROW]).replace("0.25", '"nan"', 1),
    ",".join(["a", *ROW]).replace("0.25", "true", 1),
    ",".join(["a", *ROW[:-1]]),
    ",".join(["a", *ROW, "1"]),
    ",".join(["a", *ROW]) + "],[" + ",".join(ROW),
    "a",
    "",
]


@pytest.fixture(autouse=True)
def blocks_of_any_length(monkeypatch):
    monkeypatch.setattr(streams, "FEW", 0)


def same(one, other):
    if isinstance(one, float):
        return math.isclose(one, other, rel_tol=1e-12)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return one == other


@given(st.lists(st.sampled_from(OBJECTS) | st.just(GOOD), min_size=1, max_size=60), st.booleans())
def test_lines_of_json(lines, windows):
    end = "\r\n" if windows else "\n"
    block = "".join(line + end for line in lines).encode()
    together = streams._answers(NdjsonTranslator(CORE, 0), block)
    singly = b"".join(map(NdjsonTranslator(CORE, 0).answer, cut(block)))
    found, expected = (
        msgspec.json.decode(b"[%b]" % each.replace(b"\n", b",")[:-1] or b"[]")
        for each in (together, singly)
    )
    assert len(found) == len(expected)
    assert all(map(same, found, expected))


def table_of(answers):
    return [
        [row[0], float(row[1] or "nan") if row[1] else None, *row[2:]]
        for row in csv.reader(io.StringIO(answers.decode()))
    ]


@given(
    st.lists(st.sampled_from(ROWS) | st.just(ROWS[1]), min_size=1, max_size=60),
    st.booleans(),
    st.booleans(),
)
def test_rows_of_csv(rows, windows, named):
    end = "\r\n" if windows else "\n"
    header = HEADER if named else HEADER[1:]
    rows = rows if named else [row.partition(",")[2] for row in rows]
    block = "".join(row + end for row in rows).encode()
    first, second = (CsvTranslator(CORE, ",".join(header).encode()) for _ in range(2))
    found = table_of(streams._answers(first, block))
    expected = table_of(b"".join(map(second.answer, cut(block))))
    assert len(found) == len(expected)
    assert all(all(map(same, one, other)) for one, other in zip(found, expected, strict=True))


def test_many_transactions_are_found_to_be_what_each_is_found_to_be(sample):
    bodies = sample[list(REQUIRED_FIELDS)].head(1000).to_dict("records")
    found = CORE.reader.read_transactions(msgspec.json.encode(bodies))
    decisions = CORE.decide_all(found, 3)
    for transaction, decision in zip(found, decisions, strict=True):
        single = CORE.scorer.decide(transaction, 3)
        assert decision.fraud == single.fraud
        assert decision.probability == pytest.approx(single.probability, rel=1e-12)
        assert [each.feature for each in decision.reasons] == [
            each.feature for each in single.reasons
        ]
        assert [each.contribution for each in decision.reasons] == pytest.approx(
            [each.contribution for each in single.reasons], rel=1e-9
        )
