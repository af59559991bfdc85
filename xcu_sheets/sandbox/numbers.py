"""Internal numbers and the intervals that hold them, as XiVO reads them.

An interval whose ``end`` is "" is the single number ``start`` (XiVO stores numberend = '' for it). Both ends have the
same length, and a number belongs to an interval only if its length is theirs ("0100" is not "100").
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any

Interval = Mapping[str, Any]


def is_number(text: object) -> bool:
    """Say whether a value is a text of ASCII digits."""
    return isinstance(text, str) and text.isascii() and text.isdigit()


def bounds(interval: Interval) -> tuple[str, str]:
    """Return first and last number of an interval."""
    return interval["start"], interval["end"] or interval["start"]


def contains(intervals: Iterable[Interval], number: str) -> bool:
    """Say whether a number lies in one of the intervals; those that XiVO calls wrong hold none."""
    ends = (bounds(interval) for interval in intervals if is_well_formed(interval))
    return any(len(start) == len(number) and start <= number <= end for start, end in ends)


def expand(intervals: Iterable[Interval]) -> Iterator[str]:
    """Yield every number of the intervals in their order, leading zeros kept; those that XiVO calls wrong hold none."""
    for start, end in map(bounds, filter(is_well_formed, intervals)):
        width = len(start)
        for value in range(int(start), int(end) + 1):
            yield str(value).zfill(width)


def is_well_formed(interval: object) -> bool:
    """Say whether an interval is start digits and an end that is "" or digits of the same length, not before start."""
    if not isinstance(interval, Mapping) or not is_number(interval.get("start")):
        return False
    start, end = str(interval["start"]), interval.get("end")
    return end == "" or (isinstance(end, str) and is_number(end) and len(end) == len(start) and start <= end)


def overlap(intervals: Iterable[Interval]) -> bool:
    """Say whether two intervals share a number."""
    ordered = sorted(map(bounds, intervals), key=lambda ends: (len(ends[0]), ends[0]))
    return any(len(first[1]) == len(second[0]) and second[0] <= first[1] for first, second in pairwise(ordered))
