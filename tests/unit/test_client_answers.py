"""What is written of many chunks is what the function would answer to the file as a whole."""

import csv
import io
import json
import math
from contextlib import closing

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from client.answers import CSV_HEAD, Answer, check_count, in_csv, in_ndjson, tally_of
from client.errors import AnswerError
from client.events import column_names
from client.source import Chunk, Place, Source
from client.state import Tally
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
ROW = ",".join(["0.25"] * len(REQUIRED_FIELDS))
NAMES = ["", " ", "1", "2", "3", "a", '"a, b"', '"say ""x"""', '"x,true,"', "ü", '"{""line"":1"']
ROWS = [f"{name},{ROW}" for name in NAMES] + ["7,1", '2,"', "", " ", f"3,{ROW},1", f"4,x{ROW}"]
IDS = [None, "a", "1", "a, b", 'say "x"', '{"line":1,', "ü", '"fraud":true', ",true,"]
LINES = [json.dumps(NUMBERS | ({"id": name} if name else {})) for name in IDS]
LINES += ["", "  ", "{}", "x", json.dumps(NUMBERS | {"V1": '"fraud":true'})]
ANY_FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def translator_of(source):
    return (
        CsvTranslator(CORE, source.header[:-1])
        if source.kind == "csv"
        else NdjsonTranslator(CORE, 0)
    )


def answered(path, size, form):
    """Answer a file chunk by chunk, each with a translator of its own as a request has one."""
    written, tally = b"", Tally()
    with closing(Source(path)) as source:
        names = column_names(source.header)
        place = names.index("id") if "id" in names else None
        for chunk in source.chunks(size):
            body = b"".join(map(translator_of(source).answer, cut(chunk.body)))
            check_count(chunk, body)
            answer = Answer(source.kind, body)
            written += form(chunk, answer, tally.rows, place)
            tally = tally.plus(tally_of(answer))
    return written, tally


def whole(path):
    with closing(Source(path)) as source:
        lines = b"".join(chunk.body for chunk in source.chunks(10**9))
        return b"".join(map(translator_of(source).answer, cut(lines)))


def table_of(written):
    return list(csv.reader(io.StringIO(written.decode(), newline="")))


def objects_of(written):
    return [msgspec.json.decode(line) for line in written.splitlines()]


@ANY_FOLDER
@given(st.lists(st.sampled_from(ROWS), max_size=25), st.integers(100, 3000), st.booleans())
def test_rows_with_ids_or_without(tmp_path, rows, size, named):
    rows = rows if named else [row.partition('",' if row[:1] == '"' else ",")[2] for row in rows]
    header = ",".join([*(["id"] if named else []), *REQUIRED_FIELDS])
    path = tmp_path / "rows.csv"
    path.write_text("\n".join([header, *rows]))
    expected = whole(path)
    found, tally = answered(path, size, in_csv)
    assert found == expected
    table = table_of(expected)
    assert tally == Tally(
        sum(bool(row[1]) for row in table),
        sum(row[2] == "true" for row in table),
        sum(bool(row[3]) for row in table),
    )


@ANY_FOLDER
@given(st.lists(st.sampled_from(LINES), max_size=25), st.integers(100, 3000))
def test_lines_of_json(tmp_path, lines, size):
    path = tmp_path / "lines.ndjson"
    path.write_text("\n".join(lines))
    found, tally = answered(path, size, in_ndjson)
    assert found == whole(path)
    objects = objects_of(found)
    assert tally == Tally(
        sum("fraud" in each for each in objects),
        sum(each.get("fraud", False) for each in objects),
        sum("line" in each for each in objects),
    )


@ANY_FOLDER
@given(st.lists(st.sampled_from(ROWS), max_size=25), st.integers(100, 3000))
def test_rows_become_lines_that_say_the_same(tmp_path, rows, size):
    path = tmp_path / "rows.csv"
    path.write_text("\n".join([",".join(["id", *REQUIRED_FIELDS]), *rows]))
    expected = table_of(answered(path, size, in_csv)[0])
    objects = objects_of(answered(path, size, in_ndjson)[0])
    assert len(objects) == len(expected)
    for each, (name, probability, fraud, problem) in zip(objects, expected, strict=True):
        if problem:
            assert each == {"line": int(name), **json.loads(problem)}
        else:
            decision = {"id": name, "fraud": fraud == "true", "probability": float(probability)}
            assert each == decision


@ANY_FOLDER
@given(st.lists(st.sampled_from(LINES), max_size=25), st.integers(100, 3000))
def test_lines_become_rows_that_say_the_same(tmp_path, lines, size):
    path = tmp_path / "lines.ndjson"
    path.write_text("\n".join(lines))
    objects = objects_of(whole(path))
    rows = table_of(answered(path, size, in_csv)[0])
    numbers = [number for number, line in enumerate(lines, 1) if line.strip()]
    for number, each, row in zip(numbers, objects, rows, strict=True):
        name, probability, fraud, problem = row
        if "line" in each:
            assert each == {"line": int(name), **json.loads(problem)}
            assert int(name) == number
        else:
            assert name == (each["id"] or str(number))
            assert math.isclose(float(probability), each["probability"], rel_tol=1e-15)
            assert fraud == ("true" if each["fraud"] else "false")
            assert problem == ""


CHUNK = Chunk(b"a\n\nb\n", Place(), Place(5, 3), 5)


@pytest.mark.parametrize("body", [b"", b"1\n", b"1\n2", b"1\n2\n3\n4\n", b"1\n2\n3"])
def test_more_or_fewer_answers_than_lines_are_no_answer(body):
    with pytest.raises(AnswerError, match="To 2 lines came"):
        check_count(CHUNK, body)


def test_a_blank_line_needs_no_answer():
    check_count(CHUNK, b"1\n2\n")


def test_the_head_is_the_functions_own():
    assert CsvTranslator.head == CSV_HEAD
