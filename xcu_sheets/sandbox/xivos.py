"""The section XiVO of the API document."""

import uuid

from .forms import Form
from .shapes import xivo_shape, xivo_shapes
from .world import Answer, Ask, found

NEW_CAPACITY = 1000


def list_xivos(ask: Ask) -> Answer:
    """GET /xivo: a restricted administrator sees those of his entities."""
    visible = {row["xivo_id"] for row in ask.visible_entities()}
    shapes = xivo_shapes(ask.store)
    return Answer(200, {"items": [shape for id_, shape in shapes.items() if ask.entity_ids is None or id_ in visible]})


def get_xivo(ask: Ask, id_: int) -> Answer:
    """GET /xivo/$id."""
    row = found(ask.store.one("SELECT * FROM xivos WHERE id = ?", id_), f"XiVO {id_}")
    if all(row["id"] != entity["xivo_id"] for entity in ask.visible_entities()):
        ask.require_super_admin()
    return Answer(200, xivo_shape(ask.store, row))


def create_xivo(ask: Ask) -> Answer:
    """POST /xivo; ``configure`` is read and does nothing: there is no machine behind a sandbox."""
    ask.require_super_admin()
    form = Form(ask.payload)
    name = form.text("name", pattern=r"(?s).*\S.*")
    host = form.text("host", pattern=r"[A-Za-z0-9.:-]+")
    form.boolean("configure")
    if host and ask.store.one("SELECT 1 FROM xivos WHERE host = ?", host):
        form.refuse("host", "XiVO already managed")
    form.check()
    identity = str(uuid.uuid5(uuid.NAMESPACE_DNS, host or ""))
    sql = "INSERT INTO xivos (uuid, name, host, capacity) VALUES (?, ?, ?, ?)"
    id_ = ask.store.run(sql, identity, name, host, NEW_CAPACITY)
    return ask.written("POST", id_, xivo_shapes(ask.store)[id_])


def synchronize(ask: Ask) -> Answer:
    """GET /xivo/synchronize_config_files: a GET that acts, so it is counted."""
    ask.require_super_admin()
    ask.world.syncs += 1
    return Answer(200)
