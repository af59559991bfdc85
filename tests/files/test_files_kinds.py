"""One book saved as .xlsx, .xls, .ods and Strict Open XML reads the same: values, faults, what is hidden and merged."""

from __future__ import annotations

import datetime as dt
import io
import struct
import zipfile

import openpyxl
import pytest
from test_files_libreoffice import OFFICE, convert

from xcu_sheets.files import Limits
from xcu_sheets.files.child import answer
from xcu_sheets.files.isolation import read_isolated, received
from xcu_sheets.files.raw import Fault

ROWS = [
    ["Liste du personnel"],
    [],
    ["Nom", "Prénom", "Poste", "Note"],
    ["D’Aubigné", "Zoé", 6260, dt.datetime(2026, 3, 4)],
    ["Ndiaye", "Ali", 612, True],
    ["Martin", "  two  blanks ", 6.26e5, dt.time(12, 30)],
    ["#N/A", "=1/0", 0.1, dt.datetime(2026, 3, 4, 12, 30)],
    [],
    ["NULL", "TRUE", "0612", dt.timedelta(hours=30)],
    ["merged", None, 1e300, False],
    ["a\nb", "&lt;", -3, "="],
]


def sheets_of(path):
    """Return a workbook's sheets as its process sends them, once they are known to be what its reader says."""
    with path.open("rb") as file:
        sent = list(read_isolated(file, Limits()).sheets)
        out = io.BytesIO()
        answer(Limits(), file, out)
    out.seek(0)
    assert list(received(out).sheets) == sent
    return sent


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """A workbook with typed cells, formats, errors, hidden and merged cells, and hidden sheets."""
    path = tmp_path_factory.mktemp("kinds") / "book.xlsx"
    made = openpyxl.Workbook()
    sheet = made.active
    sheet.title = "Personnel"
    for row in ROWS:
        sheet.append(row)
    sheet["C5"].number_format = "0000"
    sheet["D11"].data_type = "s"
    sheet.merge_cells("A10:B10")
    sheet.row_dimensions[6].hidden = sheet.row_dimensions[8].hidden = True
    sheet.column_dimensions["C"].hidden = True
    made.create_sheet("Caché").append(["x"])
    made["Caché"].sheet_state = "hidden"
    made.save(path)
    return path


SEEN = [
    (1, ["Liste du personnel"]),
    (3, ["Nom", "Prénom", "Poste", "Note"]),
    (4, ["D’Aubigné", "Zoé", "6260", "2026-03-04"]),
    (5, ["Ndiaye", "Ali", "0612", "TRUE"]),
    (6, ["Martin", "  two  blanks ", "626000", "12:30:00"]),
    (7, ["#N/A", "#DIV/0!", "0.1", "2026-03-04 12:30:00"]),
    (9, ["NULL", "TRUE", "0612", "1 day, 6:00:00"]),
    (10, ["merged", "", "1e+300", "FALSE"]),
    (11, ["a\nb", "&lt;", "-3", "="]),
]


@pytest.mark.skipif(not OFFICE, reason="LibreOffice is not installed")
@pytest.mark.parametrize("kind", ["xlsx", "xls", "ods"])
def test_every_kind_is_the_same_sheet(book, tmp_path, kind):
    """What LibreOffice saved as .xlsx, .xls and .ods has the same cells, faults and traits."""
    first, second = sheets_of(convert(book, tmp_path, kind))
    assert list(first.rows) == SEEN
    assert first.faults == {(7, 0): Fault("cell_error", "#N/A"), (7, 1): Fault("cell_error", "#DIV/0!")}
    assert (first.name, first.traits.hidden, first.traits.hidden_rows) == ("Personnel", False, {6})
    assert first.traits.hidden_columns == {2}
    assert first.traits.merged == ((10, 0, 10, 1),)
    assert (second.name, second.traits.hidden, list(second.rows)) == ("Caché", True, [(1, ["x"])])


def strict(path, target):
    """Return a copy of a workbook with the namespaces of Strict Open XML."""
    old, new = "http://schemas.openxmlformats.org/", "http://purl.oclc.org/ooxml/"
    changes = {
        f"{old}spreadsheetml/2006/main": f"{new}spreadsheetml/main",
        f"{old}officeDocument/2006/relationships": f"{new}officeDocument/relationships",
    }
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(target, "w") as made:
        for name in source.namelist():
            text = source.read(name).decode()
            for before, after in changes.items():
                text = text.replace(before, after)
            made.writestr(name, text)
    return target


def test_strict_open_xml_is_the_same_sheet(book, tmp_path):
    """The other "Excel workbook" of Excel's list, of which openpyxl sees no sheet, reads like the usual one."""
    assert sheets_of(strict(book, tmp_path / "strict.xlsx")) == sheets_of(book)


def test_a_mostly_blank_sheet_is_the_same_sheet(tmp_path):
    """30,000 formatted rows below a list change nothing of it."""
    made = openpyxl.Workbook()
    for row in (["Nom", "Prénom", "Poste"], ["Martin", "Zoé", 612]):
        made.active.append(row)
    made.active["C2"].number_format = "0000"
    made.save(tmp_path / "short.xlsx")
    for row in range(3, 30_003):
        made.active.cell(row, 1).number_format = "0000"
    made.save(tmp_path / "long.xlsx")
    assert sheets_of(tmp_path / "long.xlsx") == sheets_of(tmp_path / "short.xlsx")
    assert sheets_of(tmp_path / "short.xlsx")[0].rows[1] == (2, ["Martin", "Zoé", "0612"])


def test_rows_out_of_order_are_put_in_order(book, tmp_path):
    """No row is lost because it stands before its time in the file."""
    made = openpyxl.Workbook()
    made.active.append(["Nom", "Prénom"])
    made.active.append(["Martin", "Zoé"])
    made.save(tmp_path / "a.xlsx")
    with zipfile.ZipFile(tmp_path / "a.xlsx") as source, zipfile.ZipFile(tmp_path / "b.xlsx", "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name.endswith("sheet1.xml"):
                first, second, end = content.index(b"<row"), content.rindex(b"<row"), content.index(b"</sheetData>")
                content = content[:first] + content[second:end] + content[first:second] + content[end:]
            target.writestr(name, content)
    assert sheets_of(tmp_path / "b.xlsx") == sheets_of(tmp_path / "a.xlsx")


ODS_PREFIXES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
)


def ods(path, cells):
    """Write an .ods by hand: one column of text cells, given as the XML in them."""
    rows = "".join(
        f'<table:table-row><table:table-cell office:value-type="string">{cell}</table:table-cell></table:table-row>'
        for cell in cells
    )
    body = f'<office:spreadsheet><table:table table:name="a">{rows}</table:table></office:spreadsheet>'
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        made.writestr("META-INF/manifest.xml", "<manifest/>")
        made.writestr(
            "content.xml",
            f"<office:document-content {ODS_PREFIXES}><office:body>{body}</office:body></office:document-content>",
        )
    return path


def test_tabs_and_line_breaks_of_an_ods_are_kept(tmp_path):
    """`La<tab>Fontaine` is no LaFontaine; blanks, paragraphs, spans and notes around it are what they are elsewhere."""
    cells = [
        "<text:p>La<text:tab/>Fontaine</text:p>",
        '<text:p>a<text:line-break/>b<text:s text:c="3"/>c</text:p>',
        "<text:p>a<text:span>b<text:tab/></text:span></text:p><text:p>c<text:s/>d</text:p>",
        "<office:annotation><text:p>note<text:tab/></text:p></office:annotation><text:p>a</text:p><text:p>b</text:p>",
        '<text:p>a<text:s text:c="2"/>b</text:p>',
    ]
    (sheet,) = sheets_of(ods(tmp_path / "a.ods", cells))
    assert [texts for _, (texts,) in sheet.rows] == ["La\tFontaine", "a\nb   c", "ab\t\nc d", "a\nb", "a  b"]


def record(kind: int, data: bytes = b"") -> bytes:
    """Return one record of an .xlsb part."""
    head = bytes([kind]) if kind < 128 else bytes([kind & 127 | 128, kind >> 7])
    return head + bytes([len(data) & 127 | 128, len(data) >> 7]) + data


def wide(text: str) -> bytes:
    """Return a text as .xlsb holds it."""
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def cell(kind: int, column: int, data: bytes, style: int = 0) -> bytes:
    """Return one cell of an .xlsb sheet."""
    return record(kind, struct.pack("<II", column, style) + data)


def row(number: int, flags: int = 0) -> bytes:
    """Return the beginning of a row of an .xlsb sheet, counted from 0."""
    return record(0, struct.pack("<IIHBBB", number, 0, 300, 0, flags, 0) + b"\0" * 4)


def xlsb_of(path, rows):
    """Write a list of texts and numbers as a binary workbook."""
    sheet = record(129) + record(148, struct.pack("<4I", 0, len(rows), 0, max(map(len, rows)))) + record(145)
    for number, values in enumerate(rows):
        sheet += row(number)
        for at, value in enumerate(values):
            if isinstance(value, str):
                sheet += cell(6, at, wide(value)) if value else b""
            else:
                sheet += cell(5, at, struct.pack("<d", value))
    return pack_xlsb(path, sheet + record(146) + record(130))


def xlsb(path):
    """Write a binary workbook by hand: two rows of text and number, an error, one of them hidden, a merge."""
    sheet = record(129) + record(148, struct.pack("<4I", 0, 2, 0, 1)) + record(145)
    sheet += row(0, 0) + cell(6, 0, wide("Nom")) + cell(6, 1, wide("Poste"))
    sheet += row(1, 0x10) + cell(6, 0, wide("Zoé")) + cell(5, 1, struct.pack("<d", 612), 1)
    sheet += row(2, 0) + cell(3, 0, b"\x2a") + cell(4, 1, b"\1")
    sheet += record(146) + record(60, struct.pack("<4IH", 1, 1, 2304, 0, 1))
    sheet += record(177) + record(176, struct.pack("<4I", 2, 2, 0, 1)) + record(178) + record(130)
    return pack_xlsb(path, sheet, state=1)


def pack_xlsb(path, sheet, state=0):
    """Put one sheet into a binary workbook; state 1 hides it."""
    listed = record(156, struct.pack("<II", state, 1) + wide("rId1") + wide("Liste"))
    book = record(131) + record(143) + listed + record(144)
    styles = (
        record(278)
        + record(615, struct.pack("<I", 1))
        + record(44, struct.pack("<H", 164) + wide("0000"))
        + record(616)
    )
    styles += (
        record(617, struct.pack("<I", 2))
        + record(47, struct.pack("<HH", 0, 0))
        + record(47, struct.pack("<HH", 0, 164))
        + record(618)
    )
    types = (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="bin" '
        'ContentType="application/vnd.ms-excel.sheet.binary.macroEnabled.main"/></Types>'
    )
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    rels = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
    to_sheet = f'<Relationship Id="rId1" Type="{relation}/worksheet" Target="worksheets/sheet1.bin"/>'
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", types)
        archive.writestr("xl/workbook.bin", book + record(132))
        archive.writestr("xl/_rels/workbook.bin.rels", rels.format(to_sheet))
        archive.writestr("xl/worksheets/sheet1.bin", sheet)
        archive.writestr("xl/styles.bin", styles)
    return path


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"{",
        b"[]",
        b'{"sheet":"a"}',
        b'{"rows":[[0,["x"]]]}',
        b'{"rows":[[1,[2]]]}',
        b'{"rows":[[1,"x"]]}',
        b'{"found":{}}',
        b"[" * 100_000,
    ],
)
def test_nothing_but_text_is_taken(said):
    """A reader that was taken over can say what it wants: anything but sheets of text is no answer."""
    with pytest.raises((ValueError, TypeError, KeyError, RecursionError)):
        received(io.BytesIO(said))


def test_binary_workbook(tmp_path):
    """An .xlsb has its texts, numbers, errors, hidden rows, columns and sheets, and merged cells."""
    (sheet,) = sheets_of(xlsb(tmp_path / "a.xlsb"))
    assert list(sheet.rows) == [(1, ["Nom", "Poste"]), (2, ["Zoé", "0612"]), (3, ["#N/A", "TRUE"])]
    assert sheet.faults == {(3, 0): Fault("cell_error", "#N/A")}
    assert (sheet.traits.hidden, sheet.traits.hidden_rows, sheet.traits.hidden_columns) == (True, {2}, {1})
    assert sheet.traits.merged == ((3, 0, 3, 1),)
