"""xcu-sheets apply: exactly the reviewed plan."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ..files import Limits
from ..history import History
from ..model.errors import PlanError
from ..model.view import View
from ..planning.plan import Plan
from ..planning.staleness import recheck
from ..running.clock import utc_now
from ..server import read_snapshot
from .choices import follow_findings, sending_options, take_choices
from .connection import connect
from .credentials import credentials_option
from .options import connection_options, json_option, limit_options, state_option
from .output import print_plan
from .pins import check_pins
from .plan import read_plan
from .runs import book_of, may_send, open_history, report_unsent, run_plan


@click.command("apply")
@click.argument("plan_file", metavar="PLAN.json", type=click.Path())
@click.option(
    "--book", "book_path", type=click.Path(), help="The plan's book, for its passwords and the report's columns."
)
@credentials_option
@sending_options
@limit_options
@state_option
@connection_options
@json_option
def command(
    plan_file: str, book_path: str | None, limits: Limits, state: str | None, as_json: bool, **options: Any
) -> int:
    """Send what PLAN.json says and nothing else; rows whose record moved since are left alone. Once only.

    Example: xcu-sheets apply plan.json --book people.xlsx
    """
    choices = take_choices(options, as_json=as_json, limits=limits)
    plan = read_plan(Path(plan_file))
    book = book_of(plan, book_path, limits)
    session = connect(writes=True, **options)
    choices = follow_findings(choices, session.known, contact=session.settings.get("contact", ""))
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
    applied = next((run for run in history.runs() if run.run_id == plan.run_id), None)
    if applied and applied.status != "finished":
        raise PlanError(
            "This plan was begun on {started} and not finished: xcu-sheets resume {run_id}",
            started=applied.started,
            run_id=plan.run_id,
        )
    if applied:
        raise PlanError("This plan was already applied on {started}: make a new plan.", started=applied.started)
    history.memory(plan.server, plan.xivo_uuids, plan.book_id)  # runs that begin from now on are noticed
