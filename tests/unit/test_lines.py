"""Cutting a stream into lines."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from function.lines import Lines, all_short, cut

LIMIT = 8


def blocks_of(chunks):
    lines = Lines(LIMIT)
    return [*map(lines.feed, chunks), lines.end()]


def lines_of(chunks):
    return [line for block in blocks_of(chunks) for line in cut(block, LIMIT)]


@given(
    st.lists(st.binary(max_size=12).map(lambda line: line.replace(b"\n", b"").replace(b"\r", b""))),
    st.sampled_from([b"\n", b"\r\n"]),
    st.lists(st.integers(0, 200)),
)
def test_lines_come_out_as_they_went_in_however_they_were_cut(lines, end, cuts):
    text = b"".join(line + end for line in lines)
    bounds = [0, *sorted(min(each, len(text)) for each in cuts), len(text)]
    chunks = [text[low:high] for low, high in pairwise(bounds)]
    assert lines_of(chunks) == [line if len(line) <= LIMIT else None for line in lines]


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
    assert lines_of(chunks) == expected


def test_a_line_without_end_takes_no_memory():
    lines = Lines(LIMIT)
    for _ in range(10_000):
        assert lines.feed(b"x" * 100) == b""
    assert sum(map(len, lines._rest)) <= LIMIT + 2
    assert cut(lines.feed(b"\nnext\n"), LIMIT) == [None, b"next"]


@given(st.lists(st.binary(max_size=30), max_size=5))
def test_a_block_is_all_short_where_no_line_in_it_is_long(chunks):
    for block in blocks_of(chunks):
        long = [len(line) > LIMIT for line in block.split(b"\n")[:-1]]
        # A line that is too long for its \r alone may count as either: what follows looks closer.
        if any(line[-1:] == b"\r" for line in block.split(b"\n")):
            assert not all_short(block, LIMIT) or None not in cut(block, LIMIT)
        else:
            assert all_short(block, LIMIT) == (not any(long))
