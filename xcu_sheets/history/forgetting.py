"""Runs whose people are forgotten: which may be, and what stays of each of their entries.

Names, numbers and every other text of a cell go. What stays is what keeps a list that is imported twice from making
anybody twice, and what the list of runs tells: times, server, counts, statuses, the ids of records, and digests that
say nothing without this file's own key. Freed numbers stay as long as nobody else may have them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..model.errors import HistoryError
from ..model.memory import FORGOTTEN
from ..model.text import Said
from .checks import follower_of
from .entries import RunSummary
from .store import Entry
from .summaries import moment_of

# The members that stay, by kind of entry: whatever else an entry holds, now or in time to come, goes.
_STAYS = {
    "run": ("run_id", "server", "xivo_uuids", "book_id", "book_digest", "tool_version"),
    "plan": (),
    "call": ("sheet", "row", "method", "attempt", "action", "record_id", "identity", "step", "digests"),
    "outcome": ("call", "status", "record_id", "settled", "ms"),
    "made": ("sheet", "row", "record_id", "identity", "key", "entity"),
    "cells": ("sheet", "id"),
    "sent": ("sheet", "id", "cells"),
    "freed": ("xivo",),
    "report": (),
    "ended": ("status",),
    "continued": (),
}
KINDS = tuple(_STAYS)
_ROW_STAYS = ("sheet", "row", "action", "status", "id")
_KINDS_OF_RUN = ("undo", "probe")  # the options that tell what a run was

# What the history's other readers look for in an entry of each kind.
_BLANKS: dict[str, dict[str, Any]] = {
    "run": {"login": "", "plan_checksum": ""},
    "plan": {"plan_json": "", "snapshot_ids": {}},
    "made": {"label": FORGOTTEN},
    "cells": {"cells": {}},
    "freed": {"number": ""},
}


@dataclass(frozen=True)
class Forgettable:
    """The runs that ended before a moment: `runs` may be forgotten, `unfinished` are to be finished or undone first."""

    runs: tuple[RunSummary, ...]
    unfinished: tuple[RunSummary, ...]


def find_forgettable(runs: Iterable[RunSummary], before: datetime) -> Forgettable:
    """Return the runs that ended before a moment and are not forgotten yet; one without an end counts by its start."""
    known = list(runs)
    old = [run for run in known if not run.forgotten and moment_of(run.ended or run.started) < before]
    over = tuple(run for run in old if _is_over(run, known))
    return Forgettable(over, tuple(run for run in old if run not in over))


def _is_over(run: RunSummary, runs: Sequence[RunSummary]) -> bool:
    """Tell whether nothing is to come of a run: it is finished, was taken back, or a later one of its book came.

    What nobody has looked for since is still to come: it may have made people.
    """
    undone = any(other.run_id == run.undone_by and other.status == "finished" for other in runs)
    return run.status == "finished" or (not run.unsettled and (undone or bool(follower_of(run, runs))))


def check_forgettable(runs: Iterable[RunSummary], run_ids: Collection[str]) -> set[str]:
    """Return the given runs and all that were forgotten before. HistoryError for one that must not be forgotten."""
    listed = list(runs)
    known = {run.run_id: run for run in listed}
    for run_id in run_ids:
        if run_id not in known:
            raise HistoryError("there is no run {run_id} in this history", run_id=run_id)
        if not _is_over(known[run_id], listed):
            raise HistoryError("run {run_id} is not finished: resume or undo it first", run_id=run_id)
    return {*run_ids, *(run_id for run_id, run in known.items() if run.forgotten)}


def forgotten_line(run_id: str, at: str) -> Said:
    """Return the line that says why nothing more can be told of a run."""
    return Said(
        "run {run_id} was forgotten on {at}: it can no longer be resumed, undone or shown row by row",
        run_id=run_id,
        at=at,
    )


def check_remembered(run: RunSummary) -> None:
    """Raise HistoryError for a run of which nothing more can be told."""
    if run.forgotten:
        raise HistoryError(forgotten_line(run.run_id, run.forgotten_at))


def what_stays(entries: Iterable[Entry], now: str, since: datetime) -> dict[int, dict[str, Any]]:
    """Return the new bodies, by number, of entries that hold too much; `since`: when the numbers' quarantine began."""
    bodies = ((entry, _kept(entry, now, since)) for entry in entries)
    return {entry.seq: body for entry, body in bodies if body != entry.body}


def _kept(entry: Entry, now: str, since: datetime) -> dict[str, Any]:
    body = entry.body
    kept = {name: body[name] for name in _STAYS[entry.kind] if name in body} | _BLANKS.get(entry.kind, {})
    if entry.kind in ("run", "plan"):
        kept["forgotten_at"] = body.get("forgotten_at", now)
    if entry.kind == "run":
        kept["options"] = {name: body["options"][name] for name in _KINDS_OF_RUN if name in body["options"]}
    elif entry.kind == "report":
        kept["rows"] = [{name: row[name] for name in _ROW_STAYS if name in row} for row in body["rows"]]
    elif entry.kind == "freed" and moment_of(entry.at) > since:
        kept["number"] = body["number"]
    return kept
