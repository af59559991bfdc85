"""How a workbook looks and helps: formats, dropdowns, comments, hidden sheets."""

import openpyxl
import pytest
from files_samples import READ_ME, baseline, frames, users

from xcu_sheets.files import ColumnSpec, SheetSpec, read_book, resource_sheet, write_book, write_sheets
from xcu_sheets.model.resources import RESOURCES
from xcu_sheets.model.snapshot import text_frame


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """A small export as openpyxl sees it."""
    path = tmp_path_factory.mktemp("looks") / "book.xlsx"
    return openpyxl.load_workbook(write_book(path, frames("=1+1"), baseline=baseline(frames()), read_me=READ_ME))


def test_sheets_stand_in_order(book):
    """Read me first, then the table's order, then what is hidden."""
    assert book.sheetnames == ["Read me", "users", "templates", "entities", "xivos", "_lists", "_baseline"]
    assert book["_lists"].sheet_state == "hidden"
    assert book["_baseline"].sheet_state == "veryHidden"
    assert book["_baseline"]["A1"].value == "xcu-sheets baseline 1"


def test_every_column_is_text_below_the_data_too(book):
    """The whole column has the text format, so that 0612 typed into an empty row keeps its zero."""
    for name in ("users", "templates", "entities", "xivos"):
        sheet = book[name]
        for at, field in enumerate(RESOURCES[name].fields, start=1):
            dimension = next(d for d in sheet.column_dimensions.values() if d.min <= at <= d.max)
            assert dimension.number_format == "@", field.name
            assert dimension.width >= field.width


def test_header_is_styled_frozen_and_filtered(book):
    """The header row is bold, stays in sight and filters."""
    sheet = book["users"]
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:L2"
    assert sheet["A1"].font.bold
    assert [cell.value for cell in sheet[1]] == [field.label for field in RESOURCES["users"].fields]


def test_cells_are_typed_text(book):
    """No formula, number or link, whatever a cell begins with."""
    for sheet in book.worksheets:
        assert {cell.data_type for row in sheet.rows for cell in row if cell.value is not None} <= {"s"}
        assert not sheet._hyperlinks
    assert book["users"]["F2"].value == "=1+1"
    assert book["users"]["F2"].number_format == "@"


def test_read_only_columns_are_shaded_and_say_so(book):
    """External number is grey and its comment says read-only; the internal number is not."""
    shaded, free = book["users"]["H1"], book["users"]["G1"]
    assert "Read-only" in shaded.comment.text
    assert "Read-only" not in free.comment.text
    assert "`create`" in book["users"]["A1"].comment.text
    assert book["users"]["H2"].fill.bgColor.rgb != book["users"]["G2"].fill.bgColor.rgb


def test_dropdowns_refer_to_ranges_and_forbid_nothing(book):
    """Every dropdown is a range on the lists sheet over 2000 rows more, none of the stop kind."""
    found = {}
    for validation in book["users"].data_validations.dataValidation:
        column = str(validation.sqref)
        assert validation.formula1.startswith("_lists!$")
        assert not validation.showErrorMessage or validation.errorStyle == "warning"
        found[column] = [cell.value for row in book["_lists"][validation.formula1.split("!")[1]] for cell in row]
    assert found == {
        "A2:A2002": ["create", "update", "delete", "skip"],
        "C2:C2002": ["Siège"],
        "D2:D2002": ["Standard"],
    }
    firm = {str(v.sqref)[0]: v.showErrorMessage for v in book["templates"].data_validations.dataValidation}
    assert (firm["A"], firm["D"], firm["E"], firm["H"]) == (True, False, False, True)


def test_export_only_sheets_have_no_dropdowns(book):
    """A sheet that no import writes offers nothing."""
    assert not book["xivos"].data_validations.dataValidation


def test_read_me_says_what_matters(book):
    """Server, login, time, what was not readable, the clear rule and the hidden copy."""
    text = "\n".join(str(cell.value) for row in book["Read me"].rows for cell in row if cell.value)
    for said in ("http://xcu:9001", "admin", "2026-02-01", "lost@x", "<clear>", "--no-baseline", "--entity E", "help@"):
        assert said in text


def test_read_me_without_baseline(tmp_path):
    """A book to hand on does not speak of a hidden copy that it lacks."""
    path = write_book(tmp_path / "b.xlsx", frames(), baseline=None, read_me=READ_ME)
    book = openpyxl.load_workbook(path)
    text = "\n".join(str(cell.value) for row in book["Read me"].rows for cell in row if cell.value)
    assert "holds no hidden copy" in text
    assert "_baseline" not in book.sheetnames


def test_choices_are_given_by_the_caller(tmp_path):
    """References may come from elsewhere than the frames."""
    path = write_book(
        tmp_path / "b.xlsx", {"users": users()}, baseline=None, read_me=READ_ME, choices={"templates": ["T1", "T2"]}
    )
    book = openpyxl.load_workbook(path)
    assert [str(v.sqref)[0] for v in book["users"].data_validations.dataValidation] == ["A", "D"]


def test_report_sheets_are_coloured_and_read_again(tmp_path):
    """A report keeps the person's headers behind coloured results, and reading it drops the results only."""
    statuses = ["created", "unchanged", "refused", "failed"]
    frame = text_frame(
        {
            "result": statuses,
            "result_message": ["", "", "held by X", "no"],
            "result_provisioning": ["123456", "", "", ""],
            "Prénom": ["Zoé"] * 4,
            "Nom": ["Martin"] * 4,
            "Matricule": ["007"] * 4,
            "Message": ["own"] * 4,
        }
    )
    summary = SheetSpec("Summary", (ColumnSpec("what", 30),), text_frame({"what": ["4 rows"]}))
    sheets = [summary, resource_sheet(RESOURCES["users"], frame)]
    path = write_sheets(tmp_path / "r.xlsx", sheets)
    sheet = openpyxl.load_workbook(path)["users"]
    assert [cell.value for cell in sheet[1]][:4] == ["Result", "Message", "Provisioning code", "Prénom"]
    assert len({sheet.cell(row, 1).fill.fgColor.rgb for row in range(2, 6)}) == 4
    book = read_book(path)
    assert list(book.sheets["users"].original) == ["Prénom", "Nom", "Matricule", "Message"]
    assert list(book.sheets["users"].frame) == ["first_name", "last_name"]
    assert book.sheets["users"].letters == {"first_name": "D", "last_name": "E"}
    assert {(p.code, p.column or p.params["title"]) for p in book.problems} == {
        ("column_unknown", "Matricule"),
        ("column_unknown", "Message"),
        ("sheet_ignored", "Summary"),
    }
