"""The clients of the study of scaling, against the real server."""

import threading
import time

import numpy as np
import pytest

from benchmark.crowd import put_crowd
from benchmark.over_time import seconds_of
from benchmark.posts import Post, plain
from benchmark.stages import BROKEN, HOLD_S, Stage
from tests.server import free_port, running_server

pytestmark = pytest.mark.timeout(60)


@pytest.fixture(scope="module")
def post(fraud):
    return plain(fraud)


def under_way(found, at_s):
    return sum(
        sent <= at_s < ended for sent, ended in zip(found.sent_s, found.ended_s, strict=True)
    )


def test_as_many_requests_are_under_way_as_there_are_clients(server, post):
    found = put_crowd(server.url, post, [Stage("all", 20, 1.5, ramp_s=0.5)])
    began = found.stages_s[0]
    assert set(found.statuses) == {200}
    # Between an answer and the next request there is a moment.
    assert np.median([under_way(found, began + 0.6 + step / 100) for step in range(80)]) >= 18
    assert under_way(found, began + 0.25) < 16


def test_clients_that_pause_ask_less_often(server, post):
    found = put_crowd(server.url, post, [Stage("few", 5, 1, pause_s=0.2)])
    assert 5 <= len(found.statuses) <= 25 + 5


def test_a_slow_client_is_under_way_long_and_its_time_counts_from_the_last_byte(server, post):
    found = put_crowd(server.url, post, [Stage("slow", 1, 0.5, slow=1)])
    assert list(found.statuses) == [200]
    assert found.ended_s[0] - found.stages_s[0] > HOLD_S
    assert found.ended_s[0] - found.sent_s[0] < HOLD_S / 2


def test_a_stage_ends_early_where_it_is_told_so(server, post):
    began = time.perf_counter()
    stages = [Stage("first", 1, 30, pause_s=0.1, until=lambda: True), Stage("second", 2, 0.2)]
    found = put_crowd(server.url, post, stages)
    assert time.perf_counter() - began < 10
    assert len(found.stages_s) == len(stages) + 1
    assert set(found.statuses) == {200}


def test_every_request_that_is_refused_or_broken_off_is_written_down(post):
    with running_server() as server:
        timer = threading.Timer(0.7, server.process.kill)
        timer.start()
        found = put_crowd(server.url, post, [Stage("all", 4, 1.5)])
    assert set(found.statuses) == {200, BROKEN}
    first, second = seconds_of(found, found.stages_s[0], found.stages_s[0] + 2)
    assert first.answered > 0
    assert second.answered == 0
    assert second.failed > 0


def test_where_nobody_listens_all_is_lost(post):
    found = put_crowd(f"http://127.0.0.1:{free_port()}", post, [Stage("all", 2, 0.5)])
    assert set(found.statuses) == {BROKEN}
    assert len(found.statuses) >= 4


def test_another_answer_than_200_is_written_down_once(server):
    found = put_crowd(server.url, Post(b"{"), [Stage("bad", 1, 0.5)])
    assert set(found.statuses) == {400}
    assert len(found.statuses) < 10
