"""The book that deletes at the source those who have moved: each only where record and target say that they have."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from hashlib import sha256
from typing import Any

import pandas as pd

from ..migrating.rows import ORIGIN
from ..migrating.sheets import MOVED_STATE
from ..model.book import Baseline, Book, Sheet
from ..model.problems import Problem, Severity, problem
from ..model.resources import USERS
from ..model.snapshot import text_frame, text_rows
from ..model.text import fold_name
from ..model.view import View
from .moves import Move

Cells = Mapping[str, str]


def leaving_id(server: str, xivo_uuids: Sequence[str]) -> str:
    """Return the id of the book that deletes at a source those who have moved: always the same for one server."""
    return sha256("\x1f".join(("leaving", server, *xivo_uuids)).encode()).hexdigest()[:16]


def make_leaving_book(
    listed: pd.DataFrame,
    moves: Collection[Move],
    finished: Collection[str],
    source: View,
    *,
    path: str,
    one_server: bool = False,
) -> Book:
    """Return a book that deletes at `source` the people of a numbers list, by the line on which each stands.

    `listed` are the list's cells (see `migrating.sheets.MOVED`), `moves` what the history and the target say,
    `finished` the runs that came to their end. Somebody who is not at the target now, under the number of the list, is
    refused; somebody who was there before the migration is left alone. What the source showed when they moved is the
    baseline: a person who changed there since is a conflict. On `one_server` the record that moved may be the only one.
    """
    known = {(move.run, move.origin.get("id", "")): move for move in moves}
    rows: dict[int, dict[str, str]] = {}
    problems: list[Problem] = []
    origins: dict[str, Cells] = {}
    for line, cells in zip(map(int, listed.index), text_rows(listed), strict=True):
        move = known.get((cells["run"], cells["source_id"]))
        same = one_server and cells["source_id"] == cells["target_id"]
        found = _objection(line, cells, move, finished) if not same else _moved_whole(line)
        problems += [found] if found else []
        skips = found is not None and found.severity is Severity.INFO
        rows[line] = {"id": cells["source_id"], "action": "skip" if skips else "delete"}
        if move:
            origins[cells["source_id"]] = {**move.origin, **move.left}
    frame = text_frame({name: [row[name] for row in rows.values()] for name in ("action", "id")}, pd.Index(list(rows)))
    sheet = Sheet(USERS, "users", frame, _shown(listed), {}, {})
    return Book(path, {"users": sheet}, _baseline(origins, source), tuple(problems))


def _objection(line: int, cells: Cells, move: Move | None, finished: Collection[str]) -> Problem | None:
    """Return why somebody is not to be deleted at the source, None where they may be."""
    where: dict[str, Any] = {"sheet": "users", "row": line}
    if cells["state"] != MOVED_STATE:
        return problem("leave_was_there", Severity.INFO, **where)
    if cells["run"] not in finished:
        return problem("leave_run_open", **where, run=cells["run"])
    if move is None or not move.made:
        return problem("leave_not_moved", **where, run=cells["run"])
    shown = move.shown or {}
    if not shown or move.id != cells["target_id"]:
        return problem("leave_not_there", **where, id=cells["target_id"])
    if shown["internal_number"] != cells["new_number"] or not _same_person(shown, move.origin):
        return problem("leave_differs", **where, id=move.id, number=cells["new_number"], now=shown["internal_number"])
    return None


def _moved_whole(line: int) -> Problem:
    return problem("leave_moved_whole", Severity.INFO, sheet="users", row=line)


def _same_person(shown: Cells, origin: Cells) -> bool:
    names = ("first_name", "last_name")
    return all(fold_name(shown[name]) == fold_name(origin.get(name, "")) for name in names)


def _shown(listed: pd.DataFrame) -> pd.DataFrame:
    """Return what the report shows of each line: who they are."""
    return listed[["first_name", "last_name", "old_entity", "old_number", "new_entity", "new_number"]]


def _baseline(origins: Mapping[str, Cells], source: View) -> Baseline:
    columns = {name: [origin.get(name, "") for origin in origins.values()] for name in ORIGIN}
    frames = {"users": text_frame(columns)}
    return Baseline(
        leaving_id(source.server, source.xivo_uuids),
        source.server,
        source.login,
        source.taken_at,
        frames,
        source.xivo_uuids,
    )
