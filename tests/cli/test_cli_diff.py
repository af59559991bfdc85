"""diff: two exports, or one and the server, on the terminal and in files, with what it rests on."""

from __future__ import annotations

import hashlib
import json
import re
import time
from dataclasses import replace
from pathlib import Path

import pytest
from openpyxl import load_workbook
from support import Cli, add_rows, edit, people, read_sheet, row_of

from xcu_sheets.comparing.compare import make_diff
from xcu_sheets.files.snapshot_file import write_snapshot
from xcu_sheets.running.exporting import export_book
from xcu_sheets.running.inputs import load_input
from xcu_sheets.sandbox import Fault, Sandbox, SandboxConfig
from xcu_sheets.server import Client, read_snapshot

CHIRURGIE = "chirurgie@192.168.29.220"
HOSTILE = ("=cmd|' /C calc'!A0", "<script>alert(1)</script>", "\u202ecod.exe", "\x1b]0;owned\x07")


def differences(result: object) -> list[tuple[str, str, str]]:
    """Return the differences of a --json answer as (sheet, kind, name)."""
    return [(d["sheet"], d["kind"], d["name"]) for d in json.loads(result.stdout)["differences"]]  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["a.xlsx", "a", "a.json"])
def test_an_export_does_not_differ_from_its_server(cli: Cli, tmp_path: Path, name: str) -> None:
    """Each form compared with the server as it still is: no difference, everybody compared."""
    cli("export", tmp_path / name)
    said = json.loads(cli("diff", tmp_path / name, "live", "--json").stdout)
    assert said["differences"] == said["not_compared"] == [] and said["same_server"]
    assert said["compared"] == {"users": 60, "templates": 6, "entities": 4, "xivos": 2, "administrators": 3}
    assert "No difference." in cli("diff", tmp_path / name, "live", "--exit-code").output


@pytest.mark.parametrize("forms", [("a.xlsx", "b.json"), ("a", "b.xlsx"), ("a.json", "b")])
def test_one_change_is_one_difference_in_every_form(
    cli: Cli, server: Sandbox, tmp_path: Path, forms: tuple[str, str]
) -> None:
    """Whatever the two sides are: the one cell, before and after; --exit-code tells."""
    cli("export", tmp_path / forms[0])
    server.edit_user(6, last_name="Obrien")
    cli("export", tmp_path / forms[1])
    result = cli("diff", tmp_path / forms[0], tmp_path / forms[1], "--exit-code", code=1)
    assert re.search(r"changed +6 .* Last name .* Obrien$", result.output, re.MULTILINE)
    assert "1 difference: 1 changed." in result.output
    cli("diff", tmp_path / forms[0], tmp_path / forms[1])


def test_one_change_in_ten_thousand_users_is_found_at_once(tmp_path: Path) -> None:
    """Exactly that change; the comparison takes no more than 3 s beyond reading both exports."""
    config = SandboxConfig(users=10_000, entities=40, xivos=4)
    with Sandbox(config) as big, Client(big.url, "admin", "superpass") as client:
        before = read_snapshot(client, taken_at="2026-02-01T10:00:00Z")
    people = [dict(user) for user in before.records["users"]]
    one = next(user for user in people if user["id"] == 5000)
    one.update(lastName="Changed", externalNumber=f'"{one["firstName"]} Changed"')
    after = replace(before, records={**before.records, "users": people})
    for name, snapshot in (("a", before), ("b", after)):
        export_book(tmp_path / name, snapshot, book_id=name)
    sides = [load_input(tmp_path / name) for name in "ab"]
    begun = time.monotonic()
    diff = make_diff(sides[0].view, sides[1].view)
    took = time.monotonic() - begun
    assert [(d.resource, d.kind, d.id_after, [f.column for f in d.fields]) for d in diff.differences] == [
        ("users", "changed", "5000", ["last_name"])
    ]
    assert took < 3


def test_what_it_rests_on_is_named(cli: Cli, tmp_path: Path) -> None:
    """Both inputs with SHA-256, UTC time, server and login; the version and the command; on terminal and in JSON."""
    cli("export", tmp_path / "a.xlsx", env={"SOURCE_DATE_EPOCH": "1700000000"})
    cli("export", tmp_path / "b", env={"SOURCE_DATE_EPOCH": "1700000060"})
    output = cli("diff", tmp_path / "a.xlsx", tmp_path / "b").output
    sha = hashlib.sha256((tmp_path / "a.xlsx").read_bytes()).hexdigest()
    times = ("2023-11-14T22:13:20Z", "2023-11-14T22:14:20Z")
    for text in (sha, *times, cli.url, "admin", "xcu-sheets diff ", "xcu-sheets 0."):
        assert text in output, text
    said = json.loads(cli("diff", tmp_path / "a.xlsx", tmp_path / "b", "--json").stdout)["evidence"]
    shas = [source["sha256"] for source in said["inputs"]]
    assert shas[0] == sha and said["command"].startswith("xcu-sheets diff ")
    assert len(shas) == 2 and shas[1] != sha


def test_the_sha_256_that_export_printed_is_the_one_that_diff_names(cli: Cli, tmp_path: Path) -> None:
    """Of a workbook, a folder and a snapshot: so that it can be proved what was compared."""
    for name in ("a.xlsx", "a", "a.json"):
        printed = json.loads(cli("export", tmp_path / name, "--json").stdout)["sha256"]
        said = json.loads(cli("diff", tmp_path / name, "live", "--json").stdout)
        assert said["evidence"]["inputs"][0]["sha256"] == printed


def test_edits_of_a_book_are_listed_apart_and_compared_on_demand(cli: Cli, tmp_path: Path) -> None:
    """A book is what the server said; --edited is what its cells make of that."""
    book = tmp_path / "a.xlsx"
    cli("export", book)
    row = row_of(book, "users", "id", "6")
    edit(book, "users", {(row, "last_name"): "Obrien", (row, "cti_password"): "Secret-1234"})
    (new,) = add_rows(book, "users", people(1, "Chirurgie ambulatoire"))
    result = cli("diff", book, "live")
    assert "No difference." in result.output and "Edited in" in result.output
    assert re.search(rf"Users +{row} .* Last name .* Obrien$", result.output, re.MULTILINE)
    assert "changed (not shown)" in result.output and "Secret-1234" not in result.output
    edits = json.loads(cli("diff", book, "live", "--json").stdout)["edited_since"]
    assert [(e["kind"], e["row"]) for e in edits["before"]] == [("cell", row), ("cell", row), ("new row", new)]
    wanted = cli("diff", "live", book, "--edited", "--json")
    added, changed = json.loads(wanted.stdout)["differences"]
    assert (added["kind"], added["name"], added["entity"]) == ("added", "Person 0 TestChi0", CHIRURGIE)
    assert (changed["kind"], changed["id"]["after"], changed["fields"][0]["after"]) == ("changed", "6", "Obrien")
    assert json.loads(wanted.stdout)["edited_since"] == {"before": [], "after": []}


def test_a_book_handed_on_is_compared_by_its_cells(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """Without the hidden copy there is nothing else, and that is said."""
    cli("export", tmp_path / "a.xlsx", "--no-baseline")
    server.edit_user(6, last_name="Obrien")
    result = cli("diff", tmp_path / "a.xlsx", "live")
    assert "holds no hidden copy of the server" in result.output
    assert "1 difference: 1 changed." in result.output


def test_a_damaged_hidden_copy_is_not_believed(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """Somebody wrote into the folder's baseline: its cells are compared, and that is said."""
    cli("export", tmp_path / "a")
    users = tmp_path / "a" / "baseline" / "users.csv"
    users.write_bytes(users.read_bytes().replace(b"Brien", b"Other"))
    result = cli("diff", tmp_path / "a", "live")
    assert "is damaged: its cells are compared" in result.output and "No difference." in result.output


def test_a_list_of_people_shows_no_server(cli: Cli, tmp_path: Path) -> None:
    """A hand-made list has nothing to compare; neither have a plan and two times live."""
    (tmp_path / "people.csv").write_text("Entity;First name;Last name\nChirurgie;Marie;Martin\n", encoding="utf-8")
    assert "shows no server" in cli("diff", tmp_path / "people.csv", "live", code=2).output
    (tmp_path / "plan.json").write_text("{}", encoding="utf-8")
    assert "is not a snapshot" in cli("diff", tmp_path / "plan.json", "live", code=2).output
    assert "compares nothing" in cli("diff", "live", "live", code=2).output
    assert "there is no such file" in cli("diff", tmp_path / "none.xlsx", "live", code=2).output
    assert "is written as .xlsx, .html or .json" in cli("diff", "live", "x.json", "-o", "x.pdf", code=2).output


def test_an_unreadable_entity_is_not_compared(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """Its users are neither removed nor added, and the table says why."""
    cli("export", tmp_path / "a.json")
    server.add_fault(Fault("status", "GET", "/entities/chirurgie.*/users", code=500, times=None))
    result = cli("diff", tmp_path / "a.json", "live")
    assert "No difference." in result.output
    assert re.search(
        r"Chirurgie ambulatoire: could not be read in live \(500.*users of the other left out: 15", result.output
    )


def test_another_login_is_said_and_removes_nobody(cli: Cli, tmp_path: Path) -> None:
    """A limited administrator's export against a full one: what he cannot see is not compared."""
    cli("export", tmp_path / "a.xlsx")
    cli("export", tmp_path / "b.xlsx", "--login", "telecom", env={"XCU_PASSWORD": "telecom-pass"})
    result = cli("diff", tmp_path / "a.xlsx", tmp_path / "b.xlsx")
    assert "Read under different logins, admin and telecom" in result.output
    assert "No difference." in result.output and "(login telecom), which may not show all" in result.output


def test_an_export_of_one_entity_is_compared_with_a_whole_one(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """Only that entity's people are compared; the others are not added."""
    cli("export", tmp_path / "a", "--entity", CHIRURGIE)
    server.edit_user(3, last_name="Obrien")
    server.edit_user(2, last_name="Unseen")
    said = cli("diff", tmp_path / "a", "live", "--json")
    assert [d[:2] for d in differences(said)] == [("users", "changed")]
    left = json.loads(said.stdout)["not_compared"]
    assert sum(n["users_left_out"] for n in left) == 45


def test_a_move_is_told_on_its_own_sheet(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """The workbook: how much differs, every difference, and the moves with both numbers."""
    cli("export", tmp_path / "a.json")
    before = server.user_row(1)
    assert before
    server.edit_user(1, internal_number="1650")
    server.delete_user(2)
    out = tmp_path / "d.xlsx"
    cli("diff", tmp_path / "a.json", "live", "-o", out)
    assert load_workbook(out).sheetnames == ["Summary", "Differences", "Moves"]
    (move,) = read_sheet(out, "Moves")
    assert (move["Internal number (before)"], move["Internal number (after)"]) == (before["internal_number"], "1650")
    assert [(d["What"], d["Id"], d["Sheet"]) for d in read_sheet(out, "Differences")] == [
        ("removed", "2", "Users"),
        ("moved", "1", "Users"),
    ]
    colours = [row[0].fill.fgColor.rgb for row in load_workbook(out)["Differences"].iter_rows(min_row=2)]
    assert len(set(colours)) == 2
    facts = [str(row[1].value) for row in load_workbook(out)["Summary"].iter_rows()]
    assert "2 differences: 1 removed, 1 moved." in facts and "live" not in facts
    assert hashlib.sha256((tmp_path / "a.json").read_bytes()).hexdigest() in facts


def test_hostile_names_stay_text(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """Markup, formulas, terminal escapes and marks that turn text round are shown, never obeyed."""
    cli("export", tmp_path / "a.json")
    for id_, name in enumerate(HOSTILE, start=1):
        server.edit_user(id_, last_name=name)
    outs = [tmp_path / f"d.{ending}" for ending in ("xlsx", "html", "json")]
    output = cli("diff", tmp_path / "a.json", "live", *(f"-o{out}" for out in outs)).output
    assert "\x1b]0" not in output and "\u202e" not in output and r"\x1b]0;owned\x07" in output
    cells = [c for row in load_workbook(outs[0])["Differences"].iter_rows() for c in row if c.value]
    assert HOSTILE[0] in {c.value for c in cells} and {c.data_type for c in cells} == {"s"}
    html = outs[1].read_text(encoding="utf-8")
    assert "<script>" not in html and "&lt;script&gt;alert(1)" in html and "\u202e" not in html and "\x1b" not in html
    shown = json.loads(outs[2].read_text(encoding="utf-8"))
    assert {d["fields"][0]["after"] for d in shown["differences"]} >= {HOSTILE[0], HOSTILE[1]}
    assert all(out.stat().st_mode & 0o077 == 0 for out in outs)


def test_no_provisioning_number_and_no_password_is_written(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """Changed, added or removed: their texts are in no output, that one changed is."""
    cli("export", tmp_path / "a.xlsx")
    old, gone = server.user_row(1), server.user_row(2)
    server.edit_user(1, provisioning_number="424242", cti_password="Canary-4242")
    server.delete_user(2)
    outs = [tmp_path / f"d.{ending}" for ending in ("xlsx", "html", "json")]
    output = cli("diff", tmp_path / "a.xlsx", "live", *(f"-o{out}" for out in outs)).output
    assert "changed (not shown)" in output
    book = " ".join(str(c.value) for s in load_workbook(outs[0]) for row in s.iter_rows() for c in row)
    texts = [output, book, *(out.read_text(encoding="utf-8") for out in outs[1:])]
    assert old and gone
    for secret in ("424242", "Canary-4242", old["provisioning_number"], gone["provisioning_number"]):
        assert not [text for text in texts if secret in text]


def test_the_page_is_one_file_without_script_or_address(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """Whoever opens it needs nothing else, and it fetches nothing."""
    cli("export", tmp_path / "a.json")
    server.edit_user(1, last_name="Petit")
    cli("diff", tmp_path / "a.json", "live", "-o", tmp_path / "d.html")
    html = (tmp_path / "d.html").read_text(encoding="utf-8")
    assert not re.search(r"<script|javascript:|@import|url\(|\bsrc=|\bhref=", html)
    assert "Petit" in html and "1 difference: 1 changed." in html and "SHA-256" in html


def test_french_is_spoken_on_demand(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """Labels of columns and sheets follow --lang; what a machine reads stays English."""
    cli("export", tmp_path / "a.json")
    server.edit_user(1, last_name="Petit")
    words = ("diff", tmp_path / "a.json", "live", "--lang", "fr")
    there = {"LANGUAGE": ""}  # named here, it is put back afterwards
    assert "Utilisateurs" in cli(*words, env=there).output
    (found,) = differences(cli(*words, "--json", env=there))
    assert found[:2] == ("users", "changed")


def test_two_servers_are_matched_by_names(cli: Cli, tmp_path: Path) -> None:
    """Another XCU with the same people under other ids: they are the same people, and that is said on top."""
    cli("export", tmp_path / "a.json")
    with Client(cli.url, "admin", "superpass") as client:
        snapshot = read_snapshot(client, taken_at="2026-02-01T10:00:00Z")
    people = [{**user, "id": 1000 + int(user["id"])} for user in snapshot.records["users"]]
    xivos = [{**xivo, "uuid": f"new-{xivo['id']}"} for xivo in snapshot.records["xivos"]]
    records = {**snapshot.records, "users": people, "xivos": xivos}
    write_snapshot(tmp_path / "b.json", replace(snapshot, server="http://new:9001", records=records))
    said = json.loads(cli("diff", tmp_path / "a.json", tmp_path / "b.json", "--json").stdout)
    assert not said["same_server"] and said["compared"]["users"] == 60
    assert {d["sheet"] for d in said["differences"]} == {"xivos"}
    assert "Two servers" in cli("diff", tmp_path / "a.json", tmp_path / "b.json").output


def test_a_side_is_never_replaced_by_the_comparison(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """Nor is a snapshot by the plan that is made of it."""
    cli("export", tmp_path / "a.xlsx")
    cli("export", tmp_path / "b.json")
    before = (tmp_path / "a.xlsx").read_bytes(), (tmp_path / "b.json").read_bytes()
    for out in ("a.xlsx", "b.json"):
        said = cli("diff", tmp_path / "a.xlsx", tmp_path / "b.json", "-o", tmp_path / out, code=2).output
        assert "give the comparison another name" in said
    snapshot = ("--snapshot", tmp_path / "b.json", "-o", tmp_path / "b.json")
    assert "is the snapshot itself" in cli("plan", tmp_path / "a.xlsx", *snapshot, code=2).output
    assert before == ((tmp_path / "a.xlsx").read_bytes(), (tmp_path / "b.json").read_bytes())


def test_a_provisioning_number_that_was_typed_over_is_not_shown(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """Neither the server's nor the other one: that the cell changed is all."""
    cli("export", tmp_path / "a.xlsx")
    shown = read_sheet(tmp_path / "a.xlsx", "users")
    own = [row["Provisioning number"] for row in shown if row["Provisioning number"]]
    edit(tmp_path / "a.xlsx", "users", {(2, "provisioning_number"): "999999"})
    for as_json in ((), ("--json",)):
        said = cli("diff", tmp_path / "a.xlsx", "live", *as_json).output
        assert "999999" not in said
        assert not [number for number in own if f" {number}" in said or f'"{number}"' in said]
        assert "not shown" in said
