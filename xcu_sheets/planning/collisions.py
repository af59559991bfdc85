"""Rows of a reversal that cannot stand beside what the server holds: a number, a login or an entity still in use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import replace

from ..model.problems import Problem, problem
from ..model.resources import RESOURCES
from ..model.text import CLEAR
from ..model.view import View
from .identity import label_of
from .plan import Change

Verdict = tuple[list[Change], list[Problem]]


def refuse_taken(changes: Sequence[Change], view: View) -> Verdict:
    """Refuse users whose number or login somebody else has who keeps it, until no further row falls.

    Return all changes, and what is to be said of those refused.
    """
    left, problems = list(changes), []
    while taken := _taken(left, view):
        problems += [_taken_by(change, column, holder, view) for change, column, holder in taken]
        fallen = {(change.sheet, change.row) for change, _, _ in taken}
        left = [_refused(c) if (c.sheet, c.row) in fallen else c for c in left]
    return left, problems


def refuse_used(changes: Sequence[Change], view: View) -> Verdict:
    """Refuse to delete an entity unless this undo deletes its last users too (E7), and sees who they are.

    Returns as `refuse_taken` does.
    """
    gone = {c.id for c in changes if c.sheet == "users" and c.action == "delete"}
    verdicts = [(change, _why_used(change, gone, view)) for change in changes]
    return [_refused(c) if why else c for c, why in verdicts], [why for _, why in verdicts if why]


def _refused(change: Change) -> Change:
    return replace(change, action="refused", cells={}, edits=())


def _why_used(change: Change, gone: Set[str], view: View) -> Problem | None:
    if (change.sheet, change.action) != ("entities", "delete"):
        return None
    users, entity = view.frame("users"), change.cells["combined_id"]
    if entity in view.unreadable:
        return problem("not_visible", sheet=change.sheet, row=change.row, entity=entity, login=view.login)
    stay = 0 if users.empty else int(((users["entity"] == entity) & ~users.index.isin(gone)).sum())
    return problem("entity_has_users", sheet=change.sheet, row=change.row, count=str(stay)) if stay else None


def _taken_by(change: Change, column: str, holder: str, view: View) -> Problem:
    cells = view.frame("users").loc[holder]
    who = {"id": holder, "label": label_of(RESOURCES["users"], cells), "entity": str(cells["entity"])}
    text = change.cells.get(column, "") or next(e.after for e in change.edits if e.column == column)
    return problem("undo_taken", sheet=change.sheet, row=change.row, column=column, value=text, **who)


def _taken(changes: Sequence[Change], view: View) -> list[tuple[Change, str, str]]:
    users = [c for c in changes if c.sheet == "users" and c.sends]
    found = []
    for column in ("internal_number", "cti_login"):
        wanted = {(_xivo(c, view), text.casefold()): c for c in users if (text := _asks_for(c, column))}
        leaving = {c.id for c in users if c.action == "delete" or any(e.column == column for e in c.edits)}
        found += [
            (wanted[key], column, id_)
            for key, id_ in _holders(column, wanted, view)
            if id_ not in leaving and id_ != wanted[key].id
        ]
    return found


def _holders(column: str, wanted: Mapping[tuple[str, str], Change], view: View) -> list[tuple[tuple[str, str], str]]:
    frame = view.frame("users")
    if frame.empty or not wanted:
        return []
    xivos = view.xivo_of
    keys = [(xivos.get(e, e), text.casefold()) for e, text in zip(frame["entity"], frame[column], strict=True)]
    return [(key, str(id_)) for key, id_ in zip(keys, frame.index, strict=True) if key in wanted]


def _xivo(change: Change, view: View) -> str:
    return view.xivo_of.get(change.entity, change.entity)


def _asks_for(change: Change, column: str) -> str:
    """Return the text of a column that a change gives to its user."""
    if change.action == "create":
        return change.cells.get(column, "")
    after = next((e.after for e in change.edits if e.column == column), "")
    return "" if after == CLEAR else after
