"""`auto` in cti_login, from the list to the server and back."""

from __future__ import annotations

import json
from pathlib import Path

from support import Cli, edit, live_user, people, read_sheet, write_csv, writes

from xcu_sheets.sandbox import Sandbox

CHIRURGIE = "chirurgie@192.168.29.220"
ROWS = [{**row, "cti_login": "Auto", "cti_password": "Secret-123"} for row in people(3, CHIRURGIE, prefix="Zoé")]


def test_logins_are_made_shown_sent_and_stay(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """The plan shows them, plan.json holds them, the server gets them; the same list again makes nobody."""
    book = write_csv(tmp_path / "people.csv", [*ROWS, {**ROWS[0], "first_name": "Zelda"}])
    plan = tmp_path / "plan.json"
    shown = cli("plan", book, "-o", plan).output
    assert "template Modèle standard  login ztestchi0" in shown
    made = [change["cells"]["cti_login"] for change in json.loads(plan.read_text())["changes"]]
    assert made == ["ztestchi0", "ztestchi1", "ztestchi2", "ztestchi02"]
    report = tmp_path / "r.json"
    cli("import", book, "--yes", "--report", report)
    ids = [row["id"] for row in json.loads(report.read_text())["rows"]]
    assert [live_user(server, int(id_))["cti_login"] for id_ in ids] == made
    server.clear_calls()
    assert "4 unchanged" in cli("import", book, "--yes").output
    assert writes(server) == []


def test_an_export_brought_back_twice(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """Somebody without login gets one by an edit; the second import of that book has nothing to do."""
    book = tmp_path / "book.xlsx"
    cli("export", book)
    rows = read_sheet(book, "users")
    bare = next(n for n, row in enumerate(rows, start=2) if not row["CTI login"])
    named = next(n for n, row in enumerate(rows, start=2) if row["CTI login"])
    edit(book, "users", {(bare, "cti_login"): "auto", (named, "cti_login"): "auto"})
    cli("import", book, "--yes")
    assert writes(server) == [("PUT", f"/users/{rows[bare - 2]['Id']}")]
    assert live_user(server, int(rows[bare - 2]["Id"]))["cti_login"]
    server.clear_calls()
    cli("import", book, "--yes")
    assert writes(server) == []


def test_a_profile_has_its_own_pattern(cli: Cli, tmp_path: Path) -> None:
    """login_pattern of the profile counts; one that makes no login is refused in one line; --set asks for logins."""
    folder = tmp_path / "config"
    folder.mkdir()
    book = write_csv(tmp_path / "people.csv", [{k: v for k, v in ROWS[0].items() if k != "cti_login"}])
    (folder / "profiles.toml").write_text('[default]\nlogin_pattern = "{last}.{first}"\n', "utf-8")
    assert "login testchi0.zoe0" in cli("plan", book, "--set", "login=auto").output
    (folder / "profiles.toml").write_text('[default]\nlogin_pattern = "{name}"\n', "utf-8")
    assert "login_pattern {name}: write {first} and {last}" in cli("plan", book, "--set", "login=auto", code=2).output
