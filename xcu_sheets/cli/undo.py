"""xcu-sheets undo: take a run back, as far as it is still as that run left it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import click

from .. import __version__
from ..history import History, RunSummary
from ..history.forgetting import check_remembered
from ..model.errors import PlanError
from ..model.snapshot import Snapshot
from ..model.text import safe_sentence
from ..planning.plan import Plan, group_by_row
from ..planning.reversal import bucket_rows, buckets
from ..reports.wording import row_message, tab_name
from ..running.clock import new_run_id, utc_now
from ..running.undo import expected_seconds, prepare_undo
from ..words import translate, translate_n
from .choices import Choices, follow_findings, sending_options, take_choices
from .connection import Connection, connect
from .look_up import look_up, read_server
from .options import connection_options, json_option, state_option
from .output import SHOWN_ROWS, describe_change, duration, more_rows, print_json
from .pins import check_pins
from .runs import end_unsent, may_send, open_history, run_plan

_TITLES: Mapping[str, Callable[[int], str]] = {
    "reversed": lambda n: translate_n("Will be reversed: {n} row", "Will be reversed: {n} rows", n),
    "kept": lambda n: translate_n("Kept: {n} row", "Kept: {n} rows", n),
    "impossible": lambda n: translate_n("Cannot be reversed: {n} row", "Cannot be reversed: {n} rows", n),
}


@click.command("undo")
@click.argument("run")
@click.option("--dry-run", is_flag=True, help="Show what would be reversed, and stop.")
@click.option("--default-template", default="", metavar="NAME", help="Template of users that were deleted.")
@sending_options
@state_option
@connection_options
@json_option
def command(run: str, dry_run: bool, default_template: str, state: str | None, as_json: bool, **options: Any) -> int:
    """Take RUN back: what it made is deleted, what it edited restored, what it deleted made again.

    Only what is still as that run left it: what somebody changed since is kept, and said. Repeat it where rows failed.

    Example: xcu-sheets undo 20261124-0800-a1b2
    """
    choices = take_choices(options, as_json=as_json)
    with open_history(state) as history:
        summary = history.run(run)
        _check(summary)
        session = connect(writes=not dry_run, url_default=summary.server, login_default=summary.login, **options)
        choices = follow_findings(choices, session.known, contact=session.settings.get("contact", ""))
        with session.client as client:
            snapshot = read_server(client)
            check_pins(session, snapshot.xivo_uuids, writes=not dry_run)
            if summary.status != "finished":
                snapshot = look_up(run, client, history, snapshot, choices.manner, dry_run=dry_run)
            now = utc_now()
            plan = prepare_undo(
                history,
                run,
                client,
                snapshot,
                undo_id=new_run_id(now),
                made_at=now,
                default_template=default_template,
                tool_version=__version__,
            )
            _print(plan, err=as_json)
            click.echo(_expected(plan, history, snapshot), err=True)
            if dry_run:
                return _end_dry(plan, as_json)
            return _send(plan, session, snapshot, history, choices)


def _check(summary: RunSummary) -> None:
    """Raise before anybody is asked for a password."""
    check_remembered(summary)
    if summary.options.get("probe"):
        raise PlanError(
            "Run {run_id} is a probe, which removes its own records: run probe again if it did not.",
            run_id=summary.run_id,
        )


def _print(plan: Plan, *, err: bool) -> None:
    """Print the three buckets, each row with what becomes of it and why."""
    notes = group_by_row(plan.problems)
    for name, changes in buckets(plan).items():
        click.secho(_TITLES[name](len(changes)), bold=True, err=err)
        for change in changes[:SHOWN_ROWS]:
            why = translate("; ").join(row_message(p) for p in notes.get((change.sheet, change.row), ()))
            line = f"{tab_name(change.sheet)} {describe_change(change)}"
            click.echo(f"  {safe_sentence(f'{line}  [{why}]' if why else line, 600)}", err=err)
        if len(changes) > SHOWN_ROWS:
            click.echo(more_rows(len(changes) - SHOWN_ROWS), err=err)
    already = sum(map(len, plan.unchanged.values()))
    if already:
        click.echo(translate_n("Already as before: {n} row", "Already as before: {n} rows", already), err=err)


def _expected(plan: Plan, history: History, snapshot: Snapshot) -> str:
    seconds = expected_seconds(plan, history.calls(plan.options.undo), snapshot)
    return translate("Expected to take about {span}, going by that run's own writes.", span=duration(seconds))


def _end_dry(plan: Plan, as_json: bool) -> int:
    click.echo(translate("Dry run: nothing was sent."), err=True)
    if as_json:
        print_json(lambda: {"undo": plan.options.undo, **bucket_rows(plan), "plan": plan.to_json()})
    return 0 if plan.clean else 1


def _send(plan: Plan, session: Connection, snapshot: Snapshot, history: History, choices: Choices) -> int:
    if not may_send(plan, snapshot, choices, session.profile):
        return end_unsent(plan, snapshot, None, choices, plan.book_path)
    return run_plan(plan, session.client, snapshot, None, history, choices, plan.book_path)
