"""A file to send to a scripted server with scripts/score, here or in a process of its own."""

import subprocess
import sys
import time
from pathlib import Path

from client import score
from tests.scripted import HEAD, answer_row

PROJECT = Path(__file__).parents[1]
ROWS = [b"%d,%d" % (number, number * 7919 % 1000) for number in range(4_000)]
ROWS[1234] = b"bad"
EXPECTED = HEAD + b"".join(answer_row(number, row) for number, row in enumerate(ROWS, 1))
PROGRAM = """
import sys
from client import file_output, retrying, score
file_output.COMMIT_EVERY_S, retrying.FIRST_WAIT_S = 0.05, 0.01
score.CHUNK_BYTES = {"rows": 500, "events": 500}
score.main(sys.argv[1:])
"""


def run(file, server, *words):
    """Return the exit code."""
    try:
        score.main([str(file), "--url", server.url, *words])
    except SystemExit as ended:
        return ended.code
    return 0


def written(file):
    return file.with_name("rows.scores.csv").read_bytes()


def start(file, server, *words, **streams):
    command = [sys.executable, "-c", PROGRAM, str(file), "--url", server.url, *words]
    streams = {"stderr": subprocess.PIPE, "text": True, **streams}
    return subprocess.Popen(command, cwd=PROJECT, **streams)


def wait_for(condition):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)
