"""One run as it stands: what it knows of the server, what became of each row so far, and whether it is to stop."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from ..model.errors import Refused
from ..model.memory import Memory
from ..model.records import Record, each_once
from ..model.resources import RESOURCES
from ..model.snapshot import Snapshot
from ..model.text import Said
from ..model.view import View
from ..planning.plan import Change, Plan, row_name
from ..server import Client, read_users
from .recording import Recorder
from .sending import DONE, Known, Secrets, Sent
from .settling import Lists
from .throttle import Throttle

BATCH_SIZE = 50
SETTLE_SECONDS = 5.0  # no server is known to take longer over one call once it has begun to answer others

LOOKED = "looked"  # why a run ends that only looks up what is on record

Key = tuple[str, int, str]
Progress = Callable[[int, int, float], None]
Stop = Callable[[], str]


@dataclass(frozen=True)
class Manner:
    """How a plan is sent.

    `workers` 0 means one write at a time per XiVO, XiVOs side by side; N is the most in flight in all. `settle_seconds`
    is how long a call without an answer may still take effect. `max_failures` ends a run early, 0 never. With
    `pin_numbers` a chosen number that was lost is not chosen again.
    """

    workers: int = 0
    batch_size: int = BATCH_SIZE
    settle_seconds: float = SETTLE_SECONDS
    max_failures: int = 0
    pin_numbers: bool = False


@dataclass(frozen=True)
class Past:
    """What is on record of an interrupted run: the ids that lived when it began, and its calls so far.

    `on_record` is how many calls that were, attempts and steps counted: more by then mean that somebody went on.
    `undone_by` is the run that had taken it back by then.
    """

    started: Mapping[str, frozenset[str]]
    calls: Mapping[Key, Sent]
    on_record: int | None = None
    undone_by: str = ""


@dataclass
class Run:
    """The state of one run. `earlier` is what an interrupted run left on record, by key; `sent` what this one knows.

    `stopped` says why no new row is begun: "" (it goes on), "interrupted", "time", "failures", "server" or "history";
    `failure` is the line that a person reads. `unread` are the entities whose users cannot be read any more.
    """

    plan: Plan
    client: Client
    snapshot: Snapshot
    started: Mapping[str, frozenset[str]]
    manner: Manner
    secrets: Secrets
    memory: Memory
    recorder: Recorder
    throttle: Throttle
    stop: Stop
    progress: Progress
    earlier: Mapping[Key, Sent] = field(default_factory=dict)
    sent: dict[Key, Sent] = field(default_factory=dict)
    tried: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    stopped: str = ""
    failure: str = ""
    failures: int = 0
    unread: frozenset[str] = frozenset()
    _answered: set[Key] = field(default_factory=set)
    _guard: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        self.known = Known(self.snapshot.directory, {})
        self.planned = {change.step_key: change for change in self.plan.to_send}
        self._xivos = xivos_of(self.plan, self.snapshot)
        self._at_first = self.snapshot.directory
        for key, one in self.earlier.items():
            self.tried[self.xivo_of(one.change.entity)].add(one.change.number)
            if one.settled:
                self.finish(one)
                self._answered |= {key} & self.planned.keys()

    @property
    def halted(self) -> bool:
        """Tell whether no new call may begin."""
        if not self.stopped:
            self.stopped = self.stop()
        return bool(self.stopped)

    @property
    def is_complete(self) -> bool:
        """Tell whether every row has its last word."""
        return all((one := self.sent.get(key)) and one.settled for key in self.planned)

    def halt(self, why: str, failure: str = "") -> None:
        """Begin no new call; the first reason counts, but for one that ends a mere look, or a lost history."""
        with self._guard:
            if self.stopped in ("", LOOKED) or why == "history":
                self.stopped, self.failure = why, failure

    def tell(self, one: Sent) -> None:
        """Count a call that ended, and say how far the run is and how many seconds an undo of it would take."""
        with self._guard:
            if one.change.step_key in self.planned:
                self._answered.add(one.change.step_key)
            done = len(self._answered)
            undo = done * self.throttle.median_seconds / max(1, self.throttle.most_in_flight)
            self.progress(done, len(self.planned), undo)

    def finish(self, one: Sent) -> None:
        """Take in the end of a row, or of a step of it."""
        self.sent[one.change.step_key] = one
        if one.status == DONE and one.change.action == "create":
            self.known.born[row_name(one.change.sheet, one.change.row)] = one.id

    def count_failure(self) -> None:
        """Count a row that failed; enough of them end the run."""
        self.failures += 1
        if self.failures == self.manner.max_failures:
            self.halt("failures", Said("{n} rows failed, the most that --max-failures allows", n=self.failures))

    # The server as it is now

    def xivo_of(self, entity: str) -> str:
        """Return the XiVO's name of an entity, one that this plan creates included; an unknown entity is its own."""
        return self._xivos.get(entity, entity)

    def entity_of(self, change: Change) -> str:
        """Return the combinedId of a change's entity, which this run may have made or renamed itself."""
        for name in change.refs.get("entity", ()):
            id_ = self.known.born.get(name.removeprefix("row:"), name.removeprefix("id:"))
            if cid := self._cid(id_):
                return cid
        users = self.snapshot.frames["users"]
        if change.sheet == "users" and change.id in users.index:
            return str(users.at[change.id, "entity"])
        named = self._at_first.find("entities", "combinedId", change.entity)
        return (named and self._cid(str(named.keys["id"]))) or change.entity

    def _entities_of(self, change: Change) -> set[str]:
        """Return the entities in whose lists a change can be seen: both, of a user who moves between two."""
        named = {text for e in change.edits if e.column == "entity" for text in (e.before, e.after)}
        return {self.entity_of(change), *named} if change.sheet == "users" else set()

    def _cid(self, id_: str) -> str:
        """Return an entity's combinedId as it is now, "" where there is none."""
        entry = self.snapshot.directory.find("entities", "id", id_)
        return str(entry.keys["combinedId"]) if entry else ""

    def begin(self, sheet: str) -> None:
        """Let the calls of a stage see the names and records as last read."""
        self.known.directory = self.snapshot.directory
        self.known.listed = {sheet: by_id(self.snapshot.records.get(sheet, ()))}

    def read_again(self, sheet: str, changes: Sequence[Change]) -> frozenset[str]:
        """Read the lists in which these changes can be seen, each once; return the entities whose users cannot be read.

        Raises XcuError where nothing can be read at all.
        """
        if not changes:
            return frozenset()
        if sheet == "users":
            return self._users_again(sorted({entity for change in changes for entity in self._entities_of(change)}))
        records = {**self.snapshot.records, sheet: self.client.list_records(RESOURCES[sheet])}
        if sheet == "entities":
            records["users"] = self._with_new_names(records["users"], records[sheet])
        self.snapshot = replace(self.snapshot, records=records)
        self._xivos |= View.of_snapshot(self.snapshot).xivo_of
        return frozenset()

    def _users_again(self, entities: Sequence[str]) -> frozenset[str]:
        gone = self._deleted_entities()
        read, failed = read_users(self.client, [entity for entity in entities if entity not in gone])
        if failed and not read:
            self._check_server()
        kept = [u for u in self.snapshot.records["users"] if _entity_in(u) not in {*read, *gone}]
        users = each_once([*kept, *(user for listed in read.values() for user in listed)])
        self.snapshot = replace(self.snapshot, records={**self.snapshot.records, "users": users})
        self.unread = (self.unread - read.keys()) | failed.keys()
        return frozenset(failed)

    def _check_server(self) -> None:
        """Raise XcuError where not just a list of users cannot be read: then nothing can."""
        with suppress(Refused):
            self.client.list_records(RESOURCES["xivos"])

    def _with_new_names(self, users: Sequence[Record], entities: Sequence[Record]) -> list[Record]:
        """Return users under the names that their entities bear now: a new name is a new combinedId."""
        now = {str(entity.get("id")): str(entity["combinedId"]) for entity in entities}
        was = {str(entity.get("id")): str(entity["combinedId"]) for entity in self.snapshot.records["entities"]}
        renamed = {was[id_]: cid for id_, cid in now.items() if id_ in was and was[id_] != cid}
        return [
            {**user, "entity": {**user["entity"], "combinedId": renamed[cid]}}
            if (cid := _entity_in(user)) in renamed
            else user
            for user in users
        ]

    def _deleted_entities(self) -> set[str]:
        """Return the combinedIds of entities that this run deleted: nobody lives there, and their lists are gone."""
        deleted = (one for one in self.sent.values() if one.change.sheet == "entities" and one.status == DONE)
        return {one.change.cells["combined_id"] for one in deleted if one.change.action == "delete"}

    def lists(self, sheet: str, before: Snapshot) -> Lists:
        """Return a sheet's lists as they were in `before` and are now."""
        return Lists(
            RESOURCES[sheet],
            before.frames[sheet],
            self.snapshot.frames[sheet],
            by_id(before.records[sheet]),
            by_id(self.snapshot.records[sheet]),
            self.started.get(sheet, frozenset()),
            self.entity_of,
            self.xivo_of,
        )

    def shown(self, one: Sent) -> dict[str, str]:
        """Return what the record of a call shows in the cells that the call edited."""
        frame, fields = self.snapshot.frames[one.change.sheet], RESOURCES[one.change.sheet].by_name
        columns = [e.column for e in one.change.edits if fields[e.column].read]
        return {c: str(frame.at[one.id, c]) for c in columns} if one.id in frame.index else {}


def xivos_of(plan: Plan, snapshot: Snapshot) -> dict[str, str]:
    """Return the XiVO's name by entity: of the live ones, and by name of those that the plan creates."""
    born = {c.cells["name"]: c.cells["xivo"] for c in plan.to_send if c.sheet == "entities" and c.cells}
    return {**born, **View.of_snapshot(snapshot).xivo_of}


def by_id(records: Sequence[Record]) -> dict[str, Record]:
    """Return records by id."""
    return {str(record.get("id", "")): record for record in records}


def _entity_in(user: Record) -> str:
    """Return the combinedId that a user's record names."""
    return str((user.get("entity") or {}).get("combinedId"))
