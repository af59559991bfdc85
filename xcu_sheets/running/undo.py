"""Taking a run back: what its record says it did, and the plan that reverses it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from statistics import median

from ..history import Call, History
from ..model.errors import PlanError
from ..model.resources import RESOURCES
from ..model.snapshot import Snapshot
from ..model.text import CLEAR
from ..model.view import View
from ..planning.numbers import assign_numbers, entities_needing_numbers
from ..planning.plan import Change, Plan
from ..planning.reversal import make_reversal
from ..planning.turning import Deed
from ..server import Client
from .lanes import MAX_LANES
from .leaving import leaving_id
from .preparing import fetch_numbers
from .resume import is_in_doubt, read_past
from .sending import DONE, UNKNOWN, UNSEEN


def prepare_undo(
    history: History,
    run_id: str,
    client: Client,
    snapshot: Snapshot,
    *,
    undo_id: str,
    made_at: str,
    default_template: str = "",
    tool_version: str = "",
) -> Plan:
    """Return the plan that takes a run back, as the server is in `snapshot`; `undo_id` is that plan's own run id.

    Raises HistoryError where there is no such run or it was forgotten, PlanError where the server is another one, or
    where a migration's people were deleted at their source since.
    """
    plan, _ = read_past(history, run_id)
    _check_source(history, plan)
    view = View.of_snapshot(snapshot)
    undo = make_reversal(
        plan,
        deeds_of(plan, history.calls(run_id)),
        view,
        run_id=undo_id,
        made_at=made_at,
        default_template=default_template,
        tool_version=tool_version,
    )
    memory = history.memory(plan.server, plan.xivo_uuids, plan.book_id)
    return assign_numbers(undo, view, fetch_numbers(client, entities_needing_numbers(undo)), memory)


def _check_source(history: History, plan: Plan) -> None:
    """Raise PlanError for a migration whose people were deleted at the source since: undo would leave them nowhere."""
    if not plan.came_from:
        return
    runs = history.runs()
    since = [run.run_id for run in runs].index(plan.run_id) + 1  # in the order in which they began
    for run in runs[since:]:
        if run.book_id == leaving_id(run.server, run.xivo_uuids) and run.calls and not run.undone_by:
            raise PlanError(
                "Run {leaving} deleted people at the source after run {run} had moved them: taking this one back would "
                "leave them nowhere. Take run {leaving} back first.",
                run=plan.run_id,
                leaving=run.run_id,
            )


def expected_seconds(plan: Plan, calls: Sequence[Call], snapshot: Snapshot) -> float:
    """Return how long sending a plan will take if writes take as long as those calls did, XiVOs side by side."""
    taken = [call.outcome.ms for call in calls if call.outcome and call.outcome.ms]
    xivo_of = View.of_snapshot(snapshot).xivo_of
    lanes = len({xivo_of.get(c.entity, c.entity) for c in plan.to_send if c.sheet == "users"})
    return len(plan.to_send) * (median(taken) if taken else 0) / 1000 / max(1, min(lanes, MAX_LANES))


def deeds_of(plan: Plan, calls: Sequence[Call]) -> list[Deed]:
    """Return what a run did, one deed for each row of which something was done, in the order of the plan."""
    of_row: dict[tuple[str, int], list[Call]] = defaultdict(list)
    for call in calls:
        of_row[call.intent.sheet, call.intent.row].append(call)
    found = (_deed(change, of_row[change.sheet, change.row]) for change in plan.to_send)
    return [deed for deed in found if deed]


def _deed(change: Change, calls: Sequence[Call]) -> Deed | None:
    """Return what was done to one record, the steps of a ring of numbers taken together."""
    done = [call for call in calls if call.outcome and call.outcome.status in (DONE, UNSEEN)]
    if not done:
        return _doubt(change, calls)
    if change.action == "update":
        return _edit(change, done)
    last = done[-1]
    record_id = (last.outcome.record_id if last.outcome else "") or last.intent.record_id
    if not record_id:  # answered, and never seen in a list
        return Deed(change.sheet, change.row, change.action, "", change.label, doubt=True)
    if change.action == "delete" and _was_gone(last) and not any(map(is_in_doubt, calls)):
        return None  # somebody else deleted it
    deed = Deed(change.sheet, change.row, change.action, record_id, change.label)
    if change.action == "delete":
        return Deed(*_head(deed), before=last.intent.before or {})
    return Deed(*_head(deed), left=_left(change, last))


def _was_gone(call: Call) -> bool:
    return bool(call.outcome and any(n.get("code") == "already_gone" for n in call.outcome.notes))


def _head(deed: Deed) -> tuple[str, int, str, str, str]:
    return deed.sheet, deed.row, deed.action, deed.id, deed.label


def _doubt(change: Change, calls: Sequence[Call]) -> Deed | None:
    """Return a deed in doubt where several records may be what a row made; what was not found counts as not done."""
    outcome = calls[-1].outcome if calls else None
    several = outcome and outcome.status == UNKNOWN and any(n.get("code") == "several_found" for n in outcome.notes)
    if not outcome or not several:
        return None
    ids = ", ".join(str(n.get("params", {}).get("ids", "")) for n in outcome.notes)
    return Deed(change.sheet, change.row, change.action, ids, change.label, doubt=True)


def _edit(change: Change, done: Sequence[Call]) -> Deed:
    fields = RESOURCES[change.sheet].by_name
    before: dict[str, str] = {}
    left: dict[str, str] = {}
    for call in done:
        shown = (call.outcome.shown if call.outcome else None) or {}
        for column, text in (call.intent.before or {}).items():
            before.setdefault(column, text)
        for column, text in (call.intent.after or {}).items():
            left[column] = shown.get(column, "" if text == CLEAR else text)
    columns = [c for c in left if fields[c].read]
    hidden = tuple(e.column for e in change.edits if not fields[e.column].read)
    return Deed(
        change.sheet,
        change.row,
        "update",
        change.id,
        change.label,
        {c: before.get(c, "") for c in columns},
        {c: left[c] for c in columns},
        hidden,
    )


def _left(change: Change, call: Call) -> Mapping[str, str]:
    """Return what a created record showed; of an old history what was sent, as far as it is shown."""
    shown = call.outcome.shown if call.outcome else None
    fields = RESOURCES[change.sheet].by_name
    return shown or {c: text for c, text in (call.intent.after or {}).items() if fields[c].read and not fields[c].ref}
