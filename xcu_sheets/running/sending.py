"""One change, one write: the call that a row asks for, and what came back as a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ..model.directory import Directory, Unresolved
from ..model.errors import ApiError, OutcomeUnknown, Refused, Unavailable
from ..model.fields import Resource
from ..model.kinds import BadCell
from ..model.problems import Problem, Severity, problem
from ..model.records import Record, Secret
from ..model.resources import RESOURCES
from ..model.text import Said, join_list
from ..planning.plan import HIDDEN, Change
from ..server import Client, create_payload, edit_record
from .throttle import Throttle

# How a call ended. LOST (its number is somebody else's), ABSENT (no answer, and the list does not show it) and UNSEEN
# (the answer was yes, and the list does not show it) are not the end of it: a stage goes on with them.
DONE, REFUSED, CONFLICT, UNKNOWN, UNAVAILABLE, NOT_SENT, LOST, ABSENT, UNSEEN = (
    "done",
    "refused",
    "conflict",
    "unknown",
    "unavailable",
    "not_sent",
    "lost",
    "absent",
    "unseen",
)

Secrets = Mapping[tuple[str, int], Mapping[str, Secret]]


@dataclass(frozen=True)
class Ticket:
    """A change on its way: the number of its intent on record, and which attempt of its row this is.

    `repeat` tells that this very wish was sent before and never answered: then a refusal may mean that it was granted.
    `digests` are keyed digests of the never-shown cells that left with it, as far as they are on record.
    """

    change: Change
    call: int = 0
    attempt: int = 1
    repeat: bool = False
    digests: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Sent:
    """What came of one call. `id` is the record's, where it is known; `ms` how long the call took.

    `settled` tells that the lists were read since; `shown` are then the record's cells. `doubted` tells that an attempt
    had no answer before the one that had: it may take effect once more.
    """

    change: Change
    status: str
    id: str = ""
    notes: tuple[Problem, ...] = ()
    ticket: Ticket | None = None
    ms: int = 0
    settled: bool = False
    shown: Mapping[str, str] | None = None
    doubted: bool = False

    @property
    def never_left(self) -> bool:
        """Tell whether the call cannot have reached the server."""
        return self.status in (NOT_SENT, UNAVAILABLE)

    @property
    def repeat(self) -> bool:
        """Tell whether the same was sent before without an answer."""
        return self.ticket is not None and self.ticket.repeat


@dataclass
class Known:
    """What a run knows about the server while it writes: names, records as listed, and what its own rows made."""

    directory: Directory
    listed: Mapping[str, Mapping[str, Record]]
    born: dict[str, str] = field(default_factory=dict)

    def key_of(self, resource: Resource, id_: str) -> str:
        """Return what stands in a record's path: its id, or for an entity its combinedId."""
        if resource.key == "id":
            return id_
        entry = self.directory.find(resource.name, "id", id_)
        return str(entry.keys[resource.key]) if entry else ""


def note(change: Change, code: str, severity: Severity = Severity.ERROR, **members: str) -> Problem:
    """Return a note about what became of a row."""
    return problem(code, severity, sheet=change.sheet, row=change.row, **members)


def send(client: Client, change: Change, known: Known, secrets: Secrets, throttle: Throttle) -> Sent:
    """Ask the server for what one row wants, in its turn.

    Every refusal, conflict and unknown outcome is returned as a value; LoginFailed is raised, for it ends the run.
    A create is repeated only if it cannot have been received; an edit reads its record again first, so that it may
    be repeated whenever trouble passes, and so may a delete, for an id is never used again.
    """
    own = secrets.get((change.sheet, change.row), {})
    hidden = change.hidden_columns
    if hidden - set(own):
        code = "secret_missing" if change.typed_secrets - set(own) else "password_unknown"
        return Sent(change, NOT_SENT, notes=(note(change, code, column=min(hidden - set(own))),))
    lost = change.waits_for - set(known.born)
    if lost:
        return Sent(change, NOT_SENT, notes=(note(change, "needs_row", needed=min(lost)),))
    doubts: list[ApiError] = []
    given = {column: own[column] for column in hidden}

    def once() -> Sent:
        try:
            one = replace(_call(client, change, known, given), doubted=bool(doubts))
            # What is gone after an attempt without answer is our own doing.
            return replace(one, notes=()) if doubts and change.action == "delete" else one
        except OutcomeUnknown as failed:
            doubts.append(failed)
            raise

    try:
        return throttle.run(once, _never_arrived if change.action == "create" else _may_repeat)
    except (BadCell, Unresolved) as failed:  # what the plan resolved is gone or renamed since
        return Sent(change, NOT_SENT, notes=(note(change, "cannot_send", detail=failed.code),))
    except Refused as failed:
        return Sent(change, REFUSED, notes=(_refusal(change, failed),))
    except OutcomeUnknown as failed:
        return Sent(change, UNKNOWN, notes=(_failure(change, "outcome_unknown", failed),))
    except Unavailable as failed:
        if doubts:  # an earlier attempt may have arrived, whatever became of this one
            return Sent(change, UNKNOWN, notes=(_failure(change, "outcome_unknown", doubts[-1]),))
        return Sent(change, UNAVAILABLE, notes=(_failure(change, "server_unavailable", failed),))


def _never_arrived(error: ApiError) -> bool:
    return error.passing and isinstance(error, Unavailable)


def _may_repeat(error: ApiError) -> bool:
    return error.passing and error.method != "GET"  # reads have been repeated already


def _call(client: Client, change: Change, known: Known, secrets: Mapping[str, Secret]) -> Sent:
    resource = RESOURCES[change.sheet]
    if change.action == "create":
        cells = _named(resource, _open_cells(change.cells), change.refs, known)
        payload = create_payload(resource, cells, known.directory, secrets)
        return Sent(change, DONE, client.create_record(resource, payload))
    key = known.key_of(resource, change.id)
    if not key:  # an entity has its place in the list for a key
        return _gone(change) if change.action == "delete" else Sent(change, REFUSED, notes=(_missing(change),))
    if change.action == "delete":
        return _delete(client, change, resource, key)
    edits = _named(resource, _open_cells({e.column: e.after for e in change.edits}), change.refs, known)
    seen = {e.column: e.before for e in change.edits if resource.by_name[e.column].read}
    listed = known.listed.get(change.sheet, {}).get(change.id)
    now = edit_record(client, resource, key, seen, edits, known.directory, secrets, listed)
    if now:
        return Sent(change, CONFLICT, change.id, tuple(_conflicts(change, now)))
    return Sent(change, DONE, change.id)


def _delete(client: Client, change: Change, resource: Resource, key: str) -> Sent:
    try:
        client.delete_record(resource, key)
    except Refused as failed:
        if failed.status != 404:
            raise
        return _gone(change)
    return Sent(change, DONE, change.id)


def _gone(change: Change) -> Sent:
    return Sent(change, DONE, change.id, (note(change, "already_gone", Severity.INFO, value=change.id),))


def _missing(change: Change) -> Problem:
    return note(change, "gone_meanwhile", detail=Said("it is not in the list"))


def _open_cells(cells: Mapping[str, str]) -> dict[str, str]:
    return {column: text for column, text in cells.items() if text != HIDDEN}


def _named(
    resource: Resource, cells: Mapping[str, str], refs: Mapping[str, tuple[str, ...]], known: Known
) -> dict[str, str]:
    """Return the cells with references under the names their records bear now, newborn ones included."""
    named = dict(cells)
    for column, names in refs.items():
        ref = resource.by_name[column].ref
        if ref is None or column not in named:
            continue
        labels = [_label(ref.resource, name, known, named[column]) for name in names]
        named[column] = join_list(labels) if ref.many else labels[0]
    return named


def _label(resource: str, name: str, known: Known, fallback: str) -> str:
    kind, _, value = name.partition(":")
    id_ = known.born.get(value, "") if kind == "row" else value
    entry = known.directory.find(resource, "id", id_)
    return entry.label if entry else fallback


def _conflicts(change: Change, now: Mapping[str, str]) -> list[Problem]:
    before = {e.column: e for e in change.edits}
    return [
        note(change, "conflict", column=c, wanted=before[c].after, before=before[c].before, now=text)
        for c, text in now.items()
    ]


def _refusal(change: Change, failed: ApiError) -> Problem:
    """Return the note on a refusal; an edit refused for want of its template is told how to give one."""
    template_sent = "template" in {e.column for e in change.edits}
    wants_template = change.action == "update" and not template_sent and "template" in failed.detail.lower()
    if change.sheet == "users" and wants_template:
        return _failure(change, "template_needed", failed, column="template")
    if failed.status == 404 and change.action == "update":
        return _failure(change, "gone_meanwhile", failed)
    return _failure(change, "server_refused", failed)


def _failure(change: Change, code: str, failed: ApiError, column: str = "") -> Problem:
    return note(change, code, status=str(failed.status or ""), detail=failed.detail, column=column)
