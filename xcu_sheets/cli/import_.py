"""xcu-sheets import: check, plan, confirm, apply, report."""

from __future__ import annotations

from typing import Any

import click

from ..files import read_book
from ..running.apply import BATCH_SIZE
from .connection import connect
from .options import connection_options, json_option, planning_options, report_option, stacked, state_option
from .output import print_plan
from .plan import prepare_with_progress, split_options
from .runs import Choices, check_reports, may_send, open_history, report_unsent, run_plan

sending_options = stacked(
    click.option("--yes", is_flag=True, help="Send without asking; rows with problems stay behind."),
    click.option(
        "--workers", type=click.IntRange(0, 64), default=0, help="Writes in flight in all [default: one a XiVO]."
    ),
    click.option(
        "--batch-size", type=click.IntRange(1, 1000), default=BATCH_SIZE, show_default=True, help="Rows a batch."
    ),
    report_option,
    state_option,
)


@click.command("import")
@click.argument("book", type=click.Path())
@click.option("--dry-run", is_flag=True, help="Stop before anything is sent.")
@click.option("--only-if-clean", is_flag=True, help="Send nothing if any row has a problem or conflict.")
@planning_options
@sending_options
@connection_options
@json_option
def command(
    book: str,
    dry_run: bool,
    only_if_clean: bool,
    yes: bool,
    workers: int,
    batch_size: int,
    reports: tuple[str, ...],
    state: str | None,
    as_json: bool,
    **options: Any,
) -> int:
    """Bring what was edited in BOOK to the server: the plan is shown first, and sent when you say yes.

    Example: xcu-sheets import people.xlsx
    """
    check_reports(reports)
    found = read_book(book)
    planning, connection = split_options(options)
    session = connect(**connection)
    choices = Choices(yes, only_if_clean, reports, workers, batch_size, as_json, session.profile)
    with session.client as client, open_history(state) as history:
        prepared = prepare_with_progress(found, session, history, planning)
        plan, snapshot = prepared.plan, prepared.snapshot
        print_plan(plan, err=as_json)
        if dry_run:
            click.echo("Dry run: nothing was sent.", err=True)
            return 2 if plan.blocked else 0 if plan.clean else 1
        if not may_send(plan, snapshot, choices):
            return report_unsent(plan, snapshot, found, choices)
        return run_plan(plan, client, snapshot, found, history, choices, book)
