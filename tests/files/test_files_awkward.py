"""More than 400 awkward inputs, each with what a careful clerk would do: see `awkward_cells` and `awkward_files`."""

from __future__ import annotations

import openpyxl
import pytest
from awkward_cells import CELLS
from awkward_files import BODIES, FILES, HEADERS

from xcu_sheets.files import read_book
from xcu_sheets.files.escapes import escape_xlsx
from xcu_sheets.model.errors import BookError
from xcu_sheets.model.resources import RESOURCES
from xcu_sheets.rules.validation import check_values

# What the other cells of a row hold, so that the awkward one is seen as what it is.
BESIDE = {
    "users": {"first_name": "Zoé", "last_name": "Martin", "entity": "lyon"},
    "templates": {"name": "T"},
    "entities": {"name": "lyon", "display_name": "Lyon", "xivo": "xivo1"},
}
CASES = [(sheet, column, *row) for (sheet, column), rows in CELLS.items() for row in rows]


def workbook(path, sheets):
    """Write sheets of typed cells, every text as text, by name."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for number, cells in enumerate(rows, start=1):
            for at, value in enumerate(cells, start=1):
                put(sheet.cell(number, at), value)
    book.save(path)
    return path


def put(cell, value):
    """Put a value in a cell as a person's program would."""
    if isinstance(value, str) and not value.startswith("#"):
        cell.value = "x"
        cell._value, cell.data_type = escape_xlsx(value), "s"
    else:
        cell.value = value


@pytest.fixture(scope="module")
def read(tmp_path_factory):
    """The awkward cells, each in a row of its own, read once: (value, codes) of every case in turn."""
    sheets, places = {}, []
    for sheet, column, typed, *_ in CASES:
        columns = list(dict.fromkeys([*BESIDE[sheet], *(c for s, c in CELLS if s == sheet)]))
        rows = sheets.setdefault(sheet, [columns])
        rows.append([typed if c == column else BESIDE[sheet].get(c, "") for c in columns])
        places.append((sheet, len(rows), column))
    book = read_book(workbook(tmp_path_factory.mktemp("awkward") / "book.xlsx", sheets))
    said = [*book.problems, *(p for name in sheets for p in broken(book.sheets[name]))]
    codes = {}
    for p in said:
        codes.setdefault((p.sheet, p.row, p.column), []).append(p.code)
    return [(book.sheets[s].frame.at[r, c], " ".join(codes.get((s, r, c), ()))) for s, r, c in places]


def broken(sheet):
    """Return the rules that the cells of a sheet of new rows break, blanks and pairs of columns apart."""
    frame = sheet.frame
    found = check_values(sheet.resource, frame, frame != "", frame.iloc[:, 0] == "\0")
    return [p for p in found if p.code not in ("idle", "required_if", "cannot_clear")]


@pytest.mark.parametrize("at", range(len(CASES)), ids=lambda at: f"{CASES[at][1]}-{ascii(CASES[at][2])[:40]}")
def test_awkward_cell(read, at):
    """What we take and what we say is what the clerk would."""
    *_, clerk, value, codes = CASES[at]
    assert read[at] == (value, codes), clerk


@pytest.mark.parametrize(("rows", "clerk", "meaning"), HEADERS, ids=range(len(HEADERS)))
def test_awkward_header(tmp_path, rows, clerk, meaning):
    """A header means the columns that the clerk sees, or is refused in words that name them."""
    path = workbook(tmp_path / "a.xlsx", {"Feuil1": rows})
    if isinstance(meaning, str):
        with pytest.raises(BookError) as refused:
            read_book(path)
        assert meaning in str(refused.value), clerk
    else:
        letters = read_book(path).sheets["users"].letters
        assert {letter: name for name, letter in letters.items()} == meaning, clerk


@pytest.mark.parametrize(("rows", "clerk", "records"), BODIES, ids=range(len(BODIES)))
def test_awkward_rows(tmp_path, rows, clerk, records):
    """Rows that are no records are left out, each named in a warning; all others are read."""
    book = read_book(workbook(tmp_path / "a.xlsx", {"Feuil1": [["Nom", "Prénom", "Poste"], *rows]}))
    assert list(book.sheets["users"].frame.index) == records, clerk
    filled = [number for number, cells in enumerate(rows, start=2) if any(cells)]
    assert [p.row for p in book.problems if p.code == "row_left_out"] == sorted({*filled} - {*records})


@pytest.mark.parametrize(("name", "content", "clerk", "meaning"), FILES, ids=[name for name, *_ in FILES])
def test_awkward_file(tmp_path, name, content, clerk, meaning):
    """A file holds the people that the clerk sees, on their own lines, or is refused in one sentence that says why."""
    path = tmp_path / name
    path.write_bytes(content)
    if isinstance(meaning, str):
        with pytest.raises(BookError) as refused:
            read_book(path)
        assert meaning in str(refused.value), clerk
    else:
        frame = read_book(path).sheets["users"].frame.reindex(columns=["first_name", "last_name", "internal_number"])
        assert list(frame.itertuples(name=None)) == meaning, clerk


def test_the_table_is_long_enough():
    """At least 150 inputs, and no cell twice."""
    assert len(CASES) + len(HEADERS) + len(BODIES) + len(FILES) >= 350
    assert len({(s, c, repr(typed)) for s, c, typed, *_ in CASES}) == len(CASES)
    assert set(RESOURCES) >= {sheet for sheet, _ in CELLS}
