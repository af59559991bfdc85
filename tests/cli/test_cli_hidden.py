"""A filtered list from the command line: refused, listed and counted, until the person says what is meant."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from support import Cli, people, writes

from xcu_sheets.sandbox import Sandbox

CHIRURGIE = "chirurgie@192.168.29.220"


@pytest.fixture
def filtered(tmp_path: Path) -> Path:
    """A list of three people, one of whom a filter has left out of sight."""
    book = openpyxl.Workbook()
    rows = people(3, CHIRURGIE)
    for cells in ([*rows[0]], *([*row.values()] for row in rows)):
        book.active.append(cells)
    book.active.auto_filter.ref = "A1:D4"
    book.active.row_dimensions[3].hidden = True
    book.save(tmp_path / "staff.xlsx")
    return tmp_path / "staff.xlsx"


def test_a_filtered_row_is_refused_and_named(cli: Cli, server: Sandbox, filtered: Path) -> None:
    """check and plan name it; import sends the others."""
    assert "users!3: the row is hidden, and this row would create a record" in cli("check", filtered, code=1).output
    assert "--hidden include or --hidden skip" in cli("plan", filtered, code=1).output
    cli("import", filtered, "--yes", code=1)
    assert [method for method, _ in writes(server)] == ["POST", "POST"]


@pytest.mark.parametrize(("hidden", "sent"), [("include", 3), ("skip", 2)])
def test_the_person_says_what_is_meant(cli: Cli, server: Sandbox, filtered: Path, hidden: str, sent: int) -> None:
    """With --hidden the import is clean either way, and it is said how many rows that concerned."""
    assert "rows 3 (1 in all) are hidden and" in cli("plan", filtered, "--hidden", hidden).output
    cli("import", filtered, "--yes", "--hidden", hidden)
    assert [method for method, _ in writes(server)] == ["POST"] * sent


def test_what_was_hidden_is_hidden_in_the_problems_copy_too(
    cli: Cli, server: Sandbox, filtered: Path, tmp_path: Path
) -> None:
    """Importing the copy does what importing the book would do; shown there, the row is sent."""
    cli("check", filtered, code=1)
    copy = tmp_path / "staff.problems.xlsx"
    assert "the row is hidden" in cli("plan", copy, code=1).output
    book = openpyxl.load_workbook(copy)
    for sheet in book.worksheets:
        for row in sheet.row_dimensions.values():
            row.hidden = False
    book.save(copy)
    assert "3 to create" in cli("plan", copy).output


def test_check_takes_the_same_choice(cli: Cli, filtered: Path) -> None:
    """--hidden include: the list is clean as far as check can tell."""
    assert "are hidden and" in cli("check", filtered, "--hidden", "include").output
