"""What the runs on record teach the next plan of a book (DESIGN rules 2, 4, 6, 10, 15)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from ..model.memory import Made, Memory
from .entries import RecordKey
from .store import Entry, Store
from .summaries import moment_of


def teach(store: Store, origin: str, uuids: frozenset[str], book_id: str, since: datetime) -> Memory:
    """Return the memory of a book; `since` is when the quarantine of freed numbers began. See `History.memory`."""
    here = {
        run.run_id: run.body["book_id"]
        for run in store.entries("run")
        if run.body["server"] == origin and _overlap(uuids, frozenset(run.body["xivo_uuids"]))
    }
    of_book = {run_id for run_id, book in here.items() if book == book_id}
    made = [(entry.run_id, Made(**entry.body)) for entry in store.entries("made", runs=here.keys())]
    return Memory(
        key=store.key,
        made=_by_identity(m for run_id, m in made if m.identity and run_id in of_book),
        keys={m.key: m for _, m in made if m.key},
        cells=_latest(store.entries("cells", runs=of_book)) if book_id else {},
        sent=_latest(store.entries("sent", runs=of_book)),
        freed=_freed(store.entries("freed", runs=here.keys()), since),
    )


def _by_identity(made: Iterable[Made]) -> dict[str, tuple[Made, ...]]:
    """Return what rows made, by identity: of each row the latest."""
    found: dict[str, dict[int, Made]] = {}
    for one in made:
        of_rows = found.setdefault(one.identity, {})
        of_rows.pop(one.row, None)
        of_rows[one.row] = one
    return {identity: tuple(of_rows.values()) for identity, of_rows in found.items()}


def _latest(entries: Iterable[Entry]) -> dict[RecordKey, dict[str, str]]:
    found: dict[RecordKey, dict[str, str]] = {}
    for entry in entries:
        key = (entry.body["sheet"], entry.body["id"])
        found[key] = found[key] | entry.body["cells"] if key in found else entry.body["cells"]
    return found


def _freed(entries: Iterable[Entry], since: datetime) -> frozenset[tuple[str, str]]:
    resting = (entry.body for entry in entries if moment_of(entry.at) > since)
    return frozenset((body["xivo"], body["number"]) for body in resting if body["number"])


def _overlap(one: frozenset[str], other: frozenset[str]) -> bool:
    """Tell whether two logins see a XiVO in common, or neither sees any."""
    return bool(one & other) or not (one or other)
