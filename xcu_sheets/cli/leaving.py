"""migrate --delete-source: those of a numbers list deleted at the source, once they are at the target for sure."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import pandas as pd

from ..files.numbers_list import read_numbers
from ..history import History
from ..migrating.servers import are_one_server
from ..model.errors import PlanError
from ..model.view import View
from ..running.leaving import make_leaving_book
from ..running.moves import Move, read_moves
from ..words import translate
from .choices import Choices
from .connection import Connection
from .look_up import read_server
from .output import print_json, print_plan
from .pins import check_pins
from .plan import prepare_with_progress
from .runs import may_send, report_unsent, run_plan


def delete_at_source(
    path: str,
    source: Connection,
    target: Connection,
    history: History,
    choices: Choices,
    planning: Mapping[str, Any],
    *,
    dry_run: bool,
) -> int:
    """Check each line of a numbers list against the history and the target, plan the deletion, ask, and send it.

    Raises PlanError where the list names no run that is on record here.
    """
    if not (planning["allow_delete"] or dry_run):
        raise PlanError(
            "--delete-source deletes people for good: look at --dry-run, then run again with --allow-delete."
        )
    listed = read_numbers(Path(path), choices.limits)
    moves, finished, target_view = _evidence(listed, target, history)
    snapshot = read_server(source.client)
    check_pins(source, snapshot.xivo_uuids, writes=not dry_run)
    view = View.of_snapshot(snapshot)
    one_server = are_one_server(view, target_view)
    where = str(Path(path).absolute())
    book = make_leaving_book(listed, moves, finished, view, path=where, one_server=one_server)
    plan = prepare_with_progress(book, source, history, {**planning, "allow_delete": True}, snapshot).plan
    print_plan(plan, err=choices.as_json)
    if dry_run:
        click.echo(translate("Dry run: nothing was sent."), err=True)
        if choices.as_json:
            print_json(plan.to_json)
        return 2 if plan.blocked else 0 if plan.clean else 1
    if not may_send(plan, snapshot, choices, source.profile):
        return report_unsent(plan, snapshot, book, choices, path)
    return run_plan(plan, source.client, snapshot, book, history, choices, path)


def _evidence(listed: pd.DataFrame, target: Connection, history: History) -> tuple[list[Move], set[str], View]:
    """Return what history and target say of the people of the list's runs, which of these are finished, and the target.

    Raises PlanError where none of the runs is on record.
    """
    snapshot = read_server(target.client)
    check_pins(target, snapshot.xivo_uuids, writes=False)
    wanted = set(listed["run"])
    runs = [run for run in history.runs() if run.run_id in wanted and run.server == target.client.origin]
    if not runs:
        raise PlanError(
            "None of the runs of this list is on record here for {server}: use the machine and the --state with which "
            "people were moved. Nothing was deleted.",
            server=target.client.origin,
        )
    books = dict.fromkeys(run.book_id for run in runs)
    moves = [move for book_id in books for move in read_moves(history, target.client.origin, book_id, snapshot)]
    finished = {run.run_id for run in runs if run.status == "finished" and not run.undone_by}
    return moves, finished, View.of_snapshot(snapshot)
