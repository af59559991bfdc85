"""The throttle: how many writes are in flight, and what trouble does to all of them."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from xcu_sheets.model.errors import ApiError, OutcomeUnknown, Refused, Unavailable
from xcu_sheets.running.throttle import Throttle
from xcu_sheets.server import RetryPolicy

QUICK = RetryPolicy(attempts=3, first_wait=0.02, longest_wait=0.05)


def make(ceiling: int, start: int = 2, policy: RetryPolicy = QUICK, stop: threading.Event | None = None) -> Throttle:
    return Throttle(ceiling, start, stopping=(stop or threading.Event()).is_set, jitter=lambda: 1.0, policy=policy)


def never(_: ApiError) -> bool:
    return False


def passing(error: ApiError) -> bool:
    return error.passing


def busy(wait: float | None = None, status: int = 429) -> ApiError:
    return Unavailable("POST", "/users", status, "busy", passing=True, wait=wait)


def test_healthy_answers_raise_the_limit_to_its_ceiling_and_no_further() -> None:
    """One more after as many healthy answers as are in flight; a slow answer is as healthy as a quick one."""
    throttle = make(5)
    seen = []
    for turn in range(40):
        throttle.run(lambda turn=turn: time.sleep(0.002 * (turn > 20)), never)
        seen.append(throttle.limit)
    assert seen[:7] == [2, 3, 3, 3, 4, 4, 4]
    assert max(seen) == seen[-1] == 5
    assert seen == sorted(seen)


@pytest.mark.parametrize("status", [0, 429, 502, 503, 504])
def test_trouble_halves_the_limit(status: int) -> None:
    """A 429, a 502, 503 or 504, and a connection that was lost or never made; never below one."""
    throttle = make(16, 8)
    limits = []
    for _ in range(5):
        with pytest.raises(ApiError):
            throttle.run(lambda: (_ for _ in ()).throw(busy(0, status)), never)
        limits.append(throttle.limit)
    assert limits == [4, 2, 1, 1, 1]


@pytest.mark.parametrize("error", [Refused("POST", "/users", 400, "no"), OutcomeUnknown("POST", "/users", 500, "boom")])
def test_a_refusal_is_no_trouble(error: ApiError) -> None:
    """A server that says no is well; a 500 is trouble of one row."""
    throttle = make(16, 8)
    with pytest.raises(ApiError):
        throttle.run(lambda: (_ for _ in ()).throw(error), never)
    assert throttle.limit == 8


def test_calls_that_were_in_flight_halve_only_once() -> None:
    """Eight calls that meet the same overload halve the limit once, not eight times."""
    throttle, gate = make(16, 8), threading.Barrier(8)

    def once() -> None:
        gate.wait()
        raise busy(0)

    with ThreadPoolExecutor(8) as pool:
        ended = [pool.submit(throttle.run, once, never) for _ in range(8)]
        assert all(isinstance(one.exception(), Unavailable) for one in ended)
    assert throttle.limit == 4


def test_all_wait_together_as_long_as_the_server_asks() -> None:
    """After one 429 with Retry-After no call begins before its time, of whatever thread."""
    throttle = make(8, 8)
    with pytest.raises(ApiError):
        throttle.run(lambda: (_ for _ in ()).throw(busy(0.3)), never)
    asked = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        began = [pool.submit(throttle.run, time.monotonic, never) for _ in range(8)]
        assert min(one.result() for one in began) - asked >= 0.28


def test_no_more_in_flight_than_the_limit() -> None:
    """The high-water mark is told, and is what was seen."""
    throttle = make(3, 3)
    flying, most, guard = [0], [0], threading.Lock()

    def once() -> None:
        with guard:
            flying[0] += 1
            most[0] = max(most[0], flying[0])
        time.sleep(0.005)
        with guard:
            flying[0] -= 1

    with ThreadPoolExecutor(12) as pool:
        for one in [pool.submit(throttle.run, once, never) for _ in range(36)]:
            one.result()
    assert most[0] == throttle.most_in_flight == 3
    figures = throttle.figures(calls=40, retries=1)
    assert (figures.calls, figures.retries, figures.most_in_flight) == (40, 1, 3)
    assert 5 <= figures.median_ms <= figures.p95_ms


def test_what_passes_is_made_again_and_counted() -> None:
    """Two 503, then well: the third attempt's result, two retries in the figures."""
    left, throttle = [busy(0, 503), busy(0, 503)], make(4)

    def once() -> str:
        if left:
            raise left.pop()
        return "made"

    assert throttle.run(once, passing) == "made"
    assert throttle.figures(3, 0).retries == 2


def test_a_stop_ends_every_wait() -> None:
    """Ctrl-C is not made to wait for a Retry-After of a minute: the call under way ends, and is not made again."""
    stop = threading.Event()
    throttle = make(4, policy=RetryPolicy(attempts=5, first_wait=60, longest_wait=60), stop=stop)
    calls = []

    def once() -> None:
        calls.append(1)
        raise busy(60)

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(throttle.run, once, passing)
        time.sleep(0.15)
        asked = time.monotonic()
        stop.set()
        assert isinstance(running.exception(timeout=5), Unavailable)
    assert time.monotonic() - asked < 1
    assert len(calls) <= 2
