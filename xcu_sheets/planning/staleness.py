"""Whether a plan made earlier still fits the server: what moved since is refused, row by row."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from ..model.errors import PlanError
from ..model.problems import Problem, locate, problem
from ..model.resources import RESOURCES, USERS
from ..model.text import fold_name
from ..model.view import View
from .identity import label_of
from .plan import Change, Plan


def recheck(plan: Plan, view: View, sent: Collection[tuple[str, int]] = ()) -> Plan:
    """Return the plan with every row refused or in conflict whose ground has moved since it was made.

    A row whose wish the server already fulfils (the plan was carried out from elsewhere) has nothing to do. Rows that
    this plan's own run has `sent` (sheet and row) are left as they are: it is their ground that they moved.
    Raises PlanError where the server is another one.
    """
    if plan.server != view.server or not set(plan.xivo_uuids) & set(view.xivo_uuids):
        raise PlanError(f"This plan was made for {plan.server}, and this server is {view.server}: make a new plan.")
    freed = {c.id for c in plan.to_send if c.sheet == "users" and (c.action == "delete" or c.old_number)}
    holders = _holders(view, freed)
    unchanged = {name: dict(rows) for name, rows in plan.unchanged.items()}
    changes, problems = [], []
    for change in plan.changes:
        if (change.sheet, change.row) in sent:
            changes.append(change)
            continue
        already = _fulfilled(change, view, holders) if change.sends else ""
        if already:
            unchanged.setdefault(change.sheet, {})[change.row] = already
            continue
        found = _moved(change, view) or _number_lost(change, view, holders) if change.sends else None
        if found:
            action = "conflict" if found.code == "conflict" else "refused"
            changes.append(Change(change.sheet, change.row, action, change.id, change.label, change.entity))
            problems.append(found)
        else:
            changes.append(change)
    return replace(
        plan, changes=tuple(changes), unchanged=unchanged, problems=(*plan.problems, *locate(problems, plan.letters))
    )


def _fulfilled(change: Change, view: View, holders: Mapping[tuple[str, str], Mapping[str, str]]) -> str:
    """Return the id of the record that already is what a row wants, empty where there is none."""
    frame = view.frame(change.sheet)
    if change.action == "update":
        shown = all(RESOURCES[change.sheet].by_name[e.column].read for e in change.edits)
        there = shown and change.id in frame.index
        return change.id if there and all(str(frame.at[change.id, e.column]) == e.after for e in change.edits) else ""
    if change.action != "create" or change.sheet != "users":
        return ""
    holder = holders.get((view.xivo_of.get(change.entity, change.entity), change.number))
    same = holder and holder["entity"] == change.entity and label_of(USERS, holder) == change.label
    return holder["id"] if holder and same else ""


def _moved(change: Change, view: View) -> Problem | None:
    where = {"sheet": change.sheet, "row": change.row}
    frame = view.frame(change.sheet)
    hidden = {change.sheet, change.entity} & set(view.unreadable)
    if hidden:
        return problem("not_visible", **{**where, "entity": min(hidden), "login": view.login})
    if change.action == "create":
        return None if change.sheet == "users" else _name_lost(change, view)
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


def _name_lost(change: Change, view: View) -> Problem | None:
    frame = view.frame(change.sheet)
    same = frame[frame["name"].map(fold_name) == fold_name(change.cells["name"])] if len(frame) else frame
    if change.sheet == "entities":
        same = same[same["xivo"] == change.cells["xivo"]]
    if same.empty:
        return None
    named = {"id": str(same.index[0]), "label": change.label}
    return problem("held_by", sheet=change.sheet, row=change.row, column="name", **named)


def _holders(view: View, freed: Collection[str]) -> dict[tuple[str, str], dict[str, str]]:
    """Return who has each number, by XiVO and number; the users of `freed` give theirs up."""
    users = view.frame("users")
    kept = users[~users.index.isin(list(freed))]
    held = ({str(k): str(v) for k, v in cells.items()} for cells in kept.to_dict("records"))
    return {(view.xivo_of.get(c["entity"], c["entity"]), c["internal_number"]): c for c in held}


def _number_lost(change: Change, view: View, holders: Mapping[tuple[str, str], Mapping[str, str]]) -> Problem | None:
    """Return a problem where the number that a row gives to its user became somebody else's.

    One that we chose is chosen again when the plan is sent.
    """
    if change.sheet != "users" or change.action == "delete" or not change.number or change.assigned:
        return None
    holder = holders.get((view.xivo_of.get(change.entity, change.entity), change.number))
    if holder is None or holder["id"] == change.id:
        return None
    named = {"id": holder["id"], "entity": holder["entity"], "label": f"{holder['first_name']} {holder['last_name']}"}
    where = {"sheet": change.sheet, "row": change.row, "column": "internal_number", "value": change.number}
    return problem("number_taken", **{**where, **named})
