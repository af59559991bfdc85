"""The problems copy: what it shows, what it leaves out, and that reading it is reading the book."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
import time
import zipfile
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lists_with_problems import (
    ABOUT,
    AMBER,
    HEADERS,
    RED,
    SECRET,
    colour,
    copy_of,
    export,
    frame_of,
    hand_made,
    listed,
    person,
    same_reading,
    shown,
    type_in,
)

from xcu_sheets.files import read_book, write_book, write_csv
from xcu_sheets.model.book import Book
from xcu_sheets.model.problems import Severity
from xcu_sheets.model.snapshot import text_frame
from xcu_sheets.planning.make import check
from xcu_sheets.reports.problems_copy import default_problems_path, write_problems


def test_the_copy_keeps_columns_order_titles_and_row_numbers(arrivals: Path) -> None:
    """Behind the notes everything stands where it stood, blank rows and a value without header included."""
    sheet = shown(copy_of(arrivals), "Arrivées d'avril")
    assert [cell.value for cell in sheet[4]] == ["Problems found", *HEADERS, "(I)"]
    assert (sheet["B1"].value, sheet["D2"].value) == ("Nouveaux arrivants", "avril 2026")
    assert [sheet.cell(row, 2).value for row in range(3, 10)] == [None, "Matricule", "M1", None, "M2", "M3", "<#N/A>"]
    assert (sheet["G8"].value, sheet["J7"].value) == ("1703", "à voir")
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("B5", "A4:J9")


def test_reading_the_copy_is_reading_the_book(arrivals: Path, tmp_path: Path) -> None:
    """Cells, row numbers, own columns, faults and the digest: but for passwords a copy means what its book means."""
    type_in(arrivals, {"H5": None}, "Arrivées d'avril")
    before, after = read_book(arrivals), read_book(copy_of(arrivals))
    same_reading(before, after)
    assert {(p.code, p.row, p.column) for p in before.problems if p.row} == {
        (p.code, p.row, p.column) for p in after.problems if p.row
    }
    book = export(tmp_path / "book.xlsx", person(1), person(2))
    type_in(book, {"G2": "99", "F3": "=A"})
    before, after = read_book(book), read_book(copy_of(book))
    same_reading(before, after)
    assert before.baseline and after.baseline
    assert before.baseline.about() == after.baseline.about()
    assert all(frame.equals(after.baseline.frames[name]) for name, frame in before.baseline.frames.items())


def test_a_copy_of_a_copy_says_the_same(arrivals: Path) -> None:
    """What a check says of the copy is what the copy marks."""
    first = copy_of(arrivals)
    second = copy_of(first)
    assert (first.name, second.name) == ("arrivals.problems.xlsx", "arrivals.problems-2.xlsx")
    assert listed(first) == listed(second)
    titles = [[c.value for row in shown(path, "Arrivées d'avril")["A1:F2"] for c in row] for path in (first, second)]
    assert titles[0] == titles[1]


def test_bad_cells_are_red_and_say_why(arrivals: Path) -> None:
    """The cell's comment and the row's first cell say what is wrong and how to mend it; good cells stay plain."""
    sheet = shown(copy_of(arrivals), "Arrivées d'avril")
    assert {c.coordinate for row in sheet for c in row if colour(c) == RED} == {
        *("A5", "I5", "A7", "D7", "G7", "A8", "D8", "A9", "D9")
    }
    assert sheet["G7"].comment.text.startswith("Error: 17 O1 is not a number: write digits only")
    assert "N° de poste: 17 O1 is not a number: write digits only" in sheet["A7"].value.splitlines()
    assert sheet["C7"].comment is None and sheet["A7"].comment is None


def test_comments_are_tall_enough_for_their_text(arrivals: Path) -> None:
    """Every comment box has 12 points of height for each 44 characters and begun line: none is cut off."""
    path = copy_of(arrivals)
    with zipfile.ZipFile(path) as archive:
        drawing = archive.read("xl/drawings/vmlDrawing1.vml").decode()
    shapes = re.findall(r"height:([\d.]+)pt.*?<x:Row>(\d+)</x:Row>\s*<x:Column>(\d+)</x:Column>", drawing, re.DOTALL)
    sheet = shown(path, "Arrivées d'avril")
    texts = {(int(row) + 1, int(at) + 1): float(height) for height, row, at in shapes}
    assert len(texts) == sum(cell.comment is not None for row in sheet for cell in row) > 8
    for (row, at), height in texts.items():
        lines = sum(1 + len(line) // 44 for line in sheet.cell(row, at).comment.text.splitlines())
        assert height >= 12 * lines, sheet.cell(row, at).comment.text


def test_warnings_are_amber_even_on_a_header(tmp_path: Path) -> None:
    """An edit of a read-only cell and an unknown column are worth a look, no more."""
    book = export(tmp_path / "book.xlsx", person(1))
    type_in(book, {"I2": "other@example.org", "M1": "Service"})
    sheet = shown(copy_of(book))
    assert {c.coordinate for row in sheet for c in row if colour(c) == AMBER} == {"A2", "J2", "N1"}
    assert sheet["J2"].comment.text.startswith("Warning: other@example.org is ignored")
    assert "Service is not known" in sheet["N1"].comment.text


def test_the_first_sheet_lists_all_with_links(arrivals: Path) -> None:
    """Errors first: severity, sheet, cell, column, value and message; the cell's address leads to it."""
    path = copy_of(arrivals)
    book = openpyxl.load_workbook(path)
    lines = listed(path)
    assert (
        "error",
        "Arrivées d'avril",
        "G7",
        "N° de poste",
        "17 O1",
        "17 O1 is not a number: write digits only",
    ) in lines
    assert [line[0] for line in lines] == sorted(line[0] for line in lines)
    links = {cell.value: cell.hyperlink.location for row in book.worksheets[0] for cell in row if cell.hyperlink}
    assert links["G7"] == "'Arrivées d''avril'!G7"
    assert all(cell.hyperlink.target is None for row in book.worksheets[0] for cell in row if cell.hyperlink)


def test_nothing_else_of_theirs_is_carried_over(arrivals: Path) -> None:
    """No formula, no link but our own, no other sheet: those left out are named."""
    path = copy_of(arrivals)
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["Read me", "Arrivées d'avril"]
    for sheet in book.worksheets:
        assert {cell.data_type for row in sheet for cell in row if cell.value is not None} <= {"s"}
    assert not book["Arrivées d'avril"]._hyperlinks
    facts = "\n".join(str(cell.value) for row in book.worksheets[0] for cell in row if cell.value)
    assert "the sheets Notes; formulas" in facts and "xcu-sheets import arrivals.problems.xlsx" in facts
    with zipfile.ZipFile(path) as archive:
        assert not any(b"evil.example" in archive.read(name) for name in archive.namelist())


def test_a_cell_without_value_stays_one(arrivals: Path) -> None:
    """An error and a formula that was never calculated are shown, never as a text that would become a name."""
    sheet = shown(copy_of(arrivals), "Arrivées d'avril")
    assert (sheet["D8"].value, sheet["D9"].value) == ('<=UPPER("grand")>', "<#REF!>")
    again = read_book(copy_of(arrivals))
    codes = {(p.code, p.row, p.column, p.severity) for p in again.problems if p.row}
    assert ("formula_not_calculated", 8, "last_name", Severity.ERROR) in codes
    assert ("cell_error", 9, "last_name", Severity.ERROR) in codes
    assert ("cell_error", 9, "Matricule", Severity.WARNING) in codes


def test_no_part_of_a_copy_holds_a_password(arrivals: Path, tmp_path: Path) -> None:
    """Neither cells, comments, lists nor baseline; the cell shows that something was there."""
    known = export(tmp_path / "book.xlsx", person(1, cti_login="m1", cti_password=SECRET), person(2))
    type_in(known, {"G2": "99", "K2": SECRET, "K3": f"{SECRET} é"})
    for path, sheet, cell in ((arrivals, "Arrivées d'avril", "I5"), (known, "users", "L2"), (known, "users", "L3")):
        copy = copy_of(path)
        with zipfile.ZipFile(copy) as archive:
            assert not any(SECRET.encode() in archive.read(name) for name in archive.namelist())
        assert shown(copy, sheet)[cell].value == "<left out>"


def test_a_left_out_password_is_never_forgotten(arrivals: Path, tmp_path: Path) -> None:
    """A new user is refused without the password that was typed; a user with an id keeps theirs, and that is said."""
    problems = {(p.code, p.row, p.severity) for p in check(read_book(copy_of(arrivals)))}
    assert ("secret_left_out", 5, Severity.ERROR) in problems
    known = export(tmp_path / "book.xlsx", person(1, cti_login="m1"))
    type_in(known, {"K2": SECRET})
    problems = {(p.code, p.row, p.severity) for p in check(read_book(copy_of(known)))}
    assert ("secret_not_sent", 2, Severity.WARNING) in problems
    assert not any(code.startswith("password") for code, _, _ in problems)


def test_rows_on_their_way_do_not_speak_of_their_passwords(arrivals: Path) -> None:
    """What is sent from the book itself needs no password again; the copy leaves it out all the same."""
    book = read_book(arrivals)
    path = write_problems(arrivals.with_name("copy.xlsx"), book, check(book), spared={("users", 5)})
    sheet = shown(path, "Arrivées d'avril")
    assert (sheet["I5"].value, sheet["A5"].value, colour(sheet["I5"])) == ("<left out>", None, "")


def test_a_mended_copy_is_not_replaced(arrivals: Path) -> None:
    """A copy as written gives way to a newer one; once somebody has saved it, the newer one takes another name."""
    path = default_problems_path(str(arrivals))
    assert copy_of(arrivals) == copy_of(arrivals) == path
    type_in(path, {"D7": "Mended"}, "Arrivées d'avril")
    assert copy_of(arrivals).name == "arrivals.problems-2.xlsx"
    assert shown(path, "Arrivées d'avril")["D7"].value == "Mended"


@pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice is not installed")
def test_libreoffice_keeps_what_the_copy_means(arrivals: Path, tmp_path: Path) -> None:
    """A copy that LibreOffice has saved reads as it was written, and is no longer one that may be replaced."""
    path = copy_of(arrivals)
    before = read_book(path)
    command = ["soffice", f"-env:UserInstallation=file://{tmp_path / 'profile'}", "--headless", "--convert-to", "xlsx"]
    subprocess.run([*command, "--outdir", tmp_path / "again", path], check=True, capture_output=True, timeout=100)
    (tmp_path / "again" / path.name).replace(path)
    same_reading(before, read_book(path))
    assert copy_of(arrivals).name == "arrivals.problems-2.xlsx"


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04 nor this"])
def test_a_file_of_another_origin_is_not_replaced(arrivals: Path, content: bytes) -> None:
    """Whatever else lies there under the name of a copy stays."""
    path = default_problems_path(str(arrivals))
    path.write_bytes(content)
    assert copy_of(arrivals).name == "arrivals.problems-2.xlsx"
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    ("title", "tab"), [("_lists", "users"), ("history", "users"), ("read me too", "read me too"), ("Feuil1", "Feuil1")]
)
def test_a_sheet_keeps_its_name_where_it_can(tmp_path: Path, title: str, tab: str) -> None:
    """A name that we or Excel need for something else becomes the resource's."""
    book = read_book(hand_made(tmp_path / "list.xlsx"))
    sheet = book.sheets["users"]
    renamed = Book(book.path, {"users": type(sheet)(**{**sheet.__dict__, "title": title})}, None, book.problems)
    path = write_problems(tmp_path / "copy.xlsx", renamed, check(renamed))
    assert openpyxl.load_workbook(path).sheetnames[1] == tab
    assert read_book(path).sheets["users"].frame.equals(sheet.frame.assign(cti_password=["<left out>", "", "", ""]))


TEXTS = st.text(st.sampled_from("ab é<>#N/A=+-'\"_x000D_;,\n\r\t1234567890\u200b\u00a0"), max_size=12)


@settings(max_examples=25, deadline=None)
@given(cells=st.lists(st.tuples(TEXTS, TEXTS, TEXTS), min_size=1, max_size=6), ending=st.sampled_from(["xlsx", "csv"]))
def test_whatever_stands_in_a_cell_is_the_same_from_the_copy(cells: list[tuple[str, str, str]], ending: str) -> None:
    """Signs, guards, escapes and line breaks: the copy of any list reads as the list, fault by fault."""
    with tempfile.TemporaryDirectory() as folder:
        names = [f"{n} {first}" for n, (first, _, _) in enumerate(cells)]
        last, own = [last for _, last, _ in cells], [own for _, _, own in cells]
        frame = text_frame({"first_name": names, "last_name": last, "Matricule": own})
        path = Path(folder) / f"list.{ending}"
        if ending == "csv":
            write_csv(path, frame)
        else:
            write_book(path, {"users": frame}, baseline=None, read_me=ABOUT)
        book = read_book(path)
        again = read_book(write_problems(path.with_name(f"copy.{ending}"), book, check(book)))
    same_reading(book, again)
    assert [(p.code, p.row, p.column, p.value) for p in book.problems if p.row] == [
        (p.code, p.row, p.column, p.value) for p in again.problems if p.row
    ]


def test_a_long_list_is_quick(tmp_path: Path) -> None:
    """5,000 rows, 1 % of them bad, in a few seconds."""
    rows = [person(n, id="", internal_number="", template="Standard") for n in range(5_000)]
    for row in rows[::100]:
        row["last_name"] = "y" * 140
    path = write_book(tmp_path / "b.xlsx", {"users": frame_of("users", *rows)}, baseline=None, read_me=ABOUT)
    book = read_book(path)
    problems = check(book)
    begun = time.perf_counter()
    copy = write_problems(tmp_path / "copy.xlsx", book, problems)
    assert time.perf_counter() - begun < 4
    assert len(listed(copy)) == 50
