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
from ..words import translate, translate_n
from .output import progress

_ENDS = {
    "outcome_unknown": "no_trace",
    "outcome_unknown_create": "no_trace",
    "created_not_seen": "not_seen",
    "list_unreadable": "unreadable",
}


def read_server(client: Client) -> Snapshot:
    """Read the server, with a bar while the lists are under way."""
    with progress(translate("reading"), translate("entity")) as step:
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
    click.echo(_begin(run_id, open_rows, dry_run=dry_run), err=True)
    if dry_run:
        return snapshot
    result = apply_plan(plan, client, snapshot, history=history, manner=manner, past=past, stop=lambda: LOOKED)
    _check(result)
    ends = Counter(_ENDS[n.code] for outcome in result.outcomes for n in outcome.notes if n.code in _ENDS)
    for end, rows in ends.items():
        click.echo(_end(end, rows), err=True)
    return result.snapshot


def _begin(run_id: str, n: int, *, dry_run: bool) -> str:
    if dry_run:
        return translate_n(
            "Run {run} did not finish: {n} row has no answer and would be looked up first: a dry run does not know it.",
            "Run {run} did not finish: {n} rows have no answer and would be looked up first: a dry run does not know "
            "them.",
            n,
            run=run_id,
        )
    return translate_n(
        "Run {run} did not finish: {n} row has no answer and is looked up first.",
        "Run {run} did not finish: {n} rows have no answer and are looked up first.",
        n,
        run=run_id,
    )


def _end(end: str, n: int) -> str:
    if end == "no_trace":
        return translate_n(
            "{n} of them left no trace in the lists: it counts as not done.",
            "{n} of them left no trace in the lists: they count as not done.",
            n,
        )
    if end == "not_seen":
        return translate_n(
            "{n} of them was answered with yes and is not in the lists yet: it is not made again for an hour.",
            "{n} of them were answered with yes and are not in the lists yet: they are not made again for an hour.",
            n,
        )
    return translate_n(
        "{n} of them stays open, for its list cannot be read.",
        "{n} of them stay open, for their list cannot be read.",
        n,
    )


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
