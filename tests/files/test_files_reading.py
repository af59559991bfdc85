"""Books as people make them: titles, blank rows, their own headers, typed cells, every CSV dialect."""

import datetime as dt

import openpyxl
import pytest

from xcu_sheets.files import read_book
from xcu_sheets.model.errors import BookError

USERS_HEADER = ["Nom", "Prénom", "N° de poste", "Site", "Matricule"]


def workbook(path, rows, *, title="Feuil1", more=()):
    """Write a workbook as a person's Excel would: typed cells, no formats of ours."""
    book = openpyxl.Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(row)
    for name, cells in more:
        sheet = book.create_sheet(name)
        for row in cells:
            sheet.append(row)
    book.save(path)
    return path


def codes(book):
    """Return (code, column, cell) of a book's problems."""
    return [(p.code, p.column, p.cell) for p in book.problems]


def test_header_under_titles_and_blank_rows(tmp_path):
    """Row numbers are Excel's own, whatever stands above or between; a foreign sheet name is known by its header."""
    rows = [
        ["Liste du personnel"],
        [],
        ["Site de Lyon", "2026"],
        USERS_HEADER,
        ["Martin", "Zoé", 6260, "lyon", "7"],
        [],
    ]
    rows += [["  "], ["Durand", "Ali", "0612", "lyon", "8"]]
    sheet = read_book(workbook(tmp_path / "a.xlsx", rows)).sheets["users"]
    assert list(sheet.frame.index) == [5, 8]
    assert sheet.frame["internal_number"].tolist() == ["6260", "0612"]
    assert list(sheet.frame) == ["entity", "first_name", "last_name", "internal_number"]
    assert list(sheet.original) == USERS_HEADER
    assert (sheet.title, sheet.letters["internal_number"]) == ("Feuil1", "C")


def test_unknown_column_is_kept_and_named(tmp_path):
    """An unknown column is echoed; the warning says which known one is near."""
    rows = [["Prénom", "Nom", "Numero internne", "", "Matricule"], ["Zoé", "Martin", "6260", "x", "7"]]
    book = read_book(workbook(tmp_path / "a.xlsx", rows))
    assert codes(book) == [("column_unknown", "Numero internne", "C1"), ("column_unknown", "Matricule", "E1")]
    assert [p.params["nearest"] for p in book.problems] == ["internal_number", ""]
    assert book.sheets["users"].original.loc[2].tolist() == ["Zoé", "Martin", "6260", "x", "7"]


@pytest.mark.parametrize(
    ("value", "number_format", "seen"),
    [
        (6260, None, "6260"),
        (6260.0, None, "6260"),
        (612, "0000", "0612"),
        (12345678901234567, None, "1.234567890123457e+16"),
        (6260.5, None, "6260.5"),
        (-3, None, "-3"),
        (True, None, "TRUE"),
        (dt.datetime(2026, 3, 4), None, "2026-03-04"),
        (dt.datetime(2026, 3, 4, 12, 30), None, "2026-03-04 12:30:00"),
        (dt.time(12, 30), None, "12:30:00"),
        ("06 12", "General", "06 12"),
    ],
)
def test_typed_cells_become_text(tmp_path, value, number_format, seen):
    """A typed cell is what the person sees, or a text that no number column takes by mistake."""
    path = workbook(tmp_path / "a.xlsx", [["Prénom", "Nom", "Note"], ["Zoé", "Martin", None]])
    book = openpyxl.load_workbook(path)
    cell = book.active["C2"]
    cell.value = value
    if number_format:
        cell.number_format = number_format
    book.save(path)
    assert read_book(path).sheets["users"].original.loc[2, "Note"] == seen


def test_words_become_canonical(tmp_path):
    """`<vider>`, AUTO, OUI, `6 260` and lists are put into one form; `original` keeps what was typed."""
    rows = [["action", "Prénom", "Nom", "Poste", "Login"], ["Create", " Zoé\u00a0", "Martin", "AUTO", "<VIDER>"]]
    rows += [["", "Ali", "D’Aubigné", "6 260", "ad"]]
    templates = [["name", "entities", "voice_mail_enabled"], ["T", "a;b , c", True]]
    book = read_book(workbook(tmp_path / "a.xlsx", rows, more=[("Modèles", templates)]))
    users = book.sheets["users"]
    assert users.frame.loc[2].tolist() == ["create", "Zoé", "Martin", "auto", "<clear>"]
    assert users.frame.loc[3, "internal_number"] == "6260"
    assert users.original.loc[2].tolist() == ["Create", " Zoé\u00a0", "Martin", "AUTO", "<VIDER>"]
    assert book.sheets["templates"].frame.loc[2].tolist() == ["T", "a, b, c", "yes"]


def test_formulas_and_error_cells(tmp_path):
    """A formula without value and an error cell are problems in their own cells, never blanks."""
    rows = [["Prénom", "Nom", "Poste", "Note"], ["Zoé", "Martin", "=1+1", "=A2"], ["Ali", "#N/A", "6260", "#REF!"]]
    book = read_book(workbook(tmp_path / "a.xlsx", rows))
    assert [(p.code, str(p.severity), p.column, p.cell, p.value) for p in book.problems if p.row] == [
        ("formula_not_calculated", "error", "internal_number", "C2", "=1+1"),
        ("formula_not_calculated", "warning", "Note", "D2", "=A2"),
        ("cell_error", "error", "last_name", "B3", "#N/A"),
        ("cell_error", "warning", "Note", "D3", "#REF!"),
    ]
    assert book.sheets["users"].original.loc[2, "Poste"] == "=1+1"


def test_calculated_formulas_are_their_values(tmp_path):
    """A cached value is what the person saw, an empty text too."""
    import xlsxwriter

    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("users")
        sheet.write_row(0, 0, ["first_name", "last_name", "internal_number", "cti_login"])
        sheet.write_row(1, 0, ["Zoé", "Martin"])
        sheet.write_formula(1, 2, "=6000+260", value=6260)
        sheet.write_formula(1, 3, '=IF(A2="","x","")', value="")
    import re
    import zipfile

    from files_samples import repack

    with zipfile.ZipFile(path) as archive:
        xml = archive.read("xl/worksheets/sheet1.xml").decode()
    excel = re.sub(r'<c r="D2"([^>]*)><f>(.*?)</f><v></v></c>', r'<c r="D2" t="str"><f>\2</f><v></v></c>', xml)
    path = repack(path, tmp_path / "b.xlsx", {"xl/worksheets/sheet1.xml": excel.encode()})
    book = read_book(path)
    assert codes(book) == []
    assert book.sheets["users"].frame.loc[2].tolist() == ["Zoé", "Martin", "6260", ""]


def test_secret_is_in_no_problem(tmp_path):
    """An error cell in the password column is reported without its text."""
    rows = [["Prénom", "Nom", "Mot de passe"], ["Zoé", "Martin", '="hunter2"&1']]
    book = read_book(workbook(tmp_path / "a.xlsx", rows))
    assert [(p.code, p.value) for p in book.problems] == [("formula_not_calculated", "")]
    assert "hunter2" not in repr(book.problems)


def test_other_sheets_are_named_not_read(tmp_path):
    """Small tables with an Id and a Name are not taken for templates; they are said to be left out."""
    rows = [["Prénom", "Nom"], ["Zoé", "Martin"]]
    more = [("Services", [["Id", "Name"], ["1", "RH"]]), ("Vide", [])]
    book = read_book(workbook(tmp_path / "a.xlsx", rows, more=more))
    assert list(book.sheets) == ["users"]
    assert [(p.code, p.params) for p in book.problems] == [("sheet_ignored", {"title": "Services"})]


CSV_ROWS = [
    ["Prénom", "Nom", "N° de poste", "Site"],
    ["Zoé", "D'Aubigné", "0612", "a, b; c"],
    ["Ali", 'O"Brien', "7", ""],
]


def csv_text(delimiter, end="\r\n"):
    """Write the rows in one dialect, every cell quoted."""
    quoted = [[f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in row] for row in CSV_ROWS]
    return "".join(delimiter.join(row) + end for row in quoted)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "utf-32"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
@pytest.mark.parametrize("before", ["", "sep={}\r\n", "Liste du personnel\r\n\r\n"])
def test_every_dialect_is_the_same_sheet(tmp_path, encoding, delimiter, before):
    """Encoding, delimiter, `sep=` and titles make no difference but for the row numbers."""
    path = tmp_path / "personnel.csv"
    path.write_bytes((before.format(delimiter) + csv_text(delimiter)).encode(encoding))
    book = read_book(path)
    sheet = book.sheets["users"]
    assert sheet.frame[["first_name", "last_name", "internal_number", "entity"]].to_numpy().tolist() == [
        ["Zoé", "D'Aubigné", "0612", "a, b; c"],
        ["Ali", 'O"Brien', "7", ""],
    ]
    assert list(sheet.frame.index) == [2 + before.count("\n"), 3 + before.count("\n")]
    assert (codes(book), sheet.title) == ([], "personnel.csv")


def test_csv_line_numbers_count_quoted_newlines(tmp_path):
    """A row's number is its first line in the file; blank lines count and are skipped."""
    path = tmp_path / "u.csv"
    path.write_bytes(b'first_name;last_name;Note\r\nZo;M;"a\r\nb"\r\n\r\n;;\r\nAli;D;x\r\n')
    sheet = read_book(path).sheets["users"]
    assert list(sheet.frame.index) == [2, 6]
    assert sheet.original.loc[2, "Note"] == "a\r\nb"


def test_csv_cells_lose_their_wrapping(tmp_path):
    """`="0612"` and our apostrophe come off; a name's own apostrophe stays; Excel's error texts are problems."""
    path = tmp_path / "u.csv"
    path.write_text("first_name;last_name;internal_number\n'=x;'Ndiaye;=\"0612\"\n#N/A;'#N/A;'0613\n", encoding="utf-8")
    book = read_book(path)
    assert book.sheets["users"].frame.to_numpy().tolist() == [["=x", "'Ndiaye", "0612"], ["#N/A", "#N/A", "0613"]]
    assert codes(book) == [("cell_error", "first_name", "A3")]


def test_single_csv_of_another_resource(tmp_path):
    """A single file is what its header fits best."""
    path = tmp_path / "x.csv"
    path.write_text("id;name;display_name;xivo;intervals\n1;default;Site;xivo1;1700-1799;\n".replace("1799;", "1799"))
    assert list(read_book(path).sheets) == ["entities"]


def test_folder_reads_known_names_in_either_language(tmp_path):
    """Files are known by name; another CSV is said to be left out."""
    (tmp_path / "Utilisateurs.csv").write_text("Prénom;Nom\nZoé;Martin\n", encoding="cp1252")
    (tmp_path / "templates.csv").write_text("name;xivos\nT;x\n")
    (tmp_path / "notes.csv").write_text("a;b\n")
    book = read_book(tmp_path)
    assert list(book.sheets) == ["users", "templates"]
    assert [p.code for p in book.problems] == ["baseline_missing", "sheet_ignored"]


@pytest.mark.parametrize("suffix", [".tsv", ".txt", ".TSV"])
def test_folder_of_tab_separated_sheets(tmp_path, suffix):
    """Sheets may be .tsv or .txt; a note that is no sheet is not mentioned."""
    (tmp_path / f"users{suffix}").write_text("Prénom\tNom\tSite\nZoé\tMartin\ta;b\n", encoding="utf-8")
    (tmp_path / f"Modèles{suffix}").write_text("name\txivos\nT\tx\n")
    (tmp_path / "lisez-moi.txt").write_text("Bonjour\n")
    book = read_book(tmp_path)
    assert list(book.sheets) == ["users", "templates"]
    assert book.sheets["users"].original.loc[2].tolist() == ["Zoé", "Martin", "a;b"]
    assert [p.code for p in book.problems] == ["baseline_missing"]


def test_folder_with_one_sheet_twice(tmp_path):
    """users.csv and users.tsv: an error naming both."""
    for name in ("users.csv", "users.tsv"):
        (tmp_path / name).write_text("first_name,last_name\nZo,M\n")
    with pytest.raises(BookError, match=r'"users\.csv" and "users\.tsv" both are users sheets'):
        read_book(tmp_path)


def test_folder_of_renamed_sheets_is_known_by_header(tmp_path):
    """Where no file has a sheet's name, headers tell; two that fit are an error naming both."""
    (tmp_path / "personnel.csv").write_text("Prénom;Nom\nZoé;Martin\n", encoding="utf-8")
    (tmp_path / "notes.csv").write_text("a;b\n")
    book = read_book(tmp_path)
    assert {name: sheet.title for name, sheet in book.sheets.items()} == {"users": "personnel.csv"}
    assert ("sheet_ignored", {"title": "notes.csv"}) in [(p.code, p.params) for p in book.problems]
    (tmp_path / "personnel (2).csv").write_text("Prénom;Nom\nAli;Durand\n", encoding="utf-8")
    with pytest.raises(BookError, match=r'"personnel \(2\)\.csv" and "personnel\.csv" both are users sheets'):
        read_book(tmp_path)


def test_digest_ignores_how_the_file_was_saved(tmp_path):
    """Two files with the same canonical text have one digest."""
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    first.write_text("first_name;last_name;Poste\nZoe;Martin;6 260\n")
    second.write_text("Nom,Prénom,Poste\r\nMartin, Zoe ,6260\r\n", encoding="cp1252")
    assert read_book(first).digest() == read_book(second).digest()
