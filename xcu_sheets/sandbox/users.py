"""The section Users of the API document."""

import json
from typing import Any

from .forms import Form, Refusal, forbidden, not_found, unknown_keys
from .numbers import contains, is_number
from .seeding import provisioning_number
from .shapes import Shape, template_shape, user_shape, xivo_shape
from .state import Row, to_json
from .templates import is_offered
from .world import Answer, Ask, found

KNOWN = (
    "id",
    "entity",
    "entityCId",
    "templateId",
    "firstName",
    "lastName",
    "internalNumber",
    "externalNumber",
    "mail",
    "ctiLogin",
    "ctiPassword",
    "provisioningNumber",
)

NAME = r"(?=.*\S)[^\x00-\x1f\x7f]{1,128}"
# XiVO's web form: login 2-254 and password 4-64 characters of these, no blanks, no accents.
CTI_LOGIN = r"[a-zA-Z0-9\-._~!$&'()*+,;=%@]{2,254}"
CTI_PASSWORD = r"[a-zA-Z0-9\-._~!$&'()*+,;=:%]{4,64}"  # noqa: S105 - a pattern


def get_user(ask: Ask, id_: int) -> Answer:
    """GET /users/$id."""
    return Answer(200, _shown(ask, _user(ask, id_)))


def create_user(ask: Ask) -> Answer:
    """POST /users."""
    user = _read(ask, old=None)
    id_ = ask.store.insert_user(user)
    code = provisioning_number(ask.world.seed, id_)
    ask.store.run("UPDATE users SET provisioning_number = ? WHERE id = ?", code, id_)
    return ask.written("POST", id_, _shown(ask, _user(ask, id_)))


def edit_user(ask: Ask, id_: int) -> Answer:
    """PUT /users/$id: full replacement, but for mail and the provisioning code, which nobody can write."""
    ask.store.update_user({**_read(ask, old=_user(ask, id_)), "id": id_})
    return ask.written("PUT", id_, _shown(ask, _user(ask, id_)))


def delete_user(ask: Ask, id_: int) -> Answer:
    """DELETE /users/$id."""
    ask.store.run("DELETE FROM users WHERE id = ?", _user(ask, id_)["id"])
    return Answer(204)


def _user(ask: Ask, id_: int) -> Row:
    """Return a user; 404 if he is not there, 403 if his entity is another administrator's."""
    row = found(ask.store.one("SELECT * FROM users WHERE id = ?", id_), f"User {id_}")
    if not ask.may_see(row["entity_id"]):
        raise forbidden()
    return row


def _shown(ask: Ask, row: Row) -> Shape:
    entity = found(ask.store.one("SELECT * FROM entities WHERE id = ?", row["entity_id"]), "Entity")
    return user_shape(row, ask.shown_entity(entity), ask.world.switches, listed=False)


def _read(ask: Ask, *, old: Row | None) -> dict[str, Any]:
    """Return the columns of a user from the payload, or raise the 400 or 403."""
    form = Form(ask.payload)
    entity = _entity(ask, form)
    needs_template = old is None or ask.world.switches.put_needs_template
    template_id = form.integer("templateId", required=needs_template)
    user: dict[str, Any] = {
        "template_id": template_id if template_id is not None or old is None else old["template_id"],
        "first_name": form.text("firstName", pattern=NAME),
        "last_name": form.text("lastName", pattern=NAME),
        "internal_number": form.text("internalNumber"),
        "mail": old and old["mail"],
        "cti_login": _login(ask, form, old),
        "cti_password": _password(ask, form, old),
        "provisioning_number": old["provisioning_number"] if old else "",
        "extra": _extra(ask, old),
    }
    if entity:
        _check_entity(ask, form, entity, old)
        _check_template(ask, form, template_id, entity)
        _check_number(ask, form, user["internal_number"], entity, old)
        _check_login(ask, form, user["cti_login"], entity, old)
    form.check()
    return {**user, "entity_id": entity and entity["id"], "xivo_id": entity and entity["xivo_id"]}


def _entity(ask: Ask, form: Form) -> Row | None:
    """Return the entity that ``entityCId`` names; an unknown one is a 400, another administrator's a 403."""
    combined_id = form.text("entityCId")
    if combined_id is None:
        return None
    try:
        return ask.entity(combined_id)
    except Refusal as refusal:
        if refusal.status != not_found("").status:
            raise
    form.refuse("entityCId", "unknown entity")
    return None


def _keeps_optional(ask: Ask) -> bool:
    return ask.world.switches.put_optional == "keeps"


def _login(ask: Ask, form: Form, old: Row | None) -> str | None:
    """Return the login to store; on a PUT that omits the key the switch ``put_optional`` decides."""
    given = form.text("ctiLogin", required=False, pattern=CTI_LOGIN)
    if old is not None and _keeps_optional(ask) and "ctiLogin" not in ask.payload:
        return None if old["cti_login"] is None else str(old["cti_login"])
    return given


def _extra(ask: Ask, old: Row | None) -> str:
    """Return the undocumented keys to store, as JSON; ``put_optional`` decides about those that a PUT omits."""
    kept = json.loads(old["extra"]) if old is not None and _keeps_optional(ask) else {}
    return to_json({**kept, **unknown_keys(ask.payload, KNOWN)})


def _password(ask: Ask, form: Form, old: Row | None) -> str | None:
    """Return the password to store; on a PUT that omits the key the switch ``put_password`` decides."""
    given = form.text("ctiPassword", required=False, pattern=CTI_PASSWORD)
    keeps = ask.world.switches.put_password == "keeps"  # noqa: S105 - the name of a choice
    if old is not None and keeps and "ctiPassword" not in ask.payload:
        return None if old["cti_password"] is None else str(old["cti_password"])
    return given


def _check_entity(ask: Ask, form: Form, entity: Row, old: Row | None) -> None:
    """Refuse a new user without a free slot, and an old one that would move to another XiVO, or at all."""
    if old is None:
        xivo = found(ask.store.one("SELECT * FROM xivos WHERE id = ?", entity["xivo_id"]), "XiVO")
        if xivo_shape(ask.store, xivo)["remainingSlots"] < 1:
            form.refuse("entityCId", "no remaining slots on this XiVO")
    elif old["xivo_id"] != entity["xivo_id"]:
        form.refuse("entityCId", "a user cannot change XiVO")
    elif ask.world.switches.put_entity == "never" and old["entity_id"] != entity["id"]:
        form.refuse("entityCId", "a user cannot change entity")


def _check_template(ask: Ask, form: Form, template_id: int | None, entity: Row) -> None:
    """Refuse a template that names neither the entity nor its XiVO."""
    if template_id is None:
        return
    row = ask.store.one("SELECT * FROM templates WHERE id = ?", template_id)
    if row is None:
        form.refuse("templateId", "unknown template")
        return
    if not is_offered(template_shape(row), entity):
        form.refuse("templateId", "template not available to this entity")


def _check_number(ask: Ask, form: Form, number: str | None, entity: Row, old: Row | None) -> None:
    """Refuse a number that is not digits, outside the intervals (unless kept as it was) or another user's."""
    if number is None:
        return
    kept = old is not None and (old["internal_number"], old["entity_id"]) == (number, entity["id"])
    if not is_number(number):
        form.refuse("internalNumber", "only digits are allowed")
    elif not kept and not contains(json.loads(entity["intervals"]), number):
        form.refuse("internalNumber", "number outside the intervals of the entity")
    elif _is_taken(ask, number, entity, old):
        form.refuse("internalNumber", "Numéro de téléphone déjà affecté")


def _is_taken(ask: Ask, number: str, entity: Row, old: Row | None) -> bool:
    """Say whether another user has a number where the switch ``number_unique`` looks."""
    sql = "SELECT id, entity_id FROM users WHERE xivo_id = ? AND internal_number = ?"
    holders = ask.store.all(sql, entity["xivo_id"], number)
    others = [holder["entity_id"] for holder in holders if old is None or holder["id"] != old["id"]]
    return {"xivo": bool(others), "entity": entity["id"] in others, "no": False}[ask.world.switches.number_unique]


def _check_login(ask: Ask, form: Form, login: str | None, entity: Row, old: Row | None) -> None:
    """Refuse a CTI login that another user of the same XiVO has, in whatever entity."""
    holder = ask.store.one("SELECT id FROM users WHERE xivo_id = ? AND cti_login = ?", entity["xivo_id"], login)
    if holder and (old is None or holder["id"] != old["id"]):
        form.refuse("ctiLogin", "Login CTI déjà affecté à un autre utilisateur")
