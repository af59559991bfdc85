"""xcu-sheets plan: what an import would do, shown and written down for review."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from ..files import Limits
from ..files.replace_file import check_target, replace_file
from ..files.snapshot_file import read_snapshot_file
from ..history import History
from ..model.book import Book
from ..model.errors import PlanError
from ..model.findings import Findings
from ..model.snapshot import Snapshot
from ..model.text import Said, safe_text
from ..model.view import View
from ..planning.keys import has_key
from ..planning.plan import LOGIN_PATTERN, PASSWORD_LENGTH, Options, Plan
from ..running.clock import new_run_id, utc_now
from ..running.preparing import Prepared, prepare, prepare_offline
from ..words import translate
from .connection import Connection, connect
from .known_servers import key_of, read_known
from .lists import absolute, read_list
from .options import connection_options, json_option, limit_options, planning_options, snapshot_option, state_option
from .output import print_json, print_plan, progress
from .pins import check_pins
from .problems import problems_to, save_refused
from .profiles import read_profile
from .runs import open_history

OPTION_NAMES = (
    "include",
    "allow_delete",
    "allow_changes",
    "on_conflict",
    "allow_permutation",
    "strict_numbers",
    "any_template",
    "default_template",
    "key",
    "fill",
    "columns",
    "hidden",
)

PLAN_ENDINGS = (".json", ".xlsx", ".html")


@click.command("plan")
@click.argument("book", type=click.Path())
@click.option(
    "-o",
    "--output",
    "outputs",
    multiple=True,
    type=click.Path(),
    help="Write the plan here: .json for apply, .xlsx or .html for the people who approve it; repeatable.",
)
@problems_to
@snapshot_option
@planning_options
@limit_options
@state_option
@connection_options
@json_option
def command(
    book: str,
    outputs: tuple[str, ...],
    problems_path: str | None,
    limits: Limits,
    snapshot_file: str | None,
    state: str | None,
    as_json: bool,
    **options: Any,
) -> int:
    """Show what importing BOOK would do, row by row, with the numbers it would give. Nothing is sent.

    Example: xcu-sheets plan people.xlsx -o plan.json -o plan.xlsx
    """
    _check_outputs(outputs, book, snapshot_file)
    found = read_list(book, options["columns"], limits)
    planning, connection = split_options(options)
    with open_history(state) as history:
        if snapshot_file:
            profile = connection["profile"]
            settings = read_profile(profile)
            prepared = _plan_offline(found, snapshot_file, profile, settings, history, planning)
        else:
            session = connect(**connection)
            settings = session.settings
            prepared = _plan_online(found, session, history, planning)
    plan = prepared.plan
    _write_outputs(outputs, plan, View.of_snapshot(prepared.snapshot))
    print_plan(plan, err=as_json)
    contact = settings.get("contact", "")
    save_refused(found, plan, to=problems_path, wanted=bool(problems_path), sends=False, err=as_json, contact=contact)
    if as_json:
        print_json(plan.to_json)
    return 2 if plan.blocked else 0 if plan.clean else 1


def usual_planning() -> dict[str, Any]:
    """Return the planning options as they are where none is given."""
    usual = Options()
    return {name: getattr(usual, name) for name in OPTION_NAMES}


def split_options(options: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the planning options and the connection's, which one command takes together."""
    planning = {name: options[name] for name in OPTION_NAMES}
    return planning, {name: value for name, value in options.items() if name not in OPTION_NAMES}


def _plan_online(book: Book, session: Connection, history: History, planning: dict[str, Any]) -> Prepared:
    with session.client:
        prepared = prepare_with_progress(book, session, history, planning)
    check_pins(session, prepared.snapshot.xivo_uuids, writes=False)
    return prepared


def _plan_offline(
    book: Book,
    snapshot_file: str,
    profile: str | None,
    settings: Mapping[str, Any],
    history: History,
    planning: dict[str, Any],
) -> Prepared:
    """Plan against a snapshot's file, by what the profile says and what is known of its server."""
    from .. import __version__

    snapshot, now = read_snapshot_file(snapshot_file).snapshot, utc_now()
    book, chosen = _chosen(book, settings, read_known(key_of(profile, snapshot.server)), planning)
    return prepare_offline(
        book,
        snapshot,
        run_id=new_run_id(now),
        made_at=now,
        options=chosen,
        history=history,
        tool_version=__version__,
        quarantine_days=settings.get("quarantine_days", 90),
    )


def prepare_with_progress(
    book: Book, session: Connection, history: History, planning: dict[str, Any], snapshot: Snapshot | None = None
) -> Prepared:
    """Read the server and plan the import of a book, with a bar while the lists are under way.

    The server is not read where its `snapshot` is at hand.
    """
    from .. import __version__

    now = utc_now()
    book, chosen = _chosen(book, session.settings, session.known, planning)
    with progress(translate("reading"), translate("entity")) as step:
        return prepare(
            book,
            session.client,
            run_id=new_run_id(now),
            made_at=now,
            options=chosen,
            history=history,
            tool_version=__version__,
            quarantine_days=session.settings.get("quarantine_days", 90),
            progress=step,
            snapshot=snapshot,
        )


def _chosen(
    book: Book, settings: Mapping[str, Any], known: Mapping[str, Any], planning: dict[str, Any]
) -> tuple[Book, Options]:
    """Return the book under its whole path, and the options: the person's, the profile's, and what a probe found."""
    findings = Findings.from_json(known.get("findings"))
    book = replace(book, path=str(Path(book.path).absolute()))  # a resume may be typed in another folder
    return book, Options(
        **{
            **planning,
            "columns": absolute(planning["columns"]),
            "key": _key(planning["key"], settings.get("key", ""), book),
        },
        never_assign=tuple(map(str, settings.get("never_assign", ()))),
        login_pattern=settings.get("login_pattern", LOGIN_PATTERN),
        password_length=_password_length(settings),
        passwords_survive=settings.get("passwords_survive", findings.passwords_survive),
        put_needs_template=findings.put_needs_template,
    )


def _password_length(settings: Mapping[str, Any]) -> int:
    length: int = settings.get("password_length", PASSWORD_LENGTH)
    if not 4 <= length <= 64:
        raise PlanError("password_length {length}: write a number from 4 to 64.", length=length)
    return length


def _key(given: str | None, usual: str, book: Book) -> str:
    """Return `--key`, else the profile's; a book of ours goes without where it has no such column, and that is said.

    A list made by hand does not: who is who in it cannot be told otherwise.
    """
    if given is not None or not usual:
        return given or ""
    if not book.book_id or has_key(book, usual):
        return usual
    if "users" in book.sheets:
        click.echo(
            translate(
                "Note: this book has no column {usual} (key of the profile): it goes without.", usual=safe_text(usual)
            ),
            err=True,
        )
    return ""


def write_plan(path: Path, plan: Plan) -> None:
    """Write plan.json, readable by its owner only: it names people."""
    with replace_file(path) as file:
        text = json.dumps(plan.to_json(), ensure_ascii=False, indent=1)
        file.temporary.write_text(text + "\n", encoding="utf-8")
    click.echo(translate("Plan: {saved}", saved=file.saved), err=True)


def read_plan(path: Path) -> Plan:
    """Read plan.json. Raises PlanError where it is no plan, or was changed since it was made."""
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PlanError("{path}: there is no such file.", path=path) from None
    except (ValueError, RecursionError) as failed:
        raise PlanError(
            "{path} is not a plan of xcu-sheets: make one with `xcu-sheets plan BOOK -o plan.json`.", path=path
        ) from failed
    try:
        return Plan.from_json(body)
    except (KeyError, TypeError, ValueError, AttributeError) as failed:
        raise PlanError("{path} is not a whole plan of xcu-sheets: make it again.", path=path) from failed


def _check_outputs(outputs: Sequence[str], book: str, snapshot_file: str | None) -> None:
    """Raise before the server is asked: an ending that is none of ours, no folder, or what the plan is made of."""
    for name in outputs:
        if snapshot_file and Path(name).resolve() == Path(snapshot_file).resolve():
            raise PlanError("{name} is the snapshot itself: give the plan another name.", name=name)
        if Path(name).resolve() == Path(book).resolve():
            raise PlanError("{name} is the book itself: give the plan another name.", name=name)
        check_target(name, PLAN_ENDINGS, Said("a plan is written as .json, or for people as .xlsx or .html"))


def _write_outputs(outputs: Sequence[str], plan: Plan, view: View) -> None:
    for path in map(Path, outputs):
        if path.suffix.lower() == ".json":
            write_plan(path, plan)
        else:
            click.echo(translate("Plan: {saved}", saved=_write_for_people(path, plan, view)), err=True)


def _write_for_people(path: Path, plan: Plan, view: View) -> Path:
    from ..reports.approval import make_approval
    from ..reports.plan_book import write_plan_book
    from ..reports.plan_page import write_plan_page

    write = write_plan_page if path.suffix.lower() == ".html" else write_plan_book
    return write(path, make_approval(plan, view))
