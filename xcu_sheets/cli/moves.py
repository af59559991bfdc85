"""The two lists of a migration, written when a run of it has ended."""

from __future__ import annotations

import click

from ..history import History
from ..planning.plan import Plan
from ..reports.moves import not_moved_path, numbers_path, write_not_moved, write_numbers
from ..running.apply import Result
from ..running.moves import read_moves
from ..words import translate_n


def lists_of(plan: Plan, result: Result) -> dict[str, str]:
    """Return where the lists of a migration lie, by name, as JSON values; nothing where none are written.

    Where the target's lists could not be read at the end none are: the resume writes them.
    """
    if not plan.came_from or not (result.proof or not plan.to_send):
        return {}
    return {"numbers": str(numbers_path(plan.book_path)), "not_moved": str(not_moved_path(plan.book_path))}


def say_moves(plan: Plan, result: Result, history: History, *, unsent: bool = False) -> None:
    """Write the numbers list and the list of who did not move, as far as a plan is one of a migration.

    They are made from the record of all runs and the target's lists. An `unsent` plan is not on record itself.
    """
    if not lists_of(plan, result):
        return
    where = plan.server, plan.book_id, result.snapshot
    moves = read_moves(history, *where, unsent=plan if unsent else None, outcomes=result.outcomes)
    numbers = write_numbers(numbers_path(plan.book_path), moves)
    missing = write_not_moved(not_moved_path(plan.book_path), moves)
    moved = sum(bool(move.shown) for move in moves)
    stayed = len(moves) - moved
    lines = (
        translate_n(
            "Numbers: {path} ({n} person, readable by you only)",
            "Numbers: {path} ({n} people, readable by you only)",
            moved,
            path=numbers,
        ),
        translate_n(
            "Not moved: {path} ({n} person, and what never moves)",
            "Not moved: {path} ({n} people, and what never moves)",
            stayed,
            path=missing,
        ),
    )
    for line in lines:
        click.echo(line, err=True)
