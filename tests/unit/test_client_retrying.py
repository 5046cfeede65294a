"""How long a request waits before it is sent again."""

from datetime import UTC, datetime

import pytest

from client.retrying import wait_before

NOW = datetime(2026, 11, 25, 12, 0, 0, tzinfo=UTC)
LONGEST = {1: 0.5, 2: 1.0, 3: 2.0, 6: 16.0, 7: 30.0, 8: 30.0, 5000: 30.0}


@pytest.mark.parametrize(("attempt", "longest"), LONGEST.items())
def test_it_is_chosen_from_nothing_to_what_doubles(attempt, longest):
    assert wait_before(attempt, pick=lambda low, high: (low, high)[1]) == longest
    assert wait_before(attempt, pick=lambda low, high: (low, high)[0]) == 0
    assert 0 <= wait_before(attempt) <= longest


ASKED = {
    "3": 3.0,
    " 3 ": 3.0,
    "0": 0.0,
    "86400": 300.0,
    "9" * 400: 300.0,
    "Wed, 25 Nov 2026 12:00:07 GMT": 7.0,
    "Wed, 25 Nov 2026 11:59:07 GMT": 0.0,
    "Wed, 25 Nov 2099 11:59:07 GMT": 300.0,
    "Wed, 25 Nov 2026 12:00:07": 0.0,
    "soon": 0.0,
    "-3": 0.0,
    "٣": 0.0,
    "": 0.0,
}


@pytest.mark.parametrize(("header", "seconds"), ASKED.items())
def test_it_is_no_less_than_the_server_asks_for(header, seconds):
    assert wait_before(1, header, pick=lambda low, _: low, now=NOW) == seconds
    assert wait_before(3, header, pick=lambda _, high: high, now=NOW) == max(seconds, 2.0)
