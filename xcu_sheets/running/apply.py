"""apply_plan: the stages of a plan carried out, recorded and reported, each row with one outcome."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ..history import CallOutcome, History, Intent, RunStart
from ..model.errors import HistoryError, LoginFailed, PlanError, Unavailable, XcuError
from ..model.memory import Made, keyed_digest
from ..model.outcomes import Outcome
from ..model.records import Record, Secret
from ..model.resources import RESOURCES
from ..model.snapshot import Snapshot
from ..model.view import View
from ..planning.plan import HIDDEN, Change, Plan, row_name
from ..server import Client, read_users
from .lanes import make_lanes, run_lanes
from .outcomes import row_outcomes
from .sending import DONE, UNAVAILABLE, UNKNOWN, Known, Secrets, Sent, note, send
from .settling import Lists, settle
from .stages import Stage, make_stages

BATCH_SIZE = 50
GIVE_UP_AFTER = 5  # calls in a row that find no server: the rest would only be errors

_METHODS = {"create": "POST", "update": "PUT", "delete": "DELETE"}

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Result:
    """The end of a run: one outcome for every row of the book, and the server as last seen.

    `stopped` says why rows were left unsent: "" (none), "interrupted", "server" or "history"; `failure` is the line
    that the person reads.
    """

    outcomes: tuple[Outcome, ...]
    snapshot: Snapshot
    stopped: str = ""
    failure: str = ""


def apply_plan(
    plan: Plan,
    client: Client,
    snapshot: Snapshot,
    *,
    secrets: Secrets | None = None,
    history: History | None = None,
    workers: int = 0,
    batch_size: int = BATCH_SIZE,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Result:
    """Send a plan's changes and return what became of each row.

    `snapshot` is the server as read for the plan. `workers` 0 means one write at a time per XiVO, XiVOs side by side.
    `progress` is called with (done, total); when `cancelled` turns true, calls under way are finished and no other
    begins. Rows of a run that stops early are `not_sent`; a call whose intent cannot be recorded never leaves.
    Raises PlanError where the plan is blocked, HistoryError where this run was started before or another one holds
    the history.
    """
    if plan.blocked:
        raise PlanError("This plan has a problem that concerns the whole book: nothing of it may be sent.")
    run = _Run(plan, client, snapshot, secrets or {}, history, workers, batch_size, progress, cancelled or _never)
    return run.result() if history is None else _on_record(run, history)


def _on_record(run: _Run, history: History) -> Result:
    """Carry a run out with its beginning and end in the history."""
    plan, body = run.plan, run.plan.to_json()
    history.start_run(
        RunStart(
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
            snapshot_ids={name: tuple(ids) for name, ids in run.started.items()},
        )
    )
    run.key = history.memory(plan.server, plan.xivo_uuids, plan.book_id).key
    try:
        result = run.result()
    except BaseException:
        history.end_run(plan.run_id, "failed", row_outcomes(plan, run.snapshot, run.sent, run.stopped))
        raise
    status = {"": "finished", "interrupted": "interrupted"}.get(result.stopped, "failed")
    history.end_run(plan.run_id, status, result.outcomes)
    return result


def _never() -> bool:
    return False


@dataclass
class _Run:
    plan: Plan
    client: Client
    snapshot: Snapshot
    secrets: Secrets
    history: History | None
    workers: int
    batch_size: int
    progress: Progress | None
    cancelled: Callable[[], bool]
    done: int = 0
    misses: int = 0
    stopped: str = ""
    failure: str = ""
    key: bytes = b""
    sent: dict[tuple[str, int], Sent] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.started = {n: frozenset(f.index) for n, f in self.snapshot.frames.items()}
        self.known = Known(self.snapshot.directory, {})
        born = {c.cells["name"]: c.cells["xivo"] for c in self.plan.to_send if c.sheet == "entities" and c.cells}
        self.xivos = {**born, **View.of_snapshot(self.snapshot).xivo_of}
        self.total = len(self.plan.to_send)

    def result(self) -> Result:
        try:
            for stage in make_stages(self.plan, self._xivo_of):
                if not self._stopping():
                    self._run_stage(stage)
        except KeyboardInterrupt:  # a second Ctrl-C, while lists were read again
            self.stopped = "interrupted"
        outcomes = row_outcomes(self.plan, self.snapshot, self.sent, self.stopped)
        return Result(tuple(outcomes), self.snapshot, self.stopped, self.failure)

    def _xivo_of(self, entity: str) -> str:
        return self.xivos.get(entity, entity)

    def _stopping(self) -> bool:
        if not self.stopped and self.cancelled():
            self.stopped = "interrupted"
        return bool(self.stopped)

    def _run_stage(self, stage: Stage) -> None:
        self.known.directory = self.snapshot.directory
        self.known.listed = {stage.sheet: _by_id(self.snapshot.records.get(stage.sheet, ()))}
        sent: list[Sent] = []
        many = self.workers if stage.sheet == "users" else 0
        lanes = make_lanes(stage.changes, self._xivo_of, many)
        try:
            run_lanes(
                lanes,
                many or 1,
                batch_size=self.batch_size,
                record=self._record_intents,
                call=lambda change, call: self._call(change, call, sent),
                stopped=self._stopping,
            )
        except (LoginFailed, HistoryError) as failed:
            self.stopped, self.failure = "history" if isinstance(failed, HistoryError) else "server", str(failed)
        except KeyboardInterrupt:
            self.stopped = "interrupted"
        finally:
            self._settle_stage(stage, sent)

    def _call(self, change: Change, call: int, sent: list[Sent]) -> Sent:
        one = send(self.client, change, self.known, self.secrets)
        sent.append(one)
        if self.history:
            detail = "; ".join(n.code for n in one.notes)
            self.history.record_outcomes([(call, CallOutcome(one.status, one.id, detail))])
        self.misses = self.misses + 1 if one.status == UNAVAILABLE else 0
        if self.misses >= GIVE_UP_AFTER:
            self.stopped = self.stopped or "server"
        self.done += 1
        if self.progress:
            self.progress(self.done, self.total)
        return one

    def _record_intents(self, changes: Sequence[Change]) -> Sequence[int]:
        if not self.history:
            return range(len(changes))
        return self.history.record_intents(self.plan.run_id, [_intent(change) for change in changes])

    def _settle_stage(self, stage: Stage, sent: list[Sent]) -> None:
        """Read the touched lists again, once each, and learn from them what the answers did not tell."""
        if not sent:
            return
        before = self.snapshot
        self.sent.update({(one.change.sheet, one.change.row): _unseen(one) for one in sent})
        try:
            self._read_again(stage, [one.change for one in sent if one.status in (DONE, UNKNOWN)])
        except XcuError as failed:
            self.stopped, self.failure = self.stopped or "server", str(failed)
            settled = [_unseen(one) for one in sent]
        else:
            settled = settle(sent, self._lists(stage.sheet, before))
        for one in settled:
            self.sent[one.change.sheet, one.change.row] = one
            if one.status == DONE and one.change.action == "create":
                self.known.born[row_name(one.change.sheet, one.change.row)] = one.id
        self._remember([one for one in settled if one.status == DONE])

    def _read_again(self, stage: Stage, changes: Sequence[Change]) -> None:
        if not changes:
            return
        records = dict(self.snapshot.records)
        if stage.sheet == "users":
            records["users"] = self._users_again(records["users"], sorted({self._entity_now(c) for c in changes}))
        else:
            records[stage.sheet] = self.client.list_records(RESOURCES[stage.sheet])
        self.snapshot = replace(self.snapshot, records=records)

    def _lists(self, sheet: str, before: Snapshot) -> Lists:
        return Lists(
            RESOURCES[sheet],
            before.frames[sheet],
            self.snapshot.frames[sheet],
            _by_id(before.records[sheet]),
            _by_id(self.snapshot.records[sheet]),
            self.started.get(sheet, frozenset()),
            self._entity_now,
        )

    def _entity_now(self, change: Change) -> str:
        """Return the combinedId of a change's entity, which this run may have made itself."""
        for name in change.refs.get("entity", ()):
            id_ = self.known.born.get(name.removeprefix("row:"), name.removeprefix("id:"))
            entry = self.snapshot.directory.find("entities", "id", id_)
            if entry:
                return str(entry.keys["combinedId"])
        return change.entity

    def _users_again(self, users: Sequence[Record], entities: Sequence[str]) -> list[Record]:
        read, unreadable = read_users(self.client, entities)
        if unreadable:
            entity, reason = next(iter(unreadable.items()))
            raise Unavailable("GET", f"users of {entity}", 0, reason)
        kept = [u for u in users if str((u.get("entity") or {}).get("combinedId")) not in read]
        return [*kept, *(user for listed in read.values() for user in listed)]

    def _remember(self, settled: Sequence[Sent]) -> None:
        """Put on record what later plans need to know: who made what, what was sent, which numbers came free."""
        if not self.history or not settled:
            return
        made = [_made(one) for one in settled if one.change.action == "create" and one.change.identity]
        cells, sent = {}, {}
        for one in (s for s in settled if s.change.action == "update"):
            key = (one.change.sheet, one.id)
            frame = self.snapshot.frames[one.change.sheet]
            shown = [e.column for e in one.change.edits if RESOURCES[one.change.sheet].by_name[e.column].read]
            if shown and one.id in frame.index:
                cells[key] = {column: str(frame.at[one.id, column]) for column in shown}
            sent[key] = self._digests(one.change)
        changes = [one.change for one in settled]
        freed = [(self._xivo_of(c.entity), c.freed_number) for c in changes if c.freed_number]
        self.history.remember(self.plan.run_id, made, cells, {k: v for k, v in sent.items() if v}, freed)

    def _digests(self, change: Change) -> dict[str, str]:
        """Return keyed digests of the never-shown cells that a change sent."""
        own: Mapping[str, Secret] = self.secrets.get((change.sheet, change.row), {})
        texts = {
            e.column: own[e.column].reveal() if e.after == HIDDEN else e.after
            for e in change.edits
            if not RESOURCES[change.sheet].by_name[e.column].read
        }
        return {column: keyed_digest(self.key, text) for column, text in texts.items()}


def _by_id(records: Sequence[Record]) -> dict[str, Record]:
    return {str(record.get("id", "")): record for record in records}


def _unseen(one: Sent) -> Sent:
    """Return what is known of a call when the list could not be read again: a create's id is missing then."""
    if one.status == DONE and one.change.action == "create" and not one.id:
        return replace(one, status=UNKNOWN, notes=(*one.notes, note(one.change, "list_unreadable")))
    return one


def _intent(change: Change) -> Intent:
    """Return what goes on record before a call: images without secrets."""
    secret = {f.name for f in RESOURCES[change.sheet].secrets}
    cells = {column: text for column, text in change.cells.items() if column not in secret}
    before = {e.column: e.before for e in change.edits if e.column not in secret} or cells
    after = {e.column: e.after for e in change.edits if e.column not in secret} or cells
    return Intent(
        sheet=change.sheet,
        row=change.row,
        method=_METHODS[change.action],
        internal_number=change.number if change.action != "delete" else "",
        before=None if change.action == "create" else before,
        after=None if change.action == "delete" else after,
        action=change.action,
        record_id=change.id,
        identity=change.identity,
    )


def _made(one: Sent) -> Made:
    change = one.change
    return Made(change.sheet, change.row, one.id, change.identity, change.label, change.number)
