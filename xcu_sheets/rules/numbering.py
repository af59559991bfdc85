"""Numbers of an entity: its intervals as ranges, what is free in them, and which one to take next.

A number is text: `0100` and `100` differ, and an interval holds only numbers of its own length [DOMAIN 1.4.2].
Ranges are never expanded: one mistyped interval can span millions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from ..model.kinds import BadCell, parse_intervals
from ..model.resources import NUMBERS
from ..model.snapshot import text_frame
from ..model.view import View


@dataclass(frozen=True, order=True)
class Range:
    """The numbers `first` to `last`, all of `length` digits."""

    length: int
    first: int
    last: int

    @property
    def size(self) -> int:
        """How many numbers it holds."""
        return self.last - self.first + 1

    def text(self, value: int) -> str:
        """Return one of its numbers as text, leading zeros included."""
        return f"{value:0{self.length}d}"


def make_ranges(intervals: str) -> list[Range]:
    """Return the ranges of an intervals cell, sorted, touching ones merged; an unreadable cell has none."""
    try:
        found = parse_intervals(intervals) if intervals else []
    except BadCell:
        return []
    ranges = sorted(Range(len(i["start"]), int(i["start"]), int(i["end"] or i["start"])) for i in found)
    merged: list[Range] = []
    for item in ranges:
        last = merged[-1] if merged else None
        if last and last.length == item.length and item.first <= last.last + 1:
            merged[-1] = Range(last.length, last.first, max(last.last, item.last))
        else:
            merged.append(item)
    return merged


def contains(ranges: Iterable[Range], number: str) -> bool:
    """Tell whether a number lies in one of the ranges, its length included."""
    if not (number.isascii() and number.isdecimal()):
        return False
    return any(r.length == len(number) and r.first <= int(number) <= r.last for r in ranges)


def with_lost_zeros(ranges: Iterable[Range], number: str) -> str:
    """Return the one number of the ranges that a number was before it lost leading zeros, blank where none or several.

    A spreadsheet makes 612 of 0612.
    """
    lengths = {r.length for r in ranges if r.length > len(number)}
    found = [padded for length in lengths if contains(ranges, padded := number.zfill(length))]
    return found[0] if len(found) == 1 else ""


def overlap(one: Iterable[Range], other: Iterable[Range]) -> Range | None:
    """Return a range that two sets of ranges share, None where they share nothing."""
    others = list(other)
    for a in one:
        for b in others:
            if a.length == b.length and a.first <= b.last and b.first <= a.last:
                return Range(a.length, max(a.first, b.first), min(a.last, b.last))
    return None


class NumberPool:
    """The free numbers of one entity: its ranges less the numbers in use on its XiVO."""

    def __init__(self, ranges: Iterable[Range], used: Collection[str]) -> None:
        self.ranges = list(ranges)
        self._used = {r: sorted({int(n) for n in used if contains([r], n)}) for r in self.ranges}

    @property
    def capacity(self) -> int:
        """How many numbers the ranges hold."""
        return sum(r.size for r in self.ranges)

    @property
    def used(self) -> int:
        """How many of them are taken."""
        return sum(map(len, self._used.values()))

    @property
    def free(self) -> int:
        """How many of them are free."""
        return self.capacity - self.used

    def blocks(self) -> Iterator[Range]:
        """Yield the runs of free numbers, in ascending order."""
        for range_ in self.ranges:
            start = range_.first
            for taken in [*self._used[range_], range_.last + 1]:
                if taken > start:
                    yield Range(range_.length, start, taken - 1)
                start = taken + 1

    def numbers(self) -> Iterator[str]:
        """Yield the free numbers, lowest first, shorter ones before longer ones."""
        for block in self.blocks():
            for value in range(block.first, block.last + 1):
                yield block.text(value)


def number_order(number: str) -> tuple[int, str]:
    """Return the key by which numbers are sorted: length, then value."""
    return len(number), number


def used_numbers(view: View) -> dict[str, set[str]]:
    """Return, by XiVO name, the internal numbers of its known users."""
    users = view.frame("users")
    used: dict[str, set[str]] = defaultdict(set)
    if len(users):
        for entity, number in zip(users["entity"], users["internal_number"], strict=True):
            used[view.xivo_of.get(entity, entity)].add(number)
    return used


def make_pool(view: View, entity: str, used: Mapping[str, set[str]]) -> NumberPool:
    """Return the pool of one entity; `used` comes from `used_numbers`."""
    taken = used.get(view.xivo_of.get(entity, entity), set())
    return NumberPool(make_ranges(view.intervals_of.get(entity, "")), taken)


def numbers_frame(view: View) -> pd.DataFrame:
    """Return the `numbers` sheet: per entity, capacity, used, free, next free number, longest free block."""
    used = used_numbers(view)
    columns: dict[str, list[str]] = {name: [] for name in NUMBERS.columns}
    for entity in view.intervals_of:
        pool = make_pool(view, entity, used)
        blocks = list(pool.blocks())
        longest = max(blocks, key=lambda b: b.size, default=None)
        row = {
            "entity": entity,
            "capacity": str(pool.capacity),
            "used": str(pool.used),
            "free": str(pool.free),
            "next_free_number": blocks[0].text(blocks[0].first) if blocks else "",
            "longest_free_block": f"{longest.text(longest.first)}-{longest.text(longest.last)}" if longest else "",
        }
        for name, value in row.items():
            columns[name].append(value)
    return text_frame(columns)
