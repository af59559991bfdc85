"""xcu-sheets runs --forget: the people of old runs leave the history, the runs stay in the list."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

import click

from ..history import Forgettable, History, RunSummary, find_forgettable
from ..model.errors import HistoryError, XcuError
from ..model.text import safe_text
from ..reports.counting import word
from ..running.clock import utc_now
from ..words import translate, translate_n
from .options import stacked
from .output import confirm, print_json

_DAYS = {"": 1, "d": 1, "w": 7, "m": 30}

forgetting_options = stacked(
    click.option("--forget", is_flag=True, help="Forget names, numbers and cells of finished runs; asks first."),
    click.option(
        "--older-than",
        metavar="AGE",
        help="With --forget: runs that ended longer ago than 90d, 12w, 6m (of 30 days), or before a date (2026-01-31).",
    ),
    click.option("--dry-run", is_flag=True, help="With --forget: only say which runs that would be."),
    click.option("--yes", is_flag=True, help="With --forget: do not ask."),
)


def forget_runs(
    history: History, run: str | None, *, forget: bool, older_than: str | None, dry_run: bool, yes: bool, as_json: bool
) -> int:
    """Say which runs are old enough, ask, and forget them; returns the exit code."""
    if not forget:
        raise click.UsageError(translate("--older-than, --dry-run and --yes belong to --forget."))
    if run or not older_than:
        raise click.UsageError(translate("--forget goes by age: runs --forget --older-than 90d, without a run's name."))
    before = moment_before(older_than, datetime.fromisoformat(utc_now()))
    found = find_forgettable(history.runs(), before)
    _say(found, before, err=as_json)
    wanted = bool(found.runs) and not dry_run and (yes or _confirmed())
    entries = history.forget([one.run_id for one in found.runs]) if wanted else 0
    if wanted:
        click.echo(
            translate_n(
                "Forgotten: {runs}; {n} entry of the history was rewritten. Books and reports are files of your own: "
                "they are as they were.",
                "Forgotten: {runs}; {n} entries of the history were rewritten. Books and reports are files of your "
                "own: they are as they were.",
                entries,
                runs=_runs(found.runs),
            ),
            err=as_json,
        )
    elif found.runs:
        click.echo(translate("Nothing was forgotten."), err=as_json)
    if as_json:
        print_json(lambda: _to_json(found, before, wanted, entries))
    return 0 if wanted or dry_run or not found.runs else 2


def moment_before(age: str, now: datetime) -> datetime:
    """Return the moment that an age or a date means: `90d` is 90 days ago, a date the midnight when it began here.

    Raises XcuError for anything else, and for a moment that has not come yet.
    """
    span = re.fullmatch(r"([0-9]{1,5})\s*([dwm]?)", age.strip().casefold())
    try:
        if span:
            return now - timedelta(days=int(span[1]) * _DAYS[span[2]])
        moment = datetime.combine(date.fromisoformat(age.strip()), time()).astimezone()
    except (ValueError, OverflowError):
        raise XcuError(
            "--older-than {age}: write an age such as 90d, 12w or 6m, or a date such as 2026-01-31.", age=safe_text(age)
        ) from None
    if moment > now:
        raise XcuError("--older-than {age}: this day has not come yet.", age=safe_text(age))
    return moment


def _say(found: Forgettable, before: datetime, *, err: bool) -> None:
    for run in found.unfinished:
        since = run.ended or run.started
        click.echo(
            translate(
                "Kept: run {run} ({status}, {since}): resume or undo it first.",
                run=run.run_id,
                status=word(run.status),
                since=since,
            ),
            err=err,
        )
    if not found.runs:
        click.echo(
            translate(
                "No finished run ended before {before}: there is nothing to forget.", before=f"{before:%Y-%m-%d %H:%M}"
            ),
            err=err,
        )
        return
    days = sorted(run.ended[:10] for run in found.runs)
    click.echo(
        translate(
            "{runs_ended}: names, numbers and all other texts of cells go; they can then no longer be undone, resumed "
            "or shown row by row; imports of their books still make nobody twice, but export such a book again before "
            "you edit it further.",
            runs_ended=_ended(len(found.runs), days[0], days[-1]),
        ),
        err=err,
    )


def _ended(n: int, first: str, last: str) -> str:
    if first == last:
        return translate_n("{n} run ended on {day}", "{n} runs ended on {day}", n, day=first)
    return translate_n(
        "{n} run ended from {first} to {last}", "{n} runs ended from {first} to {last}", n, first=first, last=last
    )


def _runs(runs: Sequence[RunSummary]) -> str:
    return translate_n("{n} run", "{n} runs", len(runs))


def _confirmed() -> bool:
    if not sys.stdin.isatty():
        raise HistoryError("There is no terminal to ask on: look at the runs above and run again with --yes.")
    return confirm(translate("Forget them for good?"))


def _to_json(found: Forgettable, before: datetime, wanted: bool, entries: int) -> dict[str, object]:
    return {
        "before": before.isoformat(),
        "runs": [run.run_id for run in found.runs],
        "unfinished": [run.run_id for run in found.unfinished],
        "forgotten": wanted,
        "entries": entries,
    }
