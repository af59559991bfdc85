"""The section Administrators of the API document; only super-administrators come in."""

from typing import Any

from .forms import Form
from .passwords import blob_of
from .shapes import Shape, administrator_shape, entity_shape, xivo_shapes
from .state import Row, to_json
from .world import Answer, Ask, found


def list_administrators(ask: Ask) -> Answer:
    """GET /administrators: the blob of each password included, as in the document's sample."""
    ask.require_super_admin()
    entities = _entities(ask)
    rows = ask.store.all("SELECT * FROM administrators ORDER BY id")
    return Answer(200, {"items": [administrator_shape(row, entities) for row in rows]})


def get_administrator(ask: Ask, id_: int) -> Answer:
    """GET /administrators/$id."""
    ask.require_super_admin()
    return Answer(200, administrator_shape(_row(ask, id_), _entities(ask)))


def create_administrator(ask: Ask) -> Answer:
    """POST /administrators."""
    ask.require_super_admin()
    id_ = ask.store.run(
        "INSERT INTO administrators (login, name, password, super_admin, ldap, entity_ids) VALUES (?, ?, ?, ?, ?, ?)",
        *_read(ask, old=None),
    )
    return ask.written("POST", id_, administrator_shape(_row(ask, id_), _entities(ask)))


def edit_administrator(ask: Ask, id_: int) -> Answer:
    """PUT /administrators/$id: a password that is sent becomes the password, even if it was the blob."""
    ask.require_super_admin()
    values = _read(ask, old=_row(ask, id_))
    ask.store.run(
        "UPDATE administrators SET login = ?, name = ?, password = ?, super_admin = ?, ldap = ?, entity_ids = ?"
        " WHERE id = ?",
        *values,
        id_,
    )
    return ask.written("PUT", id_, administrator_shape(_row(ask, id_), _entities(ask)))


def delete_administrator(ask: Ask, id_: int) -> Answer:
    """DELETE /administrators/$id; his sessions end with him."""
    ask.require_super_admin()
    ask.store.run("DELETE FROM administrators WHERE id = ?", _row(ask, id_)["id"])
    return Answer(204)


def _row(ask: Ask, id_: int) -> Row:
    return found(ask.store.one("SELECT * FROM administrators WHERE id = ?", id_), f"Administrator {id_}")


def _entities(ask: Ask) -> dict[int, Shape]:
    xivos = xivo_shapes(ask.store)
    return {row["id"]: entity_shape(row, xivos) for row in ask.visible_entities()}


def _read(ask: Ask, *, old: Row | None) -> tuple[Any, ...]:
    """Return the columns of an administrator; ``password`` is compulsory if ldap is false, on a PUT too."""
    form = Form(ask.payload)
    login = form.text("login", pattern=r"\S+")
    name = form.text("name")
    ldap = form.boolean("ldap")
    password = form.text("password", required=ldap is False, pattern=r"(?s).+")
    super_admin = form.boolean("superAdmin")
    entity_ids = form.array("entityIds", of=int)
    holder = ask.store.one("SELECT id FROM administrators WHERE login = ?", login)
    if holder and (old is None or holder["id"] != old["id"]):
        form.refuse("login", "login already used")
    if not _entities(ask).keys() >= set(entity_ids):
        form.refuse("entityIds", "unknown entity")
    form.check()
    blob = None if ldap or login is None or password is None else blob_of(login, password)
    return login, name, blob, super_admin, ldap, to_json(entity_ids)
