"""xcu-sheets probe as a person meets it, and what plan and import make of what it found."""

from __future__ import annotations

import json
import os
import signal
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support import Cli, edit, row_of, start, wait_until, writes
from terminal import on_a_terminal

from xcu_sheets.history import History, default_path
from xcu_sheets.running.clock import utc_now
from xcu_sheets.sandbox import Fault, Sandbox, SandboxConfig

CHIRURGIE = "chirurgie@192.168.29.220"
PROBE = ("probe", "--entity", "Chirurgie ambulatoire", "--yes", "--settle", "0")


def state(server: Sandbox) -> list[tuple[Any, ...]]:
    """Return every user and template that the server holds, behind its API."""
    return [tuple(row) for table in ("users", "templates") for row in server.world.store.all(f"SELECT * FROM {table}")]


def learned(tmp_path: Path, url: str) -> dict[str, Any]:
    """Return what is remembered of a server."""
    facts = json.loads((tmp_path / "config" / "known_servers.json").read_text())["servers"][url]
    return facts.get("findings", {})


def test_each_finding_is_one_line_with_what_the_importer_does(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """Numbers and names before, one line a finding, then that nothing is left; found facts are remembered."""
    before = state(server)
    result = cli(*PROBE)
    assert "2799 and 2798" in result.stderr and CHIRURGIE in result.stderr and "may be deleted" in result.stderr
    lines = result.stdout.splitlines()
    assert len(lines) == 16 and all("Importer: " in line for line in lines)
    assert "Passwords survive an edit." in result.stdout
    assert "Nothing of the probe is left" in result.stderr
    assert learned(tmp_path, server.url)["passwords_survive"] is True
    assert state(server) == before


def test_json_is_one_object(cli: Cli, server: Sandbox) -> None:
    """--json: findings, reasons, the lines, and what is left, on stdout alone."""
    server.set_switches(get_password="null")
    body = json.loads(cli(*PROBE, "--json").stdout)
    assert body["findings"]["put_needs_template"] is False and body["findings"]["passwords_survive"] is None
    assert "never shows" in body["reasons"]["passwords_survive"]
    assert (body["entity"], body["numbers"], body["left"], body["error"]) == (CHIRURGIE, ["2799", "2798"], [], "")


def test_without_yes_and_terminal_nothing_is_written(cli: Cli, server: Sandbox) -> None:
    """It writes to a server in use: without a terminal it takes --yes; --read-only refuses it."""
    assert "--yes" in cli("probe", "--entity", CHIRURGIE, code=2).stderr
    assert "read-only" in cli(*PROBE, "--read-only", code=2).stderr
    assert "no entity" in cli("probe", "--entity", "nowhere", "--yes", code=2).stderr
    assert writes(server) == []


@pytest.mark.skipif(os.name != "posix", reason="pseudo-terminals are POSIX")
@pytest.mark.parametrize(("answer", "code"), [("n", 2), ("y", 0)])
def test_on_a_terminal_it_asks(server: Sandbox, tmp_path: Path, answer: str, code: int) -> None:
    """It says what it will do and asks; only a yes lets it write."""
    arguments = ["probe", "--entity", CHIRURGIE, "--url", server.url, "--state", tmp_path]
    ended, shown = on_a_terminal(arguments, [("Go on?", f"{answer}\n")], {"XCU_PASSWORD": "superpass"})
    assert ended == code and shown.index("2799 and 2798") < shown.index("Go on?")
    assert bool(writes(server)) is (answer == "y")


def test_what_cannot_be_removed_is_named(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """Exit code 1, each record with its id; the next probe says that it removes them, and does."""
    before = state(server)
    server.add_fault(Fault("status", "DELETE", times=None, code=503))
    first = cli(*PROBE, code=1)
    assert "NOT REMOVED: users id 61" in first.stderr and "NOT REMOVED: templates id 7" in first.stderr
    server.clear_faults()
    second = cli(*PROBE)
    assert "First it removes what probe" in second.stderr and "Removed what an earlier probe left" in second.stderr
    assert state(server) == before


@pytest.mark.parametrize(
    "fault", [Fault("drop_after_commit"), Fault("status"), Fault("status", code=503)], ids=["lost", "500", "503"]
)
def test_a_write_that_fails_ends_well(cli: Cli, server: Sandbox, tmp_path: Path, fault: Fault) -> None:
    """Whichever write is struck: exit code 0, the question is said to be open, and nothing is left."""
    before = state(server)
    for method, writes_in_all in (("POST", 4), ("PUT", 4), ("DELETE", 3)):
        for nth in range(1, writes_in_all + 1):
            server.clear_faults()
            server.add_fault(replace(fault, method=method, path="/(users|templates).*", nth=nth))
            result = cli(*PROBE, state=tmp_path / f"{method}{nth}")  # so many runs in a minute may share a name
            assert "Nothing of the probe is left" in result.stderr and "NOT" not in result.stderr
            assert len(result.stdout.splitlines()) == 16
            assert state(server) == before


def test_a_probe_that_failed_is_not_remembered(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """A login that is lost on the way: exit code 1 for what is left, and what was known before stays known."""
    cli(*PROBE)
    before = learned(tmp_path, server.url)
    server.set_switches(put_password="clears")
    server.add_fault(Fault("expire", "GET", "/users/[0-9]+", nth=3))
    server.add_fault(Fault("status", "POST", "/login", nth=2, code=401, times=None))
    result = cli(*PROBE, code=1)
    assert "NOT REMOVED" in result.stderr and "Nothing of this is remembered" in result.stderr
    assert learned(tmp_path, server.url) == before


def test_a_login_without_template_to_use_ends_with_one_line(server: Sandbox, tmp_path: Path) -> None:
    """No right to make templates and none offered: exit code 2, and it says what to ask for."""
    server.world.store.run("DELETE FROM templates")
    telecom = Cli(server.url, tmp_path / "state")
    arguments = ("probe", "--entity", "default", "--yes", "--login", "telecom")
    result = telecom(*arguments, code=2, env={"XCU_PASSWORD": "telecom-pass"})
    assert "ask for the right" in result.stderr and "Nothing of the probe is left" in result.stderr


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="a process is killed on POSIX only")
@pytest.mark.parametrize("written", [1, 3, 6, 8])
def test_a_probe_that_was_killed_is_cleaned_up_by_the_next(tmp_path: Path, written: int) -> None:
    """kill -9 after so many writes: the next probe finds by name and history what is left, removes it, and says so."""
    with Sandbox(SandboxConfig(latency=25)) as server:
        before, state_dir = state(server), tmp_path / "state"
        _killed(server, state_dir, written)
        assert state(server) != before
        result = Cli(server.url, state_dir)(*PROBE)
        assert "Removed what an earlier probe left" in result.stderr
        assert state(server) == before
    with History.open(default_path(str(state_dir)), now=utc_now) as history:
        assert [run.status for run in history.runs()] == ["finished", "finished"]


def _killed(server: Sandbox, state_dir: Path, written: int) -> None:
    process = start(server.url, state_dir, *PROBE)
    wait_until(lambda: len(writes(server)) >= written)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=30)
    assert process.returncode == -signal.SIGKILL
    time.sleep(0.1)  # a call under way is carried out


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX")
def test_ctrl_c_ends_it_after_the_clean_up(tmp_path: Path) -> None:
    """The first Ctrl-C asks no further question; everything is removed; exit code 130."""
    with Sandbox(SandboxConfig(latency=25)) as server:
        before = state(server)
        process = start(server.url, tmp_path / "state", *PROBE)
        wait_until(lambda: len(writes(server)) >= 3)
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=30)[0]
        assert process.returncode == 130
        assert "Interrupted. Nothing of this is remembered" in said and "Nothing of the probe is left" in said
        assert state(server) == before


# What the importer makes of it


def _edited(cli: Cli, tmp_path: Path) -> Path:
    """Return an exported book with one name changed."""
    book = tmp_path / "book.xlsx"
    cli("export", book)
    edit(book, "users", {(row_of(book, "users", "id", "6"), "first_name"): "Shaun"})
    return book


def test_an_edit_without_template_is_refused_before_anything_is_sent(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """A server known to want the template: the row is refused in the plan, and --default-template lets it pass."""
    server.set_switches(put_needs_template=True)
    cli(*PROBE)
    book = _edited(cli, tmp_path)
    server.clear_calls()
    result = cli("import", book, "--yes", code=1)
    assert "takes no edit of a user without template" in result.output and "--default-template" in result.output
    assert writes(server) == []
    cli("import", book, "--yes", "--default-template", "Modèle standard")
    assert [method for method, _ in writes(server)] == ["PUT"]


@pytest.mark.parametrize(
    ("manner", "said"),
    [("keeps", ""), ("clears", "do not survive an edit"), (None, "unknown whether passwords survive")],
)
def test_the_warning_about_passwords_follows_the_probe(
    cli: Cli, server: Sandbox, tmp_path: Path, manner: str | None, said: str
) -> None:
    """Passwords known to survive: no warning; known to be lost: a firm one; unknown: as before."""
    server.edit_user(6, cti_login="sobrien", cti_password="sesame-1")
    if manner:
        server.set_switches(put_password=manner)
        cli(*PROBE)
    output = cli("plan", _edited(cli, tmp_path)).output
    assert (said in output) if said else ("survive" not in output)


def test_the_profile_says_otherwise(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """passwords_survive in the profile counts for more than what a probe found."""
    server.edit_user(6, cti_login="sobrien", cti_password="sesame-1")
    server.set_switches(put_password="clears")
    cli(*PROBE)
    (tmp_path / "config" / "profiles.toml").write_text("[default]\npasswords_survive = true\n")
    assert "survive" not in cli("plan", _edited(cli, tmp_path)).output


def test_an_import_follows_what_was_found(tmp_path: Path) -> None:
    """A server that refuses two creates at once gets one write at a time, and a slow one a longer wait, unless told."""
    from xcu_sheets.cli.choices import Choices, follow_findings
    from xcu_sheets.running.run import SETTLE_SECONDS, Manner

    found = {"findings": {"creates_at_once": False, "write_longest": 9.0}}
    followed = follow_findings(Choices(manner=Manner(workers=8)), found).manner
    assert (followed.workers, followed.settle_seconds) == (1, 18.0)
    told = Choices(manner=Manner(settle_seconds=2.0), settle_given=True)
    assert follow_findings(told, found).manner.settle_seconds == 2.0
    unknown = follow_findings(Choices(manner=Manner(workers=8)), {}).manner
    assert (unknown.workers, unknown.settle_seconds) == (8, SETTLE_SECONDS)
