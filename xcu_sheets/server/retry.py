"""When and how often a failed call is repeated: the policy is data, the loop is tenacity's."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception

from ..model.errors import ApiError

PASSING_STATUSES = frozenset({429, 502, 503, 504})
TICK = 0.1  # seconds: a wait for longer would hold Ctrl-C back on Windows

T = TypeVar("T")


@dataclass(frozen=True)
class RetryPolicy:
    """How patient a client is.

    `attempts` are those of one call, the first included; `budget` the repeats of a whole run. Seconds: a wait is
    chosen between 0 and `first_wait`, doubled with each attempt, at most `longest_wait`; a server that names a
    Retry-After is obeyed instead.
    """

    attempts: int = 3
    first_wait: float = 0.5
    longest_wait: float = 30.0
    budget: int = 1000

    def wait(self, attempt: int, asked: float | None, jitter: float) -> float:
        """Return the seconds to wait after this attempt; `jitter` is between 0 and 1."""
        return asked if asked is not None else jitter * min(self.first_wait * 2 ** (attempt - 1), self.longest_wait)


class Retrier:
    """Repeats calls by one policy and counts the repeats; threads share its budget."""

    def __init__(self, policy: RetryPolicy, sleep: Callable[[float], None], jitter: Callable[[], float]) -> None:
        self.policy = policy
        self.repeats = 0
        self._sleep, self._jitter = sleep, jitter
        self._lock = threading.Lock()

    def run(
        self,
        once: Callable[[int], T],
        worth: Callable[[ApiError], bool] = lambda error: error.passing,
        sleep: Callable[[float], None] | None = None,
    ) -> T:
        """Return what `once(attempt)` returns; while it raises an ApiError that is `worth` it, wait and call again.

        The last error is raised as it is. `sleep` replaces the retrier's own where a wait must be able to end early.
        """
        attempts = Retrying(
            retry=retry_if_exception(lambda error: isinstance(error, ApiError) and worth(error)),
            stop=self._is_last,
            wait=self._wait,
            sleep=sleep or self._sleep,
            reraise=True,
        )
        return attempts(lambda: once(attempts.statistics["attempt_number"]))

    def _is_last(self, state: RetryCallState) -> bool:
        if state.attempt_number >= self.policy.attempts:
            return True
        with self._lock:
            if self.repeats >= self.policy.budget:
                return True
            self.repeats += 1
        return False

    def _wait(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.wait if isinstance(error, ApiError) else None
        return self.policy.wait(state.attempt_number, asked, self._jitter())


def wait_until(ended: threading.Event, seconds: float) -> None:
    """Sleep so long, but not beyond the event."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0 and not ended.wait(min(left, TICK)):
        pass
