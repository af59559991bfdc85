"""One stage carried out in rounds: send, read the lists, and send again what was lost on the way or lost its number."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from ..model.errors import HistoryError, Unavailable, XcuError
from ..model.problems import Severity
from ..planning.numbers import choose_again
from ..planning.plan import Change
from .lanes import Lane, make_lanes, run_lanes
from .preparing import fetch_numbers
from .run import STREAKS, Run, cause_of
from .sending import (
    ABSENT,
    CONFLICT,
    DONE,
    LOST,
    NOT_SENT,
    REFUSED,
    UNAVAILABLE,
    UNKNOWN,
    Sent,
    Ticket,
    note,
    send,
)
from .settling import settle
from .stages import ASIDE, BACK, Stage, step_of

MAX_SENDS = 3  # of one wish without an answer
MAX_NUMBERS = 3  # that are chosen for one row after its first

_OPEN = (DONE, UNKNOWN, ABSENT)


class Rounds:
    """Carries out one stage of a run; what became of each row is in `run.sent` afterwards."""

    def __init__(self, run: Run, stage: Stage) -> None:
        self.run, self.stage = run, stage
        self._before = run.snapshot
        self._answered: list[Sent] = []
        self._broken, self._guard = threading.Event(), threading.Lock()
        self._cause: tuple[str, ...] = ()
        self._alike = self._failed = 0
        self._free: dict[str, Sequence[str] | None] = {}
        self._renumbered: Counter[tuple[str, int, str]] = Counter()

    def carry_out(self) -> None:
        """Send what the stage wants, and settle what is on record from before the run was interrupted."""
        self.run.begin(self.stage.sheet)
        open_, tickets = self._on_record()
        try:
            open_ += self._lost_before(tickets)
            tickets = [t for t in tickets if t.change.step_key not in {one.change.step_key for one in open_}]
            while open_ or (tickets and not self.run.halted):
                answered, left = self._send(tickets)
                settled = self._settle([*open_, *answered])
                again = self._decide(settled)
                self._look_at_streak(again)
                open_, tickets = [], [*left, *again]
            self._bring_back()
        except KeyboardInterrupt:  # the second Ctrl-C, while lists were read
            self.run.halt("interrupted")
            self._leave_open([*open_, *self._answered])

    def _leave_open(self, calls: Sequence[Sent]) -> None:
        """Take in calls whose end could not be looked up."""
        for one in calls:
            known = self.run.sent.get(one.change.step_key)
            if known is None or not known.settled:
                self.run.finish(_ended(_unseen(one)))

    # What was on record before

    def _on_record(self) -> tuple[list[Sent], list[Ticket]]:
        """Return the calls without a last word, and the tickets of what is still to be sent."""
        open_, tickets = [], []
        for change in filter(None, map(self._ready, self.stage.changes)):
            one = self.run.earlier.get(change.step_key)
            if one is None:
                tickets.append(Ticket(change))
            elif not one.settled:
                same = change if change.number == one.change.number else change.with_number(one.change.number)
                if one.status in (UNAVAILABLE, NOT_SENT):
                    tickets.append(Ticket(same, attempt=_attempt(one) + 1))
                else:
                    open_.append(replace(one, change=same))
        return open_, tickets

    def _lost_before(self, tickets: Sequence[Ticket]) -> list[Sent]:
        """Return the rows whose chosen number became somebody else's before it could be asked for."""
        chosen = [Sent(t.change, LOST, ticket=replace(t, attempt=0)) for t in tickets if t.change.assigned]
        lists = self.run.lists(self.stage.sheet, self._before)
        return [one for one in settle(chosen, lists) if one.notes] if chosen else []

    def _ready(self, change: Change) -> Change | None:
        """Return a change as it can be sent; None for one whose user could not step aside as its ring needs."""
        if not change.detour or change.step_key in self.run.earlier:
            return change
        aside = self.run.sent.get((change.sheet, change.row, ASIDE))
        if aside and aside.status == DONE:
            return change.coming_from(aside.change.number)
        if aside:
            self.run.finish(replace(aside, change=change, settled=False))
        return None

    # Sending

    def _send(self, tickets: Sequence[Ticket]) -> tuple[list[Sent], list[Ticket]]:
        """Send tickets side by side; return the calls that ended, and the tickets of those not begun."""
        run, self._answered, self._free = self.run, [], {}
        self._broken.clear()
        self._alike = self._failed = 0
        if not tickets or run.halted:
            return [], list(tickets)
        many = run.manner.workers if self.stage.sheet == "users" else 0
        lanes = [
            Lane(part, run.manner.batch_size, run.recorder.intend, self._stopped)
            for part in make_lanes(tickets, lambda change: run.xivo_of(change.entity), many)
        ]
        try:
            run_lanes(lanes, many or 1, self._call, self._broken, run.client.close)
        except KeyboardInterrupt:  # the second Ctrl-C: nothing more is waited for
            run.halt("interrupted")
        except XcuError as failed:
            run.halt("history" if isinstance(failed, HistoryError) else "server", str(failed))
        self._take_back([ticket for lane in lanes for ticket in lane.ready])
        return self._answered, [ticket for lane in lanes for ticket in (*lane.ready, *lane.waiting)]

    def _stopped(self) -> bool:
        return self._broken.is_set() or self.run.halted

    def _call(self, ticket: Ticket) -> None:
        run, started = self.run, time.monotonic()
        one = send(run.client, ticket.change, run.known, run.secrets, run.throttle)
        if ticket.repeat and one.status in (UNAVAILABLE, NOT_SENT):  # this attempt did nothing, an earlier one may have
            one = replace(one, status=UNKNOWN)
        one = replace(one, ticket=ticket, ms=round(1000 * (time.monotonic() - started)))
        self._answered.append(one)
        run.recorder.answered([one])
        self._watch(one)
        run.tell(one)

    def _watch(self, one: Sent) -> None:
        """Interrupt the round where call after call ends alike, or too many have failed: the lists are to be read."""
        with self._guard:
            cause = (one.status, *cause_of(one.notes))
            if cause != self._cause:
                self._cause, self._alike = cause, 0
            self._alike += 1
            self._failed += one.status in (REFUSED, UNAVAILABLE)
            most = self.run.manner.max_failures
            too_many = most and self.run.failures + self._failed >= most
            if too_many or self._alike >= STREAKS.get(one.status, self._alike + 1):
                self._broken.set()

    def _take_back(self, tickets: Sequence[Ticket]) -> None:
        """Put on record that intended calls never left, so that nobody has to look for them."""
        if tickets and self.run.stopped != "history":
            try:
                self.run.recorder.answered([Sent(t.change, NOT_SENT, ticket=t) for t in tickets])
            except HistoryError as failed:
                self.run.halt("history", str(failed))

    # What the lists say

    def _settle(self, calls: list[Sent]) -> list[Sent]:
        """Read the touched lists again and learn from them; a second time, a while later, for what cannot be seen."""
        settled = self._look(calls)
        absent = [one for one in settled if one.status == ABSENT]
        if not absent or self.run.stopped in ("server", "interrupted"):
            return settled
        self.run.throttle.wait(self.run.manner.settle_seconds)
        return [*(one for one in settled if one.status != ABSENT), *self._look(absent)]

    def _look(self, calls: list[Sent]) -> list[Sent]:
        run = self.run
        touched = [c.change for c in calls if c.status in _OPEN or (c.status == REFUSED and c.change.number)]
        try:
            self._read_again(touched)
        except XcuError as failed:
            run.halt("server", str(failed))
            return [_unseen(one) for one in calls]
        return settle(calls, run.lists(self.stage.sheet, self._before))

    def _read_again(self, changes: Sequence[Change]) -> None:
        """Read the touched lists; a second time, a while later, before a run of many rows is given up for one list."""
        try:
            self.run.read_again(self.stage.sheet, changes)
        except Unavailable:
            if self.run.halted:
                raise
            self.run.throttle.wait(self.run.manner.settle_seconds)
            self.run.read_again(self.stage.sheet, changes)

    def _decide(self, calls: list[Sent]) -> list[Ticket]:
        """Finish the calls that have come to their end, and return the tickets of those that go on."""
        calls = self._find_lost(calls)
        goes_on = [one for one in calls if self._goes_on(one)]
        absent = [one for one in goes_on if one.status == ABSENT]
        for one in absent:  # until it is sent again, and for good if the run ends before
            self.run.finish(_ended(one))
        self._finish([_ended(one) for one in calls if one not in goes_on])
        again = [Ticket(one.change, attempt=_attempt(one) + 1, repeat=True) for one in absent]
        return [*again, *self._other_numbers([one for one in goes_on if one.status == LOST])]

    def _goes_on(self, one: Sent) -> bool:
        if self.run.halted:
            return False
        if one.status == ABSENT:
            return _attempt(one) < MAX_SENDS
        free = one.change.assigned and not self.run.manner.pin_numbers
        return one.status == LOST and free and self._renumbered[one.change.step_key] < MAX_NUMBERS

    def _find_lost(self, calls: list[Sent]) -> list[Sent]:
        """Return the calls with refused ones as LOST whose chosen number the server no longer lists as free."""
        doubtful = [c for c in calls if c.status == REFUSED and c.change.assigned and c.change.number]
        if not doubtful or self.run.halted:
            return calls
        self._ask_for_free([c.change for c in doubtful])
        listed = {c.change.step_key: self._free[self.run.entity_of(c.change)] for c in doubtful}
        lost = {
            c.change.step_key
            for c in doubtful
            if c.change.number not in (listed[c.change.step_key] or [c.change.number])
        }
        return [replace(c, status=LOST, settled=False) if c.change.step_key in lost else c for c in calls]

    def _is_gone(self, change: Change) -> bool:
        listed = self._free[self.run.entity_of(change)]
        return bool(listed) and change.number not in (listed or ())

    def _ask_for_free(self, changes: Sequence[Change]) -> None:
        """Fetch the free numbers of these changes' entities, each once a round."""
        entities = {self.run.entity_of(change) for change in changes} - set(self._free)
        self._free.update(fetch_numbers(self.run.client, sorted(entities)))

    def _other_numbers(self, lost: list[Sent]) -> list[Ticket]:
        """Choose another number for each row that lost its own, from what is free now."""
        if not lost:
            return []
        run = self.run
        for one in lost:
            self._renumbered[one.change.step_key] += 1
            run.tried[run.xivo_of(one.change.entity)].add(one.change.number)
        self._ask_for_free([one.change for one in lost])
        chosen = choose_again(run.plan, [one.change for one in lost], run.snapshot, self._free, run.tried, run.memory)
        pairs = list(zip(lost, chosen, strict=True))
        self._finish([_ended(one) for one, change in pairs if not change.sends])
        return [Ticket(change, attempt=_attempt(one) + 1) for one, change in pairs if change.sends]

    def _finish(self, calls: list[Sent]) -> None:
        run = self.run
        calls = [self._with_number_note(one) for one in calls]
        for one in calls:
            run.finish(one)
            if one.status in (REFUSED, UNAVAILABLE):
                run.count_failure()
        if run.stopped != "history":
            try:
                run.recorder.settled(calls, run.shown, run.entity_of)
            except HistoryError as failed:
                run.halt("history", str(failed))

    def _with_number_note(self, one: Sent) -> Sent:
        """Say it where a row got another number than its plan showed."""
        planned = self.run.planned.get(one.change.step_key)
        if one.status != DONE or planned is None or planned.number in ("", one.change.number):
            return one
        texts = {"column": "internal_number", "before": planned.number, "now": one.change.number}
        return replace(one, notes=(*one.notes, note(one.change, "number_reassigned", Severity.WARNING, **texts)))

    def _look_at_streak(self, again: list[Ticket]) -> None:
        """End the run where call after call ended alike and the lists tell nothing better: the rest would too."""
        if not self._broken.is_set() or self.run.halted or any(not ticket.repeat for ticket in again):
            return
        last = self._answered[-self._alike :]
        ends = [self.run.sent.get(one.change.step_key) for one in last]
        if any(one is not None and one.status == DONE for one in ends) or self._alike < STREAKS.get(last[-1].status, 0):
            return
        cause = " ".join(filter(None, cause_of(last[-1].notes)[1:]))
        why = "failures" if last[-1].status == REFUSED else "server"
        self.run.halt(why, f"{self._alike} calls in a row ended alike: {cause}")

    # Rings of numbers

    def _bring_back(self) -> None:
        """Give users who stepped aside, and then did not get their number, their old one again."""
        if self.run.halted:
            return
        stranded = [one for change in self.stage.changes if change.detour and (one := self._stranded(change))]
        steps = [step_of(c, BACK, c.old_number, self.run.planned[c.step_key].old_number) for c in stranded]
        if steps:
            Rounds(self.run, Stage("back to their old numbers", self.stage.sheet, tuple(steps))).carry_out()

    def _stranded(self, change: Change) -> Change | None:
        aside = self.run.sent.get((change.sheet, change.row, ASIDE))
        own = self.run.sent.get(change.step_key)
        failed = own and own.status in (REFUSED, CONFLICT) and aside and aside.status == DONE
        return own.change if own and failed else None


def _attempt(one: Sent) -> int:
    return one.ticket.attempt if one.ticket else 1


def _unseen(one: Sent) -> Sent:
    """Return what is known of a call when the list could not be read again: a create's id is missing then."""
    if one.status == DONE and one.change.action == "create" and not one.id:
        return replace(one, status=UNKNOWN, notes=(*one.notes, note(one.change, "list_unreadable")))
    return one


def _ended(one: Sent) -> Sent:
    """Return a call that goes no further under the status that a person reads."""
    if one.status == LOST:
        return replace(one, status=REFUSED, settled=True)
    if one.status == ABSENT:
        code = "outcome_unknown_create" if one.change.action == "create" else "outcome_unknown"
        notes = one.notes or (note(one.change, code, detail="no answer is on record"),)
        return replace(one, status=UNKNOWN, notes=notes)
    return one
