"""A file is cut into chunks of whole lines: the same ones, wherever reading begins."""

import gzip
import os
import threading
from contextlib import closing

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from client import source as module
from client.errors import SourceError
from client.source import STANDARD_INPUT, Place, Source
from function.lines import LINE_LIMIT

LINE = st.binary(max_size=12).map(lambda line: line.replace(b"\n", b" "))
ANY_FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def write(folder, name, content):
    path = folder / name
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    return path


def chunks_of(path, size, start=None):
    with closing(Source(path)) as source:
        return source.header, list(source.chunks(size, start))


def ended(content):
    return content if content.endswith(b"\n") or not content else content + b"\n"


@ANY_FOLDER
@given(
    st.lists(LINE, max_size=30),
    st.sampled_from([b"\n", b"\r\n"]),
    st.booleans(),
    st.integers(1, 90),
    st.sampled_from(["lines.csv", "lines.ndjson", "lines.csv.gz"]),
)
def test_any_size_of_chunks_gives_the_same_lines(tmp_path, lines, end, last_end, size, name):
    content = end.join([b"V1,V2", *lines]) + (end if last_end else b"")
    header, chunks = chunks_of(write(tmp_path, name, content), size)
    assert header + b"".join(chunk.body for chunk in chunks) == ended(content)
    assert all(chunk.body.endswith(b"\n") for chunk in chunks)
    assert sum(chunk.count for chunk in chunks) == ended(content).count(b"\n") - bool(header)


@ANY_FOLDER
@given(st.lists(LINE, min_size=1, max_size=30), st.integers(1, 60), st.data())
def test_from_the_end_of_any_chunk_the_same_chunks_follow(tmp_path, lines, size, data):
    path = write(tmp_path, "lines.csv", b"\n".join([b"V1,V2", *lines]))
    _, chunks = chunks_of(path, size)
    done = data.draw(st.integers(0, len(chunks)))
    start = chunks[done - 1].end if done else None
    assert chunks_of(path, size, start)[1] == chunks[done:]


@ANY_FOLDER
@given(st.lists(st.sampled_from([b"", b" ", b"\r", b"a", b"b,c"]), max_size=20), st.integers(1, 9))
def test_every_line_that_is_not_blank_has_its_number(tmp_path, lines, size):
    path = write(tmp_path, "lines.ndjson", b"".join(line + b"\n" for line in lines))
    _, chunks = chunks_of(path, size)
    found = [pair for chunk in chunks for pair in zip(chunk.numbers, chunk.lines, strict=True)]
    assert found == [(number, line) for number, line in enumerate(lines, 1) if line.strip()]


KINDS = {
    "csv": ("a.csv", b'{"V1":1}', "csv", b'{"V1":1}\n'),
    "capitals": ("a.CSV", b"V1\n", "csv", b"V1\n"),
    "lines of json": ("a.jsonl", b"V1\n", "ndjson", b""),
    "compressed": ("a.ndjson.gz", b"V1\n", "ndjson", b""),
    "unknown, a brace": ("a.data", b' \n{"V1":1}\n', "ndjson", b""),
    "unknown, a mark and a brace": ("a", b'\xef\xbb\xbf{"V1":1}\n', "ndjson", b""),
    "unknown, a name": ("a", b"V1,V2\r\n1,2\r\n", "csv", b"V1,V2\r\n"),
    "a mark": ("a.csv", b"\xef\xbb\xbfV1,V2\n1,2\n", "csv", b"V1,V2\n"),
    "no end": ("a.csv", b"V1", "csv", b"V1\n"),
}


@pytest.mark.parametrize(("name", "content", "kind", "header"), KINDS.values(), ids=KINDS)
def test_what_a_file_holds_is_found_out(tmp_path, name, content, kind, header):
    with closing(Source(write(tmp_path, name, content))) as source:
        assert (source.kind, source.header) == (kind, header)


def test_a_byte_order_mark_is_not_sent_but_counted(tmp_path):
    _, chunks = chunks_of(write(tmp_path, "a.ndjson", b"\xef\xbb\xbf{}\n{}\n"), 100)
    assert chunks[0].body == b"{}\n{}\n"
    assert chunks[0].end == Place(9, 2)


def test_a_line_that_is_too_long_is_cut_and_takes_no_memory(tmp_path):
    path = write(tmp_path, "a.ndjson", b"{}\n" + b"x" * 1_000_000 + b"\n{}\n")
    _, chunks = chunks_of(path, 100_000)
    assert sum(len(chunk.body) for chunk in chunks) < LINE_LIMIT + 20
    assert [chunk.end.lines for chunk in chunks] == [1, 3]
    assert chunks[-1].end.offset == path.stat().st_size


UNREADABLE = {
    "a folder": ("folder", "Is a directory"),
    "nothing": ("missing.csv", "No such file or directory"),
    "an empty CSV": ("empty.csv", "has no header"),
    "half a compressed file": ("half.csv.gz", "end-of-stream"),
    "no compressed file": ("wrong.csv.gz", "Not a gzipped file"),
}


@pytest.mark.parametrize(("name", "words"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_read_is_told_in_a_sentence(tmp_path, name, words):
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty.csv").write_bytes(b"")
    (tmp_path / "half.csv.gz").write_bytes(gzip.compress(b"V1\n" + os.urandom(300_000))[:200_000])
    (tmp_path / "wrong.csv.gz").write_bytes(b"V1\n1\n")
    with pytest.raises(SourceError, match=f"{name} .*{words}"):
        chunks_of(tmp_path / name, 1000)


def test_a_pipe_is_read_as_a_file_is(monkeypatch):
    reading, writing = os.pipe()
    content = b"V1,V2\n" + b"".join(b"%d,%d\n" % (n, n) for n in range(50_000))

    def write_all():
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(content)

    writer = threading.Thread(target=write_all)
    writer.start()
    with os.fdopen(reading) as pipe:
        monkeypatch.setattr(module.sys, "stdin", pipe)
        with closing(Source(STANDARD_INPUT)) as source:
            found = source.header + b"".join(chunk.body for chunk in source.chunks(100_000))
            assert source.size is None
    writer.join()
    assert found == content
