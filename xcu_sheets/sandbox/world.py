"""What one running sandbox knows, and one question asked of it."""

import json
from dataclasses import dataclass, field
from typing import Any, Literal

from .forms import Payload, forbidden, not_found
from .settings import Switches
from .shapes import Shape, entity_shape, xivo_shapes
from .state import Row, Store


@dataclass
class World:
    """The state of a sandbox apart from its sockets; sessions map a cookie's token to an administrator's id."""

    store: Store
    switches: Switches
    seed: int
    sessions: dict[str, int] = field(default_factory=dict)
    syncs: int = 0
    rivals: int = 0

    def reset(self) -> None:
        """Put the state back to what the store keeps; sessions of administrators who are there then live on."""
        self.store.restore()
        self.syncs = self.rivals = 0
        there = {row["id"] for row in self.store.all("SELECT id FROM administrators")}
        for token, id_ in list(self.sessions.items()):
            if id_ not in there:
                self.sessions.pop(token, None)


@dataclass(frozen=True)
class Answer:
    """A status and a JSON value; None is an empty body."""

    status: int
    value: Any = None


@dataclass(frozen=True)
class Ask:
    """One call of one administrator; ``payload`` is {} for a GET or DELETE."""

    world: World
    administrator: Row
    payload: Payload

    @property
    def store(self) -> Store:
        """The state that is asked about."""
        return self.world.store

    @property
    def entity_ids(self) -> frozenset[int] | None:
        """The entities this administrator may manage; None is all of them."""
        if self.administrator["super_admin"]:
            return None
        return frozenset(json.loads(self.administrator["entity_ids"]))

    def may_see(self, entity_id: int) -> bool:
        """Say whether the administrator's rights reach an entity."""
        return self.entity_ids is None or entity_id in self.entity_ids

    def require_super_admin(self) -> None:
        """Refuse everybody but a super-administrator."""
        if not self.administrator["super_admin"]:
            raise forbidden()

    def entity(self, combined_id: str) -> Row:
        """Return an entity by combinedId; 404 if it is not there, 403 if it is another's."""
        row = self.store.one("SELECT * FROM entities WHERE combined_id = ?", combined_id)
        if row is None:
            raise not_found(f"Entity {combined_id}")
        if not self.may_see(row["id"]):
            raise forbidden()
        return row

    def visible_entities(self) -> list[Row]:
        """Return the entities that the administrator's rights reach, by id."""
        rows = self.store.all("SELECT * FROM entities ORDER BY id")
        return [row for row in rows if self.may_see(row["id"])]

    def shown_entity(self, row: Row) -> Shape:
        """Show an entity with its XiVO inside."""
        return entity_shape(row, xivo_shapes(self.store))

    def written(self, verb: Literal["POST", "PUT"], id_: int, shape: Shape) -> Answer:
        """Answer a successful write as the switch ``post_answer`` says: 201 to a POST, 200 to a PUT."""
        status = 201 if verb == "POST" else 200
        values: dict[str, Any] = {"nothing": None, "id": {"id": id_}, "object": shape}
        return Answer(status, values[self.world.switches.post_answer])


def found(row: Row | None, what: str) -> Row:
    """Return a row that must be there, or raise the 404."""
    if row is None:
        raise not_found(what)
    return row
