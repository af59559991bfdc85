"""One stage carried out in rounds: send, read the lists, and send again what was lost on the way or lost its number."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from ..model.errors import HistoryError, Unavailable, XcuError
from ..model.problems import Severity
from ..planning.plan import Change
from .lanes import Lane, make_lanes, run_lanes
from .renumbering import Renumbering
from .run import Key, Run
from .sending import (
    ABSENT,
    CONFLICT,
    DONE,
    LOST,
    NOT_SENT,
    REFUSED,
    UNAVAILABLE,
    UNKNOWN,
    UNSEEN,
    Sent,
    Ticket,
    note,
    send,
)
from .settling import settle
from .stages import ASIDE, BACK, Stage, step_of
from .streaks import Watch

MAX_SENDS = 3  # of one wish without an answer, in one run
_STUCK = frozenset({"secret_missing", "needs_row", "cannot_send"})  # what another attempt would not change

_HIDDEN = (ABSENT, UNSEEN)
_OPEN = (DONE, UNKNOWN, *_HIDDEN)


class Rounds:
    """Carries out one stage of a run; what became of each row is in `run.sent` afterwards."""

    def __init__(self, run: Run, stage: Stage) -> None:
        self.run, self.stage = run, stage
        self._before = run.snapshot
        self._numbers = Renumbering(run, stage.sheet, run.snapshot)
        self._answered: list[Sent] = []
        self._sends: Counter[Key] = Counter()
        self._broken, self._watch = threading.Event(), Watch(run)

    def carry_out(self) -> None:
        """Send what the stage wants, and settle what is on record from before the run was interrupted."""
        self.run.begin(self.stage.sheet)
        open_, tickets = self._on_record()
        try:
            open_ += self._numbers.lost_before(tickets)
            tickets = [t for t in tickets if t.change.step_key not in {one.change.step_key for one in open_}]
            while open_ or (tickets and not self.run.halted):
                answered, left = self._send(tickets)
                settled = self._settle([*open_, *answered])
                again = self._decide(settled)
                if all(ticket.repeat for ticket in again):
                    self._watch.judge()
                open_, tickets = [], [*left, *again]
            self._bring_back()
        except KeyboardInterrupt:  # the second Ctrl-C, while lists were read
            self.run.halt("interrupted")
            self._leave_open([*open_, *self._answered])
        except XcuError as failed:  # free numbers could not be asked for
            self.run.halt("server", str(failed))
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
        run, self._answered, self._watch = self.run, [], Watch(self.run)
        self._numbers.begin_round()
        self._broken.clear()
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
        self._sends[ticket.change.step_key] += 1
        try:
            one = send(run.client, ticket.change, run.known, run.secrets, run.throttle)
        except XcuError as failed:  # the run ends here; what became of this call is found out when it is resumed
            found = note(ticket.change, "outcome_unknown", detail=str(failed))
            self._answered.append(Sent(ticket.change, UNKNOWN, notes=(found,), ticket=ticket))
            raise
        if ticket.repeat and one.status in (UNAVAILABLE, NOT_SENT):  # this attempt did nothing, an earlier one may have
            one = replace(one, status=UNKNOWN)
        one = replace(one, ticket=ticket, ms=round(1000 * (time.monotonic() - started)))
        self._answered.append(one)
        run.recorder.answered([one])
        if self._watch.interrupts(one):
            self._broken.set()
        run.tell(one)

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
        hidden = [one for one in settled if one.status in _HIDDEN]
        if not hidden or self.run.stopped in ("server", "interrupted"):
            return settled
        self.run.throttle.wait(self.run.manner.settle_seconds)
        return [*(one for one in settled if one.status not in _HIDDEN), *self._look(hidden)]

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
        calls = self._numbers.find_lost(calls)
        goes_on = [one for one in calls if self._goes_on(one)]
        absent = [one for one in goes_on if one.status == ABSENT]
        for one in absent:  # until it is sent again, and for good if the run ends before
            self.run.finish(_ended(one))
        halted = self.run.halted  # then what could still get another number is left to a resume
        going = {one.change.step_key for one in goes_on}
        ended = [one for one in calls if one.change.step_key not in going]
        self._finish([_ended(one, for_good=not (halted and self._numbers.is_open(one))) for one in ended])
        again = [Ticket(one.change, attempt=_attempt(one) + 1, repeat=True) for one in absent]
        return [*again, *self._other_numbers([one for one in goes_on if one.status == LOST])]

    def _goes_on(self, one: Sent) -> bool:
        if self.run.halted:
            return False
        if one.status == ABSENT:
            sends = self._sends[one.change.step_key]
            return sends < MAX_SENDS and not (sends and any(n.code in _STUCK for n in one.notes))
        return one.status == LOST and self._numbers.may_choose(one)

    def _other_numbers(self, lost: list[Sent]) -> list[Ticket]:
        """Return new tickets for the rows that lost their numbers; a row for which none is left is finished."""
        pairs = list(zip(lost, self._numbers.choose(lost), strict=True))
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


def _ended(one: Sent, *, for_good: bool = True) -> Sent:
    """Return a call that goes no further, in this run or for good, under the status that a person reads."""
    if one.status in (LOST, REFUSED):
        return replace(one, status=REFUSED, settled=for_good and (one.settled or one.status == LOST))
    if one.status == UNSEEN and one.change.action == "update":
        return replace(one, status=DONE, settled=True)
    if one.status == UNSEEN:
        return replace(one, status=UNKNOWN, notes=(*one.notes, note(one.change, "created_not_seen")))
    if one.status == ABSENT:
        code = "outcome_unknown_create" if one.change.action == "create" else "outcome_unknown"
        notes = one.notes or (note(one.change, code, detail="no answer is on record"),)
        return replace(one, status=UNKNOWN, notes=notes)
    return one
