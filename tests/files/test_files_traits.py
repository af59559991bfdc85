"""What a workbook hides and merges is known of its rows and columns, and merged data is a problem in its cells."""

from __future__ import annotations

import openpyxl
import pytest

from xcu_sheets.files import read_book


@pytest.fixture
def made():
    """A workbook under way, with a title above the header."""
    book = openpyxl.Workbook()
    book.active.title = "users"
    for row in (
        ["Liste"],
        ["Nom", "Prénom", "Poste", "Service"],
        *(["Martin", f"Zoé {at}", None, "RH"] for at in range(4)),
    ):
        book.active.append(row)
    return book


def sheet_of(book, path):
    """Save a workbook and return its users sheet."""
    book.save(path)
    return read_book(path).sheets["users"]


@pytest.mark.parametrize("how", ["hidden", "height", "filter"])
def test_hidden_rows(made, tmp_path, how):
    """A row hidden by hand or by a filter, or made too low to be seen, is known by its number."""
    sheet = made.active
    if how == "filter":
        sheet.auto_filter.ref = "A2:D6"
    for row in (4, 6, 9):
        sheet.row_dimensions[row].hidden = how != "height"
        sheet.row_dimensions[row].height = 0.5 if how == "height" else None
    found = sheet_of(made, tmp_path / "a.xlsx")
    assert (found.hidden, found.hidden_rows, found.hidden_columns) == (False, {4, 6}, set())


def test_hidden_columns_are_known_by_name(made, tmp_path):
    """A hidden column is its field; one of width 0 is hidden; the person's own columns are not sent anyway."""
    made.active.column_dimensions["C"].hidden = made.active.column_dimensions["D"].hidden = True
    made.active.column_dimensions["B"].width = 0.01
    assert sheet_of(made, tmp_path / "a.xlsx").hidden_columns == {"first_name", "internal_number"}


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_hidden_sheets(made, tmp_path, state):
    """All rows of a hidden sheet are hidden."""
    made.create_sheet("front")
    made["users"].sheet_state = state
    found = sheet_of(made, tmp_path / "a.xlsx")
    assert (found.hidden, found.hidden_rows) == (True, {3, 4, 5, 6})


def test_merged_cells_are_problems_in_their_rows(made, tmp_path):
    """Down over two rows, across two columns, in a column of their own; a merged title is none."""
    for cells in ("A1:D1", "A3:A4", "B5:C5", "D6:E6"):
        made.active.merge_cells(cells)
    made.save(tmp_path / "a.xlsx")
    found = read_book(tmp_path / "a.xlsx").problems
    assert sorted((p.cell, p.column, str(p.severity)) for p in found if p.code == "merged_cell") == [
        ("A3", "last_name", "error"),
        ("A4", "last_name", "error"),
        ("B5", "first_name", "error"),
        ("D6", "Service", "warning"),
    ]


def test_values_of_other_files_are_said(made, tmp_path):
    """A link is never followed; the value last seen counts, and it is said that there are such."""
    import zipfile

    from files_samples import repack

    made.save(tmp_path / "a.xlsx")
    with zipfile.ZipFile(tmp_path / "a.xlsx") as archive:
        relations = archive.read("xl/_rels/workbook.xml.rels")
    kind = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships/externalLink"
    link = b'<Relationship Id="rId99" Type="%s" Target="externalLinks/externalLink1.xml"/></Relationships>' % kind
    edits = {
        "xl/_rels/workbook.xml.rels": relations.replace(b"</Relationships>", link),
        "xl/externalLinks/externalLink1.xml": b"<externalLink/>",
    }
    book = read_book(repack(tmp_path / "a.xlsx", tmp_path / "b.xlsx", edits))
    assert [p.code for p in book.problems] == ["linked_values", "column_unknown"]
