"""What a run leaves in the history, and who may run beside it."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from support import Cli, edit, people, row_of, start, wait_until, write_csv, writes

from xcu_sheets.history import History, default_path
from xcu_sheets.running.clock import utc_now
from xcu_sheets.sandbox import Sandbox, SandboxConfig

CHIRURGIE = "chirurgie@192.168.29.220"


def test_every_write_has_an_intent_and_an_outcome(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """Each call is on record with what it meant, before and after images, and what came of it."""
    book = tmp_path / "book.xlsx"
    cli("export", book)
    edit(book, "users", {(row_of(book, "users", "id", "6"), "first_name"): "Shaun"})
    cli("import", book, "--yes")
    cli("import", write_csv(tmp_path / "p.csv", people(2, CHIRURGIE)), "--yes")
    with History.open(default_path(str(cli.state)), now=utc_now) as history:
        first, second = history.runs()
        (call,) = history.calls(first.run_id)
        assert (call.intent.method, call.intent.before, call.intent.after) == (
            "PUT",
            {"first_name": "Sean"},
            {"first_name": "Shaun"},
        )
        assert call.outcome and call.outcome.status == "done"
        assert [c.intent.internal_number for c in history.calls(second.run_id)] == ["2102", "2105"]
        assert {run.status for run in history.runs()} == {"finished"}
        assert [row["status"] for row in history.report(second.run_id)] == ["created", "created"]


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="a process can be halted on POSIX only")
def test_a_second_run_at_once_says_who_holds_the_history(tmp_path: Path) -> None:
    """While one import runs, another ends with exit code 4 and names it; nothing of it is sent."""
    with Sandbox(SandboxConfig(latency=40)) as server:
        first = write_csv(tmp_path / "a.csv", people(40, CHIRURGIE))
        second = write_csv(tmp_path / "b.csv", people(2, "default@192.168.29.221"))
        state = tmp_path / "state"
        process = start(server.url, state, "import", first, "--yes")
        wait_until(lambda: bool(writes(server)))
        process.send_signal(signal.SIGSTOP)  # it holds the history for as long as this test needs
        try:
            result = Cli(server.url, state)("import", second, "--yes", code=4)
        finally:
            process.send_signal(signal.SIGCONT)
            process.communicate(timeout=60)
        assert "another run holds this history" in result.output
        assert process.returncode == 0
        assert len([w for w in writes(server) if w[0] == "POST"]) == 40


def test_rehearsals_teach_the_real_run_nothing(tmp_path: Path) -> None:
    """The same list imported on another origin with the same XiVOs: the real server gets all of it."""
    path = write_csv(tmp_path / "p.csv", people(3, CHIRURGIE))
    for _ in range(2):
        with Sandbox(SandboxConfig()) as server:
            Cli(server.url, tmp_path / "state")("import", path, "--yes")
            assert len(writes(server)) == 3
