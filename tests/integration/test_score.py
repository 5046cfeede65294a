"""scripts/score with the real function: what is written, in every format, from every input."""

import csv
import gzip
import io
import json
import math
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
import requests
from pyarrow import parquet

from client import exchange, score
from function.transaction import REQUIRED_FIELDS
from tests.server import running_server

PROJECT = Path(__file__).parents[2]
SMALL = {"rows": 100_000, "events": 10_000}
KEY = "a-key-of-sixteen-0123"


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    monkeypatch.setattr(score, "CHUNK_BYTES", SMALL)


@pytest.fixture(scope="module")
def lines(sample):
    """A thousand transactions, some of them bad, as lines of JSON."""
    rows = sample[list(REQUIRED_FIELDS)].head(1000).to_dict("records")
    lines = [
        json.dumps(row | ({"id": f"n{place}"} if place % 3 else {}))
        for place, row in enumerate(rows)
    ]
    lines[500:500] = ["", "{}", "x", json.dumps(rows[0] | {"Amount": -1})]
    return lines


@pytest.fixture
def csv_file(sample_file, tmp_path):
    """Six thousand rows, of which two are bad and some blank."""
    header, *rows = sample_file.read_bytes().splitlines()
    rows[3000:3000] = [b"", b"1,2", b" ", rows[0].replace(b",", b",x", 1)]
    path = tmp_path / "transactions.csv"
    path.write_bytes(b"\xef\xbb\xbf" + b"\r\n".join([header, *rows]))
    return path


@pytest.fixture
def ndjson_file(lines, tmp_path):
    path = tmp_path / "transactions.ndjson"
    path.write_text("\n".join(lines))
    return path


def run(*words):
    """Return the exit code, or the sentence."""
    try:
        score.main([*map(str, words)])
    except SystemExit as ended:
        return ended.code
    return 0


def asked(server, path, content_type):
    """Return what the function answers to the file as a whole."""
    headers = {"content-type": content_type}
    return requests.post(server.url, data=path.read_bytes(), headers=headers).content


def rows_of(content):
    return [
        [name, float(probability) if probability else None, *rest]
        for name, probability, *rest in list(csv.reader(io.StringIO(content.decode())))[1:]
    ]


def objects_of(content):
    return [msgspec.json.decode(line) for line in content.splitlines()]


def same(one, other):
    """Compare; one by one and many at once, probabilities may differ in their last digit."""
    if isinstance(one, float):
        return math.isclose(one, other, rel_tol=1e-12)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other


def test_a_csv_becomes_what_the_function_answers_to_the_whole(server, csv_file, capsys):
    assert run(csv_file, "--url", server.url) == 3
    found = csv_file.with_name("transactions.scores.csv").read_bytes()
    assert same(rows_of(found), rows_of(asked(server, csv_file, "text/csv")))
    error = capsys.readouterr().err
    assert "In all 6,122 rows: 6,120 decisions" in error
    assert "2 problems" in error
    assert "Model signed-log 9b7a921df758: 6,122 rows." in error


def test_ndjson_becomes_what_the_function_answers_to_the_whole(server, ndjson_file):
    assert run(ndjson_file, "--url", server.url) == 3
    found = ndjson_file.with_name("transactions.scores.ndjson").read_bytes()
    assert same(objects_of(found), objects_of(asked(server, ndjson_file, "application/x-ndjson")))


def test_reasons_are_asked_for_in_the_url(server, ndjson_file):
    assert run(ndjson_file, "--url", f"{server.url}?reasons=2") == 3
    found = objects_of(ndjson_file.with_name("transactions.scores.ndjson").read_bytes())
    assert {len(each["reasons"]) for each in found if "fraud" in each} == {2}


def test_answers_larger_than_what_is_sent_are_read_meanwhile(server, lines, tmp_path, monkeypatch):
    monkeypatch.setattr(score, "CHUNK_BYTES", {"rows": exchange.CHUNK_BYTES})
    path, out = tmp_path / "many.ndjson", tmp_path / "out.ndjson"
    path.write_text("\n".join(lines * 5))
    assert run(path, "--url", f"{server.url}?reasons=29", "--out", out, "--timeout", "60") == 3
    assert out.stat().st_size > 2 * path.stat().st_size
    assert len(objects_of(out.read_bytes())) == 5 * 1003


def test_all_formats_say_the_same(server, csv_file, tmp_path):
    for name in ("out.csv", "out.jsonl", "out.parquet"):
        assert run(csv_file, "--url", server.url, "--out", tmp_path / name) == 3
    rows = rows_of((tmp_path / "out.csv").read_bytes())
    objects = objects_of((tmp_path / "out.jsonl").read_bytes())
    table = parquet.read_table(tmp_path / "out.parquet")
    assert table.column_names == ["id", "probability", "fraud", "problem"]
    assert table["id"].to_pylist() == [row[0] for row in rows]
    for found in (table["probability"].to_pylist(), [each.get("probability") for each in objects]):
        assert all(map(same, found, [row[1] for row in rows]))
    assert [each.get("line") for each in objects if "line" in each] == [3001, 3002]


def test_a_compressed_file_is_read(server, csv_file, tmp_path):
    packed = tmp_path / "packed.csv.gz"
    packed.write_bytes(gzip.compress(csv_file.read_bytes()))
    assert run(packed, "--url", server.url, "--quiet") == 3
    assert run(csv_file, "--url", server.url, "--quiet") == 3
    assert same(
        rows_of((tmp_path / "packed.scores.csv").read_bytes()),
        rows_of((tmp_path / "transactions.scores.csv").read_bytes()),
    )


def test_a_pipe_goes_through_the_command(server, lines):
    found = subprocess.run(
        [sys.executable, PROJECT / "scripts" / "score", "-", "--url", server.url],
        input="\n".join(lines).encode(),
        capture_output=True,
        check=False,
    )
    assert found.returncode == 3
    assert [each.get("line") for each in objects_of(found.stdout) if "line" in each] == [
        502,
        503,
        504,
    ]
    assert b"1,003 rows" in found.stderr


def test_whoever_reads_no_further_ends_it_quietly(server, csv_file):
    command = [sys.executable, PROJECT / "scripts" / "score", csv_file, "--url", server.url]
    with subprocess.Popen(
        [*command, "--out", "-", "--quiet"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout.readline() == b"id,probability,fraud,problem\n"
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 1


def test_good_rows_alone_end_with_0_and_are_not_written_again(server, sample_file, tmp_path):
    path = shutil.copy(sample_file, tmp_path)
    assert run(path, "--url", server.url) == 0
    assert "is there already" in run(path, "--url", server.url)
    assert run(path, "--url", server.url, "--restart") == 0


def test_a_header_that_is_wrong_is_told_in_the_functions_words(server, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("V1,Betrag\n1,2\n")
    error = run(path, "--url", server.url)
    assert 'unknown column "Betrag"' in error
    assert "mend the header" in error


def test_the_key_opens_the_function(sample_file, tmp_path, monkeypatch):
    keys, wrong = tmp_path / "keys", tmp_path / "wrong"
    keys.write_text(f"{KEY}\n")
    wrong.write_text("another-key-of-sixteen\n")
    out = tmp_path / "out.csv"
    with running_server(FRAUD_KEYS_FILE=str(keys)) as closed:
        words = [sample_file, "--url", closed.url, "--out", out]
        assert "401 Unauthorized: There is no key" in run(*words)
        assert "The key is not one of this service's" in run(*words, "--key-file", wrong)
        assert run(*words, "--key-file", keys) == 0
        monkeypatch.setenv("FRAUD_KEY", KEY)
        assert run(*words, "--restart") == 0


def test_events_are_decided_as_rows_are(server, ndjson_file, tmp_path, capsys):
    rows, events = tmp_path / "rows.ndjson", tmp_path / "events.ndjson"
    assert run(ndjson_file, "--url", server.url, "--out", rows) == 3
    assert run(ndjson_file, "--url", server.url, "--as", "events", "--out", events) == 3
    one, other = objects_of(rows.read_bytes()), objects_of(events.read_bytes())
    assert same(
        [each.get("probability") for each in one], [each.get("probability") for each in other]
    )
    assert [each.get("line") for each in one] == [each.get("line") for each in other]
    names = [each["id"] for each in other if "fraud" in each]
    assert len(set(names)) == 1000
    assert {each.get("id") for each in one} - {None} < set(names)
    assert "Model signed-log 9b7a921df758: 1,000 rows." in capsys.readouterr().err


def test_events_from_a_csv(server, csv_file, tmp_path):
    few = tmp_path / "few.csv"
    few.write_bytes(b"\n".join(csv_file.read_bytes().splitlines()[:400]))
    rows, events = tmp_path / "rows.csv", tmp_path / "events.csv"
    assert run(few, "--url", server.url, "--out", rows) == 0
    assert run(few, "--url", server.url, "--as", "events", "--out", events) == 0
    one, other = rows_of(rows.read_bytes()), rows_of(events.read_bytes())
    assert same([row[1:] for row in one], [row[1:] for row in other])
    assert [row[0].partition("-")[0] for row in other] == [row[0] for row in one]
