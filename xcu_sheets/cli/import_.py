"""xcu-sheets import: check, plan, confirm, apply, report."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import click

from ..files import Limits
from ..history.checks import follower_of
from ..words import translate
from .choices import follow_findings, sending_options, take_choices
from .connection import connect
from .credentials import credentials_option
from .lists import read_list
from .look_up import look_up_book
from .options import connection_options, json_option, limit_options, planning_options, state_option
from .output import print_json, print_plan
from .pins import check_pins
from .plan import prepare_with_progress, split_options
from .problems import problems_options, save_refused
from .resume import resume_run, wants_resume
from .runs import end_unsent, may_send, open_history, run_plan


@click.command("import")
@click.argument("book", type=click.Path())
@click.option("--dry-run", is_flag=True, help="Stop before anything is sent.")
@click.option("--only-if-clean", is_flag=True, help="Send nothing if any row has a problem or conflict.")
@problems_options
@planning_options
@credentials_option
@sending_options
@limit_options
@state_option
@connection_options
@json_option
def command(
    book: str,
    dry_run: bool,
    only_if_clean: bool,
    problems_path: str | None,
    no_problems: bool,
    limits: Limits,
    state: str | None,
    as_json: bool,
    **options: Any,
) -> int:
    """Bring what was edited in BOOK to the server: the plan is shown first, and sent when you say yes.

    Rows with problems stay behind, marked in BOOK.problems.xlsx: a copy to be mended and imported in its turn.
    A run of this very book that was interrupted is finished first, if you say yes to that.

    Example: xcu-sheets import people.xlsx
    """
    choices = take_choices(options, only_if_clean=only_if_clean, as_json=as_json, limits=limits)
    found = read_list(book, options["columns"], limits)
    planning, connection = split_options(options)
    session = connect(writes=not dry_run, **connection)
    choices = follow_findings(choices, session.known, contact=session.settings.get("contact", ""))
    with session.client as client, open_history(state) as history:
        before = history.unfinished(client.origin, found.book_id, found.digest())
        may_resume = before and not dry_run and not follower_of(before, history.runs())
        if before and may_resume and wants_resume(before, choices):
            return resume_run(before, session, history, replace(choices, yes=True), book)
        if not dry_run:
            look_up_book(found.book_id, client, history, choices.manner)
        prepared = prepare_with_progress(found, session, history, planning)
        plan, snapshot = prepared.plan, prepared.snapshot
        check_pins(session, snapshot.xivo_uuids, writes=not dry_run)
        print_plan(plan, err=as_json)
        wanted = bool(problems_path) or not (no_problems or dry_run)
        sends = not (only_if_clean or dry_run)
        save_refused(found, plan, to=problems_path, wanted=wanted, sends=sends, err=as_json, contact=choices.contact)
        if dry_run:
            click.echo(translate("Dry run: nothing was sent."), err=True)
            if as_json:
                print_json(plan.to_json)
            return 2 if plan.blocked else 0 if plan.clean else 1
        if not may_send(plan, snapshot, choices, session.profile):
            return end_unsent(plan, snapshot, found, choices, book)
        return run_plan(plan, client, snapshot, found, history, choices, book)
