"""Numbers that we chose and somebody else took meanwhile: noticed, and replaced by what is free now (rule 10)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from ..model.snapshot import Snapshot
from ..planning.numbers import choose_again
from ..planning.plan import Change
from .preparing import fetch_numbers
from .run import Key, Run
from .sending import DONE, LOST, REFUSED, Sent, Ticket
from .settling import settle

MAX_NUMBERS = 3  # that are chosen for one row after its first


class Renumbering:
    """Chooses other numbers for the rows of one stage; `before` is the server as it was when the stage began."""

    def __init__(self, run: Run, sheet: str, before: Snapshot) -> None:
        self._run, self._sheet, self._before = run, sheet, before
        self._chosen: Counter[Key] = Counter()
        self._free: dict[str, Sequence[str] | None] = {}

    def begin_round(self) -> None:
        """Forget what was free: it is asked for once a round."""
        self._free = {}

    def lost_before(self, tickets: Sequence[Ticket]) -> list[Sent]:
        """Return the rows whose number somebody else has before it could be asked for.

        A server may give a number twice; whoever was to give it up, and whose list does not show that yet, counts not.
        """
        asking = [Sent(t.change, LOST, ticket=replace(t, attempt=0)) for t in tickets if t.change.number]
        if not asking:
            return []
        found = settle(asking, self._run.lists(self._sheet, self._before))
        return [one for one in found if one.notes and not self._is_given_up(one)]

    def _is_given_up(self, one: Sent) -> bool:
        """Tell whether the holder of a number has given it up in this run."""
        holders = {note.params.get("id") for note in one.notes}
        ends = (o for o in self._run.sent.values() if o.change.sheet == self._sheet and o.status == DONE)
        return any(o.change.id in holders and o.change.freed_number == one.change.number for o in ends)

    def find_lost(self, calls: list[Sent]) -> list[Sent]:
        """Return the calls with refused ones as LOST whose chosen number the server no longer lists as free."""
        doubtful = [c for c in calls if c.status == REFUSED and c.change.assigned and c.change.number]
        if not doubtful or self._run.halted:
            return calls
        self._ask_for_free([c.change for c in doubtful])
        lost = {c.change.step_key for c in doubtful if self._is_gone(c.change)}
        return [replace(c, status=LOST, settled=False) if c.change.step_key in lost else c for c in calls]

    def may_choose(self, one: Sent) -> bool:
        """Tell whether a row may get another number: only one that we chose, and not for ever."""
        free = one.change.assigned and not self._run.manner.pin_numbers
        return free and self._chosen[one.change.step_key] < MAX_NUMBERS

    def is_open(self, one: Sent) -> bool:
        """Tell whether a refused row could get another number, were the run to go on."""
        return one.status in (LOST, REFUSED) and bool(one.change.number) and self.may_choose(one)

    def choose(self, lost: Sequence[Sent]) -> list[Change]:
        """Return each row with another number from what is free now; one that sends nothing where none is left."""
        if not lost:
            return []
        run = self._run
        for one in lost:
            self._chosen[one.change.step_key] += 1
            run.tried[run.xivo_of(one.change.entity)].add(one.change.number)
        self._ask_for_free([one.change for one in lost])
        chosen = choose_again(run.plan, [one.change for one in lost], run.snapshot, self._free, run.tried, run.memory)
        for change in chosen:
            run.tried[run.xivo_of(change.entity)].add(change.number)
        return chosen

    def _is_gone(self, change: Change) -> bool:
        listed = self._free[self._run.entity_of(change)]
        return bool(listed) and change.number not in (listed or ())

    def _ask_for_free(self, changes: Sequence[Change]) -> None:
        """Fetch the free numbers of these changes' entities, each once a round."""
        entities = {self._run.entity_of(change) for change in changes} - set(self._free)
        self._free.update(fetch_numbers(self._run.client, sorted(entities)))
