"""xcu-sheets apply: exactly the reviewed plan."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ..files import read_book
from ..model.book import Book
from ..model.errors import BookError, PlanError
from ..model.view import View
from ..planning.plan import Plan
from ..planning.staleness import recheck
from ..running.clock import utc_now
from ..server import read_snapshot
from .connection import connect
from .import_ import sending_options
from .options import connection_options, json_option
from .output import print_plan
from .plan import read_plan
from .runs import Choices, check_reports, may_send, open_history, run_plan


@click.command("apply")
@click.argument("plan_file", metavar="PLAN.json", type=click.Path())
@click.option(
    "--book", "book_path", type=click.Path(), help="The plan's book, for its passwords and the report's columns."
)
@sending_options
@connection_options
@json_option
def command(
    plan_file: str,
    book_path: str | None,
    yes: bool,
    workers: int,
    batch_size: int,
    reports: tuple[str, ...],
    state: str | None,
    as_json: bool,
    **connection: Any,
) -> int:
    """Send what PLAN.json says and nothing else; rows whose record moved since are left alone. Once only.

    Example: xcu-sheets apply plan.json --book people.xlsx
    """
    check_reports(reports)
    plan = read_plan(Path(plan_file))
    book = _book_of(plan, book_path)
    session = connect(**connection)
    choices = Choices(yes, False, reports, workers, batch_size, as_json, session.profile)
    with session.client as client, open_history(state) as history:
        history.memory(plan.server, plan.xivo_uuids, plan.book_id)
        snapshot = read_snapshot(client, taken_at=utc_now())
        plan = recheck(plan, View.of_snapshot(snapshot))
        print_plan(plan, err=as_json)
        if not may_send(plan, snapshot, choices):
            click.echo("Nothing was sent.", err=True)
            return 0 if plan.clean and not plan.to_send else 1
        return run_plan(plan, client, snapshot, book, history, choices, book_path or plan_file)


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
