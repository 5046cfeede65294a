"""How far a run is: lines in a log, a bar in a terminal."""

import io

import pytest
from rich.console import Console

from client import watching as module
from client.watching import Lines, watching


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands until it is told."""
    now = [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    return now


def console(**options):
    return Console(file=io.StringIO(), width=100, **options)


def test_a_log_gets_a_line_every_ten_seconds(clock):
    log = console()
    lines = Lines(log, size=1000)
    lines.advanced(0, 0)
    clock[0] += 9
    lines.advanced(400, 200)
    clock[0] += 1
    lines.advanced(500, 250)
    clock[0] += 5
    lines.advanced(700, 350)
    assert log.file.getvalue() == "500 rows, 50 a second, 25%, 0:00:30 left\n"


def test_what_an_earlier_run_did_counts_neither_for_the_rate_nor_for_the_time_left(clock):
    log = console()
    lines = Lines(log, size=1000)
    lines.advanced(600, 600)
    clock[0] += 10
    lines.advanced(700, 700)
    assert log.file.getvalue() == "700 rows, 10 a second, 70%, 0:00:30 left\n"


def test_of_a_pipe_the_end_is_not_known(clock):
    log = console()
    lines = Lines(log, size=None)
    lines.advanced(0, 0)
    clock[0] += 10
    lines.advanced(5000, 1)
    assert log.file.getvalue() == "5,000 rows, 500 a second\n"


def test_the_first_retry_is_explained_and_all_are_counted(clock):
    log = console()
    lines = Lines(log, size=1000)
    for _ in range(3):
        lines.retried("503 Service Unavailable", 0.25)
    lines.advanced(0, 0)
    clock[0] += 10
    lines.advanced(10, 500)
    first, second = log.file.getvalue().splitlines()
    assert first == "Sent again in 0.2 s: 503 Service Unavailable"
    assert second == "10 rows, 1 a second, 50%, 0:00:10 left, 3 sent again"


def test_a_terminal_gets_a_bar():
    terminal = console(force_terminal=True)
    with watching(terminal, 1000, quiet=False) as watch:
        watch.advanced(100, 250)
        watch.advanced(200, 500)
        watch.retried("503 Service Unavailable", 1)
        watch.noted("Another [model].")
    drawn = terminal.file.getvalue()
    for words in ("50%", "200 rows", "a second", "1 sent again", "Another [model]."):
        assert words in drawn


def test_quiet_shows_nothing():
    terminal = console(force_terminal=True)
    with watching(terminal, 1000, quiet=True) as watch:
        watch.advanced(200, 500)
        watch.retried("503", 1)
        watch.noted("Another model.")
    assert terminal.file.getvalue() == ""
