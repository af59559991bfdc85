"""Calls side by side: one lane per XiVO by default, or `workers` in flight in all.

A batch is a unit of history, not a barrier: its intents are committed together before the first of its calls leaves.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait

from ..planning.plan import Change
from .sending import Sent

MAX_LANES = 4  # DESIGN rule 16: XiVOs side by side, at most 4

Intents = Callable[[Sequence[Change]], Sequence[int]]
Call = Callable[[Change, int], Sent]


class Feeder:
    """Hands out the changes of one lane to its workers, each with the number of its recorded intent."""

    def __init__(
        self, changes: Sequence[Change], batch_size: int, record: Intents, stopped: Callable[[], bool]
    ) -> None:
        self._waiting = list(reversed(changes))
        self._ready: list[tuple[Change, int]] = []
        self._batch_size, self._record, self._stopped = batch_size, record, stopped
        self._lock = threading.Lock()

    def take(self) -> tuple[Change, int] | None:
        """Return the next change and its intent's number, None where there is none or the run is stopping."""
        with self._lock:
            if self._stopped():
                return None
            if not self._ready and self._waiting:
                batch = [self._waiting.pop() for _ in range(min(self._batch_size, len(self._waiting)))]
                self._ready = list(reversed(list(zip(batch, self._record(batch), strict=True))))
            return self._ready.pop() if self._ready else None


def run_lanes(
    lanes: Sequence[Sequence[Change]],
    workers_per_lane: int,
    *,
    batch_size: int,
    record: Intents,
    call: Call,
    stopped: Callable[[], bool],
) -> list[Sent]:
    """Send every change, lanes side by side; changes not begun when `stopped` turns true are not in the result.

    The first exception of a worker stops the others from taking more, and is raised when those in flight are done.
    """
    sent: list[Sent] = []
    broken = threading.Event()

    def halted() -> bool:
        return broken.is_set() or stopped()

    def work(feeder: Feeder) -> None:
        try:
            while taken := feeder.take():
                sent.append(call(*taken))
        except BaseException:
            broken.set()
            raise

    feeders = [Feeder(lane, batch_size, record, halted) for lane in lanes]
    jobs = [feeder for feeder in feeders for _ in range(workers_per_lane)]
    with ThreadPoolExecutor(max(1, len(jobs) if workers_per_lane > 1 else min(MAX_LANES, len(jobs)))) as pool:
        futures = [pool.submit(work, feeder) for feeder in jobs]
        try:
            wait(futures)
        except BaseException:
            broken.set()
            raise
    for future in futures:
        future.result()
    return sent


def make_lanes(changes: Sequence[Change], xivo_of: Callable[[str], str], workers: int) -> list[list[Change]]:
    """Return the changes by XiVO, in order; with `workers` given, all in one lane."""
    if workers:
        return [list(changes)]
    lanes: dict[str, list[Change]] = defaultdict(list)
    for change in changes:
        lanes[xivo_of(change.entity) if change.sheet == "users" else ""].append(change)
    return list(lanes.values())
