"""Numbers that users would pass round in a ring: none of them is free before another one is."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from .plan import Change


def number_rings(changes: Iterable[Change], xivo_of: Callable[[str], str]) -> list[list[Change]]:
    """Return the rings among the updates of users, each in the order in which its numbers are handed on.

    In `A 2001 -> 2002, B 2002 -> 2001` each waits for the other: one of them must step aside to a free number first.
    """
    moves = [c for c in changes if c.sheet == "users" and c.action == "update" and c.number and c.old_number]
    holder = {(xivo_of(c.entity), c.old_number): c for c in moves}
    rings: list[list[Change]] = []
    settled: set[int] = set()
    for start in moves:
        path: list[Change] = []
        change: Change | None = start
        while change and change.row not in settled and change not in path:
            path.append(change)
            change = holder.get((xivo_of(change.entity), change.number))
        if change in path:
            rings.append(path[path.index(change) :])
        settled |= {c.row for c in path}
    return rings
