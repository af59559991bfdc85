"""The XiVOs of a server are pinned at first use; strange ones are refused, changed ones asked about."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from support import Cli, people, write_csv, writes
from terminal import on_a_terminal

from xcu_sheets.cli.known_servers import known_path, learn, read_known
from xcu_sheets.sandbox import Fault, Sandbox, SandboxConfig

NEW = "99999999-aaaa-bbbb-cccc-000000000000"
on_posix = pytest.mark.skipif(os.name != "posix", reason="pseudo-terminals and symlinks are POSIX")


@pytest.fixture
def people_csv(tmp_path: Path) -> Path:
    """One new person."""
    return write_csv(tmp_path / "p.csv", people(1, "chirurgie@192.168.29.220"))


def uuids_of(server: Sandbox) -> list[str]:
    """Return the identities of a server's XiVOs."""
    return sorted(row["uuid"] for row in server.world.store.all("SELECT uuid FROM xivos"))


def replace_xivo(server: Sandbox) -> None:
    """Have another machine stand where the second XiVO stood."""
    server.world.store.run("UPDATE xivos SET uuid = ? WHERE id = 2", NEW)


def has_run(state: Path) -> bool:
    """Tell whether a history was opened and got a run."""
    from xcu_sheets.history import History

    path = state / "history.sqlite3"
    if not path.exists():
        return False
    with History.open(path, now=lambda: "2026-11-24T08:00:00Z") as history:
        return bool(history.runs())


@pytest.mark.parametrize("command", ["export", "plan", "import"])
def test_the_first_use_pins_the_xivos(
    cli: Cli, server: Sandbox, tmp_path: Path, people_csv: Path, command: str
) -> None:
    """Whichever command comes first: the origin's XiVOs are on record, with no call more than their one list."""
    arguments = {"export": [tmp_path / "x.xlsx"], "plan": [people_csv], "import": [people_csv, "--yes"]}
    cli(command, *arguments[command])
    assert read_known(server.url) == {"xivo_uuids": uuids_of(server)}
    assert [c.path for c in server.calls].count("/xivo") == 1


def test_a_profile_is_pinned_whatever_its_address(cli: Cli, server: Sandbox, tmp_path: Path, people_csv: Path) -> None:
    """A profile pointed at another server is refused by every command, both sides named; nothing written, no run."""
    known_path().parent.mkdir()
    (known_path().parent / "profiles.toml").write_text(f'[site]\nurl = "{server.url}"\n')
    plan, out = tmp_path / "plan.json", tmp_path / "other.xlsx"
    cli("plan", people_csv, "-o", plan, "--profile", "site", env={"XCU_URL": ""})
    with Sandbox(SandboxConfig(seed=2)) as other:
        commands = [["export", out], ["plan", people_csv], ["import", people_csv, "--yes"], ["apply", plan, "--yes"]]
        for arguments in commands:
            result = cli(*arguments, "--profile", "site", "--url", other.url, "--accept-xivos", code=2)
            assert uuids_of(server)[0] in result.stderr and uuids_of(other)[0] in result.stderr
            assert len(result.stderr.splitlines()) == 1 and str(known_path()) in result.stderr
        assert writes(other) == []
    assert not out.exists() and not has_run(cli.state)
    assert read_known("profile:site") == {"xivo_uuids": uuids_of(server)}


def test_what_the_refusal_says_helps(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """Without the entry of the replaced server the new one is met for the first time."""
    learn(server.url, xivo_uuids=[NEW])
    cli("export", tmp_path / "x.xlsx", code=2)
    known_path().unlink()
    cli("export", tmp_path / "x.xlsx")


def test_changed_xivos_stop_what_writes(cli: Cli, server: Sandbox, tmp_path: Path, people_csv: Path) -> None:
    """Without a terminal import and apply are refused, the option named, and there is no run; with it they run."""
    plan = tmp_path / "plan.json"
    cli("plan", people_csv, "-o", plan)
    replace_xivo(server)
    for arguments in (["import", people_csv, "--yes"], ["apply", plan, "--yes"]):
        result = cli(*arguments, code=2)
        assert "--accept-xivos" in result.stderr and NEW in result.stderr
    assert writes(server) == [] and not has_run(cli.state)
    assert "accepted" in cli("apply", plan, "--yes", "--accept-xivos").stderr
    assert len(writes(server)) == 1
    assert read_known(server.url)["xivo_uuids"] == uuids_of(server)
    assert "XiVOs" not in cli("import", people_csv, "--yes").stderr


def test_changed_xivos_are_noted_by_what_reads(cli: Cli, server: Sandbox, tmp_path: Path, people_csv: Path) -> None:
    """Export, plan and a dry run go on with a note; the old pins stay until somebody says that it is right."""
    cli("export", tmp_path / "x.xlsx")
    before = read_known(server.url)
    replace_xivo(server)
    for arguments in (["export", tmp_path / "x.xlsx"], ["plan", people_csv], ["import", people_csv, "--dry-run"]):
        result = cli(*arguments)
        assert f"new {NEW}" in result.stderr and "gone" in result.stderr
    assert read_known(server.url) == before
    cli("export", tmp_path / "x.xlsx", "--accept-xivos")
    assert "Note" not in cli("export", tmp_path / "x.xlsx").stderr


@on_posix
@pytest.mark.parametrize(("answer", "code", "learned"), [("y\n", 0, True), ("n\n", 2, False)])
def test_on_a_terminal_it_asks_about_changed_xivos(
    cli: Cli, server: Sandbox, tmp_path: Path, answer: str, code: int, learned: bool
) -> None:
    """Yes goes on and is remembered; no writes nothing."""
    learn(server.url, xivo_uuids=[uuids_of(server)[0]])
    out = tmp_path / "x.xlsx"
    environment = {"XCU_PASSWORD": "superpass"}
    got, shown = on_a_terminal(["export", out, "--url", server.url], [("Is that right?", answer)], environment)
    assert got == code, shown
    assert out.exists() == learned
    assert (read_known(server.url)["xivo_uuids"] == uuids_of(server)) == learned


def test_a_login_that_sees_no_xivo_pins_nothing(cli: Cli, server: Sandbox, tmp_path: Path, people_csv: Path) -> None:
    """Nothing is learned from it, and what was learned stays; an import says that it cannot tell."""
    server.add_fault(Fault("status", method="GET", path="/xivo", times=None, code=403))
    cli("export", tmp_path / "x.xlsx")
    assert read_known(server.url) == {}
    learn(server.url, xivo_uuids=[NEW])
    assert "sees no XiVO" in cli("import", people_csv, "--yes", code=None).stderr
    assert read_known(server.url) == {"xivo_uuids": [NEW]}


def test_a_damaged_file_stops_every_command(cli: Cli, server: Sandbox, tmp_path: Path, people_csv: Path) -> None:
    """One line that names the file, before anything is sent."""
    known_path().parent.mkdir()
    known_path().write_text("{")
    for arguments in (["export", tmp_path / "x.xlsx"], ["import", people_csv, "--yes"], ["sync-config", "--yes"]):
        result = cli(*arguments, code=2)
        assert len(result.output.splitlines()) == 1 and str(known_path()) in result.output
    assert server.calls == []


@on_posix
def test_what_cannot_be_remembered_is_said(cli: Cli, tmp_path: Path) -> None:
    """No config folder can be made: the export is written all the same, with a note."""
    (tmp_path / "config").symlink_to(tmp_path / "nowhere")
    result = cli("export", tmp_path / "x.xlsx")
    assert (tmp_path / "x.xlsx").exists() and "will not be remembered" in result.stderr
