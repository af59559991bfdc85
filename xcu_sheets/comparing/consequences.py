"""What only follows from another difference, and is not told twice: slots of a XiVO, a number that repeats a name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from ..model.view import View
from .diff import Difference, FieldChange
from .names import Names, labels_of
from .scope import Scope


def without_consequences(found: Iterable[Difference], names: Names, scope: Scope) -> Iterator[Difference]:
    """Yield differences without what follows from others; one of which nothing is left is none.

    A XiVO's remaining slots follow from its users where all of them were compared on one server. An external number
    that is the quoted name on both sides, as XCU's list shows it [DOMAIN 1.5], follows from the name.
    """
    counted = names.same_server and "users" in names.pairs
    users = [_users_by_xivo(view) for view in names.views] if counted else []
    repeating = _repeating(names.views[0]), _repeating(names.views[1])

    def follows(difference: Difference, field: FieldChange) -> bool:
        if field.column == "external_number":
            ids = (difference.id_before, difference.id_after)
            return all(not id_ or id_ in known for id_, known in zip(ids, repeating, strict=True))
        told = field.column != "remaining_slots" or not users or difference.id_after in scope.partly
        return not told and _explained(field, difference.id_after, users)

    for difference in found:
        fields = tuple(field for field in difference.fields if not follows(difference, field))
        if fields or difference.kind in ("added", "removed"):
            yield replace(difference, fields=fields)


def _explained(field: FieldChange, xivo: str, users: Sequence[Counter[str]]) -> bool:
    if not (field.before.lstrip("-").isdecimal() and field.after.lstrip("-").isdecimal()):
        return False
    return int(field.before) - int(field.after) == users[1][xivo] - users[0][xivo]


def _users_by_xivo(view: View) -> Counter[str]:
    """Return how many users each XiVO has, by its id."""
    ids = labels_of(view, "xivos")
    found: Counter[str] = Counter()
    for entity, count in Counter(view.frame("users").get("entity", ())).items():
        found[ids.get(view.xivo_of.get(entity, ""), "")] += count
    return found


def _repeating(view: View) -> frozenset[str]:
    """Return the ids of users whose external number is their name in quotes."""
    users = view.frame("users")
    if not {"external_number", "first_name", "last_name"} <= set(users.columns):
        return frozenset()
    quoted = '"' + users["first_name"] + " " + users["last_name"] + '"'
    return frozenset(users.index[users["external_number"] == quoted])
