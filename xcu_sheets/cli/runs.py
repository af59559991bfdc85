"""What `import`, `apply` and `demo` share: ask, send, report, and the exit code."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import click

from .. import __version__
from ..history import History, default_path
from ..model.book import Book
from ..model.errors import BookError, PlanError
from ..model.snapshot import Snapshot
from ..planning.plan import Plan
from ..reports.result import ENDINGS, Report, default_report_path, write_report
from ..running.apply import BATCH_SIZE, Result, apply_plan
from ..running.clock import new_book_id, utc_now
from ..running.outcomes import row_outcomes
from ..running.preparing import secrets_of
from ..server import Client
from .options import stacked
from .output import count_plan, print_json, print_outcomes, progress

_BAD = {"conflict", "refused", "failed", "unknown", "not_sent"}


sending_options = stacked(
    click.option("--yes", is_flag=True, help="Send without asking; rows with problems stay behind."),
    click.option(
        "--workers", type=click.IntRange(0, 64), default=0, help="Writes in flight in all [default: one a XiVO]."
    ),
    click.option(
        "--batch-size", type=click.IntRange(1, 1000), default=BATCH_SIZE, show_default=True, help="Rows a batch."
    ),
    click.option(
        "--report",
        "reports",
        multiple=True,
        type=click.Path(dir_okay=False),
        help="Write the result to FILE (.xlsx, .csv, .json); repeatable [default: BOOK.report-RUN.xlsx].",
    ),
)
_SENDING = ("yes", "workers", "batch_size", "reports")


@dataclass(frozen=True)
class Choices:
    """What the person chose for one run."""

    yes: bool = False
    only_if_clean: bool = False
    reports: Sequence[str] = ()
    workers: int = 0
    batch_size: int = BATCH_SIZE
    as_json: bool = False


def take_choices(options: dict[str, Any], **others: Any) -> Choices:
    """Take the sending options out of a command's options; raises BookError for a report that could not be written."""
    choices = Choices(**{name: options.pop(name) for name in _SENDING}, **others)
    check_reports(choices.reports)
    return choices


def open_history(state: str | None) -> AbstractContextManager[History]:
    """Open the history in `--state`, or in the user's state folder."""
    return History.open(default_path(state), now=utc_now)


def check_reports(reports: Sequence[str]) -> None:
    """Raise BookError for a report that could not be written at the end: known before anything is sent."""
    for name in reports:
        path = Path(name)
        if path.suffix.lower() not in ENDINGS:
            raise BookError(f"{name}: a report ends in {', '.join(ENDINGS)}: choose one of these")
        if not path.absolute().parent.is_dir():
            raise BookError(f"{name}: there is no folder {path.absolute().parent}")


def may_send(plan: Plan, snapshot: Snapshot, choices: Choices, profile: str) -> bool:
    """Tell whether the plan may be sent; asks on a terminal.

    Raises PlanError where the whole plan is refused, or where there is nobody to ask.
    """
    if plan.blocked:
        raise PlanError("The plan is refused as a whole, for the reason above: nothing was sent.")
    if not plan.to_send:
        return False
    if choices.only_if_clean and not plan.clean:
        click.echo("Nothing was sent: some rows have problems and --only-if-clean was given.", err=True)
        return False
    if choices.yes:
        return True
    if not sys.stdin.isatty():
        raise PlanError("There is no terminal to ask on: look at the plan above and run again with --yes.")
    who = f"{profile + ': ' if profile else ''}{snapshot.server} as {snapshot.login}"
    stopped = sum(change.action in ("refused", "conflict") for change in plan.changes)
    aside = f" ({stopped} rows have problems and stay behind)" if stopped else ""
    return click.confirm(f"{who}: {count_plan(plan)}. Send {len(plan.to_send)} rows{aside}?", err=True)


def run_plan(
    plan: Plan, client: Client, snapshot: Snapshot, book: Book | None, history: History, choices: Choices, path: str
) -> int:
    """Apply a plan, write its reports whatever happens, and return the exit code. `path` names the default report."""
    secrets = secrets_of(book, plan) if book else {}
    with graceful() as cancelled, progress("sending") as step:
        result = apply_plan(
            plan,
            client,
            snapshot,
            secrets=secrets,
            history=history,
            workers=choices.workers,
            batch_size=choices.batch_size,
            progress=step,
            cancelled=cancelled,
        )
    return finish(plan, result, book, choices, path)


def report_unsent(plan: Plan, snapshot: Snapshot, book: Book | None, choices: Choices, path: str) -> int:
    """Report a run that sent nothing: every row is unchanged, refused, or was not wanted."""
    return finish(plan, Result(tuple(row_outcomes(plan, snapshot, {})), snapshot), book, choices, path)


def finish(plan: Plan, result: Result, book: Book | None, choices: Choices, path: str) -> int:
    """Write the reports, print the summary, and return the exit code."""
    report = Report(
        run_id=plan.run_id,
        book=book,
        outcomes=result.outcomes,
        snapshot=result.snapshot,
        book_id=new_book_id(),
        made_at=utc_now(),
        tool_version=__version__,
        stopped=result.stopped,
    )
    with undisturbed():
        return _write(plan, result, report, choices, path)


def _write(plan: Plan, result: Result, report: Report, choices: Choices, path: str) -> int:
    targets = [Path(name) for name in choices.reports] or [default_report_path(path, plan.run_id)]
    print_outcomes(result.outcomes, err=choices.as_json)
    if result.failure:
        click.echo(f"Stopped: {result.failure}", err=True)
    saved = [write_report(target, report) for target in targets]
    for target in saved:
        click.echo(f"Report: {target}", err=choices.as_json)
    if choices.as_json:
        print_json({**report.to_json(), "reports": list(map(str, saved))})
    return exit_code(result)


def exit_code(result: Result) -> int:
    """Return 130 for an interrupted run, 3 for a lost server, 2 for a lost history, 1 for a row in trouble, else 0."""
    if result.stopped:
        return {"interrupted": 130, "server": 3}.get(result.stopped, 2)
    return 1 if any(o.status in _BAD for o in result.outcomes) else 0


@contextmanager
def undisturbed() -> Iterator[None]:
    """Let no further Ctrl-C cut the report short."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def graceful() -> Iterator[Callable[[], bool]]:
    """Let the first Ctrl-C (or SIGTERM, SIGHUP) end a run cleanly: calls under way finish. The second stops at once."""
    asked = threading.Event()
    caught = [s for name in ("SIGINT", "SIGTERM", "SIGHUP") if (s := getattr(signal, name, None)) is not None]

    def handle(_number: int, _frame: FrameType | None) -> None:
        asked.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        click.echo("\nStopping after the calls under way; Ctrl-C again stops at once.", err=True)

    before = {number: signal.signal(number, handle) for number in caught}
    try:
        yield asked.is_set
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
