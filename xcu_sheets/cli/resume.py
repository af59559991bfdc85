"""xcu-sheets resume: finish a run that was interrupted."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from ..files import Limits
from ..history import History, RunSummary
from ..history.checks import follower_of
from ..history.forgetting import check_remembered
from ..model.book import Book
from ..model.errors import HistoryError, PlanError
from ..model.text import Said, safe_text
from ..model.view import View
from ..planning.plan import Plan
from ..running.apply import apply_plan
from ..running.resume import counts_so_far, read_past, recheck_rest
from ..running.run import LOOKED, Past
from ..words import told, translate, translate_n
from .choices import Choices, follow_findings, sending_options, take_choices
from .connection import Connection, connect
from .credentials import credentials_option
from .look_up import read_server
from .moves import say_moves
from .options import connection_options, json_option, limit_options, state_option
from .output import confirm
from .pins import check_pins
from .runs import book_of, finish, named_login, open_history, run_plan


@click.command("resume")
@click.argument("run", required=False)
@click.option("--book", "book_path", type=click.Path(), help="Where the run's book is now, for its passwords.")
@credentials_option
@sending_options
@limit_options
@state_option
@connection_options
@json_option
def command(
    run: str | None, book_path: str | None, limits: Limits, state: str | None, as_json: bool, **options: Any
) -> int:
    """Finish RUN, or the last run that was not finished: nothing is sent twice, what has no answer is looked up first.

    Of a finished RUN the report is written again.

    Example: xcu-sheets resume
    """
    choices = take_choices(options, as_json=as_json, limits=limits)
    with open_history(state) as history:
        runs = history.runs()
        summary = history.run(run) if run else last_unfinished(runs)
        check_resumable(summary, runs)
        session = connect(writes=True, url_default=summary.server, login_default=summary.login, **options)
        choices = follow_findings(choices, session.known, contact=session.settings.get("contact", ""))
        with session.client:
            return resume_run(summary, session, history, choices, book_path)


def last_unfinished(runs: Sequence[RunSummary]) -> RunSummary:
    """Return the last run that was not finished. Raises HistoryError where there is none."""
    found = [
        run
        for run in runs
        if run.status != "finished" and not (run.undone_by or run.options.get("probe") or follower_of(run, runs))
    ]
    if not found:
        raise HistoryError("No run is unfinished: nothing is left to resume. (resume RUN writes a report again.)")
    return found[-1]


def check_resumable(summary: RunSummary, runs: Sequence[RunSummary]) -> None:
    """Raise HistoryError for a run of which nothing can be finished: before anybody is asked for a password."""
    check_remembered(summary)
    if summary.undone_by:
        raise HistoryError(
            "Run {run_id} was taken back by run {undone_by}: import the book again.",
            run_id=summary.run_id,
            undone_by=summary.undone_by,
        )
    later = follower_of(summary, runs) if summary.status != "finished" else ""
    if later:
        raise HistoryError(
            "Run {run} cannot be finished: run {later} of the same book came after it. Import the book again.",
            run=summary.run_id,
            later=later,
        )
    if summary.options.get("probe"):
        raise HistoryError("Run {run_id} is a probe: the next probe removes what it left.", run_id=summary.run_id)


def wants_resume(summary: RunSummary, choices: Choices) -> bool:
    """Say that a run of this book was not finished, and tell whether it is to be finished instead of a new one."""
    about = Said(
        "Run {run} of this book, begun on {started}, did not finish.", run=summary.run_id, started=summary.started
    )
    if choices.yes:
        click.echo(translate("{unfinished} It is to be finished first.", unfinished=about), err=True)
        return True
    if not sys.stdin.isatty():
        click.echo(told(about), err=True)
        return False
    return confirm(translate("{unfinished} Finish it now (no: plan this book anew)?", unfinished=about), default=True)


def resume_run(
    summary: RunSummary,
    session: Connection,
    history: History,
    choices: Choices,
    book_path: str | None = None,
    secrets_in: Book | None = None,
) -> int:
    """Read the server, say what is left of a run, ask, and finish it; returns the exit code.

    `secrets_in` is a book that holds the passwords of its rows, where the run's own lies nowhere.
    """
    plan, past = read_past(history, summary.run_id)
    book = None if plan.came_from else book_of(plan, book_path, choices.limits)
    finished = summary.status == "finished"
    snapshot = read_server(session.client)
    plan = recheck_rest(plan, past, View.of_snapshot(snapshot))
    check_pins(session, snapshot.xivo_uuids, writes=True)
    click.echo(_left(plan, past, secrets_in or book), err=True)
    if not (finished or choices.yes or _confirmed(plan, session)):
        click.echo(translate("Nothing was sent."), err=True)
        return 2
    place = _report_place(plan, book_path)
    if not finished:
        return run_plan(plan, session.client, snapshot, book, history, choices, place, past, secrets_in)
    result = apply_plan(plan, session.client, snapshot, past=past, stop=lambda: LOOKED)
    result = replace(result, stopped="", resumable=False)
    code = finish(plan, result, book, choices, place)
    say_moves(plan, result, history)
    return code


def _left(plan: Plan, past: Past, book: Book | None) -> str:
    counts = counts_so_far(plan, past)
    line = translate_n(
        "Run {run} of {book} on {server}: {n} row is done, {to_look_up} to be looked up, {to_send} to be sent.",
        "Run {run} of {book} on {server}: {n} rows are done, {to_look_up} to be looked up, {to_send} to be sent.",
        counts["done"],
        run=plan.run_id,
        book=safe_text(plan.book_path, 300),
        server=plan.server,
        to_look_up=counts["to_look_up"],
        to_send=counts["to_send"],
    )
    over = {key for key, one in past.calls.items() if one.settled}
    waiting = sum(bool(c.typed_secrets) for c in plan.to_send if c.step_key not in over)
    if waiting and book is None and plan.came_from:
        line += " " + translate("Passwords of the migration's book are wanted: run the same migrate command instead.")
    elif waiting and book is None:
        line += " " + translate_n(
            "{n} of them needs a password of the book, which is gone or was edited: give it with --book.",
            "{n} of them need a password of the book, which is gone or was edited: give it with --book.",
            waiting,
        )
    return line


def _confirmed(plan: Plan, session: Connection) -> bool:
    if not sys.stdin.isatty():
        raise PlanError("There is no terminal to ask on: run again with --yes.")
    who = named_login("", plan.server, session.client.login_name)
    return confirm(translate("{who}: finish this run?", who=who))


def _report_place(plan: Plan, book_path: str | None) -> str:
    """Return the path beside which the report is written: the book's, or here where its folder is gone."""
    path = Path(book_path or plan.book_path)
    return str(path if path.absolute().parent.is_dir() else Path(path.name))
