"""What may be compared: what one side could not read, or may not see, is never called added or removed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from ..model.resources import RESOURCES
from ..model.view import View
from .diff import SIDES, NotCompared
from .names import Names, labels_of

COMPARED = tuple(name for name, resource in RESOURCES.items() if resource.listing)

_People = defaultdict[str, set[str]]


@dataclass
class Scope:
    """Which records that are on one side only are left out, by side and sheet, and what is said of it.

    `partly` are the XiVOs (ids on either side) of which not all users are compared.
    """

    said: list[NotCompared] = field(default_factory=list)
    left_out: dict[tuple[int, str], set[str]] = field(default_factory=dict)
    partly: set[str] = field(default_factory=set)

    def say_of_entity(self, view: View, label: str, one: NotCompared) -> None:
        """Say that an entity is not compared, of which this view shows the XiVO."""
        self.said.append(one)
        self.partly.add(labels_of(view, "xivos").get(view.xivo_of.get(label, ""), ""))

    def leave(self, side: int, resource: str, ids: set[str]) -> None:
        """Leave out records of one side."""
        self.left_out.setdefault((side, resource), set()).update(ids)

    def lone(self, names: Names, side: int, resource: str) -> list[str]:
        """Return the ids of records that only this side has, without those left out."""
        apart = self.left_out.get((side, resource), set())
        return [id_ for id_ in lone_ids(names, side, resource) if id_ not in apart]


def lone_ids(names: Names, side: int, resource: str) -> list[str]:
    """Return the ids of records that have no pair on the other side."""
    pairs = names.pairs[resource]
    paired = set(pairs) if side == 0 else set(pairs.values())
    return [str(id_) for id_ in names.views[side].frame(resource).index if id_ not in paired]


def find_scope(names: Names) -> Scope:
    """Return what of two readings may be compared."""
    scope = Scope()
    scope.said += [one for name in COMPARED for one in _absent(names, name)]
    for side in (0, 1):
        people = _lone_people(names, 1 - side)
        if "entities" in names.pairs:
            _leave_unreadable(names, side, scope, people)
            _leave_unlisted(names, side, scope, people)
        elif "entities" not in names.views[side].frames:
            _leave_unseen(names, side, scope, people)
    return scope


def _absent(names: Names, name: str) -> Iterator[NotCompared]:
    for side, view in enumerate(names.views):
        if name not in view.frames:
            yield NotCompared(name, "", "sheet", SIDES[side], view.unreadable.get(name, ""))


def _lone_people(names: Names, side: int) -> _People:
    """Return, by entity, the users of one side that the other does not show anywhere."""
    found: _People = defaultdict(set)
    if "users" in names.pairs:
        lone = lone_ids(names, side, "users")
        for id_, entity in zip(lone, names.views[side].frame("users").loc[lone, "entity"], strict=True):
            found[entity].add(id_)
    return found


def _leave_unreadable(names: Names, side: int, scope: Scope, people: _People) -> None:
    """Leave out, on the other side, the users of entities that this side could not read."""
    view, other = names.views[side], names.views[1 - side]
    ids = view.column("entities", "combined_id", "id")
    for label, reason in view.unreadable.items():
        if label in RESOURCES:
            continue
        there = _label_there(names, side, ids[label]) if label in ids else label
        scope.leave(1 - side, "users", people[there])
        name = _name(other, there, label)
        one = NotCompared("entities", name, "unreadable", SIDES[side], reason, len(people[there]))
        scope.say_of_entity(view, label, one)


def _leave_unlisted(names: Names, side: int, scope: Scope, people: _People) -> None:
    """Leave out what this side does not list where its login may not see all; `side` is the one without."""
    view, other = names.views[side], names.views[1 - side]
    if sees_all(view):
        return
    lone = lone_ids(names, 1 - side, "entities")
    labels = other.column("entities", "id", "combined_id")
    for label in (labels.get(id_, "") for id_ in lone):
        scope.leave(1 - side, "users", people[label])
        name = _name(other, label, label)
        one = NotCompared("entities", name, "not_listed", SIDES[side], view.login, len(people[label]))
        scope.say_of_entity(other, label, one)
    scope.leave(1 - side, "entities", set(lone))
    if lone or view.login != other.login:
        for resource in ("xivos", "templates"):
            _leave_records(names, side, resource, scope)


def _leave_unseen(names: Names, side: int, scope: Scope, people: _People) -> None:
    """Leave out the users of entities that a side without a sheet of entities has nobody of: it may show some only."""
    seen = set(names.views[side].frame("users").get("entity", ()))
    for label in sorted(people.keys() - seen):
        scope.leave(1 - side, "users", people[label])
        name = _name(names.views[1 - side], label, label)
        one = NotCompared("entities", name, "not_listed", SIDES[side], names.views[side].login, len(people[label]))
        scope.say_of_entity(names.views[1 - side], label, one)


def _leave_records(names: Names, side: int, resource: str, scope: Scope) -> None:
    if resource not in names.pairs:
        return
    view, other = names.views[side], names.views[1 - side]
    lone = lone_ids(names, 1 - side, resource)
    scope.leave(1 - side, resource, set(lone))
    called = other.column(resource, "id", "name")
    scope.said += [NotCompared(resource, called[id_], "not_listed", SIDES[side], view.login) for id_ in lone]


def sees_all(view: View) -> bool:
    """Tell whether the reading's login is known to see every record: a super-administrator, by the list itself."""
    return view.column("administrators", "login", "super_admin").get(view.login) == "yes"


def _label_there(names: Names, side: int, id_: str) -> str:
    """Return the combinedId on the other side of an entity of this side, blank where it is not there."""
    pairs = names.pairs["entities"]
    there = pairs.get(id_) if side == 0 else next((a for a, b in pairs.items() if b == id_), None)
    return names.views[1 - side].column("entities", "id", "combined_id").get(there or "", "")


def _name(view: View, label: str, otherwise: str) -> str:
    return view.column("entities", "combined_id", "display_name").get(label) or label or otherwise
