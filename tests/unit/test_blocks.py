"""Lines that are answered many at once are answered as they are one by one."""

import csv
import io
import json
import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from function import plain_objects, reading
from function.adapters import streams
from function.adapters.comma_separated import CsvTranslator
from function.adapters.core import Core
from function.adapters.ndjson import NdjsonTranslator
from function.errors import InputError, MalformedBodyError
from function.lines import cut
from function.model import read_model
from function.policy import CostPolicy
from function.scoring import Scorer
from function.settings import DEFAULT_MODEL, Settings
from function.tables import ROW_END, Table
from function.transaction import REQUIRED_FIELDS, Transaction

CORE = Core(Scorer(read_model(DEFAULT_MODEL)), Settings())
NUMBERS = dict.fromkeys(REQUIRED_FIELDS, 0.25)
GOOD = json.dumps(NUMBERS)
PLAIN = json.dumps(NUMBERS, separators=(",", ":"))
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
SCRAPS = [
    "",
    *'{}[],:"\\\n\r\t 05.-+eV',
    "null",
    "[0]",
    "},{",
    "}\n{",
    ', "V1": 1',
    '"',
    "e5",
    "1e99",
    ",1e99,",
    "\ufeff",
]
HEADER = ["id", *REQUIRED_FIELDS, "Class"]
ROW = [*["0.25"] * len(REQUIRED_FIELDS), '"0"']
ROWS = [
    ",".join(["", *ROW]),
    ",".join(["plain", *ROW]),
    ",".join([" ", *ROW]),
    ",".join([" a ", *ROW]),
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


@pytest.fixture(
    params=[(0, 1 << 30), (0, 400), (1 << 30, 1 << 30)],
    ids=["as tables where they can be", "as tables in pieces", "as objects"],
    autouse=True,
)
def lengths_of_tables(request, monkeypatch):
    """Set the least of a table, and how much of one is looked at at once."""
    least, at_once = request.param
    monkeypatch.setattr(reading, "LONG", least)
    monkeypatch.setattr(plain_objects, "AT_ONCE", at_once)


def same(one, other):
    if isinstance(one, float):
        return math.isclose(one, other, rel_tol=1e-12)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other


def answered_alike(block, core=CORE, reasons=0):
    together = streams._answers(NdjsonTranslator(core, reasons), block)
    singly = b"".join(map(NdjsonTranslator(core, reasons).answer, cut(block)))
    found, expected = (
        msgspec.json.decode(b"[%b]" % each.replace(b"\n", b",")[:-1] or b"[]")
        for each in (together, singly)
    )
    return len(found) == len(expected) and all(map(same, found, expected))


@given(st.lists(st.sampled_from(OBJECTS) | st.just(GOOD), min_size=1, max_size=60), st.booleans())
def test_lines_of_json(lines, windows):
    end = "\r\n" if windows else "\n"
    assert answered_alike("".join(line + end for line in lines).encode())


@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")])
@pytest.mark.parametrize("number", [7, 12, 0.25, 1e-9])
def test_lines_are_a_table_however_short_their_numbers_are(number, separators):
    names = ["Time", *REQUIRED_FIELDS]
    line = json.dumps(dict.fromkeys(names, number), separators=separators) + "\n"
    found = plain_objects.table_of_objects(4 * line.encode(), plain_objects.IN_LINES)
    assert (found.columns, found.numbers.tolist()) == (tuple(names), 4 * [[number] * 30])


@pytest.mark.parametrize("reasons", [0, 2])
@pytest.mark.parametrize("policy", [None, CostPolicy(5.0)], ids=["threshold", "cost"])
def test_frauds_among_honest_lines(policy, reasons):
    core = Core(Scorer(CORE.scorer.model, policy), Settings())
    fraud = json.dumps({**NUMBERS, "V4": 9, "V14": -19, "Amount": 300})
    block = "".join(line + "\n" for line in [GOOD, fraud, fraud, GOOD, fraud]).encode()
    assert answered_alike(block, core, reasons)
    assert (core.observations.honest, core.observations.frauds) == (4, 6)


@st.composite
def damaged(draw, text):
    """Put something in the place of a few characters here and there."""
    for _ in range(draw(st.integers(0, 3))):
        place, length = draw(st.integers(0, len(text))), draw(st.integers(0, 12))
        text = text[:place] + draw(st.sampled_from(SCRAPS)) + text[place + length :]
    return text.encode()


@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": "), (",  ", ": "), (" ,", ":")])
@given(st.data())
def test_damaged_lines_of_json(separators, data):
    lines = 3 * (json.dumps({**NUMBERS, "Time": 1}, separators=separators) + "\n")
    block = data.draw(damaged(lines))
    assert answered_alike(block.removesuffix(b"\n") + b"\n")


@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": "), (",\n", ": ")])
@given(st.data())
def test_a_damaged_array(separators, data):
    body = data.draw(damaged(json.dumps([NUMBERS] * 3, separators=separators)))
    with pytest.MonkeyPatch.context() as patch:
        found = read(body)
        patch.setattr(reading, "LONG", 1 << 30)
        assert found == read(body)


@pytest.mark.parametrize("end", ["", ",", ",]", "]]", "\n", "] x"])
def test_an_array_that_does_not_end(end):
    with pytest.raises(MalformedBodyError):
        CORE.reader.read_transactions(f"[{PLAIN},{PLAIN},{PLAIN}{end}".encode())


@pytest.mark.parametrize("between", ["", "]", "],", ",,", "\n", ",]"])
@pytest.mark.parametrize("place", [1, 2, 3])
def test_an_array_with_no_comma_between_two_of_its_objects(between, place):
    body = f"[{','.join([PLAIN] * place)}{between}{','.join([PLAIN] * (4 - place))}]"
    with pytest.raises(MalformedBodyError):
        CORE.reader.read_transactions(body.encode())


def read(body):
    """Return the numbers of all, or what is wrong with them."""
    try:
        found = CORE.reader.read_transactions(body)
    except InputError as error:
        return str(error), getattr(error, "faults", None)
    if isinstance(found, Table):
        return [dict(zip(found.columns, row.tolist(), strict=True)) for row in found]
    many = found if isinstance(found, list) else [found]
    return [
        {name: value for name, value in msgspec.structs.asdict(each).items() if value is not None}
        for each in many
    ]


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
    assert rows_answered_alike(header, "".join(row + end for row in rows).encode())


@pytest.mark.parametrize("header", [HEADER[1:], HEADER[1:-1], [*HEADER[1:], "id"]])
@given(st.data())
def test_damaged_rows_of_csv(header, data):
    row = ",".join(dict(zip(HEADER, ["a", *ROW], strict=True))[name] for name in header)
    block = data.draw(damaged(3 * (row + "\n")))
    assert rows_answered_alike(header, block.removesuffix(b"\n") + b"\n")


@pytest.mark.parametrize("short", [0, 1, 2])
def test_rows_with_a_cell_too_few_and_one_too_many_beside_each_other(short):
    """The cell too many is the number that stands where a row ends."""
    rows = [["0.25"] * len(REQUIRED_FIELDS) + ["0"] for _ in range(4)]
    rows[short].pop()
    rows[short + 1].insert(0, f"{ROW_END:g}")
    block = "".join(",".join(row) + "\n" for row in rows).encode()
    assert rows_answered_alike(HEADER[1:], block)


def rows_answered_alike(header, block):
    first, second = (CsvTranslator(CORE, ",".join(header).encode()) for _ in range(2))
    found = table_of(streams._answers(first, block))
    expected = table_of(b"".join(map(second.answer, cut(block))))
    return len(found) == len(expected) and all(
        all(map(same, one, other)) for one, other in zip(found, expected, strict=True)
    )


def test_many_transactions_are_found_to_be_what_each_is_found_to_be(sample):
    bodies = sample[list(REQUIRED_FIELDS)].head(1000).to_dict("records")
    decisions = CORE.decide_all(CORE.reader.read_transactions(msgspec.json.encode(bodies)), 3)
    for body, decision in zip(bodies, decisions, strict=True):
        single = CORE.scorer.decide(Transaction(**body), 3)
        assert decision.fraud == single.fraud
        assert decision.probability == pytest.approx(single.probability, rel=1e-12)
        assert [each.feature for each in decision.reasons] == [
            each.feature for each in single.reasons
        ]
        assert [each.contribution for each in decision.reasons] == pytest.approx(
            [each.contribution for each in single.reasons], rel=1e-9
        )
