"""xcu-sheets apply: exactly the reviewed plan."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ..files import read_book
from ..history import History
from ..model.book import Book
from ..model.errors import BookError, PlanError
from ..model.view import View
from ..planning.plan import Plan
from ..planning.staleness import recheck
from ..running.clock import utc_now
from ..server import read_snapshot
from .connection import connect
from .options import connection_options, json_option, state_option
from .output import print_plan
from .pins import check_pins
from .plan import read_plan
from .runs import may_send, open_history, report_unsent, run_plan, sending_options, take_choices


@click.command("apply")
@click.argument("plan_file", metavar="PLAN.json", type=click.Path())
@click.option(
    "--book", "book_path", type=click.Path(), help="The plan's book, for its passwords and the report's columns."
)
@sending_options
@state_option
@connection_options
@json_option
def command(plan_file: str, book_path: str | None, state: str | None, as_json: bool, **options: Any) -> int:
    """Send what PLAN.json says and nothing else; rows whose record moved since are left alone. Once only.

    Example: xcu-sheets apply plan.json --book people.xlsx
    """
    choices = take_choices(options, as_json=as_json)
    plan = read_plan(Path(plan_file))
    book = _book_of(plan, book_path)
    session = connect(writes=True, **options)
    path = book_path or plan_file
    with session.client as client, open_history(state) as history:
        _check_new(plan, history)
        snapshot = read_snapshot(client, taken_at=utc_now())
        check_pins(session, snapshot.xivo_uuids, writes=True)
        plan = recheck(plan, View.of_snapshot(snapshot))
        print_plan(plan, err=as_json)
        if not may_send(plan, snapshot, choices, session.profile):
            return report_unsent(plan, snapshot, book, choices, path)
        return run_plan(plan, client, snapshot, book, history, choices, path)


def _check_new(plan: Plan, history: History) -> None:
    """Raise PlanError where this plan was applied before: one plan is sent once."""
    applied = [run for run in history.runs() if run.run_id == plan.run_id]
    if applied:
        raise PlanError(f"This plan was already applied on {applied[0].started}: make a new plan.")
    history.memory(plan.server, plan.xivo_uuids, plan.book_id)  # runs that begin from now on are noticed


def _book_of(plan: Plan, given: str | None) -> Book | None:
    """Return the plan's book: the one given, else the one at the path the plan names if it is still the same.

    Raises PlanError where the given book is not the one that was planned.
    """
    if given:
        book = read_book(given)
        if book.digest() != plan.book_digest:
            raise PlanError(f"{given} is not the book of this plan, or was edited since: make a new plan.")
        return book
    try:
        book = read_book(plan.book_path)
    except BookError:
        return None
    return book if book.digest() == plan.book_digest else None
