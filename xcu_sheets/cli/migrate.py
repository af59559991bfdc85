"""xcu-sheets migrate: people moved from a book or a server to another server, by a mapping book."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ..files import Limits
from ..files.mapping_book import read_mapping
from ..migrating.within import BY_CREATE, BY_PUT
from ..model.errors import BookError, PlanError
from ..model.text import safe_sentence, safe_text
from ..words import told, translate, translate_n
from .choices import Choices, follow_findings, sending_options, take_choices
from .connection import connect
from .credentials import credentials_option
from .draft_mapping import write_draft
from .leaving import delete_at_source
from .move_people import MovePeople
from .options import json_option, limit_options, stacked, state_option, wire_options
from .plan import usual_planning
from .runs import open_history
from .sources import Source, connect_source, load_source


@click.command("migrate")
@click.argument("source")
@click.option("--to", required=True, metavar="PROFILE", help="The profile of the server to which people move.")
@click.option("--draft", metavar="FILE", type=click.Path(dir_okay=False), help="Write a first mapping book, and stop.")
@click.option("--mapping", metavar="FILE", type=click.Path(), help="The mapping book, filled in.")
@click.option(
    "--delete-source",
    metavar="NUMBERS",
    type=click.Path(),
    help="Delete at SOURCE (a profile) the people of this numbers list, later and apart from the move.",
)
@click.option(
    "--move",
    type=click.Choice([BY_CREATE, BY_PUT]),
    default=BY_CREATE,
    show_default=True,
    help="Between entities of one server: make people anew, or put them there as they are, where probe proved it.",
)
@click.option("--wave", type=click.IntRange(min=1), help="Move this wave of the mapping only.")
@stacked(
    credentials_option,
    click.option("--without-passwords", is_flag=True, help="Let logins arrive without a password."),
    click.option("--dry-run", is_flag=True, help="Stop before anything is sent."),
    click.option("--allow-delete", is_flag=True, help="Let --delete-source delete."),
    click.option(
        "--allow-changes",
        type=click.IntRange(min=0),
        default=0,
        help="Let --delete-source delete this many people, more than 30 % of the source.",
    ),
)
@sending_options
@state_option
@wire_options
@limit_options
@json_option
def command(
    source: str,
    to: str,
    draft: str | None,
    mapping: str | None,
    delete_source: str | None,
    move: str,
    wave: int | None,
    without_passwords: bool,
    dry_run: bool,
    state: str | None,
    limits: Limits,
    as_json: bool,
    **options: Any,
) -> int:
    """Move the people of SOURCE to another server: a book, a CSV folder or a profile; it is only read.

    --draft writes the mapping book: who goes where, by which rules. Filled in, it is given with --mapping: the plan is
    shown, and sent when you say yes. BOOK.numbers.csv then says who has which number now, BOOK.not-moved.csv who stayed
    behind and why. Much later --delete-source takes that list and deletes at SOURCE whoever is at the target for sure.

    Example: xcu-sheets migrate old.xlsx --to new --draft mapping.xlsx
    """
    choices = take_choices(options, as_json=as_json, limits=limits)
    _check_usage(draft, mapping, delete_source, choices, without_passwords)
    planning = {**usual_planning(), **{name: options.pop(name) for name in ("allow_delete", "allow_changes")}}
    wire = {**options, "password_file": None}  # that is the target's
    if delete_source:
        old = connect_source(source, wire, writes=not dry_run)
        new = connect(url=None, login=None, profile=to, **{**options, "read_only": True})
        with old.client, new.client, open_history(state) as history:
            choices = follow_findings(choices, old.known)
            return delete_at_source(delete_source, old, new, history, choices, planning, dry_run=dry_run)
    book = read_mapping(Path(mapping), limits) if mapping else None
    side = load_source(source, wire, limits)
    _say_source(side)
    session = connect(writes=bool(mapping) and not dry_run, url=None, login=None, profile=to, **options)
    choices = follow_findings(choices, session.known)
    with session.client:
        if not book:
            return write_draft(side, session, Path(str(draft)))
        with open_history(state) as history:
            work = MovePeople(side, session, history, choices, book, wave or 0, without_passwords, move)
            return work.dry_run() if dry_run else work.migrate()


def _check_usage(
    draft: str | None, mapping: str | None, numbers: str | None, choices: Choices, without_passwords: bool
) -> None:
    if len([given for given in (draft, mapping, numbers) if given]) != 1:
        raise PlanError(
            "Give --draft FILE to begin a mapping book, --mapping FILE once it is filled in, or --delete-source "
            "NUMBERS when everybody has moved: one of them."
        )
    if choices.credentials and without_passwords:
        raise PlanError("--credentials makes passwords and --without-passwords makes none: give one of them.")
    if draft and Path(draft).exists():
        raise BookError("{path} exists already, and may be filled in: name a new file", path=draft)
    if draft and Path(draft).suffix.lower() != ".xlsx":
        raise BookError("{path}: a mapping book is written as .xlsx", path=draft)


def _say_source(side: Source) -> None:
    for name, why in side.view.unreadable.items():
        members = {"entity": safe_text(name), "why": safe_sentence(told(why), 300)}
        said = translate("Not readable at the source, so nobody of it moves: {entity}: {why}", **members)
        click.secho(said, fg="yellow", err=True)
    if side.strangers:
        said = translate_n(
            "Note: {n} row without an id is nobody of the source, and does not move.",
            "Note: {n} rows without an id are nobody of the source, and do not move.",
            side.strangers,
        )
        click.echo(said, err=True)
