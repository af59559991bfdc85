"""Call after call that ends alike: the round is interrupted and the lists are read, for the rest would end so too."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from ..model.problems import Problem
from ..model.text import Said
from .run import Run
from .sending import DONE, REFUSED, UNAVAILABLE, UNKNOWN, Sent

STREAKS = {UNAVAILABLE: 5, UNKNOWN: 5, REFUSED: 20}  # so many in a row, by how they ended


class Watch:
    """Looks at the calls of one round as they end, from whatever thread."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._guard = threading.Lock()
        self._alike: list[Sent] = []
        self._failed = 0

    def interrupts(self, one: Sent) -> bool:
        """Take a call in and tell whether no other of its round may begin."""
        with self._guard:
            if self._alike and _cause_of(one) != _cause_of(self._alike[-1]):
                self._alike = []
            self._alike.append(one)
            self._failed += one.status in (REFUSED, UNAVAILABLE)
            most = self._run.manner.max_failures
            return self._is_streak or (most > 0 and self._run.failures + self._failed >= most)

    def judge(self) -> None:
        """End the run after a streak for which the lists, read since, tell nothing better."""
        ends = [self._run.sent.get(one.change.step_key) for one in self._alike]
        if not self._is_streak or any(one is not None and one.status == DONE for one in ends):
            return
        last = self._alike[-1]
        cause = _in_words(*_cause_of(last)[2:])
        why = "failures" if last.status == REFUSED else "server"
        self._run.halt(why, Said("{n} calls in a row ended alike: {cause}", n=len(self._alike), cause=cause))

    @property
    def _is_streak(self) -> bool:
        return bool(self._alike) and len(self._alike) >= STREAKS.get(self._alike[-1].status, len(self._alike) + 1)


def _in_words(status: str = "", detail: str = "") -> str:
    return Said("{status} {detail}", status=status, detail=detail) if status and detail else status or detail


def _cause_of(one: Sent) -> tuple[str, ...]:
    """Return what two failures have in common: how they ended, what happened, the status, what the server said."""
    first: Problem | None = next(iter(one.notes), None)
    said: Sequence[str] = (first.code, first.params.get("status", ""), first.params.get("detail", "")) if first else ()
    return (one.status, *said)
