"""The section Templates of the API document."""

from typing import Any

from .forms import Form, forbidden, unknown_keys
from .shapes import TEMPLATE_ORDER, Shape, template_shape
from .state import Row, to_json
from .world import Answer, Ask, found


def list_templates(ask: Ask) -> Answer:
    """GET /templates: a bare array, without ``items``."""
    rows = ask.store.all("SELECT * FROM templates ORDER BY id")
    return Answer(200, [shape for shape in map(template_shape, rows) if _may_see(ask, shape)])


def get_template(ask: Ask, id_: int) -> Answer:
    """GET /templates/$id."""
    shape = template_shape(_row(ask, id_))
    if not _may_see(ask, shape):
        raise forbidden()
    return Answer(200, shape)


def create_template(ask: Ask) -> Answer:
    """POST /templates."""
    ask.require_super_admin()
    id_ = ask.store.run("INSERT INTO templates (body) VALUES (?)", to_json(_read(ask)))
    return ask.written("POST", id_, template_shape(_row(ask, id_)))


def edit_template(ask: Ask, id_: int) -> Answer:
    """PUT /templates/$id: full replacement; what is omitted is gone."""
    ask.require_super_admin()
    _row(ask, id_)
    ask.store.run("UPDATE templates SET body = ? WHERE id = ?", to_json(_read(ask)), id_)
    return ask.written("PUT", id_, template_shape(_row(ask, id_)))


def delete_template(ask: Ask, id_: int) -> Answer:
    """DELETE /templates/$id: a template was applied when a user was made, so users do not hold it back."""
    ask.require_super_admin()
    ask.store.run("DELETE FROM templates WHERE id = ?", _row(ask, id_)["id"])
    return Answer(204)


def _row(ask: Ask, id_: int) -> Row:
    return found(ask.store.one("SELECT * FROM templates WHERE id = ?", id_), f"Template {id_}")


def is_offered(shape: Shape, entity: Row) -> bool:
    """Say whether a template names an entity or its XiVO."""
    return entity["combined_id"] in shape["entities"] or entity["xivo_id"] in shape["xivos"]


def _may_see(ask: Ask, shape: Shape) -> bool:
    """Say whether a template is available to an entity of the administrator."""
    if ask.entity_ids is None:
        return True
    return any(is_offered(shape, row) for row in ask.visible_entities())


def _read(ask: Ask) -> dict[str, Any]:
    """Return a template from the payload, unset optionals left out and unknown keys kept, or raise the 400."""
    form = Form(ask.payload)
    body = {
        "name": form.text("name", pattern=r"(?s).*\S.*"),
        "peerSipName": form.choice("peerSipName", ("auto", "model")),
        **_routing(form),
        **_caller_id(form),
        "ringingTime": form.integer("ringingTime"),
        **_voice_mail(form),
        "xivos": form.array("xivos", of=int),
        "entities": form.array("entities", of=str),
    }
    if body["ringingTime"] is not None and body["ringingTime"] < 1:
        form.refuse("ringingTime", "error.min")
    _check_exists(ask, form, body)
    form.check()
    known = {key: value for key, value in body.items() if value is not None}
    return {**known, **unknown_keys(ask.payload, ("id", *TEMPLATE_ORDER))}


def _routing(form: Form) -> dict[str, Any]:
    """Read the inbound route; ``routedInboundPrefix`` is compulsory if routedInbound is true."""
    routed = form.boolean("routedInbound")
    prefix = form.text("routedInboundPrefix", required=routed is True, pattern=r"\S+")
    return {"routedInbound": routed, "routedInboundPrefix": prefix}


def _caller_id(form: Form) -> dict[str, Any]:
    """Read the caller id; ``customCallerId`` is compulsory if callerIdMode is custom."""
    mode = form.choice("callerIdMode", ("incomingNo", "anonymous", "custom"))
    custom = form.text("customCallerId", required=mode == "custom", pattern=r"\S+")
    return {"callerIdMode": mode, "customCallerId": custom}


def _voice_mail(form: Form) -> dict[str, Any]:
    """Read the voice mail; without one the document's example leaves ``voiceMailNumberMode`` out."""
    enabled = form.boolean("voiceMailEnabled")
    mode = form.choice("voiceMailNumberMode", ("short_number", "custom"), required=enabled is True)
    return {
        "voiceMailEnabled": enabled,
        "voiceMailNumberMode": mode,
        "voiceMailCustomNumber": form.text("voiceMailCustomNumber", required=mode == "custom", pattern=r"\S+"),
        "voiceMailSendEmail": form.boolean("voiceMailSendEmail", required=False),
    }


def _check_exists(ask: Ask, form: Form, body: dict[str, Any]) -> None:
    """Refuse XiVOs and entities that are not there."""
    xivos = {row["id"] for row in ask.store.all("SELECT id FROM xivos")}
    entities = {row["combined_id"] for row in ask.store.all("SELECT combined_id FROM entities")}
    if not xivos.issuperset(body["xivos"]):
        form.refuse("xivos", "unknown XiVO")
    if not entities.issuperset(body["entities"]):
        form.refuse("entities", "unknown entity")
