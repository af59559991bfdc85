"""What is written is what is read: workbooks and CSV folders."""

import json
import subprocess
import sys
import zipfile

import pytest
from files_samples import NASTY_NAMES, READ_ME, SECRET, baseline, frames, repack, same, users
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xcu_sheets.files import read_book, write_book, write_csv, write_folder
from xcu_sheets.files.baseline import pack
from xcu_sheets.model.book import Baseline
from xcu_sheets.model.errors import BookError
from xcu_sheets.model.snapshot import text_frame

CODES = st.characters(codec="utf-8", exclude_characters="\0")


def written(folder, kind, shown, base):
    """Write a book of either kind."""
    if kind == "xlsx":
        return write_book(folder / "book.xlsx", shown, baseline=base, read_me=READ_ME)
    return write_folder(folder / "book", shown, baseline=base)


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_book_and_baseline_come_back(tmp_path, kind):
    """Every sheet and the whole baseline are as written, nasty names included, without a problem."""
    shown = frames(*NASTY_NAMES)
    book = read_book(written(tmp_path, kind, shown, baseline(shown)))
    assert book.problems == ()
    assert book.baseline.about() == baseline(shown).about()
    assert list(book.sheets) == list(shown)
    for name, frame in shown.items():
        assert same(book.sheets[name].frame, frame)
        assert same(book.baseline.frames[name], frame)
        assert list(book.sheets[name].frame.index) == list(book.baseline.frames[name].index)
    assert list(book.sheets["users"].frame.index) == list(range(2, len(NASTY_NAMES) + 2))
    assert book.sheets["users"].letters["internal_number"] == "G"


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_original_text_is_as_written(tmp_path, kind):
    """Control characters, line breaks and outer blanks reach `original` untouched, and unknown columns with them."""
    raw = ["a\nb", " x ", "\x0b", "tab\there", "line\u2028sep", "=1+1", "'", "''", "a\u00a0b"]
    frame = users(*raw).assign(Matricule=raw)
    sheet = read_book(written(tmp_path, kind, {"users": frame}, None)).sheets["users"]
    assert sheet.original["Matricule"].tolist() == raw
    assert "Matricule" not in sheet.frame


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(st.lists(st.text(CODES), min_size=1, max_size=6))
def test_any_text_survives_both(tmp_path, texts):
    """Generated texts are lossless in both kinds of book."""
    frame = users(*texts).assign(Note=texts)
    for kind in ("xlsx", "csv"):
        sheet = read_book(written(tmp_path, kind, {"users": frame}, None)).sheets["users"]
        assert sheet.original["Note"].tolist() == texts


def test_both_storages_decode_once(tmp_path):
    """The same escaped cell reads alike as inline and as shared string, `x005F_` in a shared string included."""
    texts = ["_x0041_", "x005F_ kept", "a\rb", "_x005F_"]
    path = written(tmp_path, "xlsx", {"users": users(*texts)}, None)
    inline = read_book(path).sheets["users"].original["Last name"].tolist()
    assert inline == texts
    assert read_book(shared_strings(path, tmp_path)).sheets["users"].original["Last name"].tolist() == texts


def shared_strings(path, folder):
    """Return a copy of a workbook with its inline strings moved to a shared string table."""
    import re

    with zipfile.ZipFile(path) as archive:
        names = [n for n in archive.namelist() if n.startswith("xl/worksheets/sheet")]
        parts = {n: archive.read(n).decode() for n in names}
        types = archive.read("[Content_Types].xml").decode()
    strings = []

    def move(found):
        strings.append(found[2])
        return f'<c{found[1]} t="s"><v>{len(strings) - 1}</v></c>'

    inline = re.compile(r'<c([^>]*) t="inlineStr"><is>(.*?)</is></c>', re.DOTALL)
    edits = {n: inline.sub(move, text) for n, text in parts.items()}
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    edits["xl/sharedStrings.xml"] = f'<sst xmlns="{space}">{"".join(f"<si>{s}</si>" for s in strings)}</sst>'
    if "sharedStrings" not in types:
        kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
        override = f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}"/></Types>'
        edits["[Content_Types].xml"] = types.replace("</Types>", override)
    return repack(path, folder / "shared.xlsx", {n: t.encode() for n, t in edits.items()})


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_secrets_reach_the_frame_and_no_baseline(tmp_path, kind):
    """A password in a frame is written only to its sheet, never to the baseline, whatever the caller passes."""
    frame = users("Martin").assign(cti_password=SECRET)
    path = written(tmp_path, kind, {"users": frame}, baseline({"users": frame}))
    book = read_book(path)
    assert book.sheets["users"].frame["cti_password"].tolist() == [SECRET]
    assert book.baseline.frames["users"]["cti_password"].tolist() == [""]
    assert SECRET not in "".join(map(str, book.problems))


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_blank_secret_columns_leave_no_secret_bytes(tmp_path, kind):
    """With masked frames no byte of any file or zip member holds the secret that the baseline was given."""
    secret = users("Martin").assign(cti_password=SECRET)
    path = written(tmp_path, kind, {"users": users("Martin")}, baseline({"users": secret}))
    if kind == "xlsx":
        with zipfile.ZipFile(path) as archive:
            contents = [archive.read(name) for name in archive.namelist()]
        assert read_book(path).baseline.frames["users"]["cti_password"].tolist() == [""]
    else:
        contents = [file.read_bytes() for file in path.rglob("*") if file.is_file()]
    assert not any(SECRET.encode() in content for content in contents)


def test_long_cell_is_refused(tmp_path):
    """A text that Excel would cut is refused by sheet, row and column; nothing is written."""
    with pytest.raises(BookError, match="sheet users, row 3, column Last name: longer than"):
        written(tmp_path, "xlsx", {"users": users("a", "😀" * 16_384)}, None)
    assert list(tmp_path.iterdir()) == []
    read = read_book(written(tmp_path, "xlsx", {"users": users("a", "b" * 32_767)}, None))
    assert len(read.sheets["users"].frame.loc[3, "last_name"]) == 32_767


@pytest.mark.parametrize(("kind", "text"), [("xlsx", "\ud800"), ("csv", "\ud800"), ("csv", "a\0b")])
def test_unwritable_character_is_refused(tmp_path, kind, text):
    """A lone surrogate, and NUL in CSV, end the export with the row named."""
    with pytest.raises(BookError, match="row 2, column"):
        written(tmp_path, kind, {"users": users(text)}, None)


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_empty_sheets_come_back_empty(tmp_path, kind):
    """A book of headers only is a book."""
    shown = {"users": users(), "templates": frames()["templates"].iloc[:0]}
    book = read_book(written(tmp_path, kind, shown, baseline(shown)))
    assert {name: len(sheet.frame) for name, sheet in book.sheets.items()} == {"users": 0, "templates": 0}
    assert list(book.baseline.frames["users"].columns) == list(shown["users"].columns)


def test_french_book_is_read(tmp_path):
    """A book with French headers reads as the English one does."""
    shown = frames()
    path = write_book(tmp_path / "fr.xlsx", shown, baseline=None, read_me=READ_ME, lang="fr")
    book = read_book(path)
    assert all(same(book.sheets[name].frame, frame) for name, frame in shown.items())
    assert "Prénom" in book.sheets["users"].original


def test_large_baseline_is_cut_into_cells():
    """No cell of the baseline sheet comes near the limit of a cell."""
    import random

    noise = random.Random(1)
    cells = pack(baseline({"users": users(*(f"{noise.random()}" for _ in range(20_000)))}))
    assert len(cells) > 4
    assert max(map(len, cells)) <= 30_000


@pytest.mark.parametrize(
    "damage",
    [
        lambda cells: [cells[0], "0" * 64, *cells[2:]],
        lambda cells: [*cells[:2], cells[2][:-40]],
        lambda cells: [*cells[:2], "not base64 at all!"],
        lambda cells: cells[:2],
        lambda cells: cells[:1],
        lambda cells: ["something else", *cells[1:]],
    ],
)
def test_damaged_baseline_is_no_baseline(tmp_path, monkeypatch, damage):
    """A baseline that is not what was written is left out, with a warning."""
    from xcu_sheets.files import workbook

    monkeypatch.setattr(workbook, "pack", lambda base: damage(pack(base)))
    book = read_book(written(tmp_path, "xlsx", frames(), baseline(frames())))
    assert (book.baseline, [p.code for p in book.problems]) == (None, ["baseline_damaged"])


def test_baseline_bomb_is_capped(tmp_path, monkeypatch):
    """A baseline that unpacks beyond the cap is damage, not memory."""
    from xcu_sheets.files import baseline as module

    monkeypatch.setattr(module, "LIMIT", 1000)
    path = written(tmp_path, "xlsx", frames(*["x"] * 500), baseline(frames(*["x"] * 500)))
    assert [p.code for p in read_book(path).problems] == ["baseline_damaged"]


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_newer_baseline_is_refused(tmp_path, kind):
    """A book of a newer format ends in one line."""
    newer = Baseline("b", "s", "l", "t", frames(), format=2)
    with pytest.raises(BookError, match="newer xcu-sheets"):
        read_book(written(tmp_path, kind, frames(), newer))


def test_folder_without_baseline_says_so(tmp_path):
    """A folder that lost its baseline is read as hand-made, with a warning; an edited baseline is damage."""
    folder = written(tmp_path, "csv", frames(), baseline(frames()))
    about = folder / "baseline" / "book.json"
    edited = {**json.loads(about.read_text()), "server": "http://elsewhere"}
    about.write_text(json.dumps(edited))
    assert [p.code for p in read_book(folder).problems] == ["baseline_damaged"]
    about.write_text("[1")
    assert [p.code for p in read_book(folder).problems] == ["baseline_damaged"]
    about.unlink()
    assert [p.code for p in read_book(folder).problems] == ["baseline_missing"]


def test_folder_of_another_export_is_refused(tmp_path):
    """Old sheets never end up beside a new baseline, and a new export without baseline removes the old one."""
    folder = written(tmp_path, "csv", frames(), baseline(frames()))
    with pytest.raises(BookError, match=r"templates\.csv, entities\.csv, xivos\.csv of another export"):
        write_folder(folder, {"users": users("x")}, baseline=None)
    write_folder(folder, frames(), baseline=None)
    assert list((folder / "baseline").iterdir()) == []


def test_csv_bytes_are_as_agreed(tmp_path):
    """BOM, semicolons, CRLF, machine names, guarded cells and headers."""
    frame = text_frame({"last_name": ["=1+1", "x"], "=evil": ["0612", ""]})
    content = write_csv(tmp_path / "r.csv", frame).read_bytes()
    assert content == b"\xef\xbb\xbflast_name;'=evil\r\n'=1+1;'0612\r\nx;\r\n"


def test_reading_csv_loads_no_workbook_library(tmp_path):
    """Reading and writing CSV imports neither openpyxl nor XlsxWriter."""
    folder = written(tmp_path, "csv", frames(), None)
    code = (
        f"import sys, xcu_sheets.files as f; f.read_book({str(folder)!r}); "
        "print(sorted({'openpyxl', 'xlsxwriter'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
