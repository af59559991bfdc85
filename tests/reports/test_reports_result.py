"""The result report: the person's own rows, filled in, coloured, without secrets."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from openpyxl import load_workbook
from support import Cli, people, read_sheet, write_csv

from xcu_sheets.model.problems import Severity, problem
from xcu_sheets.reports.wording import describe, message
from xcu_sheets.sandbox import Sandbox

ROWS = [
    {"Matricule": "H1", "Prénom": "Aïcha", "Nom": "Benali", "Site": "Chirurgie", "Modèle": "Modèle standard"},
    {"Matricule": "H2", "Prénom": "Zoé", "Nom": "Haddad", "Site": "Chirurgie", "N° de poste": "6999"},
    {"Matricule": "H3", "Prénom": "Marc", "Nom": "NULL", "Site": "nowhere", "Mot de passe": "Bloc-2026-c"},
]


@pytest.fixture
def reports(cli: Cli, server: Sandbox, tmp_path: Path) -> Path:
    """The three forms of one report."""
    path = write_csv(tmp_path / "people.csv", ROWS)
    names = [tmp_path / f"r.{ending}" for ending in ("xlsx", "csv", "json")]
    cli("import", path, "--yes", *(part for name in names for part in ("--report", name)), code=1)
    return tmp_path


def test_the_workbook_keeps_the_persons_columns(reports: Path) -> None:
    """Result columns first, then theirs under their own headers; id and number filled in; the password blank."""
    rows = read_sheet(reports / "r.xlsx", "users")
    assert list(rows[0]) == [
        "Result",
        "Message",
        "Number given",
        "Provisioning code",
        "Record id",
        *dict.fromkeys(name for row in ROWS for name in row),
        "Id",
    ]
    assert [row["Result"] for row in rows] == ["created", "refused", "refused"]
    assert rows[0]["N° de poste"] == rows[0]["Number given"] == "2102"
    assert rows[0]["Id"] == rows[0]["Record id"] == "61"
    assert [row["Matricule"] for row in rows] == ["H1", "H2", "H3"]
    assert [row["Mot de passe"] for row in rows] == ["", "", ""]
    assert "template" in rows[1]["Message"] and "6999 lies outside" in rows[1]["Message"]


def test_all_problems_of_a_row_stand_in_its_message(reports: Path) -> None:
    """Blank template, unknown entity, password without login: all at once."""
    wrong = read_sheet(reports / "r.xlsx", "users")[2]["Message"]
    assert "entity: nowhere is not one of the entities" in wrong
    assert "template: is blank" in wrong
    assert "password needs a login" in wrong


def test_the_json_counts_add_up(reports: Path) -> None:
    """run, server, counts, and one object per row with the documented members."""
    body = json.loads((reports / "r.json").read_text(encoding="utf-8"))
    assert body["counts"] == {"created": 1, "refused": 2}
    assert set(body["rows"][0]) == {
        "sheet",
        "row",
        "action",
        "status",
        "id",
        "internal_number",
        "provisioning_number",
        "message",
        "problems",
    }
    assert [row["row"] for row in body["rows"]] == [2, 3, 4]


def test_the_csv_is_read_by_a_french_excel(reports: Path) -> None:
    """Semicolons, BOM, CRLF, and the same rows."""
    raw = (reports / "r.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf") and b"\r\n" in raw
    rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig")), delimiter=";"))
    assert [row["result"] for row in rows] == ["created", "refused", "refused"]


def test_a_default_report_never_replaces_an_earlier_one(cli: Cli, tmp_path: Path) -> None:
    """Each run writes BOOK.report-RUN.xlsx of its own beside the book."""
    path = write_csv(tmp_path / "people.csv", ROWS)
    for _ in range(2):
        cli("import", path, "--yes", code=1)
    assert len(list(tmp_path.glob("people.report-*.xlsx"))) == 2


def test_the_report_is_private_and_coloured(reports: Path) -> None:
    """Mode 0600; created rows green, refused ones amber."""
    assert (reports / "r.xlsx").stat().st_mode & 0o077 == 0
    sheet = load_workbook(reports / "r.xlsx")["users"]
    assert sheet["A2"].fill.fgColor.rgb != sheet["A3"].fill.fgColor.rgb


def test_a_message_says_what_where_and_what_to_do() -> None:
    """The line of the specification, word for word."""
    found = problem(
        "number_outside",
        sheet="users",
        row=12,
        column="internal_number",
        cell="C12",
        value="6999",
        entity="default@192.168.29.221",
        intervals="1700-1799, 1961",
    )
    assert describe(found) == (
        "users!C12 internal_number: 6999 lies outside default@192.168.29.221 (1700-1799, 1961): choose one inside or "
        "leave the cell blank"
    )


def test_hostile_text_in_a_message_is_made_visible() -> None:
    """Escapes, bidi marks and braces in a value neither reach the terminal nor break the sentence."""
    found = problem("not_a_number", Severity.ERROR, sheet="users", row=2, value="\x1b[31m{x}\u202e")
    assert message(found) == "\\x1b[31m{x}\\u202e is not a number: write digits only"


def test_the_first_sheet_says_how_the_rows_ended(cli: Cli, tmp_path: Path) -> None:
    """The counts on top, then each row that somebody has to look at, with its name and why."""
    rows = [*people(1, "chirurgie@192.168.29.220"), {"entity": "nowhere", "first_name": "Ada", "last_name": "Lovelace"}]
    write_csv(tmp_path / "p.csv", rows)
    cli("import", tmp_path / "p.csv", "--yes", "--report", tmp_path / "r.xlsx", code=1)
    lines = [[str(cell or "") for cell in row[:2]] for row in load_workbook(tmp_path / "r.xlsx").worksheets[0].values]
    assert lines[0][0] == "Result: 1 created, 1 refused."
    (bad,) = [text for name, text in lines if name == "users!3  Ada Lovelace"]
    assert bad.startswith("refused: entity: nowhere is not")
