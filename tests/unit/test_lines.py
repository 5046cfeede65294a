"""Cutting a stream into lines."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from function.lines import Lines

LIMIT = 8


def cut(chunks, limit=LIMIT):
    lines = Lines(limit)
    return [line for chunk in chunks for line in lines.feed(chunk)] + lines.end()


@given(
    st.lists(st.binary(max_size=12).map(lambda line: line.replace(b"\n", b"").replace(b"\r", b""))),
    st.sampled_from([b"\n", b"\r\n"]),
    st.lists(st.integers(0, 200)),
)
def test_lines_come_out_as_they_went_in_however_they_were_cut(lines, end, cuts):
    text = b"".join(line + end for line in lines)
    bounds = [0, *sorted(min(each, len(text)) for each in cuts), len(text)]
    chunks = [text[low:high] for low, high in pairwise(bounds)]
    assert cut(chunks) == [line if len(line) <= LIMIT else None for line in lines]


@pytest.mark.parametrize(
    ("chunks", "expected"),
    [
        ([], []),
        ([b""], []),
        ([b"\n"], [b""]),
        ([b"a"], [b"a"]),
        ([b"a\nb"], [b"a", b"b"]),
        ([b"a\r", b"\nb"], [b"a", b"b"]),
        ([b"12345678\r\n"], [b"12345678"]),
        ([b"123456789\n", b"a\n"], [None, b"a"]),
        ([b"1234", b"5678", b"9", b"\na"], [None, b"a"]),
        ([b"123456789"], [None]),
    ],
)
def test_a_line_ends_where_its_end_is_and_a_long_one_is_none(chunks, expected):
    assert cut(chunks) == expected


def test_a_line_without_end_takes_no_memory():
    lines = Lines(LIMIT)
    for _ in range(10_000):
        assert lines.feed(b"x" * 100) == []
    assert sum(map(len, lines._parts)) <= LIMIT + 1
    assert lines.feed(b"\nnext\n") == [None, b"next"]
