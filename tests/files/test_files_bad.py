"""Files that are no books: each one clear sentence."""

import os
import sys
import zipfile

import openpyxl
import pytest
from files_samples import READ_ME, frames, repack

from xcu_sheets.files import Limits, read_book, write_book
from xcu_sheets.model.errors import BookError

HEADER = "first_name;last_name;internal_number\n"

# file name, content, words that the sentence must hold
BAD = [
    ("empty.xlsx", b"", "is empty"),
    ("empty.csv", b"", "is empty"),
    ("blank.csv", b"\n\n ; \n", "no header"),
    ("page.xlsx", b"<html><table><tr><td>Nom</td></tr></table></html>", "web page"),
    ("page.xls", b"\xef\xbb\xbf <!DOCTYPE html><html></html>", "web page"),
    ("old.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "damaged or cut short"),
    ("text.xlsx", b"hello", "not a workbook in spite of its name"),
    ("~$book.xlsx", b"x", "lock file"),
    ("cut.xlsx", b"PK\x03\x04" + b"\0" * 100, "damaged or cut short"),
    ("notes.txt", b"Dear all,\nplease find enclosed\n", "no header found in the first 20 rows"),
    ("photo.csv", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "NUL characters"),
    ("bytes.csv", b"first_name;last_name\nZo\x81;x\n", "neither UTF-8 nor Windows text"),
    ("cut16.csv", b"\xff\xfea", "line 1 is not UTF-16"),
    ("nul.csv", HEADER.encode() + b"a;\0;1\n", "NUL characters"),
    ("quote.csv", (HEADER + 'a;"b;1\nc;d;2\n').encode(), "line 2 is damaged"),
    ("quotes.csv", (HEADER + 'a;"b"c;1\n').encode(), "line 2 is damaged"),
    ("long.csv", (HEADER + "a;b;1\na;b;c;d\n").encode(), "line 3 has 4 cells, the header has 3"),
    ("short.csv", (HEADER + "a;b;1\na;b\n").encode(), "line 3 has 2 cells, the header has 3"),
    ("huge.csv", (HEADER + "a;" + "b" * 140_000 + ";1\n").encode(), "line 2 is damaged"),
    ("names.csv", b"Nom;Site\nMartin;Lyon\n", r"no column First name \(first_name\), nor Id"),
    ("users.csv", b"Prenom;Site\nZoe;Lyon\n", r"no column Last name \(last_name\), nor Id"),
    ("templates.csv", b"xivos;entities\na;b\n", r"no column Name \(name\), nor Id"),
    ("users2.csv", b"first_name;last_name;Nom\na;b;c\n", 'B "last_name" and C "Nom" both mean last_name'),
    ("users3.csv", b"first_name;last_name;Note;note\na;b;c;d\n", 'C "Note" and D "note" have the same header'),
]


@pytest.mark.parametrize(("name", "content", "said"), BAD, ids=[name for name, _, _ in BAD])
def test_bad_file_is_one_sentence(tmp_path, name, content, said):
    """The sentence names the file and says what it is; no traceback text, no line break."""
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(BookError, match=said) as caught:
        read_book(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_file_and_folder(tmp_path):
    """A missing file and a folder without sheets."""
    with pytest.raises(BookError, match="no such file"):
        read_book(tmp_path / "a.xlsx")
    (tmp_path / "other.csv").write_text("a;b\n")
    (tmp_path / "letter.txt").write_text("first_name;last_name\n")
    with pytest.raises(BookError, match="holds no sheet"):
        read_book(tmp_path)


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root and Windows may read everything")
def test_no_permission(tmp_path):
    """A file that may not be read."""
    path = tmp_path / "a.csv"
    path.write_text(HEADER)
    path.chmod(0)
    with pytest.raises(BookError, match="no permission"):
        read_book(path)


def test_permission_error_is_one_sentence(tmp_path, monkeypatch):
    """The same where the tests run as root."""
    from xcu_sheets.files import reading

    def refuse(*_args):
        raise PermissionError(13, "Permission denied")

    (tmp_path / "a.csv").write_text(HEADER)
    monkeypatch.setattr(reading, "file_kind", refuse)
    with pytest.raises(BookError, match="no permission"):
        read_book(tmp_path / "a.csv")


@pytest.fixture
def good(tmp_path):
    """A good workbook to spoil."""
    return write_book(tmp_path / "good.xlsx", frames(), baseline=None, read_me=READ_ME)


def test_truncated_workbook(good):
    """Half a workbook."""
    good.write_bytes(good.read_bytes()[:-200])
    with pytest.raises(BookError, match="damaged or cut short"):
        read_book(good)


def test_flipped_byte(good):
    """A damaged part: the checksum of the zip tells."""
    with zipfile.ZipFile(good) as archive:
        part = archive.getinfo("xl/worksheets/sheet2.xml")
    content = bytearray(good.read_bytes())
    content[part.header_offset + 80] ^= 0xFF
    good.write_bytes(content)
    with pytest.raises(BookError, match=r"cannot be read|damaged"):
        read_book(good)


@pytest.mark.parametrize(
    ("edits", "said"),
    [
        ({"xl/workbook.xml": b"<workbook xmlns='http://purl.oclc.org/ooxml/spreadsheetml/main'/>"}, "no sheets"),
        ({"xl/workbook.xml": b"<broken"}, "damaged"),
        ({"xl/media/bomb.bin": b"\0" * 5_000_000}, "packed as no honest book"),
    ],
)
def test_odd_workbooks(good, tmp_path, edits, said):
    """Strict, malformed and inflated workbooks."""
    with pytest.raises(BookError, match=said):
        read_book(repack(good, tmp_path / "odd.xlsx", edits))


@pytest.mark.parametrize(
    ("member", "said"),
    [("mimetype", "OpenDocument"), ("word/document.xml", "Word"), ("a.txt", "a zip file")],
)
def test_other_zips(tmp_path, member, said):
    """A zip that is something else is called by its name."""
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(member, "x")
    with pytest.raises(BookError, match=said):
        read_book(path)


def test_zip_with_a_part_twice(good, tmp_path):
    """Two parts of one name: readers disagree on which counts."""
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(good, "a") as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"<x/>")
    with pytest.raises(BookError, match="parts twice"):
        read_book(good)


@pytest.mark.parametrize(
    "limits", [Limits(file_bytes=10), Limits(unpacked_bytes=10), Limits(rows=1), Limits(columns=3), Limits(members=3)]
)
def test_limits_are_options(good, limits):
    """Each limit refuses by itself."""
    with pytest.raises(BookError):
        read_book(good, limits=limits)


def test_csv_limits(tmp_path):
    """Rows and columns are bounded in CSV too."""
    path = tmp_path / "a.csv"
    path.write_text(HEADER + "a;b;1\n" * 5)
    for limits in (Limits(rows=3), Limits(columns=2), Limits(file_bytes=10)):
        with pytest.raises(BookError, match="not read"):
            read_book(path, limits=limits)


def test_two_sheets_that_fit(tmp_path):
    """`users` and `users (2)`: an error naming both."""
    book = openpyxl.Workbook()
    for sheet in (book.active, book.create_sheet("users (2)")):
        sheet.append(["first_name", "last_name"])
        sheet.append(["a", "b"])
    book.worksheets[0].title = "users"
    book.save(tmp_path / "a.xlsx")
    with pytest.raises(BookError, match=r'"users" and "users \(2\)" both are users sheets'):
        read_book(tmp_path / "a.xlsx")


def test_workbook_named_csv_in_a_folder(good, tmp_path):
    """Said as what it is; alone it is simply read."""
    folder = tmp_path / "folder"
    folder.mkdir()
    copy = folder / "users.csv"
    copy.write_bytes(good.read_bytes())
    with pytest.raises(BookError, match=r"a workbook named \.csv"):
        read_book(folder)
    assert "users" in read_book(copy).sheets
