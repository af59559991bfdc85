"""Forgetting between processes: held off by a run, killed at any moment, on a full disk."""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path

import pytest
from history.children import child, hear
from history.old_runs import OLD, ROWS, SERVER, TODAY, copy_history, everything, opened, write_history

from xcu_sheets.history import HistoryHeld, RunStart

PRELUDE = """
import json, os, signal, sys
from pathlib import Path
from xcu_sheets.history import History, RunStart
path, how = Path(sys.argv[1]), sys.argv[2]

def say(*words):
    print(json.dumps(words), flush=True)
"""
HOLDER = (
    PRELUDE
    + f"""
with History.open(path, now=lambda: {TODAY!r}) as history:
    history.start_run(RunStart("other", {SERVER!r}, "root", ("u1",), "b", "", "", "{{}}", "0"))
    say("holds")
    sys.stdin.readline()
    history.end_run("other", "finished")
"""
)
# `how` is the statement before which the process dies, counted from the start of the rewrite; 0 is never.
FORGETTER = (
    PRELUDE
    + f"""
with History.open(path, now=lambda: {TODAY!r}) as history:
    passed = 0

    def trace(statement):
        global passed
        wanted = ("BEGIN EXCLUSIVE", "UPDATE", "COMMIT") if passed else ("BEGIN EXCLUSIVE",)
        passed += statement.startswith(wanted)
        if passed == int(how):
            os.kill(os.getpid(), signal.SIGKILL)

    say("begins")
    if int(how):
        history._store._connection.set_trace_callback(trace)
    say("forgot", history.forget([{OLD!r}]))
    os.kill(os.getpid(), signal.SIGKILL)
"""
)
PAUSED = (
    PRELUDE
    + f"""
with History.open(path, now=lambda: {TODAY!r}) as history:

    rewriting = False

    def trace(statement):
        global rewriting
        rewriting = rewriting or statement.startswith("BEGIN EXCLUSIVE")
        if rewriting and statement.startswith("COMMIT"):
            say("commits")
            sys.stdin.readline()

    history._store._connection.set_trace_callback(trace)
    history.forget([{OLD!r}])
    say("forgot")
"""
)
FULL = (
    PRELUDE
    + f"""
import resource
from xcu_sheets.model.errors import HistoryError
with History.open(path, now=lambda: {TODAY!r}) as history:
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(how), int(how)))
    try:
        history.forget([{OLD!r}])
        say("forgot")
    except HistoryError as error:
        say("failed", str(error))
"""
)


def test_a_run_and_a_forgetting_exclude_each_other(written: Path, tmp_path: Path) -> None:
    """During a run nothing is forgotten, even by who opened the history before; during a forgetting no run begins."""
    path = copy_history(written, tmp_path)
    with opened(path) as history, child(HOLDER, path, "0") as holder:
        assert hear(holder) == ["holds"]
        before = path.read_bytes()
        with pytest.raises(HistoryHeld, match="another run holds this history: run other on"):
            history.forget([OLD])
        assert path.read_bytes() == before
        holder.communicate("\n")
        with child(PAUSED, path, "0") as forgetter:
            assert hear(forgetter) == ["commits"]
            with pytest.raises(HistoryHeld, match="another process is using it"):
                history.start_run(RunStart("third", SERVER, "root", ("u1",), "b3", "", "", "{}", "0"))
            assert forgetter.communicate("\n")[0] == '["forgot"]\n'
        assert [run.run_id for run in history.runs() if run.forgotten] == [OLD]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("written") / "history.sqlite3"
    write_history(path)
    return path


@pytest.fixture(scope="module")
def states(written: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[tuple, tuple, int]:
    """What the history tells before and after an undisturbed forgetting, and how many entries that rewrites."""
    copy = copy_history(written, tmp_path_factory.mktemp("states"))
    before = everything(copy)
    with opened(copy) as history:
        entries = history.forget([OLD])
    return before, everything(copy), entries


def old_or_new(path: Path, states: tuple[tuple, tuple, int]) -> str:
    """Tell which state a killed forgetting left; the history opens, tells one of the two, and can forget (again)."""
    now = everything(path)
    assert now in states[:2]
    with opened(path) as history:
        history.forget([OLD])
    assert everything(path) == states[1]
    assert not any(t in f.read_bytes() for f in path.parent.iterdir() for t in (b"Quetsche", b"N-2765"))
    return "old" if now == states[0] else "new"


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="a process is killed with SIGKILL")
def test_killed_at_any_statement_it_is_the_old_or_the_new_state(written: Path, tmp_path: Path, states) -> None:
    """kill -9 before the transaction, at the first and later entries, before the commit: old. After it: new."""
    begin, first, last, commit = 1, 2, states[2] + 1, states[2] + 2
    ends, journals = {}, 0
    for moment in (begin, first, first + 1, ROWS, last, commit, 0):
        path = copy_history(written, tmp_path / str(moment))
        with child(FORGETTER, path, str(moment)) as forgetter:
            said = forgetter.communicate()[0]
            assert forgetter.returncode == -signal.SIGKILL
        journals += path.with_name("history.sqlite3-journal").stat().st_size > 0
        ends[moment] = old_or_new(path, states)
        assert ("forgot" in said) == (moment == 0)
    assert ends.pop(0) == "new" and set(ends.values()) == {"old"}
    assert journals > 2  # pages of the unfinished rewrite were in the file already


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="a process is killed with SIGKILL")
def test_killed_at_random_moments_it_is_the_old_or_the_new_state(written: Path, tmp_path: Path, states) -> None:
    """kill -9 at 16 moments spread over the time a forgetting takes."""
    path = copy_history(written, tmp_path / "timed")
    with child(FORGETTER, path, "0") as forgetter:
        hear(forgetter)
        started = time.monotonic()
        hear(forgetter)
        takes = time.monotonic() - started
    chance = random.Random(5)
    for turn in range(16):
        path = copy_history(written, tmp_path / str(turn))
        with child(FORGETTER, path, "0") as forgetter:
            hear(forgetter)
            time.sleep(takes * (turn + chance.random()) / 16)
            forgetter.kill()
            forgetter.wait()
        old_or_new(path, states)


@pytest.mark.skipif(os.name != "posix", reason="RLIMIT_FSIZE is POSIX")
@pytest.mark.parametrize("limit", [4096, 100_000])
def test_a_full_disk_leaves_it_as_it_was(written: Path, tmp_path: Path, states, limit: int) -> None:
    """What cannot be written whole is not written at all, and one line says so."""
    path = copy_history(written, tmp_path)
    with child(FULL, path, str(limit)) as forgetter:
        word, line = hear(forgetter)
        assert forgetter.wait(10) == 0
    assert word == "failed" and "cannot be read or written" in line
    assert old_or_new(path, states) == "old"
