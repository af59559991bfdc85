"""What goes into the history and what comes out of it, as values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from ..model.errors import HistoryError
from ..model.text import Said

Image = Mapping[str, str]
RecordKey = tuple[str, str]

END_STATUSES = ("finished", "interrupted", "failed")
UNFINISHED = "unfinished"


@dataclass(frozen=True)
class RunStart:
    """What is known before the first call of a run.

    `plan_json` is the whole plan, so that resuming does not depend on any file; `snapshot_ids` are by sheet the ids
    that lived at the start: a record among them is never taken for one that this run made.
    """

    run_id: str
    server: str
    login: str
    xivo_uuids: tuple[str, ...]
    book_id: str
    book_digest: str
    plan_checksum: str
    plan_json: str
    tool_version: str
    options: Mapping[str, object] = field(default_factory=dict)
    snapshot_ids: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def book_path(self) -> str:
        """Where the plan says that its book lies; blank where it names none."""
        try:
            return str(json.loads(self.plan_json)["book"]["path"])
        except (ValueError, KeyError, TypeError):
            return ""


@dataclass(frozen=True)
class Intent:
    """A call that is about to leave. `before` and `after` are cells without secrets, None where there is no record.

    `identity` is the row's digest as in `Made`; `record_id` is the record that an update or delete addresses. `step`
    names one of several calls that a row needs, blank for the one that fulfils it. `digests` are keyed digests of the
    never-shown cells that leave.
    """

    sheet: str
    row: int
    method: str
    internal_number: str = ""
    attempt: int = 1
    before: Image | None = None
    after: Image | None = None
    action: str = ""
    record_id: str = ""
    identity: str = ""
    step: str = ""
    digests: Image = field(default_factory=dict)


@dataclass(frozen=True)
class CallOutcome:
    """What came of a call: a status word (`done`, `refused`, `unknown`...) and the record.

    `notes` are Problems as JSON values. `settled` tells that the lists were read since and this is the last word;
    `shown` are then the record's cells as they were after it, None where none is there. `ms` is how long the call took.
    """

    status: str
    record_id: str = ""
    notes: tuple[Mapping[str, Any], ...] = ()
    shown: Image | None = None
    settled: bool = False
    ms: int = 0

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> CallOutcome:
        """Return what an entry says; members of other formats are passed over."""
        known = {f.name: body[f.name] for f in fields(cls) if f.name in body}
        return cls(**{**known, "notes": tuple(known.get("notes", ()))})


@dataclass(frozen=True)
class Call:
    """One call as on record; `outcome` is None if the process ended before it knew, the latest if there are several."""

    call_id: int
    run_id: str
    intent: Intent
    intended: str
    outcome: CallOutcome | None = None
    answered: str = ""


@dataclass(frozen=True)
class RunSummary:
    """One run in a list. `status` is one of END_STATUSES, or UNFINISHED if its process ended without a word.

    `unanswered` counts calls without an answer, `unsettled` rows whose last call nobody has looked for in the lists.
    `book_path` is blank for runs of a time when it was not noted; `forgotten_at` tells when its people were forgotten,
    `undone_by` which run took it back.
    """

    run_id: str
    server: str
    login: str
    xivo_uuids: tuple[str, ...]
    book_id: str
    book_digest: str
    plan_checksum: str
    tool_version: str
    options: Mapping[str, object]
    started: str
    ended: str = ""
    status: str = UNFINISHED
    calls: int = 0
    unanswered: int = 0
    unsettled: int = 0
    book_path: str = ""
    forgotten_at: str = ""
    undone_by: str = ""

    @property
    def forgotten(self) -> bool:
        """Tell whether names, numbers and cells of this run are gone: it can only be listed."""
        return bool(self.forgotten_at)


@dataclass(frozen=True)
class Holder:
    """Who holds a history while a run lasts; blank where that could not be read."""

    run_id: str = ""
    server: str = ""
    since: str = ""
    process: int = 0
    host: str = ""

    @property
    def said(self) -> Said:
        """What people are told of it."""
        if not self.process:
            return Said("another process")
        return Said(
            "run {run_id} on {server} since {since}, process {process} on {host}",
            run_id=self.run_id,
            server=self.server,
            since=self.since,
            process=self.process,
            host=self.host,
        )

    def __str__(self) -> str:
        return str(self.said)


class HistoryHeld(HistoryError):
    """Another run holds the history: wait for its end, or look at `holder`."""

    def __init__(self, holder: Holder) -> None:
        self.holder = holder
        later = Said("another process is using it; try again later")
        super().__init__(Said("another run holds this history: {who}", who=holder.said if holder.process else later))
