"""What the commands that send a plan share: ask, send, report, and the exit code."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager
from dataclasses import asdict
from pathlib import Path

import click

from .. import __version__
from ..files import Limits
from ..history import History, default_path
from ..model.book import Book
from ..model.errors import BookError, PlanError
from ..model.snapshot import Snapshot
from ..planning.plan import Plan
from ..planning.reversal import bucket_rows
from ..reports.result import Report, default_report_path, write_report
from ..running.apply import Result, apply_plan
from ..running.clock import new_book_id, utc_now
from ..running.outcomes import row_outcomes
from ..running.preparing import rows_as_book, secrets_of
from ..running.run import Past
from ..server import Client
from ..words import spoken, translate, translate_n
from .choices import Choices
from .credentials import close_credentials, drop_unused, open_credentials, require_credentials
from .lists import USUAL, read_list
from .moves import lists_of, say_moves
from .output import confirm, count_plan, print_facts, print_json, print_outcomes, sending_progress
from .stopping import graceful, undisturbed


def open_history(state: str | None) -> AbstractContextManager[History]:
    """Open the history in `--state`, or in the user's state folder."""
    return History.open(default_path(state), now=utc_now)


def book_of(plan: Plan, given: str | None, limits: Limits = USUAL) -> Book | None:
    """Return the plan's book: the one given, else the one at the path the plan names if it is still the same.

    Raises PlanError where the given book is not the one that was planned.
    """
    if given:
        book = read_list(given, plan.options.columns, limits)
        if book.digest() != plan.book_digest:
            raise PlanError("{given} is not the book of this plan, or was edited since: make a new plan.", given=given)
        return book
    try:
        book = read_list(plan.book_path, plan.options.columns, limits)
    except BookError:
        return None
    return book if book.digest() == plan.book_digest else None


def may_send(plan: Plan, snapshot: Snapshot, choices: Choices, profile: str) -> bool:
    """Tell whether the plan may be sent; asks on a terminal.

    Raises PlanError where the whole plan is refused, or where there is nobody to ask.
    """
    if plan.blocked:
        raise PlanError("The plan is refused as a whole, for the reason above: nothing was sent.")
    if not plan.to_send:
        return bool(plan.keys)  # nothing to ask: what unchanged rows teach about their keys is put on record
    if choices.only_if_clean and not plan.clean:
        click.echo(translate("Nothing was sent: some rows have problems and --only-if-clean was given."), err=True)
        return False
    require_credentials(plan, choices.credentials)
    if choices.yes:
        return True
    if not sys.stdin.isatty():
        raise PlanError("There is no terminal to ask on: look at the plan above and run again with --yes.")
    return confirm(_question(plan, named_login(profile, snapshot.server, snapshot.login)))


def named_login(profile: str, server: str, login: str) -> str:
    """Return `hospital: http://xcu.example:9001 as admin`: what the person asked for, and what that is."""
    who = translate("{server} as {login}", server=server, login=login)
    return translate("{profile}: {who}", profile=profile, who=who) if profile else who


def _question(plan: Plan, who: str) -> str:
    counts, rows = count_plan(plan), translate_n("{n} row", "{n} rows", len(plan.to_send))
    stopped = sum(change.action in ("refused", "conflict") for change in plan.changes)
    if not stopped:
        return translate("{who}: {counts}. Send {rows}?", who=who, counts=counts, rows=rows)
    return translate_n(
        "{who}: {counts}. Send {rows} ({n} row has problems and stays behind)?",
        "{who}: {counts}. Send {rows} ({n} rows have problems and stay behind)?",
        stopped,
        who=who,
        counts=counts,
        rows=rows,
    )


def run_plan(
    plan: Plan,
    client: Client,
    snapshot: Snapshot,
    book: Book | None,
    history: History,
    choices: Choices,
    path: str,
    past: Past | None = None,
    secrets_in: Book | None = None,
) -> int:
    """Apply a plan, write its reports whatever happens, and return the exit code. `path` names the default report.

    With `past` an interrupted run is finished. `secrets_in` is where its passwords are, if not in `book`.
    """
    say_vanished(history)
    credentials = open_credentials(plan, snapshot, history, choices.credentials, past)
    made = credentials.secrets if credentials else {}
    keeper = secrets_in or book
    typed = secrets_of(keeper, plan) if keeper else {}
    try:
        with graceful(choices.stop_at) as stop, sending_progress() as step:
            result = apply_plan(
                plan,
                client,
                snapshot,
                secrets={key: {**typed.get(key, {}), **made.get(key, {})} for key in {*typed, *made}},
                history=history,
                manner=choices.manner,
                progress=step,
                stop=stop,
                past=past,
            )
    except BaseException:
        drop_unused(credentials, history, plan.run_id, past)
        raise
    with undisturbed():
        close_credentials(credentials, result, err=choices.as_json)
    code = finish(plan, result, book, choices, path)
    say_moves(plan, result, history)
    return code


def say_vanished(history: History) -> None:
    """Say whose hold on the history is taken over: a process that went without a word."""
    if history.vanished:
        click.echo(
            translate("Note: {process} ended without a word; its lock was taken over.", process=history.vanished.said),
            err=True,
        )


def end_unsent(plan: Plan, snapshot: Snapshot, book: Book | None, choices: Choices, path: str) -> int:
    """End a run that sends nothing: after a no by one sentence; else, and where a report was asked for, by a report."""
    if plan.to_send and not (choices.only_if_clean or choices.reports or choices.as_json):
        click.echo(translate("Nothing was sent."), err=True)
        return 1
    return report_unsent(plan, snapshot, book, choices, path)


def report_unsent(plan: Plan, snapshot: Snapshot, book: Book | None, choices: Choices, path: str) -> int:
    """Report a run that sent nothing: every row is unchanged, refused, or was not wanted."""
    return finish(plan, Result(tuple(row_outcomes(plan, snapshot, {})), snapshot), book, choices, path)


def finish(plan: Plan, result: Result, book: Book | None, choices: Choices, path: str) -> int:
    """Write the reports, print the summary, and return the exit code."""
    report = Report(
        run_id=plan.run_id,
        book=book or rows_as_book(plan),
        outcomes=result.outcomes,
        snapshot=result.snapshot,
        book_id=new_book_id(),
        made_at=utc_now(),
        tool_version=__version__,
        stopped=result.stopped,
        facts=run_facts(result),
        contact=choices.contact or (book.contact if book else ""),
    )
    with undisturbed():
        return _write(plan, result, report, choices, path)


def run_facts(result: Result) -> dict[str, int]:
    """Return a run's figures and its proof as numbers; nothing for a run that sent nothing."""
    figures = asdict(result.figures) if result.figures.calls else {}
    return {**figures, **(asdict(result.proof) if result.proof else {})}


def _write(plan: Plan, result: Result, report: Report, choices: Choices, path: str) -> int:
    targets = [Path(name) for name in choices.reports] or [default_report_path(path, plan.run_id)]
    print_outcomes(result.outcomes, err=choices.as_json)
    print_facts(report.facts, err=choices.as_json)
    if result.stopped:
        reason = result.failure or translate(_REASONS.get(result.stopped, result.stopped))
        click.echo(translate("Stopped: {reason}", reason=reason), err=True)
    if result.resumable:
        click.echo(translate("Go on with: xcu-sheets resume {run}", run=plan.run_id), err=True)
    saved = [write_report(target, report, lang=spoken()) for target in targets]
    for target in saved:
        click.echo(translate("Report: {path}", path=target), err=choices.as_json)
    if choices.as_json:
        lists = lists_of(plan, result)
        reports = list(map(str, saved))
        print_json(lambda: {**bucket_rows(plan), **report.to_json(), "reports": reports, **lists})
    return exit_code(result)


_REASONS = {
    "interrupted": "interrupted",
    "time": "the time given by --stop-at has come",
    "server": "the server cannot be reached any more",
}


def exit_code(result: Result) -> int:
    """Return 130 for a run that was stopped on purpose, 3 for a lost server, 2 for a lost history, 1 for a bad row.

    Bad is also what the server does not show in the end, and a person who may be there twice.
    """
    codes = {"interrupted": 130, "time": 130, "server": 3, "failures": 1}
    if result.stopped:
        return codes.get(result.stopped, 2)
    return 1 if any(outcome.needs_a_look for outcome in result.outcomes) else 0
