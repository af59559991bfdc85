"""What the lists say after calls: ids of new records, calls without an answer, cells changed unasked (rules 3, 11)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import pandas as pd

from ..model.fields import Resource
from ..model.problems import Problem, Severity
from ..model.records import Record, Secret
from ..model.snapshot import text_cells
from ..model.text import CLEAR, fold_name
from ..planning.identity import label_of
from ..planning.plan import HIDDEN, Change, Edit
from .sending import ABSENT, CONFLICT, DONE, LOST, REFUSED, UNKNOWN, UNSEEN, Sent, note


@dataclass(frozen=True)
class Lists:
    """One sheet's records before and after some calls, as text by record id and as the server sent them.

    `started` are the ids that were there when the run began: a record among them is never one of ours. `entity_of`
    tells the combinedId of a change's entity, which the run may have made itself, `xivo_of` the XiVO of an entity.
    """

    resource: Resource
    before: pd.DataFrame
    after: pd.DataFrame
    raw_before: Mapping[str, Record]
    raw_after: Mapping[str, Record]
    started: frozenset[str]
    entity_of: Callable[[Change], str]
    xivo_of: Callable[[str], str]


def settle(sent: list[Sent], lists: Lists) -> list[Sent]:
    """Return the calls as the lists, read since, show them: what is settled says so and carries the record's cells.

    LOST is a number that somebody else has now, ABSENT what neither was answered nor can be seen, UNSEEN what was
    answered and cannot: the caller chooses again, or waits and looks again. UNKNOWN is for a person to look at.
    """
    scene = _Scene(lists, _by_likeness(lists), _holders(lists))
    return [_last_word(_settle_one(one, scene), lists) for one in sent]


@dataclass(frozen=True)
class _Scene:
    """The lists with what is looked for in them: fresh records by likeness, users by XiVO and number."""

    lists: Lists
    fresh: Mapping[tuple[str, ...], list[str]]
    holders: Mapping[tuple[str, str], str]

    def ours(self, change: Change) -> list[str]:
        """Return the ids of records made since the run began that are what a create wanted."""
        wanted = {**change.cells, "entity": self.lists.entity_of(change)}
        login = wanted.get("cti_login", "")
        found = self.fresh.get(_likeness(self.lists.resource, wanted), [])
        return [id_ for id_ in found if not login or self.lists.after.at[id_, "cti_login"] == login]

    def holder_of(self, change: Change) -> str:
        """Return the id of the user who has the number that a change wants, if that is another one."""
        lists = self.lists
        id_ = self.holders.get((lists.xivo_of(lists.entity_of(change)), change.number), "") if change.number else ""
        return id_ if id_ != change.id else ""


def _last_word(one: Sent, lists: Lists) -> Sent:
    """Return a call marked as settled unless it is still open, with what its record shows now."""
    if one.status not in (DONE, REFUSED, CONFLICT) or one.ticket is None:
        return one
    shown = None
    if one.status == DONE and one.id in lists.after.index:
        cells = lists.after.loc[one.id]
        shown = {f.name: str(cells[f.name]) for f in lists.resource.compared}
    return replace(one, settled=True, shown=shown)


def _settle_one(one: Sent, scene: _Scene) -> Sent:
    if one.status == LOST:
        return _lost_number(one, scene)
    if one.change.action == "create":
        return _settle_create(one, scene)
    if one.status == UNKNOWN:
        one = _settle_unknown(one, scene.lists)
    if one.status == REFUSED and one.change.action == "update":
        return _lost_number(one, scene)
    if one.status in (DONE, UNSEEN) and one.change.action == "update":
        return _settle_edit(one, scene.lists)
    return one


def _settle_edit(one: Sent, lists: Lists) -> Sent:
    """Return an edit with what the server changed on its own; UNSEEN where the list does not show it yet."""
    if one.change.id in lists.after.index and any(_still_as_before(e, one.change, lists) for e in one.change.edits):
        return replace(one, status=UNSEEN)
    return replace(one, status=DONE, notes=(*one.notes, *_unasked(one.change, lists)))


def _still_as_before(edit: Edit, change: Change, lists: Lists) -> bool:
    if not lists.resource.by_name[edit.column].read or edit.before == edit.after:
        return False
    return bool(lists.after.at[change.id, edit.column] == edit.before)


def _settle_create(one: Sent, scene: _Scene) -> Sent:
    """Tell what became of a create (TRAPS section 2). A clean refusal of a first attempt is never ours."""
    if one.status not in (DONE, UNKNOWN, ABSENT, UNSEEN) and not (one.status == REFUSED and one.repeat):
        return _lost_number(one, scene) if one.status == REFUSED else one
    found = scene.ours(one.change)
    if one.status == DONE and one.id in found:
        return one
    if len(found) == 1:
        return replace(one, status=DONE, id=found[0], notes=())
    if found:
        ids = ", ".join(sorted(found, key=int))
        return replace(one, status=UNKNOWN, id="", notes=(note(one.change, "several_found", ids=ids),), settled=True)
    if one.status in (DONE, UNSEEN):
        return replace(one, status=UNSEEN, id="")
    if one.status == ABSENT and scene.holder_of(one.change):  # looked for twice: a late call may share its number
        return _lost_number(one, scene)
    return replace(one, status=ABSENT)


def _lost_number(one: Sent, scene: _Scene) -> Sent:
    """Return a call whose number is somebody else's as LOST, with who holds it; any other as it is."""
    holder = scene.holder_of(one.change)
    if not holder:
        return one
    cells = text_cells(scene.lists.after.loc[holder])
    found = note(
        one.change,
        "number_taken",
        column="internal_number",
        value=one.change.number,
        id=holder,
        label=label_of(scene.lists.resource, cells),
        entity=cells["entity"],
    )
    return replace(one, status=LOST, notes=(found,))


def _settle_unknown(one: Sent, lists: Lists) -> Sent:
    change, lives = one.change, one.change.id in lists.after.index
    if change.action == "delete":
        return replace(one, status=DONE, id=change.id, notes=()) if not lives else replace(one, status=ABSENT)
    shown = [e for e in change.edits if lists.resource.by_name[e.column].read]
    unseen = len(shown) < len(change.edits)
    wanted = {e.column: "" if e.after == CLEAR else e.after for e in shown}
    arrived = lives and all(lists.after.at[change.id, column] == text for column, text in wanted.items())
    done = arrived and not unseen
    return replace(one, status=DONE, id=change.id, notes=()) if done else replace(one, status=ABSENT)


def _by_likeness(lists: Lists) -> dict[tuple[str, ...], list[str]]:
    """Return the records that were not there when the run began, by what a create says of them."""
    fresh = lists.after[~lists.after.index.isin(list(lists.started))]
    found: dict[tuple[str, ...], list[str]] = {}
    for id_, cells in zip(fresh.index, fresh.to_dict("records"), strict=True):
        found.setdefault(_likeness(lists.resource, cells), []).append(str(id_))
    return found


def _holders(lists: Lists) -> dict[tuple[str, str], str]:
    """Return, by XiVO and number, the id of the user who has it; nothing for resources that are no people."""
    if not lists.resource.person_key or lists.after.empty:
        return {}
    numbered = zip(lists.after["entity"], lists.after["internal_number"], lists.after.index, strict=True)
    return {(lists.xivo_of(entity), number): str(id_) for entity, number, id_ in numbered}


def _likeness(resource: Resource, cells: Mapping[str, str]) -> tuple[str, ...]:
    """Return what tells a new record from all others: entity, number and names for a person, else name (and XiVO)."""
    if resource.person_key:
        names = (fold_name(cells[name]) for name in resource.person_key)
        return (cells["entity"], cells.get("internal_number", ""), *names)
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
