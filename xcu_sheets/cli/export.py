"""xcu-sheets export: the server written as a workbook or a folder of CSVs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from .. import __version__
from ..model.errors import XcuError
from ..model.resources import RESOURCES
from ..model.snapshot import Snapshot
from ..model.text import safe_text
from ..running.clock import new_book_id, utc_now
from ..running.exporting import export_book, is_folder
from ..server import Client, read_snapshot
from ..words import spoken, told, translate
from .connection import connect
from .counting import count_records
from .options import connection_options, json_option
from .output import print_json, progress, shown
from .pins import check_pins


@click.command("export")
@click.argument("out", type=click.Path())
@click.option("--only", default="", metavar="SHEETS", help="Only these sheets, separated by commas: users,templates.")
@click.option("--entity", "entities", multiple=True, metavar="E", help="Only this entity's users; repeatable.")
@click.option("--no-baseline", is_flag=True, help="Leave the hidden copy of the export out: for a book to hand on.")
@click.option("--with-secrets", is_flag=True, help="Write CTI passwords in clear text. The file is then a secret.")
@click.option("--readers", type=click.IntRange(1, 32), default=4, show_default=True, help="Reads in flight.")
@connection_options
@json_option
def command(
    out: str,
    only: str,
    entities: tuple[str, ...],
    no_baseline: bool,
    with_secrets: bool,
    readers: int,
    as_json: bool,
    **connection: Any,
) -> int:
    """Write all that the server shows to OUT.xlsx, or to the folder OUT as CSV files.

    Example: xcu-sheets export xcu.xlsx --url http://xcu.example:9001
    """
    is_folder(Path(out))
    sheets = _sheets(only)
    session = connect(**connection)
    with session.client as client, progress(translate("reading"), translate("entity")) as step:
        chosen = _entities(client, entities) if entities else None
        # The numbers sheet counts users, so it needs them even where their own sheet is not wanted.
        wanted = {*sheets, "users"} if sheets else None
        snapshot = read_snapshot(
            client, taken_at=utc_now(), readers=readers, entities=chosen, resources=wanted, progress=step
        )
    check_pins(session, snapshot.xivo_uuids, writes=False)
    if chosen is not None:
        snapshot = _narrowed(snapshot, chosen)
    saved = export_book(
        out,
        snapshot,
        book_id=new_book_id(),
        only=sheets,
        baseline=not no_baseline,
        with_secrets=with_secrets,
        lang=spoken(),
        contact=session.settings.get("contact", ""),
        tool_version=__version__,
    )
    _say(snapshot, sheets, saved, with_secrets, as_json)
    # A list that this login may not see (administrators) is named; only a missing entity makes the export incomplete.
    return 1 if set(snapshot.unreadable) - set(RESOURCES) else 0


def _sheets(only: str) -> tuple[str, ...]:
    names = tuple(filter(None, (name.strip() for name in only.split(","))))
    wrong = [name for name in names if name not in RESOURCES]
    if wrong:
        raise XcuError(
            "There is no sheet {wrong}: choose among {resources}.",
            wrong=", ".join(wrong),
            resources=", ".join(RESOURCES),
        )
    return names


def _entities(client: Client, names: tuple[str, ...]) -> set[str]:
    """Return the combinedIds that the names on the command line mean."""
    from ..model.directory import Unresolved, make_directory

    directory = make_directory({r: client.list_records(RESOURCES[r]) for r in ("xivos", "entities")})
    try:
        return {directory.resolve("entities", name).label for name in names}
    except Unresolved as failed:
        several = failed.params.get("candidates")
        known = several or ", ".join(directory.labels("entities"))
        if several:
            raise XcuError("--entity means several entities: write one of {known}.", known=known) from None
        raise XcuError("--entity means no entity: write one of {known}.", known=known) from None


def _narrowed(snapshot: Snapshot, entities: set[str]) -> Snapshot:
    """Return the snapshot without the other entities: a book made for one entity tells nothing of the others."""
    from dataclasses import replace

    kept = [e for e in snapshot.records["entities"] if str(e.get("combinedId")) in entities]
    records = {name: found for name, found in snapshot.records.items() if name != "administrators"}
    return replace(snapshot, records={**records, "entities": kept})


def _say(snapshot: Snapshot, sheets: tuple[str, ...], saved: Path, with_secrets: bool, as_json: bool) -> None:
    for name, why in snapshot.unreadable.items():
        click.secho(
            translate("Not readable: {list}: {why}", list=safe_text(name), why=shown(told(why), 300)),
            fg="yellow",
            err=True,
        )
    if with_secrets:
        click.secho(
            translate("{saved} holds passwords in clear text: keep it to yourself.", saved=saved), fg="yellow", err=True
        )
    counts = {name: len(found) for name, found in snapshot.records.items() if not sheets or name in sheets}
    if as_json:
        unreadable = snapshot.unreadable
        print_json(lambda: {"out": str(saved), "server": snapshot.server, "counts": counts, "unreadable": unreadable})
    else:
        click.echo(translate("{saved}: {counts}", saved=saved, counts=count_records(counts)))
