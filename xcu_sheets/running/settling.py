"""What the lists say after a stage: ids of new records, calls without an answer, cells changed unasked (rule 3)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import pandas as pd

from ..model.fields import Resource
from ..model.problems import Problem, Severity
from ..model.records import Record, Secret
from ..model.text import CLEAR, fold_name
from ..planning.plan import HIDDEN, Change
from .sending import DONE, UNKNOWN, Sent, note


@dataclass(frozen=True)
class Lists:
    """One sheet's records before and after a stage, as text by record id and as the server sent them.

    `started` are the ids that were there when the run began: a record among them is never one of ours. `entity_of`
    tells the combinedId of a change's entity, which the run may have made itself.
    """

    resource: Resource
    before: pd.DataFrame
    after: pd.DataFrame
    raw_before: Mapping[str, Record]
    raw_after: Mapping[str, Record]
    started: frozenset[str]
    entity_of: Callable[[Change], str]


def settle(sent: list[Sent], lists: Lists) -> list[Sent]:
    """Return the stage's calls with the ids of what they made, and unknown outcomes known where the list tells."""
    creates = _by_likeness(lists)
    return [_settle_one(one, lists, creates) for one in sent]


def _settle_one(one: Sent, lists: Lists, creates: Mapping[tuple[str, ...], list[str]]) -> Sent:
    if one.change.action == "create":
        return _settle_create(one, lists, creates)
    if one.status == UNKNOWN:
        one = _settle_unknown(one, lists)
    if one.status == DONE and one.change.action == "update":
        return replace(one, notes=(*one.notes, *_unasked(one.change, lists)))
    return one


def _settle_create(one: Sent, lists: Lists, creates: Mapping[tuple[str, ...], list[str]]) -> Sent:
    if one.status not in (DONE, UNKNOWN):
        return one
    if one.id in lists.after.index and one.id not in lists.started:
        return one
    cells = {**one.change.cells, "entity": lists.entity_of(one.change)}
    found = creates.get(_likeness(lists.resource, cells), [])
    if len(found) == 1:
        return Sent(one.change, DONE, found[0])
    code = "created_not_seen" if one.status == DONE else "outcome_unknown_create"
    return Sent(one.change, UNKNOWN, notes=(*one.notes, note(one.change, code)))


def _settle_unknown(one: Sent, lists: Lists) -> Sent:
    change, lives = one.change, one.change.id in lists.after.index
    if change.action == "delete":
        return replace(one, status=DONE, id=change.id, notes=()) if not lives else one
    shown = [e for e in change.edits if lists.resource.by_name[e.column].read]
    unseen = len(shown) < len(change.edits)
    wanted = {e.column: "" if e.after == CLEAR else e.after for e in shown}
    arrived = lives and all(lists.after.at[change.id, column] == text for column, text in wanted.items())
    return replace(one, status=DONE, id=change.id, notes=()) if arrived and not unseen else one


def _by_likeness(lists: Lists) -> dict[tuple[str, ...], list[str]]:
    """Return the records that were not there when the run began, by what a create says of them."""
    fresh = lists.after[~lists.after.index.isin(list(lists.started))]
    found: dict[tuple[str, ...], list[str]] = {}
    for id_, cells in zip(fresh.index, fresh.to_dict("records"), strict=True):
        found.setdefault(_likeness(lists.resource, cells), []).append(str(id_))
    return found


def _likeness(resource: Resource, cells: Mapping[str, str]) -> tuple[str, ...]:
    """Return what tells a new record from all others: entity, number and names for a person, else name (and XiVO)."""
    if resource.person_key:
        return (cells["entity"], cells["internal_number"], *(fold_name(cells[name]) for name in resource.person_key))
    return (fold_name(cells["name"]), cells.get("xivo", ""))


def _unasked(change: Change, lists: Lists) -> Iterator[Problem]:
    """Yield a warning for each cell that the server changed on its own with our PUT."""
    if change.id not in lists.before.index or change.id not in lists.after.index:
        return
    edited = {e.column for e in change.edits}
    before, after = lists.before.loc[change.id], lists.after.loc[change.id]
    for f in lists.resource.compared:
        if f.name not in edited and before[f.name] != after[f.name]:
            texts = {"column": f.name, "before": before[f.name], "now": after[f.name]}
            yield note(change, "changed_unasked", Severity.WARNING, **texts)
    if not any(e.after == HIDDEN for e in change.edits) and _secret_changed(change.id, lists):
        yield note(change, "password_changed_unasked", Severity.WARNING, column=lists.resource.secrets[0].name)


def _secret_changed(id_: str, lists: Lists) -> bool:
    return any(
        _revealed(lists.raw_before.get(id_, {}).get(f.write)) != _revealed(lists.raw_after.get(id_, {}).get(f.write))
        for f in lists.resource.secrets
    )


def _revealed(value: object) -> str:
    return value.reveal() if isinstance(value, Secret) else ""
