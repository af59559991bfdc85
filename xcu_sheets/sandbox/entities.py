"""The section Entities of the API document."""

import json
from typing import Any

from .forms import Form, Refusal, unknown_keys
from .numbers import expand, is_well_formed, overlap
from .shapes import entity_shape, user_shape, xivo_shapes
from .state import Row, to_json
from .world import Answer, Ask

KNOWN = ("id", "combinedId", "name", "displayName", "xivo", "xivoId", "intervals", "presentedNumber")

# XiVO's own rules for the name of a context and for its display name.
NAME = r"(?!(?i:xivo)-)[a-zA-Z0-9_-]{1,39}"
DISPLAY_NAME = r"[^\x00-\x1f\x7f]{3,128}"


def list_entities(ask: Ask) -> Answer:
    """GET /entities: those the administrator may manage."""
    xivos = xivo_shapes(ask.store)
    return Answer(200, {"items": [entity_shape(row, xivos) for row in ask.visible_entities()]})


def get_entity(ask: Ask, combined_id: str) -> Answer:
    """GET /entities/$combinedId."""
    return Answer(200, ask.shown_entity(ask.entity(combined_id)))


def create_entity(ask: Ask) -> Answer:
    """POST /entities."""
    ask.require_super_admin()
    values = _read(ask, old=None)
    id_ = ask.store.run(
        "INSERT INTO entities (combined_id, name, display_name, xivo_id, intervals, presented_number, extra)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        *values,
    )
    return ask.written("POST", id_, ask.shown_entity(ask.entity(values[0])))


def edit_entity(ask: Ask, combined_id: str) -> Answer:
    """PUT /entities/$combinedId: full replacement; a new name is a new combinedId, which templates follow."""
    old = ask.entity(combined_id)
    values = _read(ask, old=old)
    ask.store.run(
        "UPDATE entities SET combined_id = ?, name = ?, display_name = ?, xivo_id = ?, intervals = ?,"
        " presented_number = ?, extra = ? WHERE id = ?",
        *values,
        old["id"],
    )
    if values[0] != combined_id:
        _rename_in_templates(ask, combined_id, [values[0]])
    return ask.written("PUT", old["id"], ask.shown_entity(ask.entity(values[0])))


def delete_entity(ask: Ask, combined_id: str) -> Answer:
    """DELETE /entities/$combinedId: not while users are attached to it."""
    row = ask.entity(combined_id)
    ask.require_super_admin()
    if ask.store.one("SELECT 1 FROM users WHERE entity_id = ?", row["id"]):
        raise Refusal(400, {"error": f"Entity {combined_id} still has users"})
    ask.store.run("DELETE FROM entities WHERE id = ?", row["id"])
    _rename_in_templates(ask, combined_id, [])
    return Answer(204)


def list_users(ask: Ask, combined_id: str) -> Answer:
    """GET /entities/$combinedId/users."""
    row = ask.entity(combined_id)
    entity = ask.shown_entity(row)
    users = ask.store.all("SELECT * FROM users WHERE entity_id = ? ORDER BY id", row["id"])
    return Answer(200, {"items": [user_shape(user, entity, ask.world.switches, listed=True) for user in users]})


def list_available_numbers(ask: Ask, combined_id: str) -> Answer:
    """GET /entities/$combinedId/available_numbers: the intervals less the numbers taken on their XiVO."""
    row = ask.entity(combined_id)
    rows = ask.store.all("SELECT internal_number FROM users WHERE xivo_id = ?", row["xivo_id"])
    taken = {user["internal_number"] for user in rows}
    return Answer(200, {"items": [number for number in expand(json.loads(row["intervals"])) if number not in taken]})


def _read(ask: Ask, *, old: Row | None) -> tuple[Any, ...]:
    """Return the columns of an entity from its payload, or raise the 400."""
    form = Form(ask.payload)
    name = form.text("name", pattern=NAME)
    display_name = form.text("displayName", pattern=DISPLAY_NAME)
    presented = form.text("presentedNumber", pattern=r"\S.*")
    intervals = form.array("intervals", of=dict)
    _check_intervals(form, intervals)
    xivo = _xivo(ask, form, old)
    combined_id = f"{name}@{xivo['host']}" if xivo else ""
    other = ask.store.one("SELECT id FROM entities WHERE combined_id = ?", combined_id)
    if other and (old is None or other["id"] != old["id"]):
        form.refuse("name", "Entity already exists on this XiVO")
    form.check()
    extra = to_json(unknown_keys(ask.payload, KNOWN))
    return combined_id, name, display_name, xivo and xivo["id"], to_json(intervals), presented, extra


def _check_intervals(form: Form, intervals: list[Any]) -> None:
    """Refuse intervals that XiVO calls wrong, and those that share a number."""
    if not all(map(is_well_formed, intervals)):
        form.refuse("intervals", "wrong interval")
    elif overlap(intervals):
        form.refuse("intervals", "overlapping intervals")


def _xivo(ask: Ask, form: Form, old: Row | None) -> Row | None:
    """Return the XiVO that ``xivoId`` names; an entity does not move to another one."""
    id_ = form.integer("xivoId")
    row = ask.store.one("SELECT * FROM xivos WHERE id = ?", id_)
    if id_ is not None and row is None:
        form.refuse("xivoId", "unknown XiVO")
    if row and old and row["id"] != old["xivo_id"]:
        form.refuse("xivoId", "an entity cannot change XiVO")
    return row


def _rename_in_templates(ask: Ask, old: str, new: list[str]) -> None:
    """Let templates follow an entity that was renamed (one new combinedId) or deleted (none)."""
    for row in ask.store.all("SELECT id, body FROM templates"):
        body = json.loads(row["body"])
        if old in body["entities"]:
            place = body["entities"].index(old)
            body["entities"][place : place + 1] = new
            ask.store.run("UPDATE templates SET body = ? WHERE id = ?", to_json(body), row["id"])
