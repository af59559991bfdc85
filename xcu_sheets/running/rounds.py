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
from .endings import HIDDEN, attempt_of, end_of, unseen
from .giving_back import ways_back
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

_OPEN = (DONE, UNKNOWN, *HIDDEN)


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
            self._let_settle()
        except KeyboardInterrupt:  # the second Ctrl-C, while lists were read
            self.run.halt("interrupted")
            self._leave_open([*open_, *self._answered])
        except XcuError as failed:  # free numbers could not be asked for
            self.run.halt("server", failed.said)
            self._leave_open([*open_, *self._answered])

    def _leave_open(self, calls: Sequence[Sent]) -> None:
        """Take in calls whose end could not be looked up."""
        for one in calls:
            known = self.run.sent.get(one.change.step_key)
            if known is None or not known.settled:
                self.run.finish(end_of(unseen(one)))

    # What was on record before

    def _on_record(self) -> tuple[list[Sent], list[Ticket]]:
        """Return the calls without a last word, and the tickets of what is still to be sent."""
        open_, tickets = [], []
        for change in filter(None, map(self._ready, self.stage.changes)):
            one = self.run.earlier.get(change.step_key)
            if one is None:
                tickets.append(Ticket(change))
            elif one.never_left and not one.settled:
                tickets.append(Ticket(one.change, attempt=attempt_of(one) + 1))
            elif not one.settled:
                open_.append(one)
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
        tickets = self._in_sight(tickets)
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
            run.halt("history" if isinstance(failed, HistoryError) else "server", failed.said)
        self._record([Sent(t.change, NOT_SENT, ticket=t) for lane in lanes for t in lane.ready])
        return self._answered, [ticket for lane in lanes for ticket in (*lane.ready, *lane.waiting)]

    def _in_sight(self, tickets: Sequence[Ticket]) -> list[Ticket]:
        """Return the tickets whose lists can be read; the others are left to a resume."""
        dark = [ticket.change for ticket in tickets if self._is_dark(ticket.change)]
        for change in dark:
            if change.step_key not in self.run.sent:
                found = note(change, "entity_unreadable", entity=self.run.entity_of(change))
                self.run.finish(Sent(change, NOT_SENT, notes=(found,)))
        held = {change.step_key for change in dark}
        return [ticket for ticket in tickets if ticket.change.step_key not in held]

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
        if ticket.repeat and one.never_left:  # this attempt did nothing, an earlier one may have
            one = replace(one, status=UNKNOWN)
        one = replace(one, ticket=ticket, ms=round(1000 * (time.monotonic() - started)))
        self._answered.append(one)
        run.recorder.answered([one])
        if self._watch.interrupts(one):
            self._broken.set()
        run.tell(one)

    def _record(self, calls: Sequence[Sent]) -> None:
        """Put on record what is known of calls without being their last word: they never left, or left no trace."""
        if calls and self.run.stopped != "history":
            try:
                self.run.recorder.answered(calls)
            except HistoryError as failed:
                self.run.halt("history", failed.said)

    # What the lists say

    def _settle(self, calls: list[Sent]) -> list[Sent]:
        """Read the touched lists again and learn from them; a second time, a while later, for what cannot be seen."""
        settled = self._look(calls)
        hidden = [one for one in settled if one.status in HIDDEN]
        if not hidden or self.run.stopped in ("server", "interrupted"):
            return settled
        self.run.throttle.wait(self.run.manner.settle_seconds)
        looked = self._look(hidden)
        self._record([one for one in looked if one.status in HIDDEN and one.change.action == "create"])
        return [*(one for one in settled if one.status not in HIDDEN), *looked]

    def _look(self, calls: list[Sent]) -> list[Sent]:
        run = self.run
        touched = [c.change for c in calls if c.status in _OPEN or (c.status == REFUSED and c.change.number)]
        try:
            self._read_again(touched)
        except XcuError as failed:
            run.halt("server", failed.said)
            return [unseen(one) for one in calls]
        sight: dict[bool, list[Sent]] = {True: [], False: []}
        for one in calls:
            sight[not self._is_dark(one.change)].append(one)
        return [*settle(sight[True], run.lists(self.stage.sheet, self._before)), *map(unseen, sight[False])]

    def _read_again(self, changes: Sequence[Change]) -> None:
        """Read the touched lists; a second time, a while later, before rows or a run are given up for one list."""
        run = self.run
        try:
            missing = run.read_again(self.stage.sheet, changes)
            if not missing or run.halted:
                return
            changes = [change for change in changes if run.entity_of(change) in missing]
        except Unavailable:
            if run.halted:
                raise
        run.throttle.wait(run.manner.settle_seconds)
        run.read_again(self.stage.sheet, changes)

    def _is_dark(self, change: Change) -> bool:
        """Tell whether nobody could see any more what became of a change."""
        hidden = self.run.unread
        return bool(hidden) and self.stage.sheet == "users" and self.run.entity_of(change) in hidden

    def _decide(self, calls: list[Sent]) -> list[Ticket]:
        """Finish the calls that have come to their end, and return the tickets of those that go on."""
        calls = self._numbers.find_lost(calls)
        goes_on = [one for one in calls if self._goes_on(one)]
        absent = [one for one in goes_on if one.status == ABSENT]
        for one in absent:  # until it is sent again, and for good if the run ends before
            self.run.finish(end_of(one))
        halted = self.run.halted  # then what could still get another number is left to a resume
        going = {one.change.step_key for one in goes_on}
        ended = [one for one in calls if one.change.step_key not in going]
        self._finish([end_of(one, for_good=not (halted and self._numbers.is_open(one))) for one in ended])
        again = [Ticket(one.change, attempt=attempt_of(one) + 1, repeat=True) for one in absent]
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
        self._finish([end_of(one) for one, change in pairs if not change.sends])
        return [Ticket(change, attempt=attempt_of(one) + 1) for one, change in pairs if change.sends]

    def _finish(self, calls: list[Sent]) -> None:
        run = self.run
        calls = [self._with_secret_note(self._with_number_note(one)) for one in calls]
        for one in calls:
            run.finish(one)
            if one.status in (REFUSED, UNAVAILABLE):
                run.count_failure()
        if run.stopped != "history":
            try:
                run.recorder.settled(calls, run.shown, run.entity_of)
            except HistoryError as failed:
                run.halt("history", failed.said)

    def _with_number_note(self, one: Sent) -> Sent:
        """Say it where a row got another number than its plan showed."""
        planned = self.run.planned.get(one.change.step_key)
        if one.status != DONE or planned is None or planned.number in ("", one.change.number):
            return one
        texts = {"column": "internal_number", "before": planned.number, "now": one.change.number}
        return replace(one, notes=(*one.notes, note(one.change, "number_reassigned", Severity.WARNING, **texts)))

    def _with_secret_note(self, one: Sent) -> Sent:
        """Say it where a record got the password of an earlier attempt, and the book has another one by now."""
        columns = self.run.recorder.other_secrets(one) if one.status == DONE else []
        notes = [note(one.change, "secret_changed_since", Severity.WARNING, column=column) for column in columns]
        return replace(one, notes=(*one.notes, *notes)) if notes else one

    # Rings of numbers

    def _bring_back(self) -> None:
        """Give users who stepped aside or made way, in vain, what they had before."""
        if self.run.halted:
            return
        stranded = [one for change in self.stage.changes if change.detour and (one := self._stranded(change))]
        steps = [step_of(c, BACK, c.old_number, self.run.planned[c.step_key].old_number) for c in stranded]
        steps += ways_back(self.run, self.stage)
        if steps:
            Rounds(self.run, Stage("back to their old numbers", self.stage.sheet, tuple(steps))).carry_out()

    def _let_settle(self) -> None:
        """Wait where a step may take effect once more: not after the call for which it was made."""
        ends = (self.run.sent.get(change.step_key) for change in self.stage.changes if change.step == ASIDE)
        if any(one and (one.doubted or one.repeat) for one in ends):
            self.run.throttle.wait(self.run.manner.settle_seconds)

    def _stranded(self, change: Change) -> Change | None:
        aside = self.run.sent.get((change.sheet, change.row, ASIDE))
        own = self.run.sent.get(change.step_key)
        failed = own and own.status in (REFUSED, CONFLICT) and aside and aside.status == DONE
        return own.change if own and failed else None
