"""xcu-sheets export: the server written as a workbook, a folder of CSVs or a snapshot."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from .. import __version__
from ..files.digests import file_digests, sha256_of
from ..files.snapshot_file import read_snapshot_file
from ..model.directory import Directory, Unresolved, make_directory
from ..model.errors import XcuError
from ..model.records import keys_of
from ..model.resources import RESOURCES
from ..model.snapshot import Snapshot
from ..reports.counting import count_records
from ..running.clock import new_book_id
from ..running.exporting import export_book, is_folder, is_snapshot
from ..server import Client, read_snapshot
from ..words import spoken, translate
from .connection import connect
from .moment import written_time
from .options import connection_options, json_option, snapshot_option
from .output import print_json, print_unreadable, progress
from .pins import check_pins
from .xivo_csv import NAMES, XIVO_CSV, check_choice, export_xivo_csv, xivo_options


@click.command("export")
@click.argument("out", type=click.Path())
@click.option("--only", default="", metavar="SHEETS", help="Only these sheets, separated by commas: users,templates.")
@click.option("--entity", "entities", multiple=True, metavar="E", help="Only this entity's users; repeatable.")
@click.option("--no-baseline", is_flag=True, help="Leave the hidden copy of the export out: for a book to hand on.")
@click.option("--with-secrets", is_flag=True, help="Write CTI passwords in clear text. The file is then a secret.")
@xivo_options
@click.option("--readers", type=click.IntRange(1, 32), default=4, show_default=True, help="Reads in flight.")
@snapshot_option
@connection_options
@json_option
def command(
    out: str,
    only: str,
    entities: tuple[str, ...],
    no_baseline: bool,
    with_secrets: bool,
    readers: int,
    snapshot_file: str | None,
    as_json: bool,
    form: str,
    **options: Any,
) -> int:
    """Write all that the server shows to OUT.xlsx, to the folder OUT as CSV files, or to the snapshot OUT.json.

    A workbook is for people. CSV files (combined ids, English words) are for git and programs; a snapshot, which never
    holds a password, is for work without the server: export --snapshot, plan --snapshot, diff, sandbox --load. With
    --format xivo-csv, OUT.csv holds users for XiVO's own import.

    The same state gives the same files, but for the time (SOURCE_DATE_EPOCH, where that is set) and the book's id. The
    SHA-256 printed is of the file; of a folder, of what `sha256sum *.csv baseline/*` prints in it, sorted by name.

    Example: xcu-sheets export xcu.xlsx --url http://xcu.example:9001
    """
    chosen_for = {name: options.pop(name) for name in NAMES}
    check_choice(out, form, chosen_for, {"only": only, "no_baseline": no_baseline})
    to_xivo = form == XIVO_CSV
    if not to_xivo:
        _check_target(Path(out), snapshot_file, with_secrets)
    sheets = ("users",) if to_xivo else _sheets(only)
    from_file = _from_file(snapshot_file, entities, sheets) if snapshot_file else None
    snapshot, contact = from_file or _from_server(options, entities, sheets, readers)
    if to_xivo:
        return export_xivo_csv(out, snapshot, chosen_for, secrets=with_secrets, as_json=as_json)
    saved = export_book(
        out,
        snapshot,
        book_id=new_book_id(),
        only=sheets,
        baseline=not no_baseline,
        with_secrets=with_secrets,
        lang=spoken(),
        contact=contact,
        tool_version=__version__,
    )
    _say(snapshot, sheets, saved, with_secrets, as_json)
    # A list that this login may not see (administrators) is named; only a missing entity makes the export incomplete.
    return 1 if set(snapshot.unreadable) - set(RESOURCES) else 0


def _check_target(out: Path, snapshot_file: str | None, with_secrets: bool) -> None:
    """Raise XcuError for what cannot be written, before anything is read."""
    is_folder(out)
    if with_secrets and (snapshot_file or is_snapshot(out)):
        raise XcuError("A snapshot never holds passwords: leave --with-secrets out, or export the server to a book.")


def _from_server(
    connection: dict[str, Any], names: tuple[str, ...], sheets: tuple[str, ...], readers: int
) -> tuple[Snapshot, str]:
    """Read the server; return what was asked for of it, and whom to ask about it."""
    session = connect(**connection)
    with session.client as client, progress(translate("reading"), translate("entity")) as step:
        chosen = _chosen(client, names) if names else None
        # The numbers sheet counts users, so it needs them even where their own sheet is not wanted.
        wanted = {*sheets, "users"} if sheets else None
        snapshot = read_snapshot(
            client, taken_at=written_time(), readers=readers, entities=chosen, resources=wanted, progress=step
        )
    check_pins(session, snapshot.xivo_uuids, writes=False)
    return (snapshot if chosen is None else _narrowed(snapshot, chosen)), session.settings.get("contact", "")


def _from_file(path: str, names: tuple[str, ...], sheets: tuple[str, ...]) -> tuple[Snapshot, str]:
    """Read a snapshot's file and return of it what `_from_server` would; nobody is named to be asked."""
    snapshot = read_snapshot_file(path).snapshot
    wanted = {"xivos", "entities", "users", *(sheets or RESOURCES)}
    snapshot = replace(snapshot, records={name: found for name, found in snapshot.records.items() if name in wanted})
    return (_narrowed(snapshot, _meant(snapshot.directory, names)) if names else snapshot), ""


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


def _chosen(client: Client, names: tuple[str, ...]) -> set[str]:
    """Return the combinedIds that the names on the command line mean, before anything else is read."""
    return _meant(make_directory({r: client.list_records(RESOURCES[r]) for r in ("xivos", "entities")}), names)


def _meant(directory: Directory, names: tuple[str, ...]) -> set[str]:
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
    kept = {name: found for name, found in snapshot.records.items() if name != "administrators"}
    kept["entities"] = [e for e in snapshot.records["entities"] if str(e.get("combinedId")) in entities]
    if "users" in kept:
        kept["users"] = [u for u in kept["users"] if set(keys_of(u.get("entity"), "combinedId")) & entities]
    unreadable = {name: why for name, why in snapshot.unreadable.items() if name in (*entities, *RESOURCES)}
    return replace(snapshot, records=kept, unreadable=unreadable)


def _say(snapshot: Snapshot, sheets: tuple[str, ...], saved: Path, with_secrets: bool, as_json: bool) -> None:
    print_unreadable(snapshot.unreadable)
    if with_secrets:
        click.secho(
            translate("{saved} holds passwords in clear text: keep it to yourself.", saved=saved), fg="yellow", err=True
        )
    counts = {name: len(found) for name, found in snapshot.records.items() if not sheets or name in sheets}
    digest = sha256_of(saved)
    if as_json:
        facts = {"out": str(saved), "server": snapshot.server, "counts": counts, "unreadable": snapshot.unreadable}
        digests = {"sha256": digest, **({"files": file_digests(saved)} if saved.is_dir() else {})}
        print_json(lambda: {**facts, **digests})
    else:
        click.echo(translate("{saved}: {counts}", saved=saved, counts=count_records(counts)))
        click.echo(f"SHA-256 {digest}")
