"""How many writes are in flight: more while answers stay healthy, half after trouble; one pause for all."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from ..model.errors import ApiError
from ..server import Retrier, RetryPolicy

PATIENCE = RetryPolicy(attempts=6)  # of a write: a server that restarts is back within half a minute
TROUBLE = frozenset({0, 429, 502, 503, 504})  # 0: no connection, or no whole answer
TICK = 0.1  # seconds between two looks at whether the run is to stop

T = TypeVar("T")


@dataclass(frozen=True)
class Figures:
    """What a run cost. `calls` are HTTP calls, `retries` those that repeated another; latencies are of one write."""

    calls: int = 0
    retries: int = 0
    most_in_flight: int = 0
    median_ms: int = 0
    p95_ms: int = 0


class Throttle:
    """Lets the writes of a run pass, `start` at once and up to `ceiling`.

    Additive increase, multiplicative decrease: one more after as many healthy answers as are in flight, half after a
    429, 502, 503, 504 or a lost connection. Rising latency alone means nothing: a PBX is slower with its thousandth
    user than with its first. After trouble all wait together, as long as the server asks for.
    """

    def __init__(
        self,
        ceiling: int,
        start: int,
        *,
        stopping: Callable[[], bool],
        jitter: Callable[[], float],
        policy: RetryPolicy = PATIENCE,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.limit = min(start, ceiling)
        self.most_in_flight = 0
        self.retrier = Retrier(policy, self.wait, jitter)
        self._ceiling, self._stopping, self._jitter, self._policy, self._now = ceiling, stopping, jitter, policy, now
        self._turn = threading.Condition()
        self._in_flight = self._healthy = self._troubles = 0
        self._closed_until = self._halved_at = 0.0
        self._latencies: list[int] = []

    def run(self, once: Callable[[], T], worth: Callable[[ApiError], bool]) -> T:
        """Make a write in its turn, again while its failure is `worth` it, and return what it returns."""
        return self.retrier.run(lambda _: self._pass(once), lambda e: worth(e) and not self._stopping())

    def wait(self, seconds: float) -> None:
        """Sleep, but not beyond the moment at which the run is to stop."""
        until = self._now() + seconds
        while (left := until - self._now()) > 0 and not self._stopping():
            time.sleep(min(left, TICK))

    def figures(self, calls: int, retries: int) -> Figures:
        """Return the figures of this run, its HTTP calls and the repeats of its reads given."""
        taken = sorted(self._latencies)
        middle, late = ((taken[int(len(taken) * share)] if taken else 0) for share in (0.5, 0.95))
        return Figures(calls, retries + self.retrier.repeats, self.most_in_flight, middle, late)

    @property
    def median_seconds(self) -> float:
        """How long a write has taken so far, 0 before the first."""
        taken = sorted(self._latencies[-500:])
        return taken[len(taken) // 2] / 1000 if taken else 0.0

    def _pass(self, once: Callable[[], T]) -> T:
        self._enter()
        started = self._now()
        try:
            result = once()
        except ApiError as error:
            self._leave(started, error if error.status in TROUBLE else None)
            raise
        except BaseException:
            self._leave(started, None)
            raise
        self._leave(started, None)
        return result

    def _enter(self) -> None:
        with self._turn:
            while self._in_flight >= self.limit or self._paused():
                self._turn.wait(TICK)
            self._in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self._in_flight)

    def _paused(self) -> bool:
        return self._now() < self._closed_until and not self._stopping()

    def _leave(self, started: float, trouble: ApiError | None) -> None:
        with self._turn:
            self._in_flight -= 1
            self._latencies.append(round(1000 * (self._now() - started)))
            if trouble:
                self._slow_down(started, trouble)
            else:
                self._speed_up()
            self._turn.notify_all()

    def _slow_down(self, started: float, trouble: ApiError) -> None:
        self._troubles, self._healthy = self._troubles + 1, 0
        pause = self._policy.wait(min(self._troubles, 10), trouble.wait, self._jitter())
        self._closed_until = max(self._closed_until, self._now() + pause)
        if started >= self._halved_at:  # what was in flight at the last halving tells nothing new
            self.limit, self._halved_at = max(1, self.limit // 2), self._now()

    def _speed_up(self) -> None:
        self._healthy, self._troubles = self._healthy + 1, 0
        if self._healthy >= self.limit and self.limit < self._ceiling:
            self.limit, self._healthy = self.limit + 1, 0
