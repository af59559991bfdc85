"""What `import`, `apply` and `demo` share: ask, send, report, and the exit code."""

from __future__ import annotations

import math
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import Any

import click

from .. import __version__
from ..files import read_book
from ..history import History, default_path
from ..model.book import Book
from ..model.errors import BookError, PlanError, XcuError
from ..model.snapshot import Snapshot
from ..planning.plan import Plan
from ..reports.result import ENDINGS, Report, default_report_path, write_report
from ..running.apply import Past, Result, apply_plan
from ..running.clock import new_book_id, utc_now
from ..running.outcomes import row_outcomes
from ..running.preparing import rows_as_book, secrets_of
from ..running.run import BATCH_SIZE, SETTLE_SECONDS, Manner
from ..server import Client
from .options import stacked
from .output import count_plan, print_facts, print_json, print_outcomes, sending_progress

_BAD = {"conflict", "refused", "failed", "unknown", "not_sent"}


sending_options = stacked(
    click.option("--yes", is_flag=True, help="Send without asking; rows with problems stay behind."),
    click.option(
        "--workers",
        type=click.IntRange(0, 64),
        default=0,
        help="The most writes in flight in all; fewer at first and after trouble [default: one a XiVO].",
    ),
    click.option(
        "--batch-size", type=click.IntRange(1, 1000), default=BATCH_SIZE, show_default=True, help="Rows a batch."
    ),
    click.option(
        "--settle",
        "settle_seconds",
        type=click.FloatRange(0),
        default=SETTLE_SECONDS,
        show_default=True,
        help="Seconds in which a call without answer may still take effect, before the list is read a second time.",
    ),
    click.option("--max-failures", type=click.IntRange(0), default=0, help="Stop when so many rows have failed."),
    click.option("--pin-numbers", is_flag=True, help="Never choose another number for one that was lost meanwhile."),
    click.option("--stop-at", metavar="HH:MM", help="Begin no row after this local time; resume goes on from there."),
    click.option(
        "--report",
        "reports",
        multiple=True,
        type=click.Path(dir_okay=False),
        help="Write the result to FILE (.xlsx, .csv, .json); repeatable [default: BOOK.report-RUN.xlsx].",
    ),
)
_MANNER = ("workers", "batch_size", "settle_seconds", "max_failures", "pin_numbers")


@dataclass(frozen=True)
class Choices:
    """What the person chose for one run; `stop_at` is the moment (seconds of the epoch) after which no row begins."""

    yes: bool = False
    only_if_clean: bool = False
    reports: Sequence[str] = ()
    manner: Manner = Manner()  # noqa: RUF009 - frozen
    stop_at: float = math.inf
    as_json: bool = False


def take_choices(options: dict[str, Any], **others: Any) -> Choices:
    """Take the sending options out of a command's options; raises BookError for a report that could not be written."""
    manner = Manner(**{name: options.pop(name) for name in _MANNER})
    stop_at = moment_of(options.pop("stop_at"), datetime.now().astimezone())
    choices = Choices(options.pop("yes"), reports=options.pop("reports"), manner=manner, stop_at=stop_at, **others)
    check_reports(choices.reports)
    return choices


def moment_of(clock: str | None, now: datetime) -> float:
    """Return the next moment (seconds of the epoch) at which a local clock shows `clock`; never where it is None."""
    if not clock:
        return math.inf
    try:
        wanted = datetime.strptime(clock, "%H:%M").time()
    except ValueError:
        raise XcuError(f"--stop-at {clock}: write a time of day such as 03:30.") from None
    today = datetime.combine(now.date(), wanted).astimezone()
    tomorrow = datetime.combine(now.date() + timedelta(days=1), wanted).astimezone()
    return (today if today > now else tomorrow).timestamp()


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


def book_of(plan: Plan, given: str | None) -> Book | None:
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


def may_send(plan: Plan, snapshot: Snapshot, choices: Choices, profile: str) -> bool:
    """Tell whether the plan may be sent; asks on a terminal.

    Raises PlanError where the whole plan is refused, or where there is nobody to ask.
    """
    if plan.blocked:
        raise PlanError("The plan is refused as a whole, for the reason above: nothing was sent.")
    if not plan.to_send:
        return bool(plan.keys)  # nothing to ask: what unchanged rows teach about their keys is put on record
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
    plan: Plan,
    client: Client,
    snapshot: Snapshot,
    book: Book | None,
    history: History,
    choices: Choices,
    path: str,
    past: Past | None = None,
) -> int:
    """Apply a plan, write its reports whatever happens, and return the exit code. `path` names the default report.

    With `past` an interrupted run is finished.
    """
    say_vanished(history)
    secrets = secrets_of(book, plan) if book else {}
    with graceful(choices.stop_at) as stop, sending_progress() as step:
        result = apply_plan(
            plan,
            client,
            snapshot,
            secrets=secrets,
            history=history,
            manner=choices.manner,
            progress=step,
            stop=stop,
            past=past,
        )
    return finish(plan, result, book, choices, path)


def say_vanished(history: History) -> None:
    """Say whose hold on the history is taken over: a process that went without a word."""
    if history.vanished:
        click.echo(f"Note: {history.vanished} ended without a word; its lock was taken over.", err=True)


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
        reason = _REASONS.get(result.stopped, result.stopped)
        click.echo(f"Stopped: {result.failure or reason}", err=True)
    if result.resumable:
        click.echo(f"Go on with: xcu-sheets resume {plan.run_id}", err=True)
    saved = [write_report(target, report) for target in targets]
    for target in saved:
        click.echo(f"Report: {target}", err=choices.as_json)
    if choices.as_json:
        print_json({**report.to_json(), "reports": list(map(str, saved))})
    return exit_code(result)


_REASONS = {
    "interrupted": "interrupted",
    "time": "the time given by --stop-at has come",
    "server": "the server cannot be reached any more",
}


def exit_code(result: Result) -> int:
    """Return 130 for a run that was stopped on purpose, 3 for a lost server, 2 for a lost history, 1 for a bad row."""
    codes = {"interrupted": 130, "time": 130, "server": 3, "failures": 1}
    if result.stopped:
        return codes.get(result.stopped, 2)
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
def graceful(stop_at: float = math.inf) -> Iterator[Callable[[], str]]:
    """Yield what tells why a run is to stop: the first Ctrl-C, SIGTERM or SIGHUP, or the time; "" while it may go on.

    Calls under way are finished then; a second signal raises KeyboardInterrupt.
    """
    asked = threading.Event()
    caught = [s for name in ("SIGINT", "SIGTERM", "SIGHUP") if (s := getattr(signal, name, None)) is not None]

    def handle(_number: int, _frame: FrameType | None) -> None:
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()
        click.echo("\nStopping after the calls under way; Ctrl-C again stops at once.", err=True)

    def stop() -> str:
        return "interrupted" if asked.is_set() else "time" if time.time() >= stop_at else ""

    before = {number: signal.signal(number, handle) for number in caught}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
