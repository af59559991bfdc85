"""What number somebody gets who moves: kept, kept where it is free, chosen, or shifted by its prefix."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from ..model.kinds import BadCell, parse_intervals, render_intervals
from ..model.text import fold
from ..model.view import View
from ..rules.numbering import NumberPool, contains, make_ranges, number_order, used_numbers
from .sheets import ASSIGN, KEEP, KEEP_FREE, NUMBER_RULES, word_of

_SHIFT = re.compile(r"([0-9]*)([xX]+)\s*(?:->|→|=>)\s*([0-9]*)([xX]+)\Z")


@dataclass(frozen=True)
class Shift:
    """Numbers of `length` digits that begin with `before` begin with `after` instead."""

    before: str
    after: str
    length: int

    def apply(self, number: str) -> str:
        """Return the shifted number, blank for one that this shift is not about."""
        fits = len(number) == self.length and number.startswith(self.before) and number.isdecimal()
        return self.after + number[len(self.before) :] if fits else ""


@dataclass(frozen=True)
class NumberRule:
    """One cell of the mapping: a word of NUMBER_RULES, or shifts (then `word` is blank)."""

    word: str = KEEP
    shifts: tuple[Shift, ...] = ()

    def shifted(self, number: str) -> str:
        """Return a number as the first fitting shift makes it, blank where none fits."""
        return next(filter(None, (shift.apply(number) for shift in self.shifts)), "")


def parse_rule(text: str) -> NumberRule | None:
    """Return the rule that a cell says, None where it says none."""
    if word_of(text) in NUMBER_RULES:
        return NumberRule(word_of(text))
    found = [_SHIFT.match(part.strip()) for part in re.split("[,;\n]", text) if part.strip()]
    shifts = [
        Shift(m[1], m[3], len(m[1]) + len(m[2])) for m in found if m and len(m[2]) == len(m[4]) and (m[1] or m[3])
    ]
    return NumberRule("", tuple(shifts)) if shifts and len(shifts) == len(found) else None


def shift_intervals(rule: NumberRule, intervals: str) -> str:
    """Return intervals whose ends are shifted as their numbers are; those that no shift is about stay as they are."""
    try:
        parsed = parse_intervals(intervals) if intervals else []
    except BadCell:
        return intervals
    return render_intervals([_shifted(rule, interval) for interval in parsed])


def _shifted(rule: NumberRule, interval: Mapping[str, str]) -> Mapping[str, str]:
    start, end = rule.shifted(interval["start"]), rule.shifted(interval["end"] or interval["start"])
    if not start or not end or len(start) != len(end) or end < start:
        return interval
    return {"start": start, "end": end if interval["end"] else ""}


@dataclass
class Stock:
    """The numbers of the target: what is in use, and what people who move have been given so far.

    `listed` holds, by entity, what the server itself lists as free, None or absent where it was not asked or did not
    answer: a group or queue may hold a number that no user has.
    """

    view: View
    listed: Mapping[str, Collection[str] | None]
    taken: dict[str, set[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.taken = {xivo: set(numbers) for xivo, numbers in used_numbers(self.view).items()}

    def is_free(self, entity: str, xivo: str, intervals: str, number: str) -> bool:
        """Tell whether a number can be given in an entity (a combinedId, blank for one that is still to be made)."""
        if number in self.taken.get(xivo, ()) or not contains(make_ranges(intervals), number):
            return False
        listed = self.listed.get(entity)
        return not listed or number in listed or number_order(number) > max(map(number_order, listed))

    def spare(self, entity: str, xivo: str, intervals: str) -> str:
        """Return the last free number of an entity and let nobody else have it; blank where there is none."""
        pool = NumberPool(make_ranges(intervals), self.taken.get(xivo, set()))
        numbers = (b.text(n) for b in reversed(list(pool.blocks())) for n in range(b.last, b.first - 1, -1))
        found = next((n for n in numbers if self.is_free(entity, xivo, intervals, n)), "")
        self.take(xivo, found)
        return found

    def take(self, xivo: str, number: str) -> None:
        """Let nobody else have a number."""
        self.taken.setdefault(xivo, set()).add(number)


def wants_list(rule: NumberRule) -> bool:
    """Tell whether the server's own list of free numbers decides who keeps theirs."""
    return rule.word == KEEP_FREE


def is_assigned(text: str) -> bool:
    """Tell whether an exception asks for a free number."""
    return word_of(text) == ASSIGN or fold(text) == "auto"
