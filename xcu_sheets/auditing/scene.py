"""A server prepared for being looked at: its users and entities as values, each with its row in an export."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import pandas as pd

from ..model.kinds import INTERVALS
from ..model.resources import RESOURCES
from ..model.snapshot import FIRST_ROW, natural_order, text_rows
from ..model.text import join_list, safe_text, split_list
from ..model.view import View
from ..rules.numbering import Range, make_ranges, used_numbers
from .findings import Member

Key = tuple[str, ...]


@dataclass(frozen=True)
class Entity:
    """An entity: `key` is its combinedId, `xivo` the name of its XiVO.

    `parts` are its intervals that can be read, `broken` those that cannot.
    """

    member: Member
    key: str
    xivo: str
    parts: tuple[str, ...]
    broken: tuple[str, ...]
    ranges: tuple[Range, ...]


@dataclass(frozen=True)
class User:
    """A user: `entity` is a combinedId, `xivo` the name of its XiVO."""

    member: Member
    entity: str
    xivo: str
    number: str
    login: str
    first_name: str
    last_name: str


@dataclass(frozen=True)
class Scene:
    """All that the rules look at."""

    view: View

    @cached_property
    def frames(self) -> dict[str, pd.DataFrame]:
        """The sheets as an export would order them; what could not be read is missing."""
        frames = self.view.frames
        return {name: natural_order(RESOURCES[name], frames[name].rename_axis(index=None)) for name in frames}

    def rows(self, sheet: str, label: str = "name") -> Iterator[tuple[Member, dict[str, str]]]:
        """Yield each record of a sheet with its cells; `label` is the column it is called by."""
        frame = self.frames.get(sheet)
        if frame is None:
            return
        for row, (id_, cells) in enumerate(zip(frame.index, text_rows(frame), strict=True), FIRST_ROW):
            yield Member(sheet, str(id_), row, safe_text(cells[label])), cells

    @cached_property
    def entities(self) -> list[Entity]:
        """The entities that the server lists."""
        return [_entity(self.place(c["combined_id"]), m, c) for m, c in self.rows("entities", "combined_id")]

    @cached_property
    def users(self) -> list[User]:
        """The users that could be read."""
        return [self._user(member, cells) for member, cells in self.rows("users", "last_name")]

    @cached_property
    def used(self) -> dict[str, set[str]]:
        """By XiVO, the numbers of its users."""
        return used_numbers(self.view)

    @cached_property
    def listed(self) -> frozenset[str]:
        """The entities that the server lists, as a cell names them."""
        return frozenset(self.view.directory.labels("entities"))

    def place(self, key: str) -> str:
        """Return what people call an entity."""
        entry = self.view.directory.find("entities", "combinedId", key)
        return safe_text(entry.said if entry else key)

    def _user(self, member: Member, cells: dict[str, str]) -> User:
        entity, number = cells["entity"], cells["internal_number"]
        label = safe_text(f"{cells['first_name']} {cells['last_name']}".strip())
        shown = replace(
            member, label=label, number=safe_text(number), entity=safe_text(entity, 300), place=self.place(entity)
        )
        xivo = self.view.xivo_of.get(entity, entity)
        return User(shown, entity, xivo, number, cells["cti_login"], cells["first_name"], cells["last_name"])


def _entity(place: str, member: Member, cells: dict[str, str]) -> Entity:
    parts = split_list(cells["intervals"])
    good = tuple(part for part in parts if not INTERVALS.fault(part))
    key = cells["combined_id"]
    shown = Member("entities", member.id, member.row, place, entity=safe_text(key, 300), place=place)
    broken = tuple(part for part in parts if part not in good)
    return Entity(shown, key, cells["xivo"], good, broken, tuple(make_ranges(join_list(good))))


def groups(users: Iterable[User], key: Callable[[User], Key]) -> Iterator[tuple[Key, list[User]]]:
    """Yield the users who share a key with somebody, by key; a key with a blank part is none."""
    found: dict[Key, list[User]] = defaultdict(list)
    for user in users:
        found[key(user)].append(user)
    yield from ((shared, some) for shared, some in found.items() if len(some) > 1 and all(shared))
