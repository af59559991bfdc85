"""Export, edit, import, and again: what a person does with a book, over real HTTP and real files."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from support import Cli, add_rows, edit, live_user, people, read_sheet, reads, row_of, write_csv, writes

from xcu_sheets.sandbox import Sandbox, SandboxConfig

CHIRURGIE, DEFAULT_221 = "chirurgie@192.168.29.220", "default@192.168.29.221"


@pytest.mark.parametrize(("out", "lang"), [("book.xlsx", "en"), ("book.xlsx", "fr"), ("book", "en")])
def test_export_then_import_unedited_writes_nothing(
    cli: Cli, server: Sandbox, tmp_path: Path, out: str, lang: str
) -> None:
    """An export brought back as it is asks the server for nothing, workbook or CSV, headers in either language."""
    cli("export", tmp_path / out, "--lang", lang)
    server.clear_calls()
    result = cli("import", tmp_path / out, "--yes", "--include", "entities")
    assert writes(server) == []
    assert ": 70 unchanged." in result.output


def test_sheets_for_reading_are_not_imported(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """An edit in xivos or administrators is a warning, an edited entity without --include is skipped with one."""
    book = tmp_path / "book.xlsx"
    cli("export", book)
    edit(book, "xivos", {(2, "name"): "renamed"})
    edit(book, "administrators", {(2, "super_admin"): "no"})
    edit(book, "entities", {(2, "display_name"): "Renamed"})
    output = cli("import", book, "--yes").output
    assert writes(server) == []
    assert "xivos: this sheet is for reading" in output and "administrators: this sheet is for reading" in output
    assert "--include entities" in output and "1 skipped" in output


@pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice is not installed")
def test_import_after_libreoffice_saved_the_book_writes_nothing(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """LibreOffice rewrites the file and shows the hidden sheet as hidden: still nothing to do."""
    cli("export", tmp_path / "book.xlsx")
    profile = f"-env:UserInstallation=file://{tmp_path / 'profile'}"
    command = ["soffice", profile, "--headless", "--convert-to", "xlsx", "--outdir", str(tmp_path / "again")]
    subprocess.run([*command, str(tmp_path / "book.xlsx")], check=True, capture_output=True, timeout=100)
    server.clear_calls()
    cli("import", tmp_path / "again" / "book.xlsx", "--yes")
    assert writes(server) == []


def test_export_asks_for_each_list_once(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """1 login + 4 lists + one user list per entity; available_numbers and the synchronisation are never asked for."""
    cli("export", tmp_path / "book.xlsx")
    assert len(server.calls) == 5 + 4
    assert not any("available" in path or "synchronize" in path for path in reads(server))


def test_an_edit_changes_that_cell_only(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """Last name and number of one user change; login, password, unknown keys and everybody else stay."""
    book = tmp_path / "book.xlsx"
    cli("export", book)
    before = live_user(server, 1)
    others = {n: live_user(server, n) for n in range(2, 61)}
    row = row_of(book, "users", "id", "1")
    edit(book, "users", {(row, "last_name"): "Nul-Part", (row, "internal_number"): "1650"})
    cli("import", book, "--yes")
    after = live_user(server, 1)
    changed = {key for key in before if before[key] != after[key]}
    assert changed == {"last_name", "internal_number"}
    assert (after["last_name"], after["internal_number"]) == ("Nul-Part", "1650")
    assert others == {n: live_user(server, n) for n in range(2, 61)}


def test_a_second_edit_of_a_cell_is_no_conflict(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """Edit, import, edit again in the same book, import: both arrive."""
    book = tmp_path / "book.xlsx"
    cli("export", book)
    row = row_of(book, "users", "id", "6")
    for name in ("Obrien", "O'Brian"):
        edit(book, "users", {(row, "last_name"): name})
        cli("import", book, "--yes")
        assert live_user(server, 6)["last_name"] == name


def test_an_older_copy_of_the_book_reverts_nothing(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """A colleague's copy from before our import shows the old value: that is a conflict, not an edit."""
    book, copy = tmp_path / "book.xlsx", tmp_path / "copy.xlsx"
    cli("export", book)
    shutil.copy(book, copy)
    row = row_of(book, "users", "id", "6")
    edit(book, "users", {(row, "last_name"): "Obrien"})
    cli("import", book, "--yes")
    server.clear_calls()
    result = cli("import", copy, "--yes", code=1)
    assert "an older copy of this book" in result.output.replace("\n", " ")
    assert writes(server) == []


def test_a_change_behind_our_back_is_a_conflict_unless_mine(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """A cell that changed on both sides is shown and not sent; --on-conflict mine sends it."""
    book = tmp_path / "book.xlsx"
    cli("export", book)
    row = row_of(book, "users", "id", "6")
    edit(book, "users", {(row, "last_name"): "Obrien"})
    server.edit_user(6, last_name="Obryan")
    cli("import", book, "--yes", code=1)
    assert live_user(server, 6)["last_name"] == "Obryan"
    cli("import", book, "--yes", "--on-conflict", "mine")
    assert live_user(server, 6)["last_name"] == "Obrien"


def test_clear_empties_and_blank_keeps(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """A blanked login stays, with a warning that names <clear>; <clear> empties it."""
    book = tmp_path / "book.xlsx"
    cli("export", book)
    row = row_of(book, "users", "id", "7")
    had = live_user(server, 7)["cti_login"]
    edit(book, "users", {(row, "cti_login"): None})
    assert "<clear>" in cli("import", book, "--yes").output
    assert live_user(server, 7)["cti_login"] == had
    edit(book, "users", {(row, "cti_login"): "<clear>"})
    cli("import", book, "--yes")
    assert live_user(server, 7)["cti_login"] is None


def test_new_people_get_numbers_codes_and_a_report(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """People without number are created with the lowest free ones, and the report tells number and code."""
    book = tmp_path / "book.xlsx"
    cli("export", book)
    numbers = add_rows(book, "users", people(3, CHIRURGIE))
    report = tmp_path / "report.json"
    cli("import", book, "--yes", "--report", report)
    body = json.loads(report.read_text())
    made = [row for row in body["rows"] if row["status"] == "created"]
    assert [row["row"] for row in made] == numbers
    assert [row["internal_number"] for row in made] == ["2102", "2105", "2108"]
    assert all(len(row["provisioning_number"]) == 6 for row in made)
    assert sum(body["counts"].values()) == len(body["rows"])
    assert all(live_user(server, int(row["id"]))["internal_number"] == row["internal_number"] for row in made)


def test_the_same_rows_again_create_nobody(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """A second import of a book, or of a hand-made list, creates nobody and writes nothing."""
    book, hand_made = tmp_path / "book.xlsx", tmp_path / "people.csv"
    cli("export", book)
    add_rows(book, "users", people(3, CHIRURGIE))
    write_csv(hand_made, people(2, DEFAULT_221, prefix="Csv"), encoding="cp1252")
    for path in (book, hand_made):
        cli("import", path, "--yes")
        server.clear_calls()
        cli("import", path, "--yes")
        assert writes(server) == []


def test_the_same_list_on_another_machine_creates_nobody(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """With another history the rows are refused with the question whether it is the same person."""
    path = write_csv(tmp_path / "people.csv", people(3, CHIRURGIE))
    cli("import", path, "--yes")
    server.clear_calls()
    result = cli("import", path, "--yes", code=1, state=tmp_path / "elsewhere")
    assert result.output.count("the same person? put") >= 3
    assert writes(server) == []


def test_people_of_the_same_names_are_created_when_told_to(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """`create` in action makes a second Marie Martin; `create` that was carried out is not repeated."""
    row = {**people(1, CHIRURGIE)[0], "first_name": "Sean", "last_name": "O'Brien", "entity": DEFAULT_221}
    cli("import", write_csv(tmp_path / "a.csv", [row]), "--yes", code=1)
    path = write_csv(tmp_path / "b.csv", [{**row, "action": "create"}])
    cli("import", path, "--yes")
    server.clear_calls()
    cli("import", path, "--yes")
    assert writes(server) == []


def test_a_new_template_and_the_people_who_use_it(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """Users may name a template of the same book; where the template is refused they are, with the reason."""
    book = tmp_path / "book.xlsx"
    cli("export", book)
    template = {
        "name": "Neuf",
        "entities": CHIRURGIE,
        "peer_sip_name": "auto",
        "ringing_time": "30",
        "routed_inbound": "no",
        "caller_id_mode": "incomingNo",
        "voice_mail_enabled": "no",
    }
    add_rows(book, "templates", [template, {**template, "name": "Faux", "ringing_time": "long"}])
    add_rows(book, "users", [*people(2, CHIRURGIE, "Neuf"), *people(1, CHIRURGIE, "Faux", prefix="Late")])
    result = cli("import", book, "--yes", "--report", tmp_path / "r.json", code=1)
    rows = json.loads((tmp_path / "r.json").read_text())["rows"]
    assert [r["status"] for r in rows if r["status"] != "unchanged"] == [
        "created",
        "created",
        "refused",
        "created",
        "refused",
    ]
    made = next(r for r in rows if r["sheet"] == "users" and r["status"] == "created")
    assert server.template_of(int(made["id"])) == int(
        next(r["id"] for r in rows if r["sheet"] == "templates" and r["status"] == "created")
    )
    assert "names a row of the sheet templates that has problems itself" in result.output.replace("\n", " ")


def test_a_report_book_can_be_edited_on(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """The report carries ids, numbers and a baseline of its own: unedited it is a no-op, edited it updates."""
    book, report = tmp_path / "book.xlsx", tmp_path / "report.xlsx"
    cli("export", book)
    add_rows(book, "users", people(2, CHIRURGIE))
    cli("import", book, "--yes", "--report", report)
    server.clear_calls()
    cli("import", report, "--yes", "--report", tmp_path / "r.json")
    assert writes(server) == []
    row = next(n for n, r in enumerate(read_sheet(report, "users"), start=2) if r["Result"] == "created")
    edit(report, "users", {(row, "first_name"): "Renamed"})
    cli("import", report, "--yes")
    assert [method for method, _ in writes(server)] == ["PUT"]


def test_five_hundred_people_over_three_entities(tmp_path: Path) -> None:
    """Numbers inside, none twice, typed ones kept; one list per entity before, after, and to prove the report."""
    with Sandbox(SandboxConfig(users=200, entities=3, xivos=2)) as server:
        run = Cli(server.url, tmp_path / "state")
        run("export", tmp_path / "book.xlsx", "--only", "entities")
        entities = [r["Combined id"] for r in read_sheet(tmp_path / "book.xlsx", "entities")]
        rows = [row for n, e in enumerate(entities) for row in people((167, 167, 166)[n], e)]
        rows[0]["internal_number"] = ""
        path = write_csv(tmp_path / "people.csv", rows)
        server.clear_calls()
        run("import", path, "--yes", "--report", tmp_path / "r.json", "--workers", 8)
        body = json.loads((tmp_path / "r.json").read_text())
        assert body["counts"] == {"created": 500}
        by_entity = [r for r in reads(server) if r.endswith("/users")]
        assert sorted(map(by_entity.count, set(by_entity))) == [3, 3, 3]
        assert len([r for r in reads(server) if "available" in r]) == 3
        numbers = [(rows[r["row"] - 2]["entity"].split("@")[1], r["internal_number"]) for r in body["rows"]]
        assert len(set(numbers)) == 500
