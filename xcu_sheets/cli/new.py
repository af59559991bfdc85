"""xcu-sheets new: an empty book for new people, to be filled in by who announces them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from .. import __version__
from ..model.errors import BookError
from ..model.text import safe_text
from ..running.clock import new_book_id, utc_now
from ..running.onboarding import onboarding_book
from ..server import read_snapshot
from ..words import spoken, translate
from .connection import connect
from .options import connection_options, json_option
from .output import print_json, print_unreadable
from .pins import check_pins


@click.command("new")
@click.argument("out", metavar="OUT.xlsx", type=click.Path(dir_okay=False))
@click.option(
    "--entity", default="", metavar="E", help="Where a cell is blank this entity is meant; no other is shown."
)
@click.option("--template", default="", metavar="T", help="Where a cell is blank this template is meant.")
@click.option(
    "--rows", type=click.IntRange(1, 20_000), default=200, show_default=True, help="Rows with lists and hints."
)
@connection_options
@json_option
def command(out: str, entity: str, template: str, rows: int, as_json: bool, **connection: Any) -> int:
    """Write an empty book for new people: OUT.xlsx, with lists of the server's entities and templates.

    Only the lists of XiVOs, entities and templates are read, and nobody's data is in the book. Blank rows and the
    untouched example count for nothing when it is imported.

    Example: xcu-sheets new arrivals.xlsx --entity Chirurgie --template "Modèle standard" --lang fr
    """
    path = Path(out)
    _check_target(path)
    session = connect(**connection)
    with session.client as client:
        snapshot = read_snapshot(client, taken_at=utc_now(), resources={"templates"})
    check_pins(session, snapshot.xivo_uuids, writes=False)
    saved = onboarding_book(
        path,
        snapshot,
        book_id=new_book_id(),
        entity=entity,
        template=template,
        rows=rows,
        lang=spoken(),
        contact=session.settings.get("contact", ""),
        tool_version=__version__,
    )
    print_unreadable(snapshot.unreadable)
    if as_json:
        print_json(lambda: {"out": str(saved), "server": snapshot.server, "unreadable": dict(snapshot.unreadable)})
    else:
        click.echo(translate("{saved}: to be filled in, then: xcu-sheets check {saved}", saved=saved))
        for resource, given in (("entities", entity), ("templates", template)):
            if given:
                meant = snapshot.directory.resolve(resource, given).said
                click.echo(translate("  a blank cell means: {meant}", meant=safe_text(meant)))
    return 1 if snapshot.unreadable else 0


def _check_target(path: Path) -> None:
    """Raise BookError for another ending, and where a file is that may hold people already."""
    if path.suffix.lower() != ".xlsx":
        raise BookError("{path}: new writes OUT.xlsx: choose such a name.", path=path)
    if path.exists():
        raise BookError("{path} exists already, and may be filled in: choose another name.", path=path)
