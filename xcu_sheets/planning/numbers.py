"""Free numbers for the rows that left theirs blank (DESIGN rule 10)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..model.memory import Memory
from ..model.problems import Problem, Severity, locate, problem
from ..model.snapshot import Snapshot
from ..model.view import View
from ..rules.numbering import NumberPool, contains, make_pool, make_ranges, number_order, used_numbers
from .plan import Change, Plan
from .rings import number_rings


@dataclass(frozen=True)
class Supply:
    """The numbers one entity can give, in the order in which they are given."""

    numbers: Iterator[str]
    pool: NumberPool


def entities_needing_numbers(plan: Plan) -> list[str]:
    """Return the live entities (combinedIds) for which `available_numbers` is worth one call each."""
    asking = [c for c in plan.to_send if c.auto and not _in_newborn(c)]
    stepping_aside = [c for ring in number_rings(plan.to_send, lambda entity: "") for c in ring[:1]]
    return sorted({c.entity for c in (*asking, *stepping_aside)})


def _in_newborn(change: Change) -> bool:
    return any(name.startswith("row:") for name in change.refs.get("entity", ()))


def assign_numbers(
    plan: Plan, live: Snapshot | View, available: Mapping[str, Sequence[str] | None], memory: Memory | None = None
) -> Plan:
    """Return the plan with a number on every row that asked for one.

    `available` holds, by entity, what the server's `available_numbers` said; None or absent where it was not asked or
    did not answer: then intervals less known users serve, and the plan says so. A number typed anywhere in the book or
    on the profile's `never_assign` is never given; one freed by this book or in quarantine only as a last resort.
    """
    view = live if isinstance(live, View) else View.of_snapshot(live)
    giver = _Giver(plan, view, available, memory or Memory())
    changes = giver.give_detours([giver.give(change) for change in plan.changes])
    problems = [*plan.problems, *locate(giver.problems, plan.letters)]
    return replace(plan, changes=tuple(changes), problems=tuple(problems))


def choose_again(
    plan: Plan,
    lost: Sequence[Change],
    live: Snapshot,
    available: Mapping[str, Sequence[str] | None],
    tried: Mapping[str, Collection[str]],
    memory: Memory | None = None,
) -> list[Change]:
    """Return changes whose chosen number became somebody else's with another one each; refused where none is left.

    `live` and `available` are what the server says now; no number of another row of the plan and none of those `tried`
    (by XiVO) is given.
    """
    giver = _Giver(plan, View.of_snapshot(live), available, memory or Memory())
    giver.quarantine |= giver.freed
    for change in plan.changes:
        giver.reserve(change.entity, change.number, change.detour)
    for xivo, numbers in tried.items():
        giver.taken.setdefault(xivo, set()).update(numbers)
    return [giver.give(replace(c.with_number(""), auto=c.auto or "any", assigned=False)) for c in lost]


class _Giver:
    def __init__(self, plan: Plan, view: View, available: Mapping[str, Sequence[str] | None], memory: Memory) -> None:
        self.view, self.available, self.plan = view, available, plan
        self.used = used_numbers(view)
        self.taken = {xivo: set(numbers) for xivo, numbers in plan.reserved.items()}
        self.problems: list[Problem] = []
        self._supplies: dict[tuple[str, str], Supply] = {}
        self.quarantine = set(memory.freed)
        self._born = {c.cells["name"]: c.cells for c in plan.changes if c.sheet == "entities" and c.action == "create"}
        self.freed = {(self._xivo(c.entity), c.freed_number) for c in plan.to_send if c.freed_number}

    def _xivo(self, entity: str) -> str:
        born = self._born.get(entity)
        return born["xivo"] if born else self.view.xivo_of.get(entity, entity)

    def give(self, change: Change) -> Change:
        """Return the change with its number; refused, with a problem, where there is none left."""
        if not change.sends:
            return change
        if not change.auto:
            return self._typed(change)
        number = self._next(change, change.auto)
        if not number:
            return self._none_left(change)
        return change.with_number(number)

    def reserve(self, entity: str, *numbers: str) -> None:
        """Keep numbers of an entity's XiVO from being given."""
        self.taken.setdefault(self._xivo(entity), set()).update(filter(None, numbers))

    def give_detours(self, changes: list[Change]) -> list[Change]:
        """Return the changes with a free number for one user of each ring to step aside to, else refused."""
        fate: dict[int, Change] = {}
        for change in changes:
            self.reserve(change.entity, change.number)
        for ring in number_rings((c for c in changes if c.sends), self._xivo):
            aside = next(((c, number) for c in ring if (number := self._next(c, "any"))), None)
            if aside:
                fate[aside[0].row] = replace(aside[0], detour=aside[1])
            for change in () if aside else ring:
                others = ", ".join(str(c.row) for c in ring if c is not change)
                fate[change.row] = self._refuse(change, "number_ring", value=change.number, rows=others)
        return [fate.get(c.row, c) if c.sheet == "users" else c for c in changes]

    def _next(self, change: Change, stated: str) -> str:
        supply = self._supply(change.entity, stated)
        taken = self.taken.setdefault(self._xivo(change.entity), set())
        for number in supply.numbers:
            if number not in taken:
                taken.add(number)
                return number
        return ""

    def _supply(self, entity: str, stated: str) -> Supply:
        key = (entity, stated)
        if key not in self._supplies:
            self._supplies[key] = self._make_supply(*key)
        return self._supplies[key]

    def _make_supply(self, entity: str, stated: str) -> Supply:
        born = self._born.get(entity)
        xivo = self._xivo(entity)
        if born:
            pool = NumberPool(make_ranges(born["intervals"]), self.used.get(xivo, set()))
        else:
            pool = make_pool(self.view, entity, self.used)
        listed = self.available.get(entity)
        known = None if listed is None else frozenset(listed)
        if known and pool.free and not any(map(self._usable(xivo, pool), known)):
            known = None  # XiVO lists junk for single numbers [DOMAIN 1.4.2]
        if not born:
            self._say_fallback(entity, pool, known)
        inside = None if stated == "any" else make_ranges(stated)
        numbers = self._in_order(xivo, pool, self._candidates(xivo, pool, known))
        return Supply((n for n in numbers if inside is None or contains(inside, n)), pool)

    def _candidates(self, xivo: str, pool: NumberPool, listed: frozenset[str] | None) -> Iterator[str]:
        """Yield the server's own free numbers first, then what intervals and users say is free."""
        yield from sorted(filter(self._usable(xivo, pool), listed or ()), key=number_order)
        if listed is None or _looks_capped(listed, pool):
            yield from (n for n in pool.numbers() if not listed or n not in listed)

    def _usable(self, xivo: str, pool: NumberPool) -> Callable[[str], bool]:
        """Return the test whether a number lies in the pool and no known user has it."""
        used = self.used.get(xivo, set())
        return lambda number: number not in used and contains(pool.ranges, number)

    def _in_order(self, xivo: str, pool: NumberPool, numbers: Iterable[str]) -> Iterator[str]:
        """Yield the numbers but never_assign's, quarantined ones and those freed by this book at the end."""
        never, later = set(self.plan.options.never_assign), []
        for number in numbers:
            if number in never:
                continue
            if (xivo, number) in self.quarantine:
                later.append(number)
            else:
                yield number
        yield from later
        freed = (n for x, n in self.freed if x == xivo and n not in never and contains(pool.ranges, n))
        yield from sorted(freed, key=number_order)

    def _say_fallback(self, entity: str, pool: NumberPool, listed: frozenset[str] | None) -> None:
        if listed is None and self.view.online:
            self.problems.append(problem("numbers_not_listed", Severity.WARNING, sheet="users", entity=entity))
        elif listed is not None and _looks_capped(listed, pool):
            where = {"sheet": "users", "entity": entity, "listed": str(len(listed)), "free": str(pool.free)}
            self.problems.append(problem("numbers_capped", Severity.INFO, **where))

    def _none_left(self, change: Change) -> Change:
        """Refuse a row for which no number is left, in its entity or in the range it states."""
        asking = sum(c.auto == change.auto and c.entity == change.entity and c.sends for c in self.plan.changes)
        members = {"entity": change.entity, "asking": str(asking)}
        if change.auto == "any":
            return self._refuse(change, "no_number_left", **members)
        if not make_ranges(change.auto):
            return self._refuse(change, "not_an_interval", part=change.auto)
        return self._refuse(change, "no_number_left_in_range", **members, stated=change.auto)

    def _typed(self, change: Change) -> Change:
        """U10: a typed number that the server does not list as free is in use by something that is no user."""
        listed = self.available.get(change.entity)
        takes = change.number if change.sheet == "users" and change.action != "delete" else ""
        if not takes or not listed or takes in listed or (self._xivo(change.entity), takes) in self.freed:
            return change
        beyond = number_order(takes) > max(map(number_order, listed))
        if beyond or not contains(make_ranges(self.view.intervals_of.get(change.entity, "")), takes):
            return change
        return self._refuse(change, "number_not_available", entity=change.entity, value=takes)

    def _refuse(self, change: Change, code: str, **members: str) -> Change:
        where: dict[str, Any] = {"sheet": change.sheet, "row": change.row, "column": "internal_number"}
        self.problems.append(problem(code, **{**where, **members}))
        return change.stopped("refused")


def _looks_capped(listed: frozenset[str], pool: NumberPool) -> bool:
    """Tell whether the server's list stops before the last free number: then absence proves nothing [DOMAIN 1.4.3]."""
    last = max((b for b in pool.blocks()), default=None)
    if last is None or not listed:
        return False
    return max(map(number_order, listed)) < number_order(last.text(last.last)) and len(listed) < pool.free
