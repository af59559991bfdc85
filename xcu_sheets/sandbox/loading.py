"""The data of a real server instead of an invented one: records as the API shows them, passwords apart."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .passwords import blob_of
from .settings import Content
from .shapes import listed_name
from .state import Store, to_json

Record = Mapping[str, Any]

ADMIN, PASSWORD = "admin", "superpass"
PLENTY = 100_000  # places of a XiVO that does not say how many it has left


def load_store(store: Store, content: Content) -> None:
    """Fill an empty store with these records, all or nothing; raises ValueError for records that do not go together.

    Ids, numbers, intervals, uuids and combinedIds stay what they are. Nobody has a CTI password, for none is exported;
    every administrator has the password of the sandbox, and one of the name admin is added where there is none.
    """
    users = content.get("users", ())
    with store.transaction():
        entities = _entities(content)
        homes = Counter(entities[_entity_of(user, entities)]["xivo_id"] for user in users)
        for xivo in content.get("xivos", ()):
            _load_xivo(store, xivo, homes[xivo["id"]])
        for entity in entities.values():
            _insert(store, "entities", entity)
        for template in content.get("templates", ()):
            body = {key: value for key, value in template.items() if key != "id"}
            _insert(store, "templates", {"id": template["id"], "body": to_json(_offered(body))})
        _load_administrators(store, content)
        store.insert_users(_users(users, entities))


def _load_xivo(store: Store, xivo: Record, used: int) -> None:
    left = xivo.get("remainingSlots")
    capacity = used + (left if isinstance(left, int) else PLENTY)
    row = {name: xivo.get(name) or "" for name in ("uuid", "name", "host")}
    _insert(store, "xivos", {"id": xivo["id"], **row, "capacity": capacity})


def _entities(content: Content) -> dict[str, dict[str, Any]]:
    """Return the rows of the entities, by combinedId."""
    xivos = {xivo["id"] for xivo in content.get("xivos", ())}
    rows = {}
    for entity in content.get("entities", ()):
        xivo = _key(entity.get("xivo"), "id")
        if xivo not in xivos:
            raise ValueError(f"the XiVO of the entity {entity['combinedId']} is not among the records")
        rows[entity["combinedId"]] = {
            "id": entity["id"],
            "combined_id": entity["combinedId"],
            "name": entity.get("name") or "",
            "display_name": entity.get("displayName") or "",
            "xivo_id": xivo,
            "intervals": to_json(list(entity.get("intervals") or ())),
            "presented_number": entity.get("presentedNumber") or "",
            "extra": "{}",
        }
    return rows


def _offered(body: dict[str, Any]) -> dict[str, Any]:
    """Return a template whose two lists hold keys, whatever the records showed there."""
    xivos = [_key(value, "id") for value in body.get("xivos") or ()]
    return {**body, "xivos": xivos, "entities": [_key(value, "combinedId") for value in body.get("entities") or ()]}


def _load_administrators(store: Store, content: Content) -> None:
    known = content.get("administrators", ())
    for record in known:
        _insert(store, "administrators", {"id": record["id"], **_administrator(record["login"], record)})
    if not any(record["login"] == ADMIN and record.get("superAdmin") for record in known):
        store.run("DELETE FROM administrators WHERE login = ?", ADMIN)
        _insert(store, "administrators", _administrator(ADMIN, {"superAdmin": True}))


def _administrator(login: str, record: Record) -> dict[str, Any]:
    return {
        "login": login,
        "name": record.get("name") or "",
        "password": blob_of(login, PASSWORD),
        "super_admin": bool(record.get("superAdmin")),
        "ldap": bool(record.get("ldap")),
        "entity_ids": to_json([_key(value, "id") for value in record.get("entities") or ()]),
    }


def _users(users: Sequence[Record], entities: Mapping[str, Record]) -> Iterator[dict[str, Any]]:
    for user in users:
        entity = entities[_entity_of(user, entities)]
        names = (user.get("firstName") or "", user.get("lastName") or "")
        external = user.get("externalNumber")
        yield {
            "id": user["id"],
            "entity_id": entity["id"],
            "xivo_id": entity["xivo_id"],
            "template_id": None,
            "first_name": names[0],
            "last_name": names[1],
            "internal_number": user.get("internalNumber") or "",
            "mail": user.get("mail"),
            "cti_login": user.get("ctiLogin"),
            "cti_password": None,
            "provisioning_number": user.get("provisioningNumber") or "",
            "extra": "{}" if external == listed_name(*names) else to_json({"externalNumber": external}),
        }


def _entity_of(user: Record, entities: Mapping[str, Record]) -> str:
    combined_id = str(_key(user.get("entity"), "combinedId"))
    if combined_id not in entities:
        raise ValueError(f"the entity of user {user['id']}, {combined_id}, is not among the records")
    return combined_id


def _key(value: Any, name: str) -> Any:
    """Return the key of a record that is referred to, be it shown whole or by its key."""
    return value.get(name) if isinstance(value, Mapping) else value


def _insert(store: Store, table: str, row: Mapping[str, Any]) -> None:
    """Insert a row; its columns' names are our own."""
    marks = ", ".join("?" for _ in row)
    store.run(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", *row.values())  # noqa: S608
