"""`plan -o`: for apply as .json, for the people who approve as .xlsx and .html."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from openpyxl import load_workbook
from support import Cli, edit, row_of

from xcu_sheets.sandbox import Sandbox

PASSWORD = "N3w-Secret-9"


@pytest.fixture
def book(cli: Cli, tmp_path: Path) -> Path:
    """An export in which one is deleted and one gets a password."""
    path = tmp_path / "book.xlsx"
    cli("export", path)
    rows = {id_: row_of(path, "users", "id", id_) for id_ in ("1", "6")}
    edit(path, "users", {(rows["1"], "action"): "delete", (rows["6"], "cti_password"): PASSWORD})
    return path


def test_one_plan_in_every_form(cli: Cli, server: Sandbox, book: Path, tmp_path: Path) -> None:
    """-o is repeatable: the workbook names the checksum of the plan that apply takes, readable by the owner only."""
    outputs = [tmp_path / name for name in ("plan.json", "plan.xlsx", "plan.html")]
    said = cli("plan", book, "--allow-delete", *(a for path in outputs for a in ("-o", path))).output
    assert all(f"Plan: {path}" in said for path in outputs)
    front = [row[:2] for row in load_workbook(outputs[1])["What hurts"].iter_rows(values_only=True)]
    checksum, page = json.loads(outputs[0].read_text())["checksum"], outputs[2].read_text(encoding="utf-8")
    assert ("Plan, SHA-256", checksum) in front and checksum in page
    assert {stat.S_IMODE(path.stat().st_mode) for path in outputs} == {0o600}
    told = page + "".join(str(row) for sheet in load_workbook(outputs[1]) for row in sheet.values)
    assert not [s for s in (PASSWORD, server.password_of(6), server.password_of(1)) if s in told]


def test_the_book_itself_is_no_place_for_its_plan(cli: Cli, book: Path) -> None:
    """`plan book.xlsx -o book.xlsx` would lose the person's work: refused, and the file is as it was."""
    before = book.read_bytes()
    assert "is the book itself" in cli("plan", book, "-o", book, code=2).output
    assert book.read_bytes() == before


@pytest.mark.parametrize(("name", "why"), [("plan.pdf", "a plan is written as .json"), ("no/plan.xlsx", "no folder")])
def test_what_could_not_be_written_is_said_before_the_server_is_asked(
    cli: Cli, server: Sandbox, book: Path, tmp_path: Path, name: str, why: str
) -> None:
    """A wrong ending or folder is no reason to log in."""
    server.clear_calls()
    assert why in cli("plan", book, "-o", tmp_path / name, code=2).output
    assert not server.calls
