"""What was sent, what came of it, and what it teaches the next plan: durable before the next call leaves."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from ..model.errors import HistoryError
from ..model.memory import Made, Memory
from ..model.outcomes import Outcome
from .checks import check_digests, check_image, check_start
from .entries import END_STATUSES, Call, CallOutcome, Holder, Image, Intent, RecordKey, RunStart, RunSummary
from .forgetting import KINDS, check_forgettable, forgotten_line, what_stays
from .store import Draft, Store, this_process
from .summaries import moment_of, summarize
from .teaching import teach

QUARANTINE_DAYS = 90


def default_path(state_dir: str | None = None) -> Path:
    """Return where the history lives: in `state_dir`, else in the user's own state folder."""
    if state_dir:
        return Path(state_dir) / "history.sqlite3"
    from platformdirs import user_state_dir

    return Path(user_state_dir("xcu-sheets", appauthor=False)) / "history.sqlite3"


class History:
    """The history of this machine. Any thread may call it; while a run lasts no other process can open it.

    Every method raises HistoryError where the file cannot be read or written, or was closed: then nothing may be sent.
    """

    def __init__(self, store: Store, now: Callable[[], str]) -> None:
        self._store = store
        self._now = now
        self._guard = threading.RLock()
        self._run_id = ""
        self._learned = store.seen
        self._summed: tuple[tuple[int, int], list[RunSummary]] | None = None

    @classmethod
    @contextmanager
    def open(cls, path: Path, *, now: Callable[[], str]) -> Iterator[History]:
        """Open the history at `path` and check all of it, or make a new one; `now` gives ISO 8601 with a zone.

        HistoryHeld if a run of another process has it; HistoryError if it is damaged, incomplete or of a newer format.
        """

        def stamp() -> str:
            text = now()
            moment_of(text)
            return text

        history = cls(Store(path, stamp), stamp)
        try:
            yield history
        finally:
            with history._guard:  # a worker that outlives its run may be writing at this moment
                history._store.close()

    @property
    def vanished(self) -> Holder | None:
        """The run whose process ended without a word, None where there is none; its hold is taken over by the next."""
        return self._store.vanished

    def start_run(self, start: RunStart) -> Holder | None:
        """Take the history for a run and record its start, durably.

        Return the holder before, if its process vanished without ending its run. HistoryHeld if another run has the
        history; HistoryError if this run was already started, or one of this book began or went on after `memory` was
        read.
        """
        if not (start.run_id and start.run_id.isascii() and start.run_id.isprintable()):
            raise ValueError("a run id is printable ASCII")
        about = {**vars(start), "book_path": start.book_path}
        plan = {"plan_json": about.pop("plan_json"), "snapshot_ids": about.pop("snapshot_ids")}

        def may_start() -> None:
            check_start(self._store.entries("run", "continued"), about, self._learned)

        return self._take(start.run_id, start.server, may_start, ("run", about), ("plan", plan))

    def continue_run(self, run_id: str, known_calls: int | None = None, undone_by: str = "") -> Holder | None:
        """Take the history again for a run that was not finished; returns and raises as `start_run` does.

        `known_calls` is how many calls of it were on record when it was read, and `undone_by` which run had taken it
        back: HistoryError if that is otherwise by now, for another process went on with it.
        """
        run = self.run(run_id)

        def may_continue() -> None:
            if known_calls is not None and len(self.calls(run_id)) != known_calls:
                raise HistoryError(
                    "run {run_id} went on in another process since it was read: resume it again", run_id=run_id
                )
            now = self.run(run_id)
            if known_calls is not None and now.undone_by != undone_by:
                raise HistoryError(
                    "run {run_id} was taken back by run {undone_by} since it was read",
                    run_id=run_id,
                    undone_by=now.undone_by,
                )
            if now.status == "finished":
                raise HistoryError("run {run_id} is finished: nothing is left to resume", run_id=run_id)

        return self._take(run_id, run.server, may_continue, ("continued", {}))

    def record_intents(self, run_id: str, intents: Sequence[Intent]) -> list[int]:
        """Put the calls about to leave on record in one commit and return their call ids."""
        for intent in intents:
            check_image(intent.sheet, intent.before)
            check_image(intent.sheet, intent.after)
            check_digests(intent.digests)
        return self._append(run_id, [("call", vars(intent)) for intent in intents])

    def record_outcomes(self, outcomes: Iterable[tuple[int, CallOutcome]]) -> None:
        """Put what came of calls of this run on record in one commit; a later outcome of a call replaces an earlier."""
        self.remember(self._run_id, outcomes=outcomes)

    def remember(
        self,
        run_id: str,
        made: Sequence[Made] = (),
        cells: Mapping[RecordKey, Image] | None = None,
        sent: Mapping[RecordKey, Mapping[str, str]] | None = None,
        freed: Iterable[tuple[str, str]] = (),
        *,
        outcomes: Iterable[tuple[int, CallOutcome]] = (),
    ) -> None:
        """Put on record, in one commit, what came of calls and what `memory` is to know later."""
        cells, sent, found = cells or {}, sent or {}, list(outcomes)
        for (sheet, _), image in cells.items():
            check_image(sheet, image)
        for digests in sent.values():
            check_digests(digests)
        with self._guard:
            self._check_calls(run_id, found)
            self._append(
                run_id,
                [
                    *(("outcome", {"call": call, **vars(outcome)}) for call, outcome in found),
                    *(("made", vars(record)) for record in made),
                    *(("cells", {"sheet": s, "id": id_, "cells": dict(image)}) for (s, id_), image in cells.items()),
                    *(("sent", {"sheet": s, "id": id_, "cells": dict(image)}) for (s, id_), image in sent.items()),
                    *(("freed", {"xivo": xivo, "number": number}) for xivo, number in freed),
                ],
            )

    def _check_calls(self, run_id: str, outcomes: Iterable[tuple[int, CallOutcome]]) -> None:
        for call_id, outcome in outcomes:
            call = self._store.entry(call_id)
            if call is None or call.kind != "call" or call.run_id != run_id:
                raise ValueError(f"{call_id} is not a call of this run")
            check_image(call.body["sheet"], outcome.shown)

    def end_run(self, run_id: str, status: str, outcomes: Iterable[Outcome] = ()) -> None:
        """Record how the run ended, with the end of each row if given, and let other processes in again."""
        if status not in END_STATUSES:
            raise ValueError(f"a run ends {', '.join(END_STATUSES)}; not {status}")
        rows = [{**outcome.to_json(), "provisioning_number": ""} for outcome in outcomes]
        with self._guard:
            self._append(run_id, [("report", {"rows": rows}), ("ended", {"status": status})])
            self._run_id = ""
            self._store.release()

    def memory(
        self, origin: str, xivo_uuids: Iterable[str], book_id: str, *, quarantine_days: int = QUARANTINE_DAYS
    ) -> Memory:
        """Return what runs of this book on this server taught; where they differ the latest counts.

        Only runs on the same origin with a XiVO in common count (DESIGN rule 15). With no book id these are the runs of
        all hand-made files, whose `cells` are left out: they belong to no one file. `freed` and `keys` come from every
        book and file.
        """
        with self._guard:
            self._store.refresh()
            if not self._run_id:  # what a run under way asks is no news to the plans that wait
                self._learned = self._store.seen
            since = moment_of(self._now()) - timedelta(days=quarantine_days)
            return teach(self._store, origin, frozenset(xivo_uuids), book_id, since)

    def runs(self) -> list[RunSummary]:
        """Return every run, the earliest first."""
        with self._guard:
            version = self._store.version
            if self._summed is None or self._summed[0] != version:
                found = summarize(self._store.entries("run", "continued", "call", "outcome", "ended"))
                self._summed = version, found
            return list(self._summed[1])

    def run(self, run_id: str) -> RunSummary:
        """Return one run; HistoryError if there is none of this id."""
        for run in self.runs():
            if run.run_id == run_id:
                return run
        raise HistoryError("there is no run {run_id} in {path}", run_id=run_id, path=self._store.path)

    def unfinished(self, origin: str, book_id: str, book_digest: str = "") -> RunSummary | None:
        """Return the last run of this book on this server if it can be finished; a finished one after it settles it.

        Hand-made files share the book id "": tell them apart by `book_digest`.
        """
        mine = [
            run
            for run in self.runs()
            if (run.server, run.book_id) == (origin, book_id) and book_digest in ("", run.book_digest)
        ]
        return mine[-1] if mine and mine[-1].status != "finished" and not mine[-1].undone_by else None

    def calls(self, run_id: str) -> list[Call]:
        """Return the calls of a run in order; one without outcome may or may not have reached the server."""
        with self._guard:
            found: dict[int, Call] = {}
            for entry in self._store.entries("call", "outcome", runs={run_id}):
                if entry.kind == "call":
                    found[entry.seq] = Call(entry.seq, run_id, Intent(**entry.body), entry.at)
                else:
                    call_id, outcome = entry.body["call"], CallOutcome.from_body(entry.body)
                    found[call_id] = replace(found[call_id], outcome=outcome, answered=entry.at)
            return list(found.values())

    def plan(self, run_id: str) -> tuple[str, dict[str, tuple[str, ...]]]:
        """Return the plan of a run as JSON text, and the ids that lived when it started.

        HistoryError where the run was forgotten.
        """
        body = self._last_body("plan", run_id)
        if "forgotten_at" in body:
            raise HistoryError(forgotten_line(run_id, body["forgotten_at"]))
        return body["plan_json"], {sheet: tuple(ids) for sheet, ids in body["snapshot_ids"].items()}

    def report(self, run_id: str) -> list[dict[str, Any]]:
        """Return how each row of an ended run ended, as `Outcome.to_json` wrote it."""
        rows: list[dict[str, Any]] = self._last_body("report", run_id)["rows"]
        return rows

    def forget(self, run_ids: Collection[str], *, quarantine_days: int = QUARANTINE_DAYS) -> int:
        """Take names, numbers and all other cell texts of finished runs out of the file; see `forgetting`.

        All in one commit, or nothing; numbers whose quarantine has ended since go with it. Returns how many entries
        were rewritten; HistoryError where a run is not finished, HistoryHeld where another run holds the history.
        """
        with self._guard:
            if self._run_id:
                raise HistoryError("run {run_id} is still under way in this process", run_id=self._run_id)
            self._store.refresh()
            chosen = check_forgettable(self.runs(), run_ids)
            now = self._now()
            since = moment_of(now) - timedelta(days=quarantine_days)
            bodies = what_stays(self._store.entries(*KINDS, runs=chosen), now, since)
            if bodies:
                self._store.rewrite(bodies)
            return len(bodies)

    def _last_body(self, kind: str, run_id: str) -> dict[str, Any]:
        with self._guard:
            found = self._store.entries(kind, runs={run_id})
        if not found:
            raise HistoryError(
                "there is no {kind} of a run {run_id} in {path}", kind=kind, run_id=run_id, path=self._store.path
            )
        return found[-1].body

    def _take(
        self, run_id: str, server: str, check: Callable[[], None], *bodies: tuple[str, Mapping[str, object]]
    ) -> Holder | None:
        with self._guard:
            if self._run_id:
                raise HistoryError("run {run_id} is still under way in this process", run_id=self._run_id)
            vanished = self._store.hold(this_process(run_id, server, self._now()))
            try:
                check()
                self._run_id = run_id
                self._append(run_id, list(bodies))
            except BaseException:
                self._run_id = ""
                self._store.release()
                raise
            return vanished

    def _append(self, run_id: str, bodies: Sequence[tuple[str, Mapping[str, object]]]) -> list[int]:
        with self._guard:
            if not run_id or run_id != self._run_id:
                raise HistoryError("run {run_id} is not under way in this process", run_id=run_id)
            return self._store.append([Draft(kind, run_id, body) for kind, body in bodies])
