"""Findings on templates and who may use them; the number of each rule in DOMAIN section 2 is beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..model.fields import Field
from ..model.problems import Severity
from ..model.resources import TEMPLATES
from ..model.text import split_list
from .findings import Finding, make_finding
from .scene import Scene


def templates_for_nobody(scene: Scene) -> Iterator[Finding]:
    """T11: a template is offered to an entity or a XiVO."""
    for member, cells in scene.rows("templates"):
        if not cells["xivos"] and not cells["entities"]:
            yield make_finding("template_for_nobody", Severity.WARNING, [member], template=member.label)


def entities_without_template(scene: Scene) -> Iterator[Finding]:
    """U2 and U3: a user needs a template, so each entity needs one that is offered to it or to its XiVO."""
    if "templates" not in scene.frames:
        return
    templates = [cells for _, cells in scene.rows("templates")]
    entities = {name for cells in templates for name in split_list(cells["entities"])}
    xivos = {name for cells in templates for name in split_list(cells["xivos"])}
    for entity in scene.entities:
        if entity.key not in entities and entity.xivo not in xivos:
            yield make_finding("entity_without_template", Severity.WARNING, [entity.member], entity=entity.member.label)


def templates_contradictory(scene: Scene) -> Iterator[Finding]:
    """T1 to T4, compulsory-if: a value is there where another one makes it necessary.

    Where that other value has no effect itself, this is a warning only [T3].
    """
    needed = [field for field in TEMPLATES.fields if field.required_if]
    for member, cells in scene.rows("templates"):
        for field in needed:
            if _is_needed(field, cells) and not cells[field.name]:
                column, value = field.required_if or ("", "")
                acts = not TEMPLATES.by_name[column].required_if or _is_needed(TEMPLATES.by_name[column], cells)
                severity = Severity.ERROR if acts else Severity.WARNING
                params = {"template": member.label, "column": field.name, "other": column, "value": value}
                yield make_finding("template_contradictory", severity, [member], subject=[field.name], **params)


def _is_needed(field: Field, cells: Mapping[str, str]) -> bool:
    column, value = field.required_if or ("", "")
    return cells[column] == value
