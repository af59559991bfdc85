"""Where a probe takes place: its entity, another one beside it, free numbers, and what was there before."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from ...model.directory import Directory, Unresolved
from ...model.errors import ApiError, Refused, XcuError
from ...model.records import Record, keys_of
from ...model.resources import ENTITIES, TEMPLATES, USERS, XIVOS
from ...model.snapshot import Snapshot, cell_text
from ...model.text import safe_text
from ...rules.numbering import contains, make_ranges, number_order
from ...server import Client


@dataclass(frozen=True)
class ProbeSite:
    """What a probe works on.

    `numbers` are one or two free ones, the first of them free in `other` too where there is such a number. `places` are
    the users that the XiVO still takes. `other` is another entity of the same XiVO, None where the login sees none;
    `free_there` are its free numbers, None where they were not asked for. `template` is an existing one, offered to
    both or at least to the entity. `started` are the ids that were there before, by sheet.
    """

    run_id: str
    server: str
    login: str
    xivo_uuids: tuple[str, ...]
    entity: Record
    numbers: tuple[str, ...]
    places: int
    other: Record | None
    free_there: tuple[str, ...] | None
    template: Record | None
    directory: Directory
    started: Mapping[str, tuple[str, ...]]
    avoid: frozenset[str]

    @property
    def cid(self) -> str:
        """The entity's combinedId."""
        return str(self.entity["combinedId"])

    @property
    def xivo(self) -> str:
        """The name of the XiVO."""
        return str(self.entity["xivo"].get("name") or "")

    def numbers_there(self, client: Client) -> list[str]:
        """Return the free numbers of the other entity in ascending order; raises ApiError."""
        cid = str(self.other["combinedId"]) if self.other else ""
        listed = client.available_numbers(cid) if self.free_there is None else self.free_there
        return _usable(listed, {*self.avoid, *self.numbers})


def find_site(client: Client, name: str, *, run_id: str, avoid: Collection[str] = ()) -> ProbeSite:
    """Look for what a probe of an entity needs; `name` is what `export --entity` takes. Nothing is written.

    `avoid` are numbers never to be used. Raises XcuError where the entity is not found, has no free number, or its XiVO
    no place; ApiError where a list cannot be read.
    """
    lists = {r.name: client.list_records(r) for r in (XIVOS, ENTITIES)}
    entity = _find(name, Snapshot(client.origin, client.login_name, "", lists))
    lists[TEMPLATES.name] = _templates(client)
    lists[USERS.name] = client.list_records(USERS, str(entity["combinedId"]))
    world = Snapshot(client.origin, client.login_name, "", lists)
    free = _usable(client.available_numbers(str(entity["combinedId"])), {*map(str, avoid), *_taken(lists[USERS.name])})
    other, free_there = _neighbour(client, world, entity, free)
    both = {*(free_there or ())}
    shared = [number for number in free if number in both]
    places = _places(entity)
    return ProbeSite(
        run_id=run_id,
        server=world.server,
        login=world.login,
        xivo_uuids=world.xivo_uuids,
        entity=entity,
        numbers=_choose(free, shared, places),
        places=places,
        other=other,
        free_there=free_there,
        template=_offered(lists[TEMPLATES.name], entity, other),
        directory=world.directory,
        started={sheet: tuple(str(r["id"]) for r in lists[sheet]) for sheet in (USERS.name, TEMPLATES.name)},
        avoid=frozenset(map(str, avoid)),
    )


def entity_of(user: Record) -> str:
    """Return the combinedId of a user's entity."""
    return "".join(keys_of(user.get("entity"), "combinedId")[:1])


def offers(template: Record, entity: Record) -> bool:
    """Tell whether a template names an entity or its XiVO."""
    named = str(entity["combinedId"]) in keys_of(template.get("entities"), "combinedId")
    return named or str(entity["xivo"]["id"]) in keys_of(template.get("xivos"), "id")


def _find(name: str, world: Snapshot) -> Record:
    try:
        entry = world.directory.resolve(ENTITIES.name, name)
    except Unresolved as failed:
        several = failed.params.get("candidates")
        known = several or ", ".join(world.directory.labels(ENTITIES.name))
        if several:
            raise XcuError(
                "--entity means several entities: write one of {known}", known=safe_text(known, 400)
            ) from None
        raise XcuError("--entity means no entity: write one of {known}", known=safe_text(known, 400)) from None
    found = next(e for e in world.records[ENTITIES.name] if str(e["combinedId"]) == entry.keys["combinedId"])
    if not isinstance(found.get("xivo"), Mapping) or "id" not in found["xivo"]:
        raise XcuError(
            "the server does not say on which XiVO {label} is: nothing can be tried there", label=safe_text(entry.label)
        )
    return found


def _templates(client: Client) -> list[Record]:
    """Return the templates; one who may not see them may not make one either, and is told so later."""
    try:
        return client.list_records(TEMPLATES)
    except Refused:
        return []


def _taken(users: Sequence[Record]) -> set[str]:
    return {str(user.get("internalNumber")) for user in users}


def _usable(numbers: Sequence[str], avoid: Collection[str]) -> list[str]:
    """Return the numbers that may be used in ascending order; a probe takes the last, an import the first."""
    return sorted({*numbers} - {*avoid}, key=number_order)


def _neighbour(
    client: Client, world: Snapshot, entity: Record, free: Sequence[str]
) -> tuple[Record | None, tuple[str, ...] | None]:
    """Return another entity of the XiVO, if possible one that may have some of these numbers, and its free ones."""
    beside = [
        e
        for e in world.records[ENTITIES.name]
        if e["combinedId"] != entity["combinedId"] and keys_of(e.get("xivo"), "id") == keys_of(entity["xivo"], "id")
    ]
    for other in beside:
        ranges = make_ranges(cell_text(ENTITIES.by_name["intervals"], other, world.directory))
        if any(contains(ranges, number) for number in free):
            return other, _listed(client, other)
    return (beside[0] if beside else None), None


def _listed(client: Client, entity: Record) -> tuple[str, ...] | None:
    try:
        return tuple(client.available_numbers(str(entity["combinedId"])))
    except ApiError:
        return None


def _places(entity: Record) -> int:
    slots = entity["xivo"].get("remainingSlots")
    return slots if isinstance(slots, int) else 2


def _choose(free: Sequence[str], shared: Sequence[str], places: int) -> tuple[str, ...]:
    """Return the numbers to use: two, or one where there is but one number, or one place on the XiVO."""
    if places < 1:
        raise XcuError("the XiVO has no place for a user left: probe an entity of another XiVO")
    if not free:
        raise XcuError("the entity has no free number: probe another one, or widen its intervals")
    first = shared[-1] if shared else free[-1]
    # Outside what both may have, so that a move tells whether a number may go along.
    rest = sorted((number for number in free if number != first), key=lambda number: number not in shared)
    return (first, *rest[-1:]) if places > 1 else (first,)


def _offered(templates: Sequence[Record], entity: Record, other: Record | None) -> Record | None:
    here = [t for t in templates if offers(t, entity)]
    both = [t for t in here if other and offers(t, other)]
    return next(iter([*both, *here]), None)
