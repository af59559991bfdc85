"""Source and target as a pair: what their migration is called, whether they are one, and what to ask the target."""

from __future__ import annotations

from hashlib import sha256

from ..model.view import View
from .mapping import MoveMap
from .numbers import wants_list
from .sheets import CREATE, LEAVE


def migration_id(source: View, path: str, target: View) -> str:
    """Return the id of the book that moves people from one server to another: always the same for these two.

    `path` stands for a source that does not say which server it is of.
    """
    parts = (source.server or path, *source.xivo_uuids, "->", target.server, *target.xivo_uuids)
    return sha256("\x1f".join(parts).encode()).hexdigest()[:16]


def are_one_server(source: View, target: View) -> bool:
    """Tell whether people move inside one server: between entities."""
    return bool(set(source.xivo_uuids) & set(target.xivo_uuids))


def lists_wanted(move_map: MoveMap, source: View, target: View) -> list[str]:
    """Return the target's entities of which the server's own list of free numbers is worth one call each."""
    moving = {cid: p for cid, p in move_map.places.items() if p.target != LEAVE}
    kept = {p.target for p in moving.values() if wants_list(p.numbers) and p.target != CREATE}
    return sorted(kept | set(moving if are_one_server(source, target) else ()))
