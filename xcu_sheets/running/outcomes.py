"""One outcome for each row of a book, from its plan, its call and the server as last seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ..model.outcomes import Outcome
from ..model.problems import Problem, Severity
from ..model.resources import RESOURCES
from ..model.snapshot import Snapshot
from ..planning.plan import Change, Plan, group_by_row
from .sending import CONFLICT, DONE, NOT_SENT, REFUSED, UNAVAILABLE, UNKNOWN, Sent, note
from .stages import ASIDE, BACK

_STATUS = {REFUSED: "failed", UNAVAILABLE: "failed", CONFLICT: "conflict", UNKNOWN: "unknown", NOT_SENT: "not_sent"}
_DONE = {"create": "created", "update": "updated", "delete": "deleted"}

RowKey = tuple[str, int]
StepKey = tuple[str, int, str]


def _rows(plan: Plan) -> list[RowKey]:
    rows = [(c.sheet, c.row) for c in plan.changes]
    rows += [(name, row) for name, found in plan.unchanged.items() for row in found]
    order = {name: n for n, name in enumerate(RESOURCES)}
    return sorted(rows, key=lambda key: (order[key[0]], key[1]))


def row_outcomes(plan: Plan, snapshot: Snapshot, sent: Mapping[StepKey, Sent], stopped: str = "") -> list[Outcome]:
    """Return one outcome for every row of the book: what `sent` says, else why nothing was sent."""
    changes = {(c.sheet, c.row): c for c in plan.changes}
    notes = _notes(plan, sent, changes)
    return [
        _outcome_of(plan, snapshot, key, changes.get(key), sent.get((*key, "")), stopped, tuple(notes.get(key, ())))
        for key in _rows(plan)
    ]


def _notes(plan: Plan, sent: Mapping[StepKey, Sent], changes: Mapping[RowKey, Change]) -> dict[RowKey, list[Problem]]:
    """Return what is said of each row beside the end of its own call: by the plan, and by its steps."""
    notes = {key: [*found] for key, found in group_by_row(plan.problems).items()}
    for (sheet, row, step), one in sent.items():
        if step == ASIDE and one.status == DONE and _is_stranded(sent, sheet, row):
            texts = {"column": "internal_number", "value": one.change.number, "before": one.change.old_number}
            notes.setdefault((sheet, row), []).append(note(one.change, "stepped_aside", Severity.WARNING, **texts))
        elif step == BACK and (planned := changes.get((sheet, row))) and not planned.detour:
            code = "way_back" if one.status == DONE else "way_not_back"
            for place in [row, *(c.row for c in plan.changes if c.made_way == row)]:
                notes.setdefault((sheet, place), []).append(note(one.change, code, Severity.WARNING, id=one.change.id))
    for change in (c for c in plan.changes if c.made_way):
        own, way = sent.get(change.step_key), sent.get((change.sheet, change.made_way, ""))
        is_back = (change.sheet, change.made_way, BACK) in sent
        if way and way.status == DONE and not is_back and (own is None or own.never_left):
            said = note(change, "way_open", Severity.WARNING, id=way.id, run=plan.run_id)
            notes.setdefault((change.sheet, change.row), []).append(said)
    return notes


def _is_stranded(sent: Mapping[StepKey, Sent], sheet: str, row: int) -> bool:
    """Tell whether a user who stepped aside still has the number that was meant for the meantime."""
    return not any((one := sent.get((sheet, row, step))) and one.status == DONE for step in ("", BACK))


def _outcome_of(
    plan: Plan,
    snapshot: Snapshot,
    key: RowKey,
    change: Change | None,
    sent: Sent | None,
    stopped: str,
    notes: tuple[Problem, ...],
) -> Outcome:
    """Return the outcome of one row. A row that wanted to send and did not is `not_sent`, with the reason `stopped`."""
    sheet, row = key
    if change is None:
        return _shown(snapshot, Outcome(sheet, row, "unchanged", "unchanged", plan.unchanged[sheet][row], notes=notes))
    if not change.sends:
        return Outcome(sheet, row, change.action, change.action, change.id, notes=notes)
    if sent is None:
        code = "interrupted" if stopped == "interrupted" else "time_is_up" if stopped == "time" else "run_stopped"
        return Outcome(sheet, row, change.action, "not_sent", change.id, notes=(*notes, note(change, code)))
    status = _DONE[change.action] if sent.status == DONE else _STATUS[sent.status]
    outcome = Outcome(sheet, row, change.action, status, sent.id or change.id, notes=(*notes, *sent.notes))
    return _shown(snapshot, outcome) if status in ("created", "updated") else outcome


def _shown(snapshot: Snapshot, outcome: Outcome) -> Outcome:
    """Return the outcome with the number and provisioning code that the server shows for its record."""
    frame = snapshot.frames.get(outcome.sheet)
    if frame is None or outcome.id not in frame.index or outcome.sheet != "users":
        return outcome
    number, code = frame.at[outcome.id, "internal_number"], frame.at[outcome.id, "provisioning_number"]
    return replace(outcome, internal_number=str(number), provisioning_number=str(code))
