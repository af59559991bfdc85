"""What only follows from another difference, and is not told twice: slots of a XiVO, a number that repeats a name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
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
    users = [_users_by_xivo(view) for view in names.views]
    partly = any(one.people or one.code == "unreadable" for one in scope.said)
    whole = names.same_server and "users" in names.pairs and not partly
    for difference in found:
        fields = [f for f in difference.fields if not _follows(difference, f, users if whole else None, names)]
        if fields or difference.kind in ("added", "removed"):
            yield replace(difference, fields=tuple(fields))


def _follows(difference: Difference, field: FieldChange, users: list[Counter[str]] | None, names: Names) -> bool:
    if difference.kind in ("added", "removed"):
        return False
    if field.column == "remaining_slots":
        return users is not None and _explained(field, difference.id_after, users)
    return field.column == "external_number" and _repeats_names(difference, names)


def _explained(field: FieldChange, xivo: str, users: list[Counter[str]]) -> bool:
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


def _repeats_names(difference: Difference, names: Names) -> bool:
    ids = (difference.id_before, difference.id_after)
    return all(_repeats(view.frame("users").loc[id_]) for view, id_ in zip(names.views, ids, strict=True))


def _repeats(user: Mapping[str, str]) -> bool:
    return user["external_number"] == f'"{user["first_name"]} {user["last_name"]}"'
