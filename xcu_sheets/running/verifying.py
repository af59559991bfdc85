"""The proof of a report: every touched list read once more when all is done, and compared with what the rows wanted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from ..model.problems import Problem, Severity
from ..model.resources import RESOURCES
from ..model.text import CLEAR, fold_name, is_clear
from ..planning.plan import HIDDEN, Change
from .giving_back import is_back
from .run import Run
from .sending import DONE, UNKNOWN, Sent, note


@dataclass(frozen=True)
class Proof:
    """How many of the rows that were carried out the server shows as they should be, and new users of nobody here."""

    verified: int = 0
    of: int = 0
    foreign: int = 0


def verify(run: Run) -> Proof:
    """Read the lists that a run touched once more, mark each row that they do not show as it should be, and count.

    A user who was not there when the run began, bears the names of a row in its entity and belongs to no row is told
    on that row: a proxy may have repeated a call by itself. Raises XcuError where a list cannot be read.
    """
    asked = [one for one in run.sent.values() if not one.never_left]
    for sheet in dict.fromkeys(one.change.sheet for one in asked):
        run.read_again(sheet, [one.change for one in asked if one.change.sheet == sheet])
    done = [o for o in asked if o.status == DONE and not o.change.step and not is_back(run, o.change)]
    wrong = [one for one in done if _check(run, one)]
    foreign = _strangers(run, asked)
    return Proof(len(done) - len(wrong), len(done), foreign)


def _check(run: Run, one: Sent) -> bool:
    """Tell whether the server does not show what a row was carried out for; the row then says so."""
    frame, change = run.snapshot.frames[one.change.sheet], one.change
    if change.sheet == "users" and run.entity_of(change) in run.unread:
        return _mark(run, one, note(change, "list_unreadable", Severity.WARNING))
    lives = one.id in frame.index
    if change.action == "delete":
        return lives and _mark(run, replace(one, status=UNKNOWN), note(change, "still_there", value=one.id))
    if not lives:
        return _mark(run, replace(one, status=UNKNOWN), note(change, "not_there_now", value=one.id))
    before = {e.column: e.before for e in change.edits}
    for column, text in _wanted(run, change):
        now = str(frame.at[one.id, column])
        if now != text:
            texts = {"column": column, "value": text, "now": now}
            if now == before.get(column):
                return _mark(run, replace(one, status=UNKNOWN), note(change, "edit_not_seen", Severity.ERROR, **texts))
            return _mark(run, one, note(change, "differs_now", Severity.WARNING, **texts))
    return False


def _mark(run: Run, one: Sent, found: Problem) -> bool:
    run.sent[one.change.step_key] = replace(one, notes=(*one.notes, found))
    return True


def _wanted(run: Run, change: Change) -> Iterator[tuple[str, str]]:
    """Yield the shown cells that a row gives its record; lists of references have names that may change meanwhile."""
    fields = RESOURCES[change.sheet].by_name
    cells = {e.column: e.after for e in change.edits} or change.cells
    for column, text in cells.items():
        if fields[column].read and fields[column].write and not fields[column].ref and text != HIDDEN:
            yield column, "" if text == CLEAR or is_clear(text) else text
    if "entity" in cells and change.sheet == "users":
        yield "entity", run.entity_of(change)


def _strangers(run: Run, asked: Iterable[Sent]) -> int:
    """Mark rows whose wish somebody fulfilled who is no row of this run; return how many new users are not ours."""
    users = run.snapshot.frames.get("users")
    if users is None or users.empty:
        return 0
    claimed = {one.id for one in run.sent.values() if one.change.sheet == "users" and one.id}
    new = users[~users.index.isin(list(run.started.get("users", ()))) & ~users.index.isin(list(claimed))]
    new = new[new["entity"].isin({run.entity_of(one.change) for one in asked if one.change.sheet == "users"})]
    named = {
        (cells["entity"], fold_name(cells["first_name"]), fold_name(cells["last_name"])): (str(id_), cells)
        for id_, cells in zip(new.index, new.to_dict("records"), strict=True)
    }
    for one in [o for o in asked if o.change.sheet == "users" and o.change.action == "create" and not o.change.step]:
        cells = one.change.cells
        names = fold_name(cells["first_name"]), fold_name(cells["last_name"])
        found = named.get((run.entity_of(one.change), *names))
        is_open = one.status == UNKNOWN and not one.settled  # its own may be there: a resume looks
        if found and not is_open and not any(n.code == "several_found" for n in one.notes):
            told = {"id": found[0], "label": one.change.label, "number": str(found[1]["internal_number"])}
            mark = one if one.status == DONE else replace(one, status=UNKNOWN)
            _mark(run, mark, note(one.change, "stranger", Severity.WARNING, **told))
    return len(new)
