"""Another administrator who is quicker: he takes the number that a call is about to use."""

import json
from contextlib import suppress
from typing import Any

from .forms import Refusal
from .shapes import template_shape
from .state import Restored, Row
from .templates import is_offered
from .users import create_user
from .world import Ask, World


def take_number(world: World, body: bytes, of_round: int, *, same_names: bool) -> None:
    """Create a user with the entity and number of the body of a POST /users; nothing happens where that is refused.

    His names are Rival and Rival 1, 2 ... in the order of the rivals, or those of the body.
    """
    with suppress(Refusal, Restored, ValueError), world.store.within(of_round), world.store.transaction():
        wanted = _wanted(body)
        administrator = world.store.one("SELECT * FROM administrators WHERE super_admin ORDER BY id")
        template_id = _template(world, wanted.get("entityCId"))
        if administrator is None or template_id is None:
            return
        names = wanted if same_names else {"firstName": "Rival", "lastName": f"Rival {world.rivals + 1}"}
        keys = ("entityCId", "internalNumber", "firstName", "lastName")
        payload = {key: {**wanted, **names}.get(key) for key in keys}
        create_user(Ask(world, administrator, {**payload, "templateId": template_id}))
        world.rivals += 1


def _wanted(body: bytes) -> dict[str, Any]:
    """Return the payload of a call; raises ValueError for what is none."""
    wanted = json.loads(body)
    if not isinstance(wanted, dict):
        raise ValueError("a payload is an object")
    return wanted


def _template(world: World, combined_id: object) -> int | None:
    """Return the first template that is offered to an entity."""
    entity = world.store.one("SELECT * FROM entities WHERE combined_id = ?", str(combined_id))
    rows = world.store.all("SELECT * FROM templates ORDER BY id")
    return next((_id(row) for row in rows if entity and is_offered(template_shape(row), entity)), None)


def _id(row: Row) -> int:
    return int(row["id"])
