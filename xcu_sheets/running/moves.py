"""What became of everybody of a migration, from the record of all its runs and the target as last seen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from ..history import History
from ..model.errors import HistoryError
from ..model.memory import Memory
from ..model.outcomes import Outcome
from ..model.problems import Problem, Severity, problem
from ..model.snapshot import Snapshot, text_cells
from ..model.text import CLEAR
from ..planning.plan import Plan
from .resume import read_past
from .sending import DONE


@dataclass(frozen=True)
class Move:
    """One person of a migration. `row` is theirs in its book, `origin` who they are at the source.

    `left` is what the move left of them there, as far as it changed that. `id` is their record at the target, blank
    where there is none; `made` tells that a run of the migration made it, `run` which; `shown` are its cells there.
    `notes` say why somebody is not there.
    """

    row: int
    origin: Mapping[str, str]
    run: str = ""
    id: str = ""
    made: bool = False
    shown: Mapping[str, str] | None = None
    notes: tuple[Problem, ...] = ()
    left: Mapping[str, str] = field(default_factory=dict)


def made_rows(memory: Memory) -> dict[int, str]:
    """Return, by row of a migration's users sheet, the record that its runs made last."""
    made = (one for of_identity in memory.made.values() for one in of_identity)
    return {one.row: one.record_id for one in made if one.sheet == "users"}


def read_moves(
    history: History,
    server: str,
    book_id: str,
    snapshot: Snapshot,
    *,
    unsent: Plan | None = None,
    outcomes: Sequence[Outcome] = (),
) -> list[Move]:
    """Return everybody that the runs of one migration were about, later runs counting more.

    `unsent` is a plan of which nothing was sent, with the `outcomes` of its rows.
    """
    found: dict[int, Move] = {}
    for run in history.runs():
        if (run.server, run.book_id) == (server, book_id) and not run.forgotten:
            for move in _moves_of_run(history, run.run_id):
                _take(found, move)
    for move in _moves_of_plan(unsent, {}, _notes(outcomes)) if unsent else ():
        _take(found, move)
    return [_as_seen(move, snapshot) for move in found.values()]


def _moves_of_run(history: History, run_id: str) -> Iterator[Move]:
    plan, past = read_past(history, run_id)
    if not plan.came_from:
        return
    done = {key[1]: one.id for key, one in past.calls.items() if key[0] == "users" and one.status == DONE}
    rows: list[dict[str, Any]] = []
    with suppress(HistoryError):  # its process ended without a word
        rows = [row for row in history.report(run_id) if row["sheet"] == "users"]
    notes = {row["row"]: tuple(map(Problem.from_json, row["problems"])) for row in rows}
    way_for = {c.row: c.made_way for c in plan.to_send if c.made_way}
    for move in _moves_of_plan(plan, done, notes):
        way = past.calls.get(("users", way_for.get(move.row, 0), ""))
        edits = way.change.edits if way and way.status == DONE and move.made else ()
        yield replace(move, left={e.column: "" if e.after == CLEAR else e.after for e in edits})


def _moves_of_plan(plan: Plan, done: Mapping[int, str], notes: Mapping[int, tuple[Problem, ...]]) -> Iterator[Move]:
    said = {c.row: plan.notes_of("users", c.row) for c in plan.changes if c.sheet == "users" and not c.sends}
    for row, origin in plan.came_from.items():
        id_ = done.get(row, "") or plan.unchanged.get("users", {}).get(row, "")
        there = origin.get("there", "")
        yield Move(row, origin, plan.run_id, id_ or there, bool(id_), notes=notes.get(row) or said.get(row, ()))


def _notes(outcomes: Iterable[Outcome]) -> dict[int, tuple[Problem, ...]]:
    return {o.row: o.notes for o in outcomes if o.sheet == "users"}


def _take(found: dict[int, Move], move: Move) -> None:
    """Let a later word count; who was made by an earlier run stays so while the later one only found them there."""
    before = found.get(move.row)
    if before and before.made and move.id == before.id:
        return
    found[move.row] = move


def _as_seen(move: Move, snapshot: Snapshot) -> Move:
    """Return a move with what the target shows of it; somebody who is no longer there is not moved."""
    users = snapshot.frames["users"]
    if move.id in users.index:
        return replace(move, shown=text_cells(users.loc[move.id]))
    if not move.id:
        return move
    gone = problem("move_gone", Severity.WARNING, sheet="users", row=move.row, id=move.id)
    return replace(move, id="", notes=(*move.notes, gone))
