"""Runs whose people are forgotten: nothing of them is in any byte, what keeps them from being made twice stays."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from history.old_runs import GONE, OLD, RECENT, ROWS, SERVER, TODAY, UNFINISHED, copy_history, opened, write_history

from xcu_sheets.history import CallOutcome, Intent, RunStart, find_forgettable
from xcu_sheets.history.forgetting import KINDS
from xcu_sheets.model.errors import HistoryError
from xcu_sheets.model.memory import FORGOTTEN, Made

FOLLOWER = RunStart("20260103-0800-0009", SERVER, "root", ("u1",), f"book-{UNFINISHED}", "", "", "{}", "0")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("written") / "history.sqlite3"
    write_history(path)
    return path


@pytest.fixture
def path(written: Path, tmp_path: Path) -> Path:
    """A copy to forget in."""
    return copy_history(written, tmp_path)


def rows_of(path: Path, where: str, *values: str) -> list[tuple]:
    """Return entries as they are in the file."""
    connection = sqlite3.connect(path)
    found = connection.execute(f"SELECT seq, crc, kind, run_id, at, body FROM entries WHERE {where}", values).fetchall()
    connection.close()
    return found


def bytes_of(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.iterdir())


def test_nothing_of_the_run_is_in_any_byte_of_the_folder(path: Path) -> None:
    """Entries, free pages, what pages hold beside entries, journal, seal, holder: no name, number or label is left."""
    found = bytes_of(path.parent)
    assert [text for text in GONE if text.encode() not in found] == []
    with opened(path, "2026-09-01T12:00:00Z") as history:
        history.forget([OLD])
        assert b"Quetsche" not in bytes_of(path.parent) and b"N-2765" not in bytes_of(path.parent)
        history.continue_run(UNFINISHED)  # it holds texts that the old run holds too
        history.end_run(UNFINISHED, "finished")
        history.forget([UNFINISHED, RECENT])
    found = bytes_of(path.parent)
    assert [text for text in GONE if text.encode() in found] == []
    assert path.with_name("history.sqlite3-journal").read_bytes() == b""


def test_the_file_is_whole_and_the_run_is_listed(path: Path) -> None:
    """It opens and checks; the list marks the run and still counts it; its plan is one line that says when it went."""
    with opened(path) as history:
        whole = history.run(OLD)
        assert history.forget([OLD]) > ROWS
    with opened(path) as history:
        run = history.run(OLD)
        assert run.forgotten and run.forgotten_at == TODAY and not whole.forgotten
        kept = ("server", "started", "ended", "status", "calls", "unanswered", "book_id", "book_digest", "xivo_uuids")
        assert [getattr(run, name) for name in kept] == [getattr(whole, name) for name in kept]
        assert (run.login, run.book_path, run.options) == ("", "", {"undo": "20250101-0000-aaaa"})
        assert whole.book_path == "/home/x/Quetsche-liste-du-jour.xlsx"
        with pytest.raises(
            HistoryError, match=rf"^run {OLD} was forgotten on {TODAY}: it can no longer be resumed, und"
        ):
            history.plan(OLD)
        assert [(row["status"], row["id"]) for row in history.report(OLD)] == [("created", "559")]
        assert {(c.intent.action, c.outcome.status, c.outcome.record_id) for c in history.calls(OLD)} == {
            ("create", "done", "5")
        }
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


def test_what_prevents_twins_stays(path: Path) -> None:
    """Rows, keys and sent passwords are known again by their digests; of the record there is its id, and no name."""
    with opened(path) as history:
        before = history.memory(SERVER, ["u1"], f"book-{OLD}")
        history.forget([OLD])
        after = history.memory(SERVER, ["u1"], f"book-{OLD}")
        made = Made("users", 2, "559", f"{OLD}-i", FORGOTTEN, "", f"{OLD}-k", "e@1")
        assert (after.made, after.keys[f"{OLD}-k"]) == ({f"{OLD}-i": (made,)}, made)
        assert (after.sent, after.key) == (before.sent, before.key)
        assert after.cells == {("users", "559"): {}}
        with pytest.raises(HistoryError, match="already applied"):
            history.start_run(RunStart(OLD, SERVER, "root", ("u1",), "b", "", "", "{}", "0"))


def test_numbers_rest_as_long_as_their_quarantine(path: Path) -> None:
    """A forgotten run's freed number stays while nobody else may have it; a forgetting after that takes it too."""
    with opened(path) as history:
        history.forget([OLD, RECENT])
        assert history.memory(SERVER, ["u1"], "b").freed == {("xivo", "N-4000")}
    assert b"N-2765" not in path.read_bytes() and b"N-4000" in path.read_bytes()
    with opened(path, "2026-06-29T12:00:00Z") as history:
        assert history.memory(SERVER, ["u1"], "b").freed == {("xivo", "N-4000")}
    with opened(path, "2026-07-01T12:00:00Z") as history:
        assert history.forget([]) == 1
        assert history.memory(SERVER, ["u1"], "b", quarantine_days=9000).freed == {("xivo", "N-3000")}
    assert b"N-4000" not in path.read_bytes()


def test_other_runs_are_untouched(path: Path) -> None:
    """Every entry of the others is the same, byte for byte; the run's own keep number, kind and time."""
    others = rows_of(path, "run_id != ?", OLD)
    own = rows_of(path, "run_id = ?", OLD)
    with opened(path) as history:
        history.forget([OLD])
    assert rows_of(path, "run_id != ?", OLD) == others
    assert [(seq, *rest) for seq, _, *rest, _ in rows_of(path, "run_id = ?", OLD)] == [
        (seq, *rest) for seq, _, *rest, _ in own
    ]
    seal = path.with_suffix(".seq").read_bytes()
    before = path.read_bytes()
    with opened(path) as history:
        assert history.forget([OLD]) == 0
    assert (path.read_bytes(), path.with_suffix(".seq").read_bytes()) == (before, seal)


def test_what_is_not_known_here_goes(path: Path) -> None:
    """Members that a later version adds to an entry of whatever kind are not kept by one that does not know them."""
    kinds = {kind for _, _, kind, *_ in rows_of(path, "run_id != ''")}
    assert kinds == {*KINDS} - {"continued"}
    with opened(path) as history:
        entries = {seq: json.loads(body) for seq, *_, body in rows_of(path, "run_id = ?", OLD)}
        history._store.rewrite({seq: body | {"nickname": "Zozo"} for seq, body in entries.items()})
        assert b"Zozo" in path.read_bytes()
        history.forget([OLD])
    assert b"Zozo" not in path.read_bytes()


def test_only_finished_runs_that_exist_are_forgotten(path: Path) -> None:
    """Another one is a HistoryError, and then nothing at all is forgotten."""
    with opened(path) as history:
        with pytest.raises(HistoryError, match=rf"run {UNFINISHED} is not finished: resume or undo it first"):
            history.forget([OLD, UNFINISHED])
        with pytest.raises(HistoryError, match="there is no run nobody"):
            history.forget([OLD, "nobody"])
        history.continue_run(UNFINISHED)
        with pytest.raises(HistoryError, match=f"run {UNFINISHED} is still under way"):
            history.forget([OLD])
        assert not any(run.forgotten for run in history.runs())
    assert b"Quetsche" in path.read_bytes()


def test_age_is_counted_from_the_end_of_a_run(path: Path) -> None:
    """Runs that ended before a moment, forgotten ones left out; one without an end is told apart."""
    with opened(path) as history:
        moment = datetime(2026, 1, 2, 12, tzinfo=UTC)
        found = find_forgettable(history.runs(), moment)
        assert ([r.run_id for r in found.runs], found.unfinished) == ([OLD], ())
        found = find_forgettable(history.runs(), datetime(2026, 4, 15, tzinfo=UTC))
        assert [r.run_id for r in found.runs] == [OLD, RECENT]
        assert [r.run_id for r in found.unfinished] == [UNFINISHED]
        history.forget([OLD])
        assert [r.run_id for r in find_forgettable(history.runs(), moment).runs] == []


@pytest.mark.parametrize(
    ("follower", "sends", "over"),
    [
        (FOLLOWER, True, True),
        (FOLLOWER, False, False),
        (replace(FOLLOWER, book_id="book-of-others"), True, False),
        (replace(FOLLOWER, server="http://other.example:9001"), True, False),
        (replace(FOLLOWER, book_id="", options={"undo": UNFINISHED}), True, True),
    ],
    ids=["of its book", "that sent nothing", "of another book", "on another server", "its undo"],
)
def test_a_run_that_nobody_can_resume_any_more_is_forgotten(
    path: Path, follower: RunStart, sends: bool, over: bool
) -> None:
    """It was not finished, but a later run of its book sent something, or it was taken back: then it is over."""
    day = datetime(2026, 4, 15, tzinfo=UTC)
    with opened(path) as history:
        history.memory(follower.server, ["u1"], follower.book_id)
        history.start_run(follower)
        if sends:
            history.record_intents(follower.run_id, [Intent("users", 9, "POST", "N-1", 1, None, {}, "create", "", "i")])
        history.end_run(follower.run_id, "finished")
        found = find_forgettable(history.runs(), day)
        assert (UNFINISHED in [run.run_id for run in found.runs]) == over
        assert (UNFINISHED in [run.run_id for run in found.unfinished]) != over
        if not over:
            with pytest.raises(HistoryError, match="resume or undo it first"):
                history.forget([UNFINISHED])
        else:
            history.forget([UNFINISHED])
        assert history.run(UNFINISHED).forgotten == over
    assert (b"Mirabelle" in bytes_of(path.parent)) != over


def test_a_run_whose_calls_nobody_looked_for_is_not_over(tmp_path: Path) -> None:
    """Killed after an answer, then followed by a run of its book that never looked: it may have made somebody."""
    killed, later = (replace(FOLLOWER, run_id=name) for name in ("killed", "later"))
    path = tmp_path / "history.sqlite3"
    with opened(path, TODAY) as history:
        history.start_run(killed)
        (call,) = history.record_intents("killed", [Intent("users", 2, "POST", action="create")])
        history.record_outcomes([(call, CallOutcome("done", "7"))])
    with opened(path, TODAY) as history:
        history.start_run(later)
        (other,) = history.record_intents("later", [Intent("users", 3, "PUT", action="update")])
        history.record_outcomes([(other, CallOutcome("done", "8", settled=True))])
        history.end_run("later", "finished")
        with pytest.raises(HistoryError, match="run killed is not finished"):
            history.forget(["killed"])
        history.continue_run("killed")
        history.record_outcomes([(call, CallOutcome("done", "7", settled=True))])
        history.end_run("killed", "interrupted")
        assert history.forget(["killed"]) > 0


def test_a_later_attempt_that_never_left_settles_nothing(tmp_path: Path) -> None:
    """The first attempt may have arrived: a second one that was taken back tells nothing of it."""
    with opened(tmp_path / "history.sqlite3", TODAY) as history:
        history.start_run(replace(FOLLOWER, run_id="killed"))
        for number, status in enumerate(("unknown", "not_sent"), start=1):
            intent = Intent("users", 2, "POST", attempt=number, action="create")
            (call,) = history.record_intents("killed", [intent])
            history.record_outcomes([(call, CallOutcome(status))])
        (other,) = history.record_intents("killed", [Intent("users", 3, "POST", action="create")])
        history.record_outcomes([(other, CallOutcome("not_sent"))])
        history.end_run("killed", "interrupted")
        assert history.run("killed").unsettled == 1


def test_the_list_of_runs_follows_what_others_write(path: Path) -> None:
    """What another connection adds or forgets between two questions is in the second answer."""
    with opened(path) as history, opened(path) as other:
        before = [run.run_id for run in history.runs()]
        other.start_run(FOLLOWER)
        other.end_run(FOLLOWER.run_id, "finished")
        assert [run.run_id for run in history.runs()] == [*before, FOLLOWER.run_id]
        assert not history.run(OLD).forgotten
        other.forget([OLD])
        assert history.run(OLD).forgotten
