"""`--credentials FILE`: where generated passwords are told, asked for before anything is sent."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import click

from ..history import History
from ..model.errors import BookError, HistoryError, PlanError
from ..model.snapshot import Snapshot
from ..model.text import Said
from ..planning.plan import Plan
from ..running.apply import Result
from ..running.passwords import (
    Credentials,
    asking,
    begin_credentials,
    end_credentials,
    open_rows,
    refuse_existing,
    resume_credentials,
)
from ..running.run import Past
from ..words import translate

credentials_option = click.option(
    "--credentials",
    metavar="FILE",
    type=click.Path(dir_okay=False),
    help="Write the passwords made for cells that say auto here (.csv, .xlsx), readable by you only.",
)


def require_credentials(plan: Plan, path: str) -> None:
    """Raise PlanError where passwords would be made, and there is no new file to tell them in."""
    count = len(asking(plan))
    if count and not path:
        rows = Said("{n} row asks for a password", n=1) if count == 1 else Said("{n} rows ask for a password", n=count)
        raise PlanError(
            "{rows} to be made (auto in cti_password): say where they are to be written, with --credentials FILE "
            "(.csv or .xlsx). Nothing was sent.",
            rows=rows,
        )
    if count:
        refuse_existing(Path(path))


def open_credentials(
    plan: Plan, snapshot: Snapshot, history: History, path: str, past: Past | None
) -> Credentials | None:
    """Return the passwords of a run, in their file already; None where it has none to make.

    Raises PlanError where the file of a new run exists, and for a resume without the file of its run.
    """
    if not asking(plan):
        return None
    if past is None:
        return begin_credentials(plan, snapshot, Path(path))
    if not path and not open_rows(plan, past):
        return None
    if not path:
        raise PlanError(
            "Run {run} makes passwords: give the file in which it told them, with --credentials "
            "FILE (a new name if that is lost: rows that may have been sent are then looked up, and "
            "not sent again).",
            run=plan.run_id,
        )
    key = history.memory(plan.server, plan.xivo_uuids, plan.book_id).key
    return resume_credentials(plan, snapshot, past, Path(path), key)


def drop_unused(credentials: Credentials | None, history: History, run_id: str, past: Past | None) -> None:
    """Remove a file that was begun just now, by a run that failed before its first call: its passwords are nobody's."""
    if credentials and credentials.is_new:
        with suppress(HistoryError, OSError):
            if len(history.calls(run_id)) == (past.on_record if past else 0):
                credentials.path.unlink()


def close_credentials(credentials: Credentials | None, result: Result, *, err: bool) -> None:
    """Bring the file up to date and say where it lies; one in which nobody is left is removed."""
    if credentials is None:
        return
    ended = end_credentials(credentials, result.outcomes, resumable=result.resumable)
    if not ended.rows and not ended.others:
        credentials.path.unlink(missing_ok=True)
        return
    try:
        ended = ended.write()
    except BookError as failed:
        click.echo(
            translate(
                "Note: the credentials could not be brought up to date ({failed}); the passwords are right.",
                failed=failed,
            ),
            err=True,
        )
    click.echo(
        translate("Credentials: {path} (readable by you only: hand them out, then delete it)", path=ended.path), err=err
    )
