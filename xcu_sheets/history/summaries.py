"""Entries folded into one line per run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import fields, replace
from datetime import UTC, datetime

from .entries import UNFINISHED, RunSummary
from .store import Entry

_KEYS = [f.name for f in fields(RunSummary)]


def summarize(entries: Iterable[Entry]) -> list[RunSummary]:
    """Return the runs that these entries tell of, the earliest first."""
    found: dict[str, RunSummary] = {}
    calls = _Calls()
    for entry in entries:
        _tell(entry, found)
        calls.tell(entry)
    unanswered, unsettled = Counter(calls.silent.values()), Counter(row[0] for row in calls.open)
    return [replace(run, unanswered=unanswered[run.run_id], unsettled=unsettled[run.run_id]) for run in found.values()]


_NEVER_LEFT = ("not_sent", "unavailable")


class _Calls:
    """The calls without an answer (`silent`, their runs by number), and the rows whose last call is `open`.

    An open row's end nobody has looked for in the lists; its first member is its run.
    """

    def __init__(self) -> None:
        self.silent: dict[int, str] = {}
        self.open: set[tuple[str, ...]] = set()
        self._row_of: dict[int, tuple[tuple[str, ...], bool]] = {}  # and whether it was open before that call

    def tell(self, entry: Entry) -> None:
        """Take in one entry."""
        body = entry.body
        if entry.kind == "call":
            row = (entry.run_id, str(body["sheet"]), str(body["row"]), str(body.get("step", "")))
            self._row_of[entry.seq] = row, row in self.open
            self.silent[entry.seq] = entry.run_id
            self.open.add(row)
        elif entry.kind == "outcome":
            self.silent.pop(body["call"], None)
            answered, was_open = self._row_of[body["call"]]
            stays = body["status"] in ("done", "unknown") or (was_open and body["status"] in _NEVER_LEFT)
            if body.get("settled", True) or not stays:  # format 1 says nothing of it
                self.open.discard(answered)


def _tell(entry: Entry, runs: dict[str, RunSummary]) -> None:
    """Take one entry into the summaries of runs."""
    run_id, body = entry.run_id, entry.body
    if entry.kind == "run":
        about = {key: body[key] for key in _KEYS if key in body}
        runs[run_id] = RunSummary(**{**about, "xivo_uuids": tuple(about["xivo_uuids"])}, started=entry.at)
        undone = str(runs[run_id].options.get("undo", ""))
        if undone in runs:
            runs[undone] = replace(runs[undone], undone_by=run_id)
    elif entry.kind == "call":
        runs[run_id] = replace(runs[run_id], calls=runs[run_id].calls + 1)
    elif entry.kind == "ended":
        runs[run_id] = replace(runs[run_id], ended=entry.at, status=body["status"])
    elif entry.kind == "continued":
        runs[run_id] = replace(runs[run_id], ended="", status=UNFINISHED)


def moment_of(text: str) -> datetime:
    """Return an ISO 8601 time as a moment, UTC where it names no zone. ValueError where it is none."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
