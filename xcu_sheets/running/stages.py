"""The order of work that avoids self-made conflicts (DOMAIN section 2, order of work)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from ..model.text import CLEAR
from ..planning.plan import Change, Edit, Plan

ASIDE, BACK = "aside", "back"  # the steps of a user who makes way in a ring of numbers, and returns if that fails


@dataclass(frozen=True)
class Stage:
    """Changes that may be sent side by side; the next stage begins when all of them are settled."""

    name: str
    sheet: str
    changes: tuple[Change, ...]


def make_stages(plan: Plan, xivo_of: Callable[[str], str]) -> list[Stage]:
    """Return the stages of a plan, empty ones left out.

    User updates come in waves: a wave takes only numbers and logins that nobody in a later wave still holds. Updates
    that take a deleted user's number or login follow the deletes. Of each ring of numbers one user steps aside first.
    Users who make way for new ones do so a few at a time, each few followed by their creates.
    """
    sends = plan.to_send
    way_for = {c.made_way: c for c in sends if c.made_way}
    pairs = [(c, way_for[c.row]) for c in sends if c.sheet == "users" and c.row in way_for]
    paired = {c.step_key for pair in pairs for c in pair}
    users = [c for c in sends if c.sheet == "users" and c.step_key not in paired]
    updates = [c.coming_from(c.detour) if c.detour else c for c in users if c.action == "update"]
    aside = tuple(step_of(c, ASIDE, c.old_number, c.detour) for c in users if c.detour)
    deletes = [c for c in users if c.action == "delete"]
    early, late = _around_deletes(updates, deletes, xivo_of)
    creates = [c for c in users if c.action == "create"]
    stages = [
        *(_of(sends, sheet, "create", "update") for sheet in ("entities", "templates")),
        Stage("make way for others", "users", aside),
        *(Stage("update users", "users", tuple(wave)) for wave in _waves(early, xivo_of)),
        Stage("delete users", "users", tuple(deletes)),
        *(Stage("update users", "users", tuple(wave)) for wave in _waves(late, xivo_of)),
        Stage("create users with their own numbers", "users", tuple(c for c in creates if not c.assigned)),
        Stage("create users with chosen numbers", "users", tuple(c for c in creates if c.assigned)),
        *_few_by_few(pairs),
        *(_of(sends, sheet, "delete") for sheet in ("templates", "entities")),
    ]
    return [stage for stage in stages if stage.changes]


FEW = 20  # who is without number or login at one moment


def _few_by_few(pairs: list[tuple[Change, Change]]) -> Iterator[Stage]:
    """Yield the stages of users who make way, and of those for whom they do."""
    for first in range(0, len(pairs), FEW):
        few = pairs[first : first + FEW]
        yield Stage("make way for new users", "users", tuple(old for old, _ in few))
        yield Stage("create users for whom way was made", "users", tuple(new for _, new in few))


def way_back(change: Change) -> Change:
    """Return the call that gives a user who made way in vain what they had."""
    edits = tuple(Edit(e.column, "" if e.after == CLEAR else e.after, e.before or CLEAR) for e in change.edits)
    return Change(change.sheet, change.row, "update", change.id, change.label, change.entity, edits=edits, step=BACK)


def step_as_sent(change: Change, step: str, before: Mapping[str, str], after: Mapping[str, str]) -> Change:
    """Return a step of a row as it is on record: of a ring, or the way back."""
    if set(after) == {"internal_number"} and change.detour:
        return step_of(change, step, before.get("internal_number", ""), after["internal_number"])
    edits = tuple(Edit(column, before.get(column, ""), text) for column, text in after.items())
    return Change(change.sheet, change.row, "update", change.id, change.label, change.entity, edits=edits, step=step)


def step_of(change: Change, step: str, before: str, after: str) -> Change:
    """Return the call that only gives a row's user another number for a while; it is ours to choose again."""
    return Change(
        change.sheet,
        change.row,
        "update",
        change.id,
        change.label,
        change.entity,
        edits=(Edit("internal_number", before, after),),
        auto="any",
        assigned=step == ASIDE,
        step=step,
    )


def _of(changes: Iterable[Change], sheet: str, *actions: str) -> Stage:
    chosen = tuple(c for c in changes if c.sheet == sheet and c.action in actions)
    return Stage(f"{' and '.join(actions)} {sheet}", sheet, chosen)


Held = tuple[str, str, str]
_HANDED_ON = ("internal_number", "cti_login")  # what two users of a XiVO cannot have at once


def _taken(change: Change, xivo_of: Callable[[str], str]) -> set[Held]:
    edits = (e for e in change.edits if e.column in _HANDED_ON)
    return {(xivo_of(change.entity), e.column, e.after.casefold()) for e in edits}


def _given_up(change: Change, xivo_of: Callable[[str], str]) -> set[Held]:
    before = change.cells if change.action == "delete" else {e.column: e.before for e in change.edits}
    return {(xivo_of(change.entity), c, before[c].casefold()) for c in _HANDED_ON if before.get(c)}


def _around_deletes(
    updates: list[Change], deletes: list[Change], xivo_of: Callable[[str], str]
) -> tuple[list[Change], list[Change]]:
    freed = set().union(*(_given_up(c, xivo_of) for c in deletes))
    late: list[Change] = []
    rest = list(updates)
    while found := [c for c in rest if _taken(c, xivo_of) & freed]:
        late += found
        freed |= set().union(*(_given_up(c, xivo_of) for c in found))
        rest = [c for c in rest if c not in found]
    return rest, late


def _waves(updates: list[Change], xivo_of: Callable[[str], str]) -> list[list[Change]]:
    """Return the updates in waves such that each number and login is free when it is asked for.

    Logins that go round in a ring come last, for the server to refuse.
    """
    waves, rest = [], list(updates)
    while rest:
        held = {what: c for c in rest for what in _given_up(c, xivo_of)}
        wave = [c for c in rest if all(held.get(what, c) is c for what in _taken(c, xivo_of))]
        waves.append(wave or rest)
        rest = [c for c in rest if c not in wave] if wave else []
    return waves
