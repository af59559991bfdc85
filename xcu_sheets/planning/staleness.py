"""Whether a plan made earlier still fits the server: what moved since is refused, row by row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from ..model.errors import PlanError
from ..model.problems import Problem, locate, problem
from ..model.resources import RESOURCES, USERS
from ..model.snapshot import text_rows
from ..model.text import fold_name
from ..model.view import View
from .identity import label_of
from .plan import Change, Plan
from .rowmemory import person_of


def recheck(
    plan: Plan,
    view: View,
    sent: Collection[tuple[str, int]] = (),
    is_ours: Callable[[Mapping[str, str]], bool] = lambda user: False,
) -> Plan:
    """Return the plan with every row refused or in conflict whose ground has moved since it was made.

    A row whose wish the server already fulfils (the plan was carried out from elsewhere) has nothing to do. Rows that
    this plan's own run has `sent` (sheet and row) are left as they are: it is their ground that they moved; `is_ours`
    tells whether a user (cells and id) may be one that they made. Raises PlanError where the server is another one.
    """
    if plan.server != view.server or not set(plan.xivo_uuids) & set(view.xivo_uuids):
        raise PlanError(
            "This plan was made for {server}, and this server is {now}: make a new plan.",
            server=plan.server,
            now=view.server,
        )
    freed = {c.id for c in plan.to_send if c.sheet == "users" and (c.action == "delete" or c.old_number)}
    people = text_rows(view.frame("users"))
    holders = _holders(view, [user for user in people if user["id"] not in freed])
    namesakes = _namesakes(user for user in people if not is_ours(user))
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
        found = None
        if change.sends:
            moved = _moved(change, view) or _number_lost(change, view, holders)
            found = moved or _made_meanwhile(change, namesakes)
        if found:
            action = "conflict" if found.code == "conflict" else "refused"
            changes.append(change.stopped(action))
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


def _holders(view: View, users: Iterable[Mapping[str, str]]) -> dict[tuple[str, str], Mapping[str, str]]:
    """Return who has each number, by XiVO and number."""
    return {(view.xivo_of.get(c["entity"], c["entity"]), c["internal_number"]): c for c in users}


def _namesakes(users: Iterable[Mapping[str, str]]) -> dict[tuple[str, ...], list[Mapping[str, str]]]:
    """Return people by entity and names."""
    found: dict[tuple[str, ...], list[Mapping[str, str]]] = defaultdict(list)
    for user in users:
        found[person_of(USERS, user)].append(user)
    return found


def _made_meanwhile(change: Change, namesakes: Mapping[tuple[str, ...], Sequence[Mapping[str, str]]]) -> Problem | None:
    """Return a problem where a person of a new row's names has come to its entity since the plan was made."""
    if change.sheet != "users" or change.action != "create":
        return None
    living = namesakes.get(person_of(USERS, {"entity": change.entity, **change.cells}), ())
    if len(living) <= change.namesakes:
        return None
    newest = living[-1]
    told = {"label": change.label, "id": newest["id"], "number": newest["internal_number"], "entity": change.entity}
    return problem("made_meanwhile", sheet=change.sheet, row=change.row, **told)


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
