"""The history between processes: one run at a time, and what a killed one had on record stays there."""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from history.children import child, hear, tell

from xcu_sheets.history import History, HistoryHeld
from xcu_sheets.history.entries import Holder

SERVER = "http://xcu.example:9001"
PRELUDE = f"""
import json, sys, time
from pathlib import Path
from xcu_sheets.history import CallOutcome, History, HistoryHeld, Intent, RunStart
from xcu_sheets.model.errors import HistoryError

path, run_id = Path(sys.argv[1]), sys.argv[2]
now = lambda: "2026-02-01T12:00:00Z"
start = RunStart(run_id, {SERVER!r}, "root", ("u1",), "book-" + run_id, "", "", "{{}}", "0")
intent = lambda row: Intent("users", row, "POST", str(2000 + row), after={{"first_name": "x" * 200}})

def say(*words):
    print(json.dumps(words), flush=True)
"""
RACER = (
    PRELUDE
    + """
with History.open(path, now=now) as history:
    say("ready")
    sys.stdin.readline()
    try:
        history.start_run(start)
        say("won")
        sys.stdin.readline()
        history.end_run(run_id, "finished")
    except HistoryHeld as held:
        say("held", held.holder.run_id, held.holder.process, held.holder.since)
"""
)
SENDER = (
    PRELUDE
    + """
with History.open(path, now=now) as history:
    history.start_run(start)
    row = 0
    while True:
        ids = history.record_intents(run_id, [intent(row + k) for k in range(5)])
        say("intents", ids)
        history.record_outcomes([(ids[0], CallOutcome("created", str(row)))])
        say("outcome", ids[0])
        row += 5
"""
)
OUTLIVED = (
    PRELUDE
    + """
import threading
said = set()

def work(history, begun):
    try:
        while True:
            history.remember(run_id, freed=[("x", "1")])
            begun.set()
    except BaseException as error:
        said.add(type(error).__name__ + ": " + str(error))

for n in range(40):
    with History.open(path, now=now) as history:
        run_id = f"r{n}"
        history.start_run(RunStart(run_id, "s", "a", (), str(n), "", "", "{}", ""))
        begun = threading.Event()
        worker = threading.Thread(target=work, args=(history, begun))
        worker.start()
        begun.wait(5)
    worker.join(5)
say(sorted(said))
"""
)
FILLER = (
    PRELUDE
    + """
import resource
with History.open(path, now=now) as history:
    history.start_run(start)
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), int(sys.argv[3])))
    try:
        for row in range(100000):
            say("intents", history.record_intents(run_id, [intent(row)]))
    except HistoryError as error:
        say("stopped", str(error))
"""
)


def clock() -> str:
    return "2026-02-01T12:00:01Z"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history.sqlite3"


def test_of_two_processes_one_gets_the_run(path):
    """Both opened, both start at once: one wins, the other says who holds it; five times."""
    for turn in range(5):
        with child(RACER, path, f"one-{turn}") as one, child(RACER, path, f"two-{turn}") as two:
            assert hear(one) == hear(two) == ["ready"]
            tell(one)
            tell(two)
            answers = {process.pid: hear(process) for process in (one, two)}
            winner = next(process for process in (one, two) if answers[process.pid] == ["won"])
            loser = two if winner is one else one
            name = f"{'one' if winner is one else 'two'}-{turn}"
            assert answers[loser.pid] == ["held", name, winner.pid, "2026-02-01T12:00:00Z"]
            tell(winner)
            assert winner.wait(10) == 0
    with History.open(path, now=clock) as history:
        assert [run.status for run in history.runs()] == ["finished"] * 5


def test_many_processes_may_make_the_history_at_once(path):
    """Six processes that find no history make one together, and all of them can use it."""
    for turn in range(3):
        place = path.parent / f"turn-{turn}" / "history.sqlite3"
        processes = [
            subprocess.Popen(
                [sys.executable, "-c", PRELUDE + "with History.open(path, now=now): say('opened')", str(place), "r"],
                stdout=subprocess.PIPE,
                text=True,
            )
            for _ in range(6)
        ]
        assert [process.communicate()[0] for process in processes] == ['["opened"]\n'] * 6


def test_a_running_process_keeps_others_out(path):
    """While a run lasts the history cannot be opened, and the message says run, server, time and process."""
    with child(RACER, path, "first") as first:
        hear(first)
        tell(first)
        assert hear(first) == ["won"]
        with pytest.raises(HistoryHeld) as caught, History.open(path, now=clock):
            pass
        assert caught.value.holder.process == first.pid
        assert str(caught.value).startswith(
            f"another run holds this history: run first on {SERVER} since 2026-02-01T12:00:00Z, process {first.pid} on "
        )
        path.with_suffix(".holder").write_text("{")
        with pytest.raises(HistoryHeld, match="another process is using it") as caught, History.open(path, now=clock):
            pass
        assert (caught.value.holder, str(caught.value.holder)) == (Holder(), "another process")


def test_a_killed_run_leaves_its_intents_and_its_lock_is_taken_over(path):
    """kill -9 between intent and outcome: the intent is there without outcome, and the next run learns who vanished."""
    with child(SENDER, path, "killed") as sender:
        _, ids = hear(sender)
        assert hear(sender) == ["outcome", ids[0]]
        _, more = hear(sender)
        sender.kill()
        sender.wait()
        with History.open(path, now=clock) as history:
            calls = {call.call_id: call for call in history.calls("killed")}
            assert {*ids, *more} <= set(calls)
            assert calls[ids[0]].outcome is not None
            assert all(calls[call_id].outcome is None for call_id in more[1:])
            assert history.run("killed").status == "unfinished"
            vanished = history.continue_run("killed")
            assert vanished is not None
            assert (vanished.run_id, vanished.process) == ("killed", sender.pid)
            history.end_run("killed", "finished")
    assert path.with_suffix(".holder").read_bytes() == b""


def test_kills_at_random_moments_lose_nothing(path):
    """Killed 30 times at random moments: all that was confirmed is on record, at most one commit more, and in order."""
    moments = random.Random(7)
    for turn in range(30):
        with child(SENDER, path, f"run-{turn}") as sender:
            heard = [hear(sender)]
            time.sleep(moments.uniform(0, 0.02))
            sender.kill()
            lines = sender.stdout.read()  # Not communicate(): it would lose what readline() has buffered.
        heard += [json.loads(line) for line in lines.splitlines() if line.endswith("]")]
        confirmed = [ids for word, ids in heard if word == "intents"]
        with History.open(path, now=clock) as history:
            calls = history.calls(f"run-{turn}")
            on_record = [call.call_id for call in calls]
            told = [call_id for ids in confirmed for call_id in ids]
            assert on_record[: len(told)] == told
            assert len(on_record) - len(told) in (0, 5)
            answered = [call.call_id for call in calls if call.outcome]
            told = [ids for word, ids in heard if word == "outcome"]
            assert answered[: len(told)] == told
            assert len(answered) - len(told) in (0, 1)


@pytest.mark.skipif(os.name != "posix", reason="RLIMIT_FSIZE is POSIX")
@pytest.mark.parametrize("limit", [20_000, 50_001, 100_000])
def test_a_full_disk_stops_before_the_next_call(path, limit):
    """When nothing more can be written record_intents raises HistoryError; all that was confirmed stays."""
    with child(FILLER, path, "full", str(limit)) as filler:
        heard = [json.loads(line) for line in filler.communicate(timeout=60)[0].splitlines()]
    assert heard[-1][0] == "stopped"
    assert re.search(r"cannot be read or written", heard[-1][1])
    with History.open(path, now=clock) as history:
        on_record = [call.call_id for call in history.calls("full")]
    assert on_record == [ids[0] for _, ids in heard[:-1]]


def test_a_worker_that_outlives_its_run_is_told_that_the_history_is_closed(tmp_path: Path) -> None:
    """Whatever it was doing at the moment of the closing: one clear line, no crash, and the file is whole."""
    path = tmp_path / "h.sqlite3"
    with child(OUTLIVED, path, "") as process:
        (said,) = hear(process)
        assert process.wait(10) == 0
    assert said == [f"HistoryError: {path} is closed: its run has ended, and no call is made or recorded any more"]
    with History.open(path, now=clock) as history:
        assert len(history.runs()) == 40
