"""Entries folded into one line per run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, replace
from datetime import UTC, datetime

from .entries import UNFINISHED, RunSummary
from .store import Entry

_KEYS = [f.name for f in fields(RunSummary)]


def summarize(entries: Iterable[Entry]) -> list[RunSummary]:
    """Return the runs that these entries tell of, the earliest first."""
    found: dict[str, RunSummary] = {}
    open_calls: dict[int, str] = {}
    for entry in entries:
        _tell(entry, found, open_calls)
    unanswered = list(open_calls.values())
    return [replace(run, unanswered=unanswered.count(run.run_id)) for run in found.values()]


def _tell(entry: Entry, runs: dict[str, RunSummary], open_calls: dict[int, str]) -> None:
    """Take one entry into the summaries of runs and into the calls that wait for an outcome."""
    run_id, body = entry.run_id, entry.body
    if entry.kind == "run":
        about = {key: body[key] for key in _KEYS if key in body}
        runs[run_id] = RunSummary(**{**about, "xivo_uuids": tuple(about["xivo_uuids"])}, started=entry.at)
        undone = str(runs[run_id].options.get("undo", ""))
        if undone in runs:
            runs[undone] = replace(runs[undone], undone_by=run_id)
    elif entry.kind == "call":
        open_calls[entry.seq] = run_id
        runs[run_id] = replace(runs[run_id], calls=runs[run_id].calls + 1)
    elif entry.kind == "outcome":
        open_calls.pop(body["call"], None)
    elif entry.kind == "ended":
        runs[run_id] = replace(runs[run_id], ended=entry.at, status=body["status"])
    else:
        runs[run_id] = replace(runs[run_id], ended="", status=UNFINISHED)


def moment_of(text: str) -> datetime:
    """Return an ISO 8601 time as a moment, UTC where it names no zone. ValueError where it is none."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
