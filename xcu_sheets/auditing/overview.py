"""How full a server is: users and slots per XiVO, numbers per entity."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

from ..model.problems import Severity
from ..model.text import safe_text
from ..rules.numbering import NumberPool, contains
from .findings import Finding, Member, make_finding
from .scene import Entity, Scene

NEXT_SHOWN = 3


@dataclass(frozen=True)
class XivoLine:
    """One XiVO: `users` are the slots used, `slots_left` is None where the server does not tell."""

    member: Member
    entities: int
    users: int
    slots_left: int | None

    @property
    def share(self) -> float | None:
        """The part of its slots that is used, 0 to 1; None where that is not known."""
        total = self.users + (self.slots_left or 0)
        return self.users / total if total and self.slots_left is not None else None


@dataclass(frozen=True)
class EntityLine:
    """One entity: `used` are the numbers of its intervals that are taken by anybody on its XiVO.

    `outside` are its users with a number outside. `known` is False where its users could not be read: then all but
    the capacity says nothing.
    """

    member: Member
    xivo: str
    intervals: str
    capacity: int
    used: int
    users: int
    outside: int
    next_free: tuple[str, ...]
    longest_free: str
    longest_size: int
    known: bool = True

    @property
    def free(self) -> int:
        """How many numbers are free."""
        return self.capacity - self.used

    @property
    def share(self) -> float | None:
        """The fill rate, 0 to 1; None where it has no numbers or is not known."""
        return self.used / self.capacity if self.capacity and self.known else None


def xivo_lines(scene: Scene) -> list[XivoLine]:
    """Return the XiVOs in the order of their sheet."""
    entities, users = Counter(e.xivo for e in scene.entities), Counter(u.xivo for u in scene.users)
    lines = []
    for member, cells in scene.rows("xivos"):
        entry = scene.view.directory.find("xivos", "id", member.id)
        name = entry.label if entry else cells["name"]
        member = replace(member, label=safe_text(name))
        lines.append(XivoLine(member, entities[name], users[name], _whole(cells["remaining_slots"])))
    return lines


def _whole(text: str) -> int | None:
    try:
        return int(text)
    except ValueError:
        return None


def entity_lines(scene: Scene) -> list[EntityLine]:
    """Return the entities in the order of their sheet."""
    users, outside = Counter(u.entity for u in scene.users), _outside(scene)
    return [_entity_line(scene, entity, users[entity.key], outside[entity.key]) for entity in scene.entities]


def _outside(scene: Scene) -> Counter[str]:
    ranges = {entity.key: entity.ranges for entity in scene.entities}
    return Counter(u.entity for u in scene.users if u.number and not contains(ranges.get(u.entity, ()), u.number))


def _entity_line(scene: Scene, entity: Entity, users: int, outside: int) -> EntityLine:
    pool = NumberPool(entity.ranges, scene.used.get(entity.xivo, set()))
    longest = max(pool.blocks(), key=lambda block: block.size, default=None)
    return EntityLine(
        entity.member,
        safe_text(entity.xivo),
        safe_text(", ".join((*entity.parts, *entity.broken)), 2000),
        pool.capacity,
        pool.used,
        users,
        outside,
        tuple(islice(pool.numbers(), NEXT_SHOWN)),
        f"{longest.text(longest.first)}-{longest.text(longest.last)}" if longest else "",
        longest.size if longest else 0,
        known=entity.key not in scene.view.unreadable,
    )


def xivos_full(scene: Scene) -> Iterator[Finding]:
    """U14: a XiVO has a slot left for the next user."""
    for line in xivo_lines(scene):
        if line.slots_left is not None and line.slots_left <= 0:
            params = {"xivo": line.member.label, "users": str(line.users)}
            yield make_finding("xivo_full", Severity.WARNING, [line.member], **params)
