"""Calls side by side: one lane per XiVO by default, or `workers` in flight in all.

A batch is a unit of history, not a barrier: its intents are committed together before the first of its calls leaves.
"""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace

from ..planning.plan import Change
from .sending import Ticket

MAX_LANES = 4  # DESIGN rule 16: XiVOs side by side, at most 4

Intend = Callable[[Sequence[Ticket]], Sequence[int]]


class Lane:
    """Hands out the tickets of one lane to its workers, each once its intent is on record."""

    def __init__(self, tickets: Sequence[Ticket], batch_size: int, intend: Intend, stopped: Callable[[], bool]) -> None:
        self.waiting = deque(tickets)
        self.ready: deque[Ticket] = deque()
        self._batch_size, self._intend, self._stopped = batch_size, intend, stopped
        self._lock = threading.Lock()

    def take(self) -> Ticket | None:
        """Return the next ticket, None where there is none or the run is stopping."""
        with self._lock:
            if self._stopped():
                return None
            if not self.ready and self.waiting:
                batch = [self.waiting[n] for n in range(min(self._batch_size, len(self.waiting)))]
                calls = self._intend(batch)
                for call in calls:
                    self.ready.append(replace(self.waiting.popleft(), call=call))
            return self.ready.popleft() if self.ready else None


def run_lanes(
    lanes: Sequence[Lane],
    workers_per_lane: int,
    call: Callable[[Ticket], None],
    broken: threading.Event,
    abort: Callable[[], None],
) -> None:
    """Send the tickets of all lanes, side by side; those not begun stay in their lanes.

    The first exception of a worker sets `broken`, for the lanes to hand out no more, and is raised when the calls in
    flight are done; a KeyboardInterrupt of the caller's own thread also calls `abort`, which ends these at once.
    """

    def work(lane: Lane) -> None:
        try:
            while ticket := lane.take():
                call(ticket)
        except BaseException:
            broken.set()
            raise

    jobs = [lane for lane in lanes for _ in range(workers_per_lane)]
    with ThreadPoolExecutor(max(1, len(jobs) if workers_per_lane > 1 else min(MAX_LANES, len(jobs)))) as pool:
        futures = [pool.submit(work, lane) for lane in jobs]
        try:
            wait(futures)
        except BaseException:
            broken.set()
            abort()
            raise
    for future in futures:
        future.result()


def make_lanes(tickets: Sequence[Ticket], xivo_of: Callable[[Change], str], workers: int) -> list[list[Ticket]]:
    """Return the tickets by XiVO, in order; with `workers` given, all in one lane."""
    if workers:
        return [list(tickets)]
    lanes: dict[str, list[Ticket]] = defaultdict(list)
    for ticket in tickets:
        lanes[xivo_of(ticket.change) if ticket.change.sheet == "users" else ""].append(ticket)
    return list(lanes.values())
