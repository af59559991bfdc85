"""Ctrl-C and its like: calls under way are finished, the rest is left for resume; twice ends at once."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from reliability.processes import Server, Servers
from support import edit, people, row_of, start, wait_until, write_csv

from xcu_sheets.cli.choices import moment_of
from xcu_sheets.files import read_book
from xcu_sheets.history import History
from xcu_sheets.model.errors import XcuError
from xcu_sheets.running.apply import apply_plan
from xcu_sheets.running.clock import utc_now
from xcu_sheets.running.preparing import prepare
from xcu_sheets.sandbox import Sandbox, SandboxConfig
from xcu_sheets.server import Client

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals are sent to a process")

COUNT = 40
HERE = "chirurgie@192.168.29.220"


def importing(server: Server, folder: Path, book: Path | None = None) -> subprocess.Popen[str]:
    book = book or write_csv(folder / "people.csv", people(COUNT, HERE))
    options = ("--yes", "--settle", 0.1, "--report", folder / "r.json")
    return start(server.url, folder / "s", "import", book, *options)


def finish(server: Server, folder: Path, run_id: str) -> dict[str, int]:
    options = ("--yes", "--settle", 0.1, "--report", folder / "r2.json")
    resumed = start(server.url, folder / "s", "resume", run_id, *options)
    said = resumed.communicate(timeout=60)[0]
    assert resumed.returncode == 0, said
    return json.loads((folder / "r2.json").read_text())["counts"]


def stop_twice(process: subprocess.Popen[str], pause: float) -> str:
    """Send Ctrl-C, and again after a pause: then the command ends at once, with exit code 130. Return what it said."""
    process.send_signal(signal.SIGINT)
    time.sleep(pause)
    asked = time.monotonic()
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=60)[0]
    assert time.monotonic() - asked < 5, said
    assert process.returncode == 130, said
    return said


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_one_signal_finishes_what_is_under_way(tmp_path: Path, name: str) -> None:
    """Exit code 130, a report for every row, the command that goes on; nothing that was sent is in doubt."""
    with Servers() as servers:
        server = servers.fresh(users=30, latency=40)
        process = importing(server, tmp_path)
        wait_until(lambda: len(server.writes()) >= 5)
        process.send_signal(getattr(signal, name))
        said = process.communicate(timeout=60)[0]
        assert process.returncode == 130, said
        counts = json.loads((tmp_path / "r.json").read_text())["counts"]
        assert counts["created"] == len(server.writes())
        assert counts["created"] + counts["not_sent"] == COUNT
        run_id = re.search(r"Go on with: xcu-sheets resume (\S+)", said)[1]
        assert finish(server, tmp_path, run_id) == {"created": COUNT}
        assert len(server.writes()) == COUNT


def test_the_second_signal_ends_at_once(tmp_path: Path) -> None:
    """A server that takes long over a call is not waited for; what became of that call is found out by resume."""
    with Servers() as servers:
        server = servers.fresh(users=30)
        process = importing(server, tmp_path)
        wait_until(lambda: len(server.writes()) >= 3)
        server.fault(kind="latency", method="POST", path="/users", ms=20_000)
        time.sleep(0.5)
        said = stop_twice(process, pause=0.5)
        assert sum(json.loads((tmp_path / "r.json").read_text())["counts"].values()) == COUNT
        server.calm()
        run_id = re.search(r"Go on with: xcu-sheets resume (\S+)", said)[1]
        assert finish(server, tmp_path, run_id) == {"created": COUNT}
        created = [p for p in server.people() if p[2].startswith("Person ")]
        assert len(created) == len({p[2] for p in created}) == COUNT


def busy(path: str, nth: int) -> dict[str, object]:
    """Return the fault of a server that has no time for a read for the next 20 s, from the nth on."""
    more = {"code": 429, "headers": {"Retry-After": "20"}, "nth": nth, "times": None}
    return {"kind": "status", "method": "GET", "path": path, **more}


def an_edit(server: Server, folder: Path) -> Path:
    """Export a book and edit one person in it."""
    book = folder / "book.xlsx"
    start(server.url, folder / "s", "export", book).communicate(timeout=60)
    edit(book, "users", {(row_of(book, "users", "id", "3"), "last_name"): "Nouveau"})
    return book


@pytest.mark.parametrize(
    ("path", "nth"),
    [("/users/3", 1), (f"/entities/{HERE}/users", 2), (".*available_numbers", 2)],
    ids=["record", "list", "numbers"],
)
def test_the_second_signal_waits_for_no_read(tmp_path: Path, path: str, nth: int) -> None:
    """A read that was told to come back later is given up: the one before an edit, and the ones after a stage."""
    with Servers() as servers:
        server = servers.fresh(users=30)
        book = an_edit(server, tmp_path) if "/users/" in path else write_csv(tmp_path / "p.csv", people(2, HERE))
        server.fault(kind="rival", method="POST", path="/users")
        server.fault(**busy(path, nth))
        process = importing(server, tmp_path, book)
        wait_until(lambda: any(call["status"] == 429 for call in server.calls()))
        time.sleep(0.2)
        stop_twice(process, pause=0.3)
        assert sum(json.loads((tmp_path / "r.json").read_text())["counts"].values()) > 0


PARIS = timezone(timedelta(hours=1))


@pytest.mark.parametrize(
    ("now", "clock", "expected"),
    [
        ("23:10", "03:30", "2026-11-25T03:30"),
        ("01:10", "03:30", "2026-11-24T03:30"),
        ("03:30", "03:30", "2026-11-25T03:30"),
    ],
)
def test_stop_at_is_the_next_time_the_clock_shows_it(
    monkeypatch: pytest.MonkeyPatch, now: str, clock: str, expected: str
) -> None:
    """At 23:10 the run stops at 03:30 tomorrow, at 01:10 today, by the local clock."""
    monkeypatch.setenv("TZ", "UTC-1")
    time.tzset()
    try:
        at = moment_of(clock, datetime.fromisoformat(f"2026-11-24T{now}").replace(tzinfo=PARIS))
        assert datetime.fromtimestamp(at, PARIS).isoformat()[:16] == expected
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize("clock", ["3h30", "25:00", "03:30:00", "tomorrow"])
def test_a_time_that_is_none_is_refused(clock: str) -> None:
    """Before anything is sent, in one line."""
    with pytest.raises(XcuError, match="write a time of day such as 03:30"):
        moment_of(clock, datetime.now(UTC))


def test_no_row_begins_after_its_time(tmp_path: Path) -> None:
    """A run whose time has come ends resumable, as after one Ctrl-C; the report says why rows were not sent."""
    with Sandbox(SandboxConfig(users=30, latency=20)) as server, Client(server.url, "admin", "superpass") as client:
        book = read_book(write_csv(tmp_path / "people.csv", people(COUNT, HERE)))
        with History.open(tmp_path / "h" / "history.sqlite3", now=utc_now) as history:
            made = prepare(book, client, run_id="r1", made_at=utc_now(), history=history)
            at = time.monotonic() + 0.5
            result = apply_plan(
                made.plan,
                client,
                made.snapshot,
                history=history,
                stop=lambda: "time" if time.monotonic() >= at else "",
            )
            assert history.run("r1").status == "interrupted"
        assert result.stopped == "time"
        assert result.proof is not None and result.proof.verified == result.proof.of > 0
        left = [o for o in result.outcomes if o.status == "not_sent"]
        assert left and {o.notes[-1].code for o in left} == {"time_is_up"}
        assert len(left) + result.proof.of == COUNT
