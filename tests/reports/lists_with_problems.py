"""Books with something wrong in them, and how tests look at their problems copies."""

from __future__ import annotations

from pathlib import Path

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet

from xcu_sheets.files import ReadMe, read_book, write_book
from xcu_sheets.model.book import Baseline, Book
from xcu_sheets.model.resources import RESOURCES
from xcu_sheets.model.snapshot import text_frame
from xcu_sheets.planning.make import check
from xcu_sheets.reports.problems_copy import default_problems_path, write_problems

SECRET = "Zx9-canary-secret"
RED, AMBER = "FFF6C7C3", "FFFCE8B2"
ENTITY = "default@192.168.29.221"
ABOUT = ReadMe("http://xcu:9001", "admin", "2026-02-01T10:00:00Z")
HEADERS = ("Matricule", "Prénom", "Nom", "Site", "Modèle", "N° de poste", "Login CTI", "Mot de passe")


def frame_of(name: str, *rows: dict[str, str]):
    """Return a resource's frame from the cells that are not blank."""
    return text_frame({column: [row.get(column, "") for row in rows] for column in RESOURCES[name].columns})


def person(number: int, **cells: str) -> dict[str, str]:
    """Return a user of the export."""
    own = {"id": str(500 + number), "entity": ENTITY, "first_name": "Marie", "last_name": f"Nom{number}"}
    return {**own, "internal_number": str(1700 + number), **cells}


def export(path: Path, *people: dict[str, str]) -> Path:
    """Write an export with its baseline."""
    entity = {"id": "22", "combined_id": ENTITY, "name": "default", "display_name": "Siège", "xivo": "x"}
    frames = {
        "users": frame_of("users", *people),
        "templates": frame_of("templates", {"id": "7", "name": "Standard"}),
        "entities": frame_of("entities", {**entity, "intervals": "1700-1799"}),
    }
    baseline = Baseline("b00k", "http://xcu:9001", "admin", "2026-02-01T10:00:00Z", frames)
    return write_book(path, frames, baseline=baseline, read_me=ABOUT)


def type_in(path: Path, cells: dict[str, object], sheet: str = "users") -> None:
    """Type values into cells by their address."""
    book = openpyxl.load_workbook(path)
    for address, value in cells.items():
        book[sheet][address] = value
    book.save(path)


def hand_made(path: Path) -> Path:
    """Write a list as an HR department sends it: titles, a blank row, a formula, an error, a note, another sheet."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Arrivées d'avril"
    sheet["A1"] = "Nouveaux arrivants"
    sheet["C2"] = "avril 2026"
    sheet.append([])
    sheet.append(HEADERS)
    good = ("Jean", "Petit", ENTITY, "Standard")
    sheet.append(["M1", *good, "1701", "jean.petit", SECRET])
    sheet.append([])
    sheet.append(["M2", "Zoé", "x" * 140, ENTITY, "Standard", "17 O1"])
    sheet.append(["M3", "Léa", '=UPPER("grand")', ENTITY, "Standard", 1703])
    sheet.append(["#N/A", "Lou", "#REF!", ENTITY, "Standard", "1704"])
    for address in ("A9", "C9"):
        sheet[address].data_type = "e"
    sheet["I7"] = "à voir"
    sheet["B5"].hyperlink = "http://evil.example/"
    book.create_sheet("Notes")["A1"] = "hello"
    book.save(path)
    return path


def copy_of(path: Path) -> Path:
    """Write the problems copy of a book, as check does."""
    book = read_book(path)
    return write_problems(default_problems_path(str(path)), book, check(book))


def shown(path: Path, sheet: str = "users") -> Worksheet:
    """Return a sheet of a workbook as openpyxl sees it."""
    found = openpyxl.load_workbook(path)[sheet]
    assert isinstance(found, Worksheet)
    return found


def colour(cell: openpyxl.cell.Cell) -> str:
    """Return a cell's fill, blank where it has none."""
    return str(cell.fill.fgColor.rgb) if cell.fill.fill_type == "solid" else ""


def listed(path: Path) -> list[tuple[str, ...]]:
    """Return the lines of the first sheet's list."""
    rows = [tuple(str(v or "") for v in row) for row in openpyxl.load_workbook(path).worksheets[0].values]
    top = next(at for at, row in enumerate(rows) if row[0] == "Severity")
    return rows[top + 1 :]


def same_reading(one: Book, other: Book) -> None:
    """Two books mean the same: cells, row numbers, own columns, baseline."""
    assert one.sheets.keys() == other.sheets.keys()
    for name in one.sheets:
        assert one.sheets[name].frame.equals(other.sheets[name].frame)
        assert one.sheets[name].original.equals(other.sheets[name].original)
        assert (one.sheets[name].headers, one.sheets[name].header_row) == (
            other.sheets[name].headers,
            other.sheets[name].header_row,
        )
    assert (one.book_id, one.digest()) == (other.book_id, other.digest())
