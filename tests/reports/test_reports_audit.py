"""An audit as JSON and as a workbook: whole, in order, and every name a text."""

from __future__ import annotations

import json
import unicodedata
import zipfile
from pathlib import Path

import pytest
from audits import CODE, COMMAND, HOSTILE, LITERAL, PASSWORD, make_hostile, report_of
from openpyxl import load_workbook

from xcu_sheets.auditing.audit import RULES
from xcu_sheets.files.escapes import unescape_xlsx
from xcu_sheets.model.errors import BookError
from xcu_sheets.model.text import safe_text
from xcu_sheets.reports.audit import audit_json, read_earlier, write_audit
from xcu_sheets.reports.audit_page import SHOWN
from xcu_sheets.reports.audit_wording import CATALOGUE, sentence
from xcu_sheets.sandbox import Sandbox, SandboxConfig
from xcu_sheets.words import speaking

KEYS = [
    *("kind", "format", "evidence", "server", "login", "taken_at", "xivo_uuids", "unreadable"),
    *("counts", "xivos", "entities", "findings"),
]


def test_every_rule_has_its_words_and_no_other() -> None:
    """Heading, sentence and advice; one line each, without the brackets of a gap."""
    assert list(CATALOGUE) == [rule.name for rule in RULES]
    for wording in CATALOGUE.values():
        assert all(text and text == " ".join(text.split()) for text in wording)
        assert wording.to_do.endswith(".")
        assert "{" not in wording.title + wording.to_do


def test_no_sentence_has_a_gap(server: Sandbox) -> None:
    """What a rule gives is what its sentence names."""
    make_hostile(server)
    findings = report_of(server).audit.findings
    assert len({finding.rule for finding in findings}) > 8
    assert [s for s in map(sentence, findings) if "{" in s and "7*7" not in s] == []


def test_json_has_its_documented_order(server: Sandbox, tmp_path: Path) -> None:
    """The keys, the findings by rule, and what each of them holds; English in every language."""
    with speaking("fr"):
        write_audit(tmp_path / "a.json", report_of(server))
    body = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert list(body) == KEYS
    assert (body["kind"], body["format"]) == ("xcu-sheets audit", 1)
    order = [rule.name for rule in RULES]
    assert [f["rule"] for f in body["findings"]] == sorted((f["rule"] for f in body["findings"]), key=order.index)
    outside = next(f for f in body["findings"] if f["rule"] == "user_outside_intervals")
    assert list(outside) == ["id", "rule", "severity", "members", "params", "title", "says", "to_do"]
    assert outside["title"] == "Users outside their entity's intervals"
    assert outside["members"][0]["number"] == "6260"
    assert body["counts"] == {"error": 0, "warning": 1, "info": len(body["findings"]) - 1}


def test_json_holds_no_character_that_acts(server: Sandbox, tmp_path: Path) -> None:
    """No control character, no mark that turns text round; each name is there, visibly."""
    make_hostile(server)
    write_audit(tmp_path / "a.json", report_of(server, half=20))
    text = (tmp_path / "a.json").read_text(encoding="utf-8")
    assert {c for c in text if unicodedata.category(c)[0] == "C"} <= {"\n"}
    said = "\n".join(str(member["label"]) for f in json.loads(text)["findings"] for member in f["members"])
    assert safe_text("\x1b[2Jgone") in said
    assert COMMAND in said


def test_an_audit_shows_no_password_and_no_provisioning_number(server: Sandbox, tmp_path: Path) -> None:
    """Neither stands in any part of any form."""
    make_hostile(server)
    report = report_of(server)
    for ending in ("json", "html", "xlsx"):
        write_audit(tmp_path / f"a.{ending}", report)
    texts = [(tmp_path / "a.json").read_bytes(), (tmp_path / "a.html").read_bytes()]
    with zipfile.ZipFile(tmp_path / "a.xlsx") as parts:
        texts += [parts.read(name) for name in parts.namelist()]
    assert not [1 for text in texts for secret in (PASSWORD, CODE, "canary") if secret.encode() in text]
    assert b"rovisioning" not in b"".join(texts)


def test_the_workbook_holds_texts_and_counts_only(server: Sandbox, tmp_path: Path) -> None:
    """No formula, no link; a hostile name stands in its cell as it is, or visibly."""
    make_hostile(server)
    book = load_workbook(write_audit(tmp_path / "a.xlsx", report_of(server, half=20)))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s", "n"}
    assert not [cell for cell in cells if cell.hyperlink]
    values = {unescape_xlsx(str(cell.value)) for cell in cells}
    assert set(HOSTILE[:3]) <= values
    assert LITERAL in values
    assert r"half \ud800" in values
    with zipfile.ZipFile(tmp_path / "a.xlsx") as parts:
        sheets = [parts.read(name) for name in parts.namelist() if name.startswith("xl/worksheets/sheet")]
    assert not any(b"<f>" in part or b"<f " in part for part in sheets)


def test_the_first_sheet_has_a_native_chart(server: Sandbox, tmp_path: Path) -> None:
    """A bar for each entity, its values on the second sheet, the fullest on top."""
    book = load_workbook(write_audit(tmp_path / "a.xlsx", report_of(server)))
    assert book.sheetnames[:3] == ["Overview", "Capacity", "Findings"]
    assert book.sheetnames[3:] == ["users", "templates", "entities", "xivos", "administrators"]
    (chart,) = book.worksheets[0]._charts
    (series,) = chart.series
    assert series.val.numRef.f == "Capacity!$G$2:$G$5"
    assert series.cat.strRef.f == "Capacity!$A$2:$A$5"
    shares = [cell.value for cell in book["Capacity"]["G"][1:]]
    assert shares == sorted(shares, reverse=True)
    assert all(0 < share < 1 for share in shares)


def test_the_lists_have_the_rows_that_findings_name(server: Sandbox, tmp_path: Path) -> None:
    """users!12 of a finding is row 12 of the sheet users beside it."""
    server.edit_user(7, internal_number="9999", last_name="Unique")
    report = report_of(server)
    book = load_workbook(write_audit(tmp_path / "a.xlsx", report))
    finding = next(f for f in report.audit.findings if f.members[0].id == "7")
    row = [cell.value for cell in book["users"][finding.members[0].row]]
    assert "Unique" in row
    listed = [[cell.value for cell in line] for line in book["Findings"].iter_rows(min_row=2)]
    assert len(listed) == len(report.audit.findings)
    assert any("9999" in line[2] and f"users!{finding.members[0].row}" in line for line in listed)


def test_status_stands_in_the_workbook(server: Sandbox, tmp_path: Path) -> None:
    """New, still there and gone, those last."""
    write_audit(tmp_path / "old.json", report_of(server))
    server.edit_user(4, internal_number="3990002")
    server.edit_user(7, internal_number="9999")
    report = report_of(server, read_earlier(tmp_path / "old.json"))
    sheet = load_workbook(write_audit(tmp_path / "a.xlsx", report))["Findings"]
    assert sheet["B1"].value == "Since then"
    statuses = {sheet.cell(row, 3).value + " " + sheet.cell(row, 2).value for row in range(2, sheet.max_row + 1)}
    assert {"Users outside their entity's intervals new", "Users outside their entity's intervals gone"} <= statuses
    body = audit_json(report)
    assert body["since"]["new"] == 1 + sum(f["status"] == "new" and f["severity"] == "info" for f in body["findings"])
    assert [f["rule"] for f in body["since"]["gone"] if f["severity"] == "warning"] == ["user_outside_intervals"]


def test_a_large_server_is_told_whole(tmp_path: Path) -> None:
    """The workbook lists every finding; the page leaves out information beyond a screenful, and says so."""
    with Sandbox(SandboxConfig(users=400)) as server:
        report = report_of(server)
    without = sum(f.rule == "user_without_login" for f in report.audit.findings)
    assert without > SHOWN["info"]
    sheet = load_workbook(write_audit(tmp_path / "a.xlsx", report))["Findings"]
    assert sheet.max_row == len(report.audit.findings) + 1
    page = write_audit(tmp_path / "a.html", report).read_text(encoding="utf-8")
    assert f"and {without - SHOWN['info']} more" in page


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "there is no such file"),
        ("", "not an audit"),
        ("[]", "not an audit"),
        ('{"kind": "other"}', "not an audit"),
        ('{"kind": "xcu-sheets audit", "format": 2}', "newer"),
        ('{"kind": "xcu-sheets audit", "format": 1}', "not a whole audit"),
        ('{"kind": "xcu-sheets audit", "format": 1, "findings": [[]]}', "not a whole audit"),
        ("[" * 100_000, "not an audit"),
    ],
)
def test_a_file_that_is_no_audit_is_refused(tmp_path: Path, content: str | None, said: str) -> None:
    """One line says what is wrong."""
    path = tmp_path / "old.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(BookError, match=said):
        read_earlier(path)


def test_another_ending_is_refused(tmp_path: Path, server: Sandbox) -> None:
    """Three forms, and no other."""
    with pytest.raises(BookError, match=r"\.xlsx, \.html, \.json"):
        write_audit(tmp_path / "a.pdf", report_of(server))
