"""xcu-sheets audit over the real command line: what it writes, what it says, how it ends."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from openpyxl import load_workbook
from support import Cli, reads, writes

from xcu_sheets.files import read_book
from xcu_sheets.sandbox import Fault, Sandbox, SandboxConfig

FREE = "3990002"  # in the entity of the one user who lies outside its intervals


@pytest.fixture
def clean(server: Sandbox) -> Sandbox:
    """A server without error or warning."""
    server.edit_user(4, internal_number=FREE)
    return server


def test_one_reading_is_written_in_every_form(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """All come from one snapshot and are for their owner only; nothing is written to the server."""
    outs = [tmp_path / f"audit.{ending}" for ending in ("xlsx", "html", "json")]
    output = cli("audit", *outs, "--read-only").output
    assert [path.stat().st_mode & 0o077 for path in outs] == [0, 0, 0]
    assert writes(server) == []
    assert len(reads(server)) == 4 + 4
    assert "60 users, 4 entities, 0 errors, 1 warning." in output
    assert all(f"Saved {path}." in output for path in outs)
    assert load_workbook(outs[0]).sheetnames[0] == "Overview"
    assert json.loads(outs[2].read_text())["counts"]["warning"] == 1


def test_the_evidence_is_that_of_the_export(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """Command, server, login, time, version and digest; who holds the export of that moment can compare it."""
    cli("export", tmp_path / "book.xlsx")
    cli("audit", tmp_path / "a.json")
    evidence = json.loads((tmp_path / "a.json").read_text())["evidence"]
    (source,) = evidence["inputs"]
    assert evidence["command"] == f"xcu-sheets audit {tmp_path / 'a.json'}"
    assert (source["name"], source["server"], source["login"]) == ("live", server.url, "admin")
    assert source["sha256"] == read_book(tmp_path / "book.xlsx").digest()
    assert evidence["version"]
    assert source["taken_at"].endswith("Z")


def test_since_names_the_earlier_audit_by_its_digest(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """New, still there, gone; the earlier file may be replaced by this very audit."""
    path = tmp_path / "audit.json"
    cli("audit", path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    server.edit_user(4, internal_number=FREE)
    server.edit_user(7, internal_number="9999")
    output = cli("audit", path, tmp_path / "audit.html", "--since", path).output
    body = json.loads(path.read_text())
    assert body["evidence"]["inputs"][1]["sha256"] == digest
    told = {(f["rule"], f["status"]) for f in [*body["findings"], *body["since"]["gone"]] if f["severity"] != "info"}
    assert told == {("user_outside_intervals", "new"), ("user_outside_intervals", "gone")}
    assert "new, " in output
    assert digest in (tmp_path / "audit.html").read_text()


def test_fail_on_for_cron(cli: Cli, clean: Sandbox, tmp_path: Path) -> None:
    """0 while nothing is as bad as the limit, 1 once it is; what is known already ends no new-warning run."""
    old, out = tmp_path / "old.json", tmp_path / "out.json"
    cli("audit", old, "--fail-on", "warning")
    cli("audit", out, "--since", old, "--fail-on", "new-warning")
    clean.edit_user(7, internal_number="9999")
    cli("audit", out, "--fail-on", "error")
    cli("audit", out, "--fail-on", "warning", code=1)
    cli("audit", out, "--since", old, "--fail-on", "new-warning", code=1)
    cli("audit", out, "--since", out, "--fail-on", "new-warning")
    clean.edit_user(11, internal_number="9999")
    cli("audit", out, "--fail-on", "error", code=1)
    assert json.loads(out.read_text())["counts"]["error"] == 1


def test_without_a_limit_findings_are_no_failure(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """An audit that found something did what it was asked for."""
    server.edit_user(7, internal_number="9999")
    server.edit_user(11, internal_number="9999")
    cli("audit", tmp_path / "a.json")


def test_json_alone_on_stdout(cli: Cli, server: Sandbox) -> None:
    """--json needs no file; people read stderr."""
    result = cli("audit", "--json")
    body = json.loads(result.stdout)
    assert body["kind"] == "xcu-sheets audit"
    assert "60 users" in result.stderr


def test_in_french(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """People read French, machines English."""
    outs = [tmp_path / f"a.{ending}" for ending in ("html", "json", "xlsx")]
    output = cli("audit", *outs, "--lang", "fr", env={"LANGUAGE": ""}).output  # named here, it is put back afterwards
    assert "60 utilisateurs" in output
    page = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert '<html lang="fr">' in page
    assert "Numéros par entité" in page
    assert load_workbook(tmp_path / "a.xlsx").sheetnames[0] == "Synthèse"
    assert "Users without a CTI login" in (tmp_path / "a.json").read_text()


def test_an_entity_that_cannot_be_read_makes_it_incomplete(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """It is said, the rest is there, and the exit code is 1."""
    server.add_fault(Fault("status", path="/entities/chirurgie@[^/]*/users", code=500, times=None))
    outs = [tmp_path / f"a.{ending}" for ending in ("html", "json", "xlsx")]
    output = cli("audit", *outs, code=1).output
    assert "could not be read: chirurgie@192.168.29.220" in output
    body = json.loads((tmp_path / "a.json").read_text())
    assert [e["known"] for e in body["entities"]].count(False) == 1
    assert "not read" in (tmp_path / "a.html").read_text()
    assert "chirurgie@192.168.29.220" in load_workbook(tmp_path / "a.xlsx")["Overview"]["A3"].value


def test_a_login_with_few_rights_gets_its_own_part(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """Administrators are not for it, which is said and is no failure."""
    env = {"XCU_LOGIN": "telecom", "XCU_PASSWORD": "telecom-pass"}
    output = cli("audit", tmp_path / "a.json", env=env).output
    assert "could not be read: administrators" in output
    assert "1 entity" in output


def test_audits_of_two_logins_say_so(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """What the second login cannot see is not called gone."""
    cli("audit", tmp_path / "a.json")
    env = {"XCU_LOGIN": "telecom", "XCU_PASSWORD": "telecom-pass"}
    output = cli("audit", tmp_path / "b.json", "--since", tmp_path / "a.json", env=env).output
    assert "made by admin, this one by telecom" in output
    assert json.loads((tmp_path / "b.json").read_text())["since"]["not_looked_at"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Say where to write the audit"),
        (("a.pdf",), ".xlsx, .html, .json"),
        (("nowhere/a.html",), "there is no folder"),
        (("a.html", "--fail-on", "new-warning"), "needs --since"),
        (("a.html", "--since", "none.json"), "there is no such file"),
        (("a.html", "--fail-on", "disaster"), "disaster"),
    ],
)
def test_what_cannot_be_done_is_said_before_the_server_is_asked(
    cli: Cli, server: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], said: str
) -> None:
    """One line, exit code 2, no call."""
    monkeypatch.chdir(tmp_path)
    assert said in cli("audit", *arguments, code=2).output
    assert server.calls == []


def test_an_audit_of_another_server_is_no_earlier_one(cli: Cli, tmp_path: Path) -> None:
    """Its findings would all be gone, and all of ours new."""
    cli("audit", tmp_path / "a.json")
    with Sandbox(SandboxConfig(seed=2)) as other:
        there = Cli(other.url, tmp_path / "other")
        assert "another server" in there("audit", tmp_path / "b.json", "--since", tmp_path / "a.json", code=2).output
    assert not (tmp_path / "b.json").exists()
