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
    partly = any(one.people or one.why == "unreadable" for one in scope.said)
    whole = names.same_server and "users" in names.pairs and not partly
    users = [_users_by_xivo(view) for view in names.views] if whole else []
    repeating = _repeating(names.views[0]), _repeating(names.views[1])
    for difference in found:
        if difference.kind in ("added", "removed"):
            yield difference
            continue
        repeats = difference.id_before in repeating[0] and difference.id_after in repeating[1]
        fields = [
            field
            for field in difference.fields
            if not (field.column == "external_number" and repeats)
            and not (field.column == "remaining_slots" and users and _explained(field, difference.id_after, users))
        ]
        if fields:
            yield replace(difference, fields=tuple(fields))


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
