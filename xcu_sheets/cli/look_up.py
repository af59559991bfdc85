"""What an interrupted run has no answer for, looked up in the lists and put on record; nothing is sent."""

from __future__ import annotations

from collections import Counter

import click

from ..history import History
from ..model.errors import XcuError
from ..model.snapshot import Snapshot
from ..running.apply import Result, apply_plan
from ..running.clock import utc_now
from ..running.open_calls import open_calls
from ..running.resume import counts_so_far, read_past
from ..running.run import LOOKED, Manner
from ..server import Client, read_snapshot
from ..words import translate
from .output import progress

_ENDS = {
    "outcome_unknown": "left no trace in the lists: they count as not done",
    "outcome_unknown_create": "left no trace in the lists: they count as not done",
    "created_not_seen": "were answered with yes and are not in the lists yet: they are not made again for an hour",
    "list_unreadable": "stay open, for their list cannot be read",
}


def read_server(client: Client) -> Snapshot:
    """Read the server, with a bar while the lists are under way."""
    with progress("reading", "entity") as step:
        return read_snapshot(client, taken_at=utc_now(), progress=step)


def look_up(
    run_id: str, client: Client, history: History, snapshot: Snapshot, manner: Manner, *, dry_run: bool = False
) -> Snapshot:
    """Look up what an unfinished run has no answer for, and return the server as then seen.

    A dry run only says how many rows these are: what is found would go on record. Raises KeyboardInterrupt at Ctrl-C,
    XcuError where the server cannot be read or the history not be written: then nobody may go on.
    """
    plan, past = read_past(history, run_id)
    open_rows = counts_so_far(plan, past)["to_look_up"]
    if not open_rows:
        return snapshot
    what = "would be looked up first: a dry run does not know them" if dry_run else "are looked up first"
    click.echo(
        translate(
            "Run {run_id} did not finish: {open_rows} rows have no answer and {what}.",
            run_id=run_id,
            open_rows=open_rows,
            what=what,
        ),
        err=True,
    )
    if dry_run:
        return snapshot
    result = apply_plan(plan, client, snapshot, history=history, manner=manner, past=past, stop=lambda: LOOKED)
    _check(result)
    ends = Counter(_ENDS[n.code] for outcome in result.outcomes for n in outcome.notes if n.code in _ENDS)
    for end, rows in ends.items():
        click.echo(translate("{rows} of them {end}.", rows=rows, end=end), err=True)
    return result.snapshot


def _check(result: Result) -> None:
    if result.stopped == "interrupted":
        raise KeyboardInterrupt
    if result.stopped not in ("", LOOKED):
        raise XcuError(
            "What the earlier run made could not be looked up, so nothing was sent: {failure}", failure=result.failure
        )


def look_up_book(book_id: str, client: Client, history: History, manner: Manner) -> None:
    """Look up what earlier runs of a book may have made, so that its next plan knows of it."""
    runs = open_calls(history, client.origin, book_id, utc_now())
    if runs:
        snapshot = read_server(client)
        for run_id in runs:
            snapshot = look_up(run_id, client, history, snapshot, manner)
