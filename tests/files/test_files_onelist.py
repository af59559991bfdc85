"""One onboarding list, saved as people save it in fifteen ways, is one plan."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import openpyxl
import pytest
from planning.worlds import C1, D1, D2, planned, statuses, world
from test_files_kinds import strict, xlsb_of
from test_files_libreoffice import OFFICE, convert

from xcu_sheets.files import read_book

ENGLISH = ["Entity", "Template", "First name", "Last name", "Internal number", "CTI login", "Matricule"]
FRENCH = ["Entité", "Modèle", "Prénom", "Nom", "N° de poste", "Identifiant", "Matricule"]
PEOPLE = [
    ["Default (xivo1)", "Standard", "Zoé", "D’Aubigné", 1702, "zaubigne", "0042"],
    ["Bloc", "STANDARD", "Jean-Pierre", "de La Fontaine", "auto", "", "=7"],
    ["", "", "", "", "", "", ""],
    ["default@10.0.0.2", "Standard", "Ali", "NULL", "", "ali.null", "3/4"],
    ["Bloc", "Standard", "Œdipe", " O'Brien\u00a0", "2 101", "", "+33 1"],
    ["chirurgie@xivo1", "Bloc opératoire", "Marie;Ève", 'dite "Jo"', "2102", "", "a, b"],
    ["Nulle part", "Standard", "TRUE", "Vrai", "", "", "<b>"],
    ["default", "Standard", "Luc", "Petit", "1,5", "luc petit", "x|y\tz"],
]
TITLES = [["Liste du personnel", "", "", "", "", "", ""], ["Site : Lyon", "mars", "", "", "", "", ""]]
FREE = {D1: ["1702", "1703"], C1: ["2101", "2102", "2103"], D2: ["1700", "1701"]}
EXPECTED = ["create", "create", "create", "create", "create", "refused", "refused"]


def workbook(path, header=ENGLISH, above=()):
    """Write the list as Excel would: numbers as numbers, all else as text."""
    book = openpyxl.Workbook()
    for number, cells in enumerate([*above, header, *PEOPLE], start=1):
        for at, value in enumerate(cells, start=1):
            if value != "":
                cell = book.active.cell(number, at, value)
                cell.data_type = "s" if isinstance(value, str) else "n"
    book.save(path)
    return path


def text(path, delimiter, encoding, header=ENGLISH, above=(), quoting=csv.QUOTE_MINIMAL):
    """Write the list as a program's CSV export would, without any guard."""
    target = io.StringIO(newline="")
    csv.writer(target, delimiter=delimiter, quoting=quoting).writerows([*above, header, *PEOPLE])
    path.write_bytes(target.getvalue().encode(encoding))
    return path


def office(kind):
    """Return the way by LibreOffice."""
    return lambda folder: convert(workbook(folder / "list.xlsx"), folder / "out", kind)


WAYS = {
    "xlsx": lambda f: workbook(f / "list.xlsx"),
    "strict.xlsx": lambda f: strict(workbook(f / "list.xlsx"), f / "strict.xlsx"),
    "xlsb": lambda f: xlsb_of(f / "list.xlsb", [ENGLISH, *PEOPLE]),
    "xlsm": office("xlsm"),
    "xls": office("xls"),
    "ods": office("ods"),
    "comma.csv": lambda f: text(f / "list.csv", ",", "utf-8"),
    "semicolon.csv": lambda f: text(f / "list.csv", ";", "utf-8", quoting=csv.QUOTE_ALL),
    "tab.tsv": lambda f: text(f / "list.tsv", "\t", "utf-8"),
    "pipe.txt": lambda f: text(f / "list.txt", "|", "utf-8"),
    "cp1252.csv": lambda f: text(f / "list.csv", ";", "cp1252", FRENCH),
    "bom.csv": lambda f: text(f / "list.csv", ";", "utf-8-sig"),
    "utf-16.txt": lambda f: text(f / "list.txt", "\t", "utf-16"),
    "french.xlsx": lambda f: workbook(f / "list.xlsx", FRENCH, TITLES),
    "french.csv": lambda f: text(f / "list.csv", ";", "cp1252", FRENCH, TITLES),
}


def plan_of(path):
    """Return the plan of a list against a small server, numbers chosen."""
    return planned(read_book(path), world(), None, FREE)


def in_order(plan):
    """Return a plan's changes and problems without the numbers of their rows: titles move them."""
    changes = [replace(change, row=0) for change in plan.changes]
    return changes, [(p.code, p.severity, p.column, p.value, p.params) for p in plan.problems]


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """The plan of the workbook that the list began as."""
    plan = plan_of(workbook(tmp_path_factory.mktemp("first") / "list.xlsx"))
    assert statuses(plan) == EXPECTED
    assert [c.number for c in plan.changes][:5] == ["1702", "2103", "1700", "2101", "2102"]
    return plan


@pytest.mark.parametrize("way", WAYS)
def test_one_list_is_one_plan(tmp_path, first, way):
    """Whatever program saved it, in whatever encoding, under whichever headers: the same changes and problems."""
    if way in ("xlsm", "xls", "ods") and not OFFICE:
        pytest.skip("LibreOffice is not installed")
    path = WAYS[way](tmp_path)
    plan = plan_of(path)
    assert in_order(plan) == in_order(first)
    if not way.startswith("french"):
        assert plan.book_digest == first.book_digest
        assert [c.row for c in plan.changes] == [c.row for c in first.changes]
    own = read_book(path).sheets["users"].original["Matricule"].tolist()
    assert own == [cells[-1] for cells in PEOPLE if any(cells)]
