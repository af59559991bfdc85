"""Whether a plan made earlier still fits the server: what moved since is refused, row by row."""

from __future__ import annotations

from dataclasses import replace

from ..model.errors import PlanError
from ..model.problems import Problem, locate, problem
from ..model.resources import RESOURCES
from ..model.text import fold_name
from ..model.view import View
from ..rules.numbering import used_numbers
from .plan import Change, Plan


def recheck(plan: Plan, view: View) -> Plan:
    """Return the plan with every row refused or in conflict whose ground has moved since it was made.

    Raises PlanError where the server is another one.
    """
    if plan.server != view.server or not set(plan.xivo_uuids) & set(view.xivo_uuids):
        raise PlanError(f"This plan was made for {plan.server}, and this server is {view.server}: make a new plan.")
    used = used_numbers(view)
    freed = {
        (c.entity, c.old_number or c.cells.get("internal_number", "")) for c in plan.to_send if c.action != "create"
    }
    changes, problems = [], []
    for change in plan.changes:
        found = _moved(change, view, used, freed) if change.sends else None
        if found:
            action = "conflict" if found.code == "conflict" else "refused"
            changes.append(Change(change.sheet, change.row, action, change.id, change.label, change.entity))
            problems.append(found)
        else:
            changes.append(change)
    return replace(plan, changes=tuple(changes), problems=(*plan.problems, *locate(problems, plan.letters)))


def _moved(change: Change, view: View, used: dict[str, set[str]], freed: set[tuple[str, str]]) -> Problem | None:
    where = {"sheet": change.sheet, "row": change.row}
    frame = view.frame(change.sheet)
    if change.action == "create":
        return _create_moved(change, view, used, freed)
    if change.id not in frame.index:
        return problem("id_unknown", **{**where, "column": "id", "value": change.id, "deleted": "yes"})
    fields = RESOURCES[change.sheet].by_name
    before = {e.column: e.before for e in change.edits} if change.edits else dict(change.cells)
    for column, text in before.items():
        now = str(frame.at[change.id, column])
        if fields[column].read and fields[column].write and now != text:
            wanted = next((e.after for e in change.edits if e.column == column), "delete")
            return problem("conflict", **{**where, "column": column, "before": text, "now": now, "wanted": wanted})
    return None


def _create_moved(change: Change, view: View, used: dict[str, set[str]], freed: set[tuple[str, str]]) -> Problem | None:
    where = {"sheet": change.sheet, "row": change.row}
    frame = view.frame(change.sheet)
    if change.sheet != "users":
        same = frame[frame["name"].map(fold_name) == fold_name(change.cells["name"])] if len(frame) else frame
        if change.sheet == "entities":
            same = same[same["xivo"] == change.cells["xivo"]]
        named = {"id": str(same.index[0]), "label": change.label} if len(same) else {}
        return problem("held_by", **{**where, "column": "name", **named}) if named else None
    taken = used.get(view.xivo_of.get(change.entity, change.entity), set())
    if change.number in taken and (change.entity, change.number) not in freed:
        holder = frame[frame["internal_number"] == change.number].iloc[0]
        named = {
            "id": holder["id"],
            "entity": holder["entity"],
            "label": f"{holder['first_name']} {holder['last_name']}",
        }
        return problem("number_taken", **{**where, "column": "internal_number", "value": change.number, **named})
    return None
