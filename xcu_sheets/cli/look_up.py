"""What an interrupted run has no answer for, looked up in the lists and put on record; nothing is sent."""

from __future__ import annotations

import click

from ..history import History
from ..model.snapshot import Snapshot
from ..running.apply import apply_plan
from ..running.clock import utc_now
from ..running.resume import counts_so_far, read_past, unsettled_creates
from ..running.run import LOOKED, Manner
from ..server import Client, read_snapshot
from .output import progress

_NO_TRACE = {"outcome_unknown", "outcome_unknown_create"}


def read_server(client: Client) -> Snapshot:
    """Read the server, with a bar while the lists are under way."""
    with progress("reading", "entity") as step:
        return read_snapshot(client, taken_at=utc_now(), progress=step)


def look_up(
    run_id: str, client: Client, history: History, snapshot: Snapshot, manner: Manner, *, dry_run: bool = False
) -> Snapshot:
    """Look up what an unfinished run has no answer for, and return the server as then seen.

    A dry run only says how many rows these are: what is found would go on record.
    """
    plan, past = read_past(history, run_id)
    open_rows = counts_so_far(plan, past)["to_look_up"]
    if not open_rows:
        return snapshot
    what = "would be looked up first: a dry run does not know them" if dry_run else "are looked up first"
    click.echo(f"Run {run_id} did not finish: {open_rows} rows have no answer and {what}.", err=True)
    if dry_run:
        return snapshot
    result = apply_plan(plan, client, snapshot, history=history, manner=manner, past=past, stop=lambda: LOOKED)
    lost = sum(any(n.code in _NO_TRACE for n in outcome.notes) for outcome in result.outcomes)
    if lost:
        click.echo(f"{lost} of them left no trace in the lists: they count as not done.", err=True)
    return result.snapshot


def look_up_book(book_id: str, client: Client, history: History, manner: Manner) -> None:
    """Look up what earlier runs of a book may have made, so that its next plan knows of it."""
    runs = unsettled_creates(history, client.origin, book_id)
    if runs:
        snapshot = read_server(client)
        for run_id in runs:
            snapshot = look_up(run_id, client, history, snapshot, manner)
