"""What the command line of scripts/score says, and what it does not take."""

from pathlib import Path

import pytest

from client.destination import destination_of, event_source_of
from client.errors import OptionError
from client.options import read_options

URL = ["--url", "http://localhost:8080/"]


def read(*words, **environment):
    return read_options([*words, *URL], environment)


DESTINATIONS = {
    "beside a CSV": (["in/a.csv"], "csv", "in/a.scores.csv", "csv"),
    "beside a compressed CSV": (["in/a.csv.gz"], "csv", "in/a.scores.csv", "csv"),
    "beside NDJSON": (["in/a.jsonl"], "ndjson", "in/a.scores.ndjson", "ndjson"),
    "beside, in a format": (["a.csv", "--format", "parquet"], "csv", "a.scores.parquet", "parquet"),
    "by the name's end": (["a.csv", "--out", "b.ndjson"], "csv", "b.ndjson", "ndjson"),
    "a format, a name": (["a", "--out", "b.csv", "--format", "ndjson"], "csv", "b.csv", "ndjson"),
    "standard input": (["-"], "ndjson", "-", "ndjson"),
    "standard output": (["a.csv", "--out", "-", "--format", "ndjson"], "csv", "-", "ndjson"),
    "standard input to a file": (["-", "--out", "b.parquet"], "csv", "b.parquet", "parquet"),
}  # fmt: skip


@pytest.mark.parametrize(("words", "kind", "path", "form"), DESTINATIONS.values(), ids=DESTINATIONS)
def test_where_answers_go(words, kind, path, form):
    found = destination_of(read(*words), kind)
    assert (found.path, found.format) == (Path(path), form)


NOWHERE = {
    "parquet to standard output": (["a.csv", "--out", "-", "--format", "parquet"], "--out"),
    "a name that says nothing": (["a.csv", "--out", "b.txt"], "--format"),
    "the input": (["a.csv", "--out", "./a.csv"], "the input itself"),
}


@pytest.mark.parametrize(("words", "expected"), NOWHERE.values(), ids=NOWHERE)
def test_where_answers_cannot_go(words, expected):
    with pytest.raises(OptionError, match=expected):
        destination_of(read(*words), "csv")


WRONG = [
    ["--url", "localhost:8080"],
    ["--url", "ftp://localhost"],
    ["--url", "http://"],
    ["--url", "http://localhost:99999"],
    ["--url", "http://user:word@localhost"],
    ["--concurrency", "0"],
    ["--concurrency", "many"],
    ["--retries", "-1"],
    ["--timeout", "0"],
    ["--timeout", "nan"],
    ["--as", "rows and events"],
    ["--source", "a b"],
    ["--source", ""],
    ["--key", "abc"],
]


@pytest.mark.parametrize("words", WRONG, ids=" ".join)
def test_a_wrong_option_is_a_matter_of_usage(words, capsys):
    with pytest.raises(SystemExit) as ended:
        read_options(["a.csv", *URL, *words], {})
    assert ended.value.code == 2
    assert words[0].removesuffix("y") in capsys.readouterr().err


def test_the_url_has_to_be_given(capsys):
    with pytest.raises(SystemExit):
        read_options(["a.csv"], {})
    assert "--url" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "concurrency"),
    [([], 4), (["--as", "events"], 16), (["--as", "events", "--concurrency", "2"], 2)],
)
def test_how_many_requests_are_under_way(words, concurrency):
    assert read("a.csv", *words).concurrency == concurrency


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["a b.csv.gz", "--as", "events"], "/files/a%20b.csv"),
        (["-", "--as", "events"], "/files/stdin"),
        (["a.csv", "--as", "events", "--source", "urn:shop"], "urn:shop"),
        (["a.csv"], ""),
    ],
)
def test_the_source_of_events(words, expected):
    assert event_source_of(read(*words)) == expected


def test_the_key_is_read_from_a_file_before_the_environment(tmp_path):
    path = tmp_path / "key"
    path.write_text("of-the-file\n")
    assert read("a.csv", "--key-file", str(path), FRAUD_KEY="the-other").key == "of-the-file"
    assert read("a.csv", FRAUD_KEY=" the-other\n").key == "the-other"
    assert read("a.csv", FRAUD_KEY="").key is None
    assert read("a.csv").key is None


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"one\ntwo\n", b"one two", b"\xff", "schlü".encode()]
)
def test_a_bad_key_is_told_and_never_shown(tmp_path, content):
    path = tmp_path / "key"
    path.write_bytes(content)
    with pytest.raises(OptionError, match="--key-file") as raised:
        read("a.csv", "--key-file", str(path))
    assert "two" not in str(raised.value)
    assert "schl" not in str(raised.value)


def test_a_file_of_a_key_that_is_not_there_is_told(tmp_path):
    with pytest.raises(OptionError, match="No such file"):
        read("a.csv", "--key-file", str(tmp_path / "key"))
