"""xcu-sheets fields: the table as documentation."""

from __future__ import annotations

import click

from ..model.fields import Field, Resource
from ..model.resources import RESOURCES
from ..words import translate
from .options import json_option
from .output import print_json


@click.command("fields")
@click.argument("resource", required=False, type=click.Choice(list(RESOURCES)))
@json_option
def command(resource: str | None, as_json: bool) -> int:
    """Print the columns of every sheet, or of one, as Markdown.

    Example: xcu-sheets fields users
    """
    shown = [RESOURCES[resource]] if resource else list(RESOURCES.values())
    if as_json:
        print_json(lambda: {r.name: [_facts(r, f) for f in r.fields] for r in shown})
    else:
        click.echo("\n\n".join(map(markdown, shown)))
    return 0


def markdown(resource: Resource) -> str:
    """Return one sheet's columns as a Markdown table."""
    rows = [
        f"| `{f.name}` | {f.label} / {f.label_fr} | {_use(resource, f)} | {translate(f.doc)} |" for f in resource.fields
    ]
    head = [
        f"### {resource.name}",
        "",
        translate("| Column | Header (en / fr) | | What it holds |"),
        "|---|---|---|---|",
    ]
    return "\n".join([*head, *rows])


def _use(resource: Resource, field: Field) -> str:
    if resource.sheet_writes == "never" or not field.editable:
        return translate("read-only")
    if field.secret:
        return translate("never shown")
    return translate("needed on new rows") if field.required else ""


def _facts(resource: Resource, field: Field) -> dict[str, object]:
    return {
        "name": field.name,
        "label": field.label,
        "label_fr": field.label_fr,
        "kind": field.kind.name,
        "words": list(field.kind.words),
        "use": _use(resource, field),
        "api": {"read": field.read, "write": field.write},
        "doc": field.doc,
    }
