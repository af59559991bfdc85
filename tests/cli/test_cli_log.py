"""`--log FILE`: every call, nothing that was said in it (DESIGN rules 14 and 16)."""

from __future__ import annotations

import os
import re
import stat
import threading
from pathlib import Path

import pytest
from support import Cli, add_rows, edit, people, row_of, writes

from xcu_sheets.cli.call_log import LogFile
from xcu_sheets.sandbox import Fault, Sandbox
from xcu_sheets.server import CallLog

CHIRURGIE = "chirurgie@192.168.29.220"
LINE = re.compile(
    r"2[0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z "
    r"(?P<method>[A-Z]+) (?P<path>/\S+) (?P<status>[0-9]+) [0-9]+ ms attempt (?P<attempt>[0-9]) [0-9]+ bytes"
)
CALL = CallLog("GET", "/xivo", 200, 1.5, 1, 10)


def calls_in(path: Path) -> list[tuple[str, str, int]]:
    """Return method, path and status of each line; every line must be of the one form."""
    found = [LINE.fullmatch(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert all(found)
    return [(m["method"], m["path"], int(m["status"])) for m in found if m]


def test_the_log_holds_every_call(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """One line per call of three commands, in one file, as the server saw them; mode 0600."""
    log, book = tmp_path / "calls.log", tmp_path / "book.xlsx"
    cli("export", book, "--log", log)
    add_rows(book, "users", people(3, CHIRURGIE))
    cli("plan", book, "--log", log)
    cli("import", book, "--yes", "--log", log)
    assert len(writes(server)) == 3
    assert sorted(calls_in(log)) == sorted((c.method, c.path, c.status) for c in server.calls)
    if os.name == "posix":
        assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_the_log_holds_no_secret_and_no_name(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """No password, name or CTI login of anybody, after reads, an edit, a create and a delete."""
    log, book = tmp_path / "calls.log", tmp_path / "book.xlsx"
    cli("export", book)
    edit(book, "users", {(row_of(book, "users", "id", "6"), "cti_password"): "Ed1ted-Secret-7"})
    edit(book, "users", {(row_of(book, "users", "id", "7"), "action"): "delete"})
    new = {**people(1, CHIRURGIE)[0], "cti_login": "new.one", "cti_password": "N3w-Secret-9"}
    add_rows(book, "users", [new])
    everybody = server.world.store.all("SELECT * FROM users")
    cli("import", book, "--yes", "--allow-delete", "--log", log)
    everybody += server.world.store.all("SELECT * FROM users")
    columns = ("first_name", "last_name", "cti_login", "cti_password")
    private = {row[column] for row in map(dict, everybody) for column in columns if row[column]}
    assert {"Ed1ted-Secret-7", "N3w-Secret-9", "new.one", "Person 0"} <= private and len(private) > 150
    text = log.read_text(encoding="utf-8")
    assert {m for m, _, _ in calls_in(log)} == {"GET", "POST", "PUT", "DELETE"}
    assert [p for p in {*private, "superpass"} if p in text] == []


def test_a_query_is_cut_and_a_path_made_safe(tmp_path: Path) -> None:
    """What follows a ? is left out; control characters cannot forge a line."""
    log = LogFile(tmp_path / "calls.log")
    log(CallLog("GET", "/users?password=hunter2", 200, 1.5, 1, 10))
    log(CallLog("GET", "/users/a\n2026 POST\x1b[31m", 200, 1.5, 1, 10))
    text = (tmp_path / "calls.log").read_text(encoding="utf-8")
    assert "hunter2" not in text and "\x1b" not in text and len(text.splitlines()) == 2


def test_retries_and_lost_calls_are_lines_too(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """A second attempt is numbered; a call without answer has status 0."""
    log = tmp_path / "calls.log"
    server.add_fault(Fault("drop_before_commit", method="GET", path="/xivo"))
    cli("export", tmp_path / "x.xlsx", "--log", log)
    lines = [m for m in map(LINE.fullmatch, log.read_text().splitlines()) if m and m["path"] == "/xivo"]
    assert [(m["status"], m["attempt"]) for m in lines] == [("0", "1"), ("200", "2")]


def test_a_log_that_cannot_be_written_stops_before_anything_is_sent(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """One line, exit code 2, no call."""
    result = cli("export", tmp_path / "x.xlsx", "--log", tmp_path / "missing" / "calls.log", code=2)
    assert len(result.output.splitlines()) == 1 and "missing" in result.output
    assert server.calls == []


def test_a_log_that_is_lost_meanwhile_stops_no_call(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is said once; the calls go on."""
    log = LogFile(tmp_path / "calls.log")
    (tmp_path / "calls.log").unlink()
    (tmp_path / "calls.log").mkdir()
    log(CALL)
    log(CALL)
    assert capsys.readouterr().err.count("no longer written") == 1


def test_threads_write_whole_lines(tmp_path: Path) -> None:
    """Eight threads at once: each line is whole, none is lost; it is there as soon as the call is over."""
    path = tmp_path / "calls.log"
    log = LogFile(path)
    log(CALL)
    assert len(calls_in(path)) == 1
    threads = [threading.Thread(target=lambda: [log(CALL) for _ in range(50)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(calls_in(path)) == 401


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")
def test_a_log_that_others_could_read_is_closed_to_them(cli: Cli, tmp_path: Path) -> None:
    """A file that is there keeps its lines and gets mode 0600."""
    log = tmp_path / "calls.log"
    log.write_text("before\n")
    log.chmod(0o644)
    cli("export", tmp_path / "x.xlsx", "--log", log)
    assert stat.S_IMODE(log.stat().st_mode) == 0o600 and log.read_text().startswith("before\n")
