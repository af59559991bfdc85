"""The retry policy: what is worth repeating, how long the waits are, and when a run has had enough."""

from __future__ import annotations

import threading
import time

import pytest

from xcu_sheets.model.errors import Refused, Unavailable
from xcu_sheets.server import Retrier, RetryPolicy
from xcu_sheets.server.retry import wait_until

POLICY = RetryPolicy(attempts=5, first_wait=0.5, longest_wait=3.0, budget=6)


def failing(attempt: int, wait: float | None = None) -> None:
    raise Unavailable("GET", "/xivo", 503, f"attempt {attempt}", passing=True, wait=wait)


def test_waits_double_up_to_the_longest_and_jitter_cuts_them() -> None:
    """Full jitter: a wait lies anywhere between nothing and its bound."""
    for jitter, expected in ((1.0, [0.5, 1.0, 2.0, 3.0]), (0.5, [0.25, 0.5, 1.0, 1.5]), (0.0, [0, 0, 0, 0])):
        slept: list[float] = []
        retrier = Retrier(POLICY, slept.append, lambda jitter=jitter: jitter)
        with pytest.raises(Unavailable, match="attempt 5"):
            retrier.run(failing)
        assert slept == expected
        assert retrier.repeats == 4


def test_a_server_that_names_a_time_is_obeyed() -> None:
    """Retry-After replaces the back-off, zero included."""
    slept: list[float] = []
    with pytest.raises(Unavailable):
        Retrier(POLICY, slept.append, lambda: 1.0).run(lambda attempt: failing(attempt, wait=7.0 if attempt > 1 else 0))
    assert slept == [0, 7.0, 7.0, 7.0]


def test_the_budget_is_one_for_all_calls() -> None:
    """A run repeats no more than its budget says, however many of its calls fail."""
    slept: list[float] = []
    retrier = Retrier(POLICY, slept.append, lambda: 0.0)
    for _ in range(3):
        with pytest.raises(Unavailable):
            retrier.run(failing)
    assert (len(slept), retrier.repeats) == (6, 6)


def test_what_does_not_pass_is_not_repeated() -> None:
    """A refusal, trouble that will not pass, and an error of another kind end at once."""
    slept: list[float] = []
    retrier = Retrier(POLICY, slept.append, lambda: 1.0)

    def refused(attempt: int) -> None:
        raise Refused("GET", "/xivo", 404, "no")

    def broken(attempt: int) -> None:
        raise Unavailable("GET", "/xivo", 500, "boom")

    def wrong(attempt: int) -> None:
        raise ValueError

    for once, kind in ((refused, Refused), (broken, Unavailable), (wrong, ValueError)):
        with pytest.raises(kind):
            retrier.run(once)
    assert slept == []
    assert retrier.run(lambda attempt: attempt) == 1


def test_a_wait_ends_with_its_time_or_with_what_ends_it() -> None:
    """Half a minute is over at once when the event comes; a short wait is as long as it should be."""
    ended = threading.Event()
    started = time.monotonic()
    wait_until(ended, 0.15)
    assert time.monotonic() - started >= 0.15
    threading.Timer(0.05, ended.set).start()
    wait_until(ended, 30)
    assert time.monotonic() - started < 5
