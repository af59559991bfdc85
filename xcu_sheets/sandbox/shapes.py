"""How the API shows its records; every shape is copied from a sample of the API document."""

import json
from typing import Any

from .settings import Switches
from .state import Row, Store

Shape = dict[str, Any]

TEMPLATE_ORDER = (
    "name",
    "peerSipName",
    "routedInbound",
    "routedInboundPrefix",
    "callerIdMode",
    "customCallerId",
    "ringingTime",
    "voiceMailEnabled",
    "voiceMailNumberMode",
    "voiceMailCustomNumber",
    "voiceMailSendEmail",
    "xivos",
    "entities",
)

MASK = "********"


def xivo_shape(store: Store, row: Row) -> Shape:
    """Show a XiVO; its remaining slots are its capacity less its users."""
    used = store.all("SELECT count(*) FROM users WHERE xivo_id = ?", row["id"])[0][0]
    shown = {name: row[name] for name in ("id", "uuid", "name", "host")}
    return {**shown, "remainingSlots": row["capacity"] - used}


def xivo_shapes(store: Store) -> dict[int, Shape]:
    """Show every XiVO, by id."""
    return {row["id"]: xivo_shape(store, row) for row in store.all("SELECT * FROM xivos ORDER BY id")}


def entity_shape(row: Row, xivos: dict[int, Shape]) -> Shape:
    """Show an entity with its whole XiVO inside."""
    return {
        "id": row["id"],
        "combinedId": row["combined_id"],
        "name": row["name"],
        "displayName": row["display_name"],
        "xivo": xivos[row["xivo_id"]],
        "intervals": json.loads(row["intervals"]),
        "presentedNumber": row["presented_number"],
        **json.loads(row["extra"]),
    }


def listed_name(first_name: str, last_name: str) -> str:
    """Return what a list shows as externalNumber."""
    return f'"{first_name} {last_name}"'


def user_shape(row: Row, entity: Shape, switches: Switches, *, listed: bool) -> Shape:
    """Show a user with its whole entity inside, unset values as nulls, never its template.

    externalNumber is the quoted name in the list and null by id, as in the document's two samples of one user.
    """
    return {
        "id": row["id"],
        "entity": entity,
        "firstName": row["first_name"],
        "lastName": row["last_name"],
        "internalNumber": row["internal_number"],
        "externalNumber": listed_name(row["first_name"], row["last_name"]) if listed else None,
        "mail": row["mail"],
        "ctiLogin": row["cti_login"],
        "ctiPassword": _shown_password(row["cti_password"], switches),
        "provisioningNumber": row["provisioning_number"],
        **(json.loads(row["extra"]) if row["extra"] != "{}" else {}),
    }


def _shown_password(password: str | None, switches: Switches) -> str | None:
    if password is None or switches.get_password == "null":  # noqa: S105 - the name of a choice
        return None
    return MASK if switches.get_password == "masked" else password  # noqa: S105


def template_shape(row: Row) -> Shape:
    """Show a template; a key that was never set is absent, not null."""
    body = json.loads(row["body"])
    known = {key: body.pop(key) for key in TEMPLATE_ORDER if key in body}
    return {"id": row["id"], **known, **body}


def administrator_shape(row: Row, entities: dict[int, Shape]) -> Shape:
    """Show an administrator: the password's blob, and whole ``entities`` where ``entityIds`` were written."""
    return {
        "id": row["id"],
        "login": row["login"],
        "name": row["name"],
        "password": row["password"],
        "superAdmin": bool(row["super_admin"]),
        "ldap": bool(row["ldap"]),
        "entities": [entities[id_] for id_ in json.loads(row["entity_ids"]) if id_ in entities],
    }
