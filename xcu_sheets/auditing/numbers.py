"""Findings on numbers and intervals; the number of each rule in DOMAIN section 2 is beside it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from ..model.problems import Severity
from ..rules.numbering import Range, contains, make_ranges, overlap
from .findings import Finding, make_finding
from .scene import Entity, Scene, groups


def numbers_twice(scene: Scene) -> Iterator[Finding]:
    """U8: a number belongs to one user of a XiVO."""
    for (xivo, number), users in groups(scene.users, lambda user: (user.xivo, user.number)):
        yield make_finding(
            "number_twice", Severity.ERROR, (u.member for u in users), number=number, xivo=xivo, count=str(len(users))
        )


def numbers_on_several_xivos(scene: Scene) -> Iterator[Finding]:
    """U9: a number used on another XiVO, too, is worth knowing; intervals may overlap there by design."""
    for (number,), users in groups(scene.users, lambda user: (user.number,)):
        xivos = sorted({user.xivo for user in users})
        if len(xivos) > 1:
            members = (user.member for user in users)
            yield make_finding("number_on_several_xivos", Severity.INFO, members, number=number, xivos=", ".join(xivos))


def users_outside(scene: Scene) -> Iterator[Finding]:
    """U7: a number lies in its entity's intervals; where one of these cannot be read, nobody can tell."""
    entities = {entity.key: entity for entity in scene.entities if not entity.broken}
    for user in scene.users:
        entity = entities.get(user.entity)
        if entity and user.number and not contains(entity.ranges, user.number):
            intervals = ", ".join(entity.parts) or "-"
            where = {"number": user.number, "entity": entity.member.label, "intervals": intervals}
            yield make_finding("user_outside_intervals", Severity.WARNING, [user.member], **where)


def intervals_malformed(scene: Scene) -> Iterator[Finding]:
    """E1: digits, the same number of them at both ends, the lower end first."""
    for entity in scene.entities:
        if entity.broken:
            params = {"parts": ", ".join(entity.broken), "entity": entity.member.label}
            yield make_finding("interval_malformed", Severity.ERROR, [entity.member], **params)


def intervals_overlapping(scene: Scene) -> Iterator[Finding]:
    """E3: no number stands in two intervals of one entity."""
    for entity in scene.entities:
        ranges = map(make_ranges, entity.parts)
        shared = next((found for one, other in combinations(ranges, 2) if (found := overlap(one, other))), None)
        if shared:
            params = {"part": _shown(shared), "entity": entity.member.label}
            yield make_finding("intervals_overlap", Severity.ERROR, [entity.member], **params)


def entities_overlapping(scene: Scene) -> Iterator[Finding]:
    """E4: no number belongs to two entities of one XiVO."""
    for one, other, shared in _shared(scene, same_xivo=True):
        yield _between("intervals_overlap_entity", Severity.WARNING, one, other, shared)


def xivos_overlapping(scene: Scene) -> Iterator[Finding]:
    """E5: overlaps between XiVOs are allowed, and worth knowing."""
    for one, other, shared in _shared(scene, same_xivo=False):
        yield _between("intervals_overlap_xivo", Severity.INFO, one, other, shared)


def _shared(scene: Scene, *, same_xivo: bool) -> Iterator[tuple[Entity, Entity, Range]]:
    for one, other in combinations(scene.entities, 2):
        if (one.xivo == other.xivo) is same_xivo and (shared := overlap(one.ranges, other.ranges)):
            yield one, other, shared


def _between(rule: str, severity: Severity, one: Entity, other: Entity, shared: Range) -> Finding:
    members = [one.member, other.member]
    params = {"part": _shown(shared), "one": one.member.label, "other": other.member.label}
    return make_finding(rule, severity, members, **params)


def _shown(shared: Range) -> str:
    first, last = shared.text(shared.first), shared.text(shared.last)
    return first if first == last else f"{first}-{last}"
