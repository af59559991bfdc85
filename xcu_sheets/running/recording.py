"""What a run puts on record: each call before it leaves, what came of it, and what later plans learn from it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence

from ..history import CallOutcome, History, Intent, RunStart
from ..model.memory import Made, keyed_digest
from ..model.records import Secret
from ..model.resources import RESOURCES
from ..planning.plan import HIDDEN, Change, Plan
from .sending import DONE, Secrets, Sent, Ticket
from .stages import ASIDE

_METHODS = {"create": "POST", "update": "PUT", "delete": "DELETE"}


def run_start(plan: Plan, started: Mapping[str, Sequence[str] | frozenset[str]]) -> RunStart:
    """Return what the history keeps of a run's beginning; `started` are the ids that live now, by sheet."""
    body = plan.to_json()
    return RunStart(
        run_id=plan.run_id,
        server=plan.server,
        login=plan.login,
        xivo_uuids=plan.xivo_uuids,
        book_id=plan.book_id,
        book_digest=plan.book_digest,
        plan_checksum=body["checksum"],
        plan_json=json.dumps(body, ensure_ascii=False),
        tool_version=plan.tool_version,
        options=body["options"],
        snapshot_ids={name: tuple(ids) for name, ids in started.items()},
    )


class Recorder:
    """Writes one run into the history, or nowhere. HistoryError means that nothing more may be sent."""

    def __init__(
        self, history: History | None, plan: Plan, secrets: Secrets, xivo_of: Callable[[str], str], key: bytes
    ) -> None:
        self._history, self._plan, self._secrets, self._xivo_of, self._key = history, plan, secrets, xivo_of, key

    def intend(self, tickets: Sequence[Ticket]) -> list[int]:
        """Put the calls about to leave on record in one commit and return their numbers there."""
        if not self._history:
            return list(range(1, len(tickets) + 1))
        return self._history.record_intents(
            self._plan.run_id, [_intent(ticket, self._digests(ticket.change)) for ticket in tickets]
        )

    def answered(self, calls: Sequence[Sent]) -> None:
        """Put on record what came of calls, as far as their answers tell."""
        if self._history and calls:
            self._history.record_outcomes([_outcome(one) for one in calls if one.ticket])

    def taught(self) -> None:
        """Put on record what unchanged rows teach about their keys."""
        if self._history and self._plan.keys:
            self._history.remember(self._plan.run_id, self._plan.keys)

    def settled(
        self,
        calls: Sequence[Sent],
        shown: Callable[[Sent], Mapping[str, str]],
        entity_of: Callable[[Change], str],
    ) -> None:
        """Put the last word on calls on record, and what later plans need to know, in one commit.

        `shown` tells what the record of a call shows in the cells that were edited, `entity_of` the combinedId of a
        change's entity.
        """
        final = [one for one in calls if one.settled]
        if not self._history or not final:
            return
        done = [one for one in final if one.status == DONE]
        made = [_made(one, entity_of(one.change)) for one in done if one.change.identity or one.change.key]
        updates = [one for one in done if one.change.action == "update"]
        cells = {(one.change.sheet, one.id): shown(one) for one in updates if one.change.step != ASIDE}
        sent = {(one.change.sheet, one.id): self._sent(one) for one in done if one.change.action != "delete"}
        freed = [(self._xivo_of(c.entity), c.freed_number) for c in (one.change for one in done) if c.freed_number]
        self._history.remember(
            self._plan.run_id,
            made,
            {key: image for key, image in cells.items() if image},
            {key: digests for key, digests in sent.items() if digests},
            freed,
            outcomes=[_outcome(one) for one in final if one.ticket and one.ticket.call],
        )

    def other_secrets(self, one: Sent) -> list[str]:
        """Return the columns whose secret in the book is another one than went out with a call on record."""
        was = one.ticket.digests if one.ticket else {}
        now = self._digests(one.change)
        return [
            column
            for column in one.change.hidden_columns
            if column in was and now.get(column, was[column]) != was[column]
        ]

    def _sent(self, one: Sent) -> Mapping[str, str]:
        """Return keyed digests of the never-shown cells that a call sent: those on record, for a book may change."""
        return one.ticket.digests if one.ticket and one.ticket.digests else self._digests(one.change)

    def _digests(self, change: Change) -> dict[str, str]:
        """Return keyed digests of the never-shown cells that a change sends."""
        own: Mapping[str, Secret] = self._secrets.get((change.sheet, change.row), {})
        fields = RESOURCES[change.sheet].by_name
        cells = {e.column: e.after for e in change.edits} or change.cells
        texts = {
            column: own[column].reveal() if text == HIDDEN else text
            for column, text in cells.items()
            if text and not fields[column].read and (text != HIDDEN or column in own)
        }
        return {column: keyed_digest(self._key, text) for column, text in texts.items()}


def _intent(ticket: Ticket, digests: Mapping[str, str]) -> Intent:
    """Return what goes on record before a call: images without secrets."""
    change = ticket.change
    secret = {f.name for f in RESOURCES[change.sheet].secrets}
    cells = {column: text for column, text in change.cells.items() if column not in secret}
    before = {e.column: e.before for e in change.edits if e.column not in secret} or cells
    after = {e.column: e.after for e in change.edits if e.column not in secret} or cells
    return Intent(
        sheet=change.sheet,
        row=change.row,
        method=_METHODS[change.action],
        internal_number=change.number if change.action != "delete" else "",
        attempt=ticket.attempt,
        before=None if change.action == "create" else before,
        after=None if change.action == "delete" else after,
        action=change.action,
        record_id=change.id,
        identity=change.identity,
        step=change.step,
        digests=digests,
    )


def _outcome(one: Sent) -> tuple[int, CallOutcome]:
    notes = tuple(n.to_json() for n in one.notes)
    call = one.ticket.call if one.ticket else 0
    return call, CallOutcome(one.status, one.id, notes, one.shown, one.settled, one.ms)


def _made(one: Sent, entity: str) -> Made:
    """Return what a row that created its record, or has a key, teaches; `entity` is the record's combinedId."""
    change = one.change
    number = change.number
    return Made(change.sheet, change.row, one.id, change.identity, change.label, number, change.key, entity)
