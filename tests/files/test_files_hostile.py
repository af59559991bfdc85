"""Workbooks made to hurt end in rows or in one sentence, in bounded time and memory, whatever their reader does."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hostile import (
    HEADER,
    MIB,
    PERSON,
    SPACE,
    STYLES,
    TEXTS,
    Parts,
    around,
    cell,
    entry,
    ods,
    ods_row,
    ole,
    parts,
    relations,
    row,
    rows_of,
    sheet,
    strings,
    table,
    types,
    with_row,
    workbook,
    write,
)
from test_files_kinds import strict, xlsb

from xcu_sheets.files import Limits, read_book
from xcu_sheets.files.child import answer
from xcu_sheets.files.isolation import received
from xcu_sheets.model.errors import BookError
from xcu_sheets.words import is_ours

ROWS = ""  # read as a good book; else a piece of the sentence
NO_TYPE = "document type"
NOWHERE = "no spreadsheet has"
LAUGHS = "".join(f'<!ENTITY {chr(98 + at)} "{f"&{chr(97 + at)};" * 10}">' for at in range(9))
LAUGHS = f'<!DOCTYPE x [<!ENTITY a "ha">{LAUGHS}]>'
XXE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>'
DTD = '<!DOCTYPE worksheet SYSTEM "http://127.0.0.1:9/worksheet.dtd">'
ODS = ods_row("first_name", "last_name") + ods_row("Zoe", "Martin")
OPEN, CLOSE = sheet("\0").split("\0")


def without(word: str) -> Parts:
    """Return the parts of a good book but for one."""
    return {name: content for name, content in parts().items() if word not in name}


def two_sheets(first: str, second: str, part: str) -> Parts:
    """Return the parts of a book of two sheets."""
    both = parts(workbook=workbook(first, second), relations=relations("worksheets/sheet1.xml", part))
    return {**both, "xl/more.xml": sheet()}


def many(before: str, piece: bytes, times: int, after: str = "") -> Parts:
    """Return the parts of a book whose sheet says the same thing again and again."""
    return parts(sheet=around(before, piece, times, after))


def styles(count: int) -> Parts:
    """Return the parts of a book of so many cell formats."""
    before, _, after = STYLES.partition('<xf numFmtId="0"/>')
    return parts(styles=around(before, b'<xf numFmtId="14"/>', count, after))


def amplified() -> Parts:
    """Return the parts of a book in which one long text stands in thousands of cells."""
    rows = rows_of(lambda n: row(n, f'<c r="A{n}" t="s"><v>4</v></c>'), range(3, 6000))
    return parts(strings=strings([*TEXTS, "y" * 30_000]), sheet=rows)


def big_strings() -> Parts:
    """Return the parts of a book with 100 MB of shared strings, each another one."""
    pieces = (f"<si><t>{at:x}{'text of some length, ' * 2}{at * 7919:x}</t></si>".encode() for at in range(1_500_000))
    before, after = strings("\0").split("<si><t>\0</t></si>")
    first = "".join(f"<si><t>{text}</t></si>" for text in TEXTS)

    def part():
        yield (before + first).encode()
        yield from pieces
        yield after.encode()

    return parts(strings=part())


# name, the parts of the zip, a piece of the sentence
ZIPS: list[tuple[str, Callable[[], Parts], str]] = [
    # what the zip says of itself
    ("zip in a zip", lambda: {**parts(), "xl/media/image1.zip": b"PK\x03\x04" + b"\0" * 1000}, ROWS),
    ("3,000 members", lambda: {**parts(), **{f"xl/media/{at}": b"" for at in range(3000)}}, "too many"),
    ("part outside", lambda: {**parts(), "../../evil.txt": b"x"}, "path outside"),
    ("absolute part", lambda: {**parts(), "/etc/cron.d/evil": b"x"}, "path outside"),
    ("part on a drive", lambda: {**parts(), "C:evil": b"x"}, "path outside"),
    ("part twice but for case", lambda: {**parts(), "xl/WORKBOOK.xml": b"x"}, "parts twice"),
    # XML that does more than say something
    ("billion laughs in a sheet", lambda: parts(sheet=LAUGHS + sheet(row(2, cell("A2", "&j;")))), NO_TYPE),
    ("billion laughs in strings", lambda: parts(strings=LAUGHS + strings(["&j;"])), NO_TYPE),
    ("billion laughs in styles", lambda: parts(styles=LAUGHS + STYLES), NO_TYPE),
    ("billion laughs in the workbook", lambda: parts(workbook=LAUGHS + workbook("&j;")), NO_TYPE),
    ("file of the system", lambda: parts(strings=XXE + strings(["&a;"])), NO_TYPE),
    ("document type elsewhere", lambda: parts(sheet=DTD + sheet()), NO_TYPE),
    ("document type in relations", lambda: parts(relations=DTD + relations()), NO_TYPE),
    # parts that are not there, or not what they are said to be
    ("sheet on a server", lambda: parts(relations=relations("http://127.0.0.1:9/sheet.xml")), "no part of its own"),
    ("sheet out of the zip", lambda: parts(relations=relations("../../../etc/passwd")), "no part of its own"),
    ("sheet that is the workbook", lambda: parts(relations=relations("workbook.xml")), "no header"),
    ("two sheets, one part", lambda: two_sheets("a", "b", "worksheets/sheet1.xml"), "are one part"),
    ("two sheets, one name", lambda: two_sheets("a", "A", "more.xml"), "named alike"),
    ("no such relation", lambda: parts(relations=relations().replace("rId1", "rId9")), "no part of its own"),
    ("no relations", lambda: without("workbook.xml.rels"), "is missing"),
    ("no sheet part", lambda: without("sheet1"), "no part of its own"),
    ("no shared strings", lambda: without("Strings"), "cannot be read"),
    ("no styles", lambda: without("styles"), ROWS),
    ("no content types", lambda: without("Types"), ROWS),
    ("content type of a text", lambda: parts(types=types("application/vnd.ms-word.document.main+xml")), ROWS),
    ("names of nonsense", lambda: parts(workbook=workbook("&#x202e;=cmd|'../../&#xa;" + "x" * 5000)), ROWS),
    (
        "names of nonsense, no header",
        lambda: parts(workbook=workbook("&#x202e;&#10;\x85"), sheet=sheet("")),
        "no header",
    ),
    ("names of nonsense, twice", lambda: two_sheets("&#x202e;&#10;a", "&#x202e;&#10;b", "more.xml"), "leave one"),
    # extents
    ("lying dimension", lambda: parts(sheet=sheet(before='<dimension ref="A1:XFD1048576"/>')), ROWS),
    ("dimension of nonsense", lambda: parts(sheet=sheet(before='<dimension ref="-1"/>')), ROWS),
    ("cells at both ends", lambda: with_row(row(1048576, cell("XFD1048576"))), "columns"),
    ("cell far below", lambda: with_row(row(1048576, cell("A1048576"))), ROWS),
    ("row too far", lambda: with_row(row(1048577, cell("A1048577"))), NOWHERE),
    ("row of 20 digits", lambda: with_row(row("9" * 20)), NOWHERE),
    ("row -1", lambda: with_row(row(-1)), NOWHERE),
    ("row 0", lambda: with_row(row(0)), NOWHERE),
    ("row NaN", lambda: with_row(row("NaN")), NOWHERE),
    ("column XFE", lambda: with_row(row(3, cell("XFE3"))), NOWHERE),
    ("column of 5,000 letters", lambda: with_row(row(3, cell("A" * 5000 + "3"))), NOWHERE),
    ("no column", lambda: with_row(row(3, cell("3"))), NOWHERE),
    ("cell of another row", lambda: with_row(row(3, cell("A2"))), "another one"),
    ("row twice", lambda: with_row(row(2, cell("A2", "Eve"))), "twice"),
    ("cell twice", lambda: with_row(row(3, cell("A3") + cell("A3"))), "twice"),
    ("cells backwards", lambda: with_row(row(3, cell("B3") + cell("A3"))), "out of order"),
    (
        "row in a row",
        lambda: with_row('<row r="3" hidden="1"><row r="4"/><c t="str"><v>Eve</v></c></row>'),
        "inside another",
    ),
    ("cell in no row", lambda: with_row(cell("A2")), "outside of all rows"),
    ("row of another document", lambda: with_row(f'<e:row xmlns:e="e" r="3">{cell("A3")}</e:row>'), "another kind"),
    ("rows backwards", lambda: parts(sheet=sheet(PERSON + HEADER)), ROWS),
    ("210,000 rows", lambda: parts(sheet=rows_of(lambda n: row(n, cell(f"A{n}")), range(3, 210_000))), "200000 rows"),
    ("600 columns", lambda: with_row(row(3, '<c t="str"><v>x</v></c>' * 600)), "512 columns"),
    (
        "200,000 merged ranges",
        lambda: many(OPEN + "</sheetData>", b'<mergeCell ref="A2:B2"/>', 200_000),
        "merged ranges",
    ),
    ("merged beyond all", lambda: parts(sheet=sheet(after='<mergeCell ref="A1:ZZZZ99999999"/>')), NOWHERE),
    ("columns formatted twice", lambda: parts(sheet=sheet(before='<col min="1" max="16384"/>' * 2)), ROWS),
    (
        "columns formatted too often",
        lambda: many(OPEN, b'<col min="1" max="16384" hidden="1"/>', 9000),
        "again and again",
    ),
    ("500,000 styles", lambda: styles(500_000), "larger than any"),
    ("300,000 styles", lambda: styles(300_000), ROWS),
    # depth, breadth, weight
    ("200,000 elements deep", lambda: with_row(row(3, f"<c>{'<x>' * 200_000}{'</x>' * 200_000}</c>")), ROWS),
    (
        "200,000 attributes",
        lambda: with_row(f"<x {' '.join(f'a{at}=^^' for at in range(200_000))}/>".replace("^", "'")),
        ROWS,
    ),
    ("2,000,000 elements", lambda: many(OPEN, b"<x/>", 2_000_000, HEADER + CLOSE), "beside its cells"),
    ("2,000,000 elements below", lambda: many(OPEN + "</sheetData>", b"<x/>", 2_000_000), "beside its cells"),
    ("2,000,000 elements in an ods", lambda: ods("<x/>" * 2_000_000), "beside its cells"),
    ("comment of 50 MB", lambda: many(f"{OPEN}<!--", b"a" * 1000, 50_000, f"-->{HEADER}{CLOSE}"), "a single piece"),
    ("attribute of 50 MB", lambda: many(f"{OPEN}<x a='", b"a" * 1000, 50_000, f"'/>{HEADER}{CLOSE}"), "a single piece"),
    (
        "1,000,000 blank cells",
        lambda: many(OPEN + HEADER + PERSON, f"<row>{'<c/>' * 100}</row>".encode(), 10_000, CLOSE),
        ROWS,
    ),
    (
        "4,000,000 strings",
        lambda: parts(strings=around(f"<sst xmlns='{SPACE}'>", b"<si/>", 4_000_000, "</sst>")),
        "strings",
    ),
    ("cell of 2 MiB", lambda: with_row(row(3, cell("A3", "".join(map(str, range(MIB // 3)))))), "more than"),
    ("long string in 6,000 cells", amplified, "more than"),
    # values
    ("string -9", lambda: with_row(row(3, '<c r="A3" t="s"><v>-9</v></c>')), "cannot be read"),
    ("string 1000000000", lambda: with_row(row(3, '<c r="A3" t="s"><v>1000000000</v></c>')), "cannot be read"),
    ("number NaN", lambda: with_row(row(3, '<c r="A3"><v>NaN</v></c>')), "cannot be read"),
    ("numbers 1e308, 1e999", lambda: with_row(row(3, '<c r="A3"><v>1e308</v></c><c r="B3"><v>1e999</v></c>')), ROWS),
    ("number of 5,000 digits", lambda: with_row(row(3, f'<c r="A3"><v>{"9" * 5000}</v></c>')), "cannot be read"),
    ("type of nonsense", lambda: with_row(row(3, '<c r="A3" t="&#x202e;"><v>x</v></c>')), ROWS),
    ("half a character", lambda: with_row(row(3, cell("A3", "_xD800_"))), ROWS),
    # encodings
    ("no UTF-8", lambda: parts(sheet=sheet().encode().replace(b"<sheetData>", b"<sheetData>\xe9")), "damaged"),
    ("UTF-16", lambda: parts(sheet=sheet().encode("utf-16")), ROWS),
    ("encoding of nonsense", lambda: parts(sheet='<?xml version="1.0" encoding="x-evil"?>' + sheet()), "damaged"),
    ("XML cut short", lambda: parts(sheet=sheet()[:-20]), "damaged"),
    ("no XML", lambda: parts(sheet=os.urandom(5000)), "damaged"),
    # the other kinds
    ("ods", lambda: ods(table(ODS)), ROWS),
    ("ods of a million rows", lambda: ods(table(ODS + ods_row("x", rows=1048570))), "200000 rows"),
    ("ods of a row too far", lambda: ods(table(ODS + ods_row(rows=99999999) * 9 + ods_row("x"))), NOWHERE),
    ("ods of 9,999,999 columns", lambda: ods(table(ODS + ods_row("x", columns=9999999))), "512 columns"),
    ("ods repeated -1 times", lambda: ods(table(ODS + ods_row("x", rows=-1))), "no spreadsheet does"),
    ("ods far apart", lambda: ods(table(ODS + ods_row(rows=1000000) + ods_row(*"abcdefgh"))), "too far apart"),
    (
        "ods of other prefixes",
        lambda: ods(table(ODS + '<x xmlns:table="e">' + ods_row("Eve") + "</x>")),
        "written like one",
    ),
    ("ods with entities", lambda: {**ods(""), "content.xml": XXE + "<x>&a;</x>"}, NO_TYPE),
    ("ods with a password", lambda: ods(table(ODS), manifest="<m><encryption-data/></m>"), "password"),
    ("ods of garbage", lambda: {**ods(""), "content.xml": os.urandom(3000)}, "damaged"),
    (
        "ods of another kind",
        lambda: {**ods(""), "mimetype": "application/vnd.oasis.opendocument.text"},
        "no spreadsheet",
    ),
    ("xlsb of garbage", lambda: {"xl/workbook.bin": os.urandom(3000), "xl/_rels/workbook.bin.rels": relations()}, ":"),
]


def ends_well(path: Path, said: str, **limits: float) -> None:
    """Read a file: in rows of a person, or in one line with a piece of the sentence; under ten seconds in any case."""
    before, started = set(Path(path.parent).iterdir()), time.monotonic()
    try:
        found = read_book(path, limits=Limits(**limits))
    except BookError as error:
        assert said, str(error)
        assert said in str(error)
        assert str(error).isprintable()
        assert len(str(error)) < 2000
    else:
        assert not said, "it was read"
        assert "Martin" in found.sheets["users"].frame["last_name"].tolist()
    assert time.monotonic() - started < 10
    assert set(Path(path.parent).iterdir()) == before


@pytest.mark.parametrize(("make", "said"), [(m, s) for _, m, s in ZIPS], ids=[name for name, _, _ in ZIPS])
def test_hostile_zip(tmp_path, make, said):
    """Each ends in rows, or in one sentence that names the file and what to do."""
    write(tmp_path / "book.xlsx", make())
    ends_well(tmp_path / "book.xlsx", said)


SMALL = [
    (name, make, said) for name, make, said in ZIPS if not name[0].isdigit() and said not in ("no header", "leave one")
]


@pytest.mark.parametrize(("make", "said"), [(m, s) for _, m, s in SMALL], ids=[name for name, _, _ in SMALL])
def test_what_the_reader_says(tmp_path, make, said):
    """The reader's own last word is its end or the very sentence; what it sent before is one JSON value a line."""
    write(tmp_path / "book.xlsx", make())
    out = io.BytesIO()
    with (tmp_path / "book.xlsx").open("rb") as file:
        answer(Limits(), file, out)
    *_, last = map(json.loads, out.getvalue().splitlines())
    if not said:
        assert last["end"], last
    else:
        with pytest.raises(BookError, match=re.escape(said)):
            received(io.BytesIO(out.getvalue()))
        assert is_ours(last["error"])


def test_a_good_one_is_read(tmp_path):
    """What the others are made from is a good book."""
    write(tmp_path / "book.xlsx", parts())
    ends_well(tmp_path / "book.xlsx", ROWS)


def test_what_is_no_cell_is_not_read(tmp_path):
    """An element of another name in a hidden row holds no value, whatever it looks like."""
    write(tmp_path / "book.xlsx", with_row('<row r="3" hidden="1"><x r="A3" t="str"><v>Eve</v></x></row>'))
    assert read_book(tmp_path / "book.xlsx").sheets["users"].frame["last_name"].tolist() == ["Martin"]


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/media/image1.png"])
def test_zip_bomb(tmp_path, part):
    """64 MiB of blanks in a hundredth of that, read or not, are refused by the zip's own directory."""
    write(tmp_path / "book.xlsx", {**parts(), part: around(OPEN, b" " * 1024, 64_000, CLOSE)}, packed=True)
    ends_well(tmp_path / "book.xlsx", "no honest book")


def test_zip_that_is_large_inside(tmp_path):
    """More than may be unpacked is refused, however it is packed."""
    write(tmp_path / "book.xlsx", parts())
    ends_well(tmp_path / "book.xlsx", "larger inside", unpacked_bytes=1000)


@pytest.mark.parametrize("kept", [4, 30, 0.2, 0.5, 0.9, -22, -1])
def test_cut_short(tmp_path, kept):
    """A workbook cut anywhere is said to be cut."""
    write(tmp_path / "book.xlsx", parts())
    content = (tmp_path / "book.xlsx").read_bytes()
    (tmp_path / "book.xlsx").write_bytes(content[: int(kept * len(content)) if 0 < kept < 1 else kept])
    ends_well(tmp_path / "book.xlsx", "cut short")


def test_size_that_lies(tmp_path):
    """A part that is larger than the directory of the zip says."""
    write(tmp_path / "book.xlsx", parts(sheet=sheet(after="<x/>" * 5000)))
    with zipfile.ZipFile(tmp_path / "book.xlsx") as archive:
        true = archive.getinfo("xl/worksheets/sheet1.xml").file_size.to_bytes(4, "little")
    content = (tmp_path / "book.xlsx").read_bytes()
    (tmp_path / "book.xlsx").write_bytes(content.replace(true, (400).to_bytes(4, "little")))
    ends_well(tmp_path / "book.xlsx", "damaged")


def test_encrypted_members(tmp_path):
    """A zip whose members need a password."""
    write(tmp_path / "book.xlsx", parts())
    content = bytearray((tmp_path / "book.xlsx").read_bytes())
    at = content.find(b"PK\x01\x02")
    while at >= 0:
        content[at + 8] |= 1
        at = content.find(b"PK\x01\x02", at + 4)
    (tmp_path / "book.xlsx").write_bytes(content)
    ends_well(tmp_path / "book.xlsx", "password-protected")


def test_the_file_that_aborts_calamine(tmp_path):
    """Two cells at both ends of a sheet, in 2 KB of Strict Open XML, are refused before calamine sees them."""
    write(tmp_path / "a.xlsx", with_row(row(1048576, cell("XFD1048576"))))
    ends_well(strict(tmp_path / "a.xlsx", tmp_path / "b.xlsx"), "columns")


DIRECTORY = entry("Root Entry", 5, 0xFFFFFFFE, 0)
GARBAGE = os.urandom(5120)
OLES = [
    ("encrypted", ole((DIRECTORY + entry("EncryptedPackage", 2, 2, 5000)).ljust(512, b"\0"), [-3, -2]), "password"),
    ("word document", ole((DIRECTORY + entry("WordDocument", 2, 2, 5000)).ljust(512, b"\0"), [-3, -2]), "no workbook"),
    (
        "stream of garbage",
        ole((DIRECTORY + entry("Workbook", 2, 2, 5000)).ljust(512, b"\0") + GARBAGE, [-3, -2, *range(3, 12), -2]),
        ":",
    ),
    (
        "chain that goes round",
        ole((DIRECTORY + entry("Workbook", 2, 2, 5000)).ljust(2048, b"\0"), [-3, -2, 3, 2]),
        "cut",
    ),
    ("directory that goes round", ole(DIRECTORY.ljust(512, b"\0"), [-3, 1]), "cut"),
    ("chain out of the file", ole(DIRECTORY.ljust(512, b"\0"), [-3, 9999]), "cut"),
    ("directory out of the file", ole(DIRECTORY.ljust(512, b"\0"), [-3, -2], start=99999), "cut"),
    ("garbage", b"\xd0\xcf\x11\xe0" + GARBAGE, "cut"),
]


@pytest.mark.parametrize(("content", "said"), [(c, s) for _, c, s in OLES], ids=[name for name, _, _ in OLES])
def test_hostile_xls(tmp_path, content, said):
    """What begins like an old Excel file and is none, or hurts, is one sentence."""
    (tmp_path / "book.xls").write_bytes(content)
    ends_well(tmp_path / "book.xls", said)


@pytest.mark.parametrize("at", range(0, 3000, 500))
def test_spoilt_xlsb(tmp_path, at):
    """A byte changed anywhere in an .xlsb ends in rows or in a sentence."""
    content = bytearray(xlsb(tmp_path / "book.xlsb").read_bytes())
    content[at % len(content)] ^= 0xFF
    (tmp_path / "book.xlsb").write_bytes(content)
    try:
        read_book(tmp_path / "book.xlsb")
    except BookError as error:
        assert str(error).isprintable()


def test_time_is_bounded(tmp_path):
    """A reader that takes too long is ended, and that is said."""
    write(tmp_path / "book.xlsx", parts(sheet=rows_of(lambda n: row(n, cell(f"A{n}")), range(3, 100_000))))
    ends_well(tmp_path / "book.xlsx", "takes longer than 0.2 s", seconds=0.2)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_memory_is_bounded(tmp_path):
    """100 MB of shared strings are read within 512 MiB, and refused where less is allowed."""
    write(tmp_path / "book.xlsx", big_strings())
    ends_well(tmp_path / "book.xlsx", "memory", memory_bytes=128 * MIB)
    ends_well(tmp_path / "book.xlsx", ROWS)


@pytest.mark.slow
def test_a_million_blank_rows_are_honest(tmp_path):
    """Formatting a whole column writes a million rows down: the list above them is read, within 15 seconds."""
    blank = rows_of(lambda n: f'<row r="{n}"><c r="A{n}" s="0"/><c r="B{n}" s="0"/></row>', range(3, 1_048_577))
    write(tmp_path / "book.xlsx", parts(sheet=blank))
    started = time.monotonic()
    assert len(read_book(tmp_path / "book.xlsx").sheets["users"].frame) == 1
    assert time.monotonic() - started < 15


@pytest.fixture
def reading(tmp_path):
    """A command that reads a large workbook, with a password in its environment, and the process that does it."""
    write(tmp_path / "book.xlsx", parts(sheet=rows_of(lambda n: row(n, cell(f"A{n}")), range(3, 199_000))))
    command = [sys.executable, "-m", "xcu_sheets", "check", str(tmp_path / "book.xlsx")]
    environment = {**os.environ, "XCU_PASSWORD": "hunter2"}
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment) as process:
        yield process, _reader_of(process.pid)
        process.kill()


def _reader_of(pid: int) -> Path:
    """Return where /proc tells of the reader, once it is at work."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    if not children.exists():
        pytest.skip("this system does not tell children")
    until = time.monotonic() + 20
    while time.monotonic() < until:
        for child in children.read_text().split():
            if b"xcu_sheets.files.child" in Path(f"/proc/{child}/cmdline").read_bytes():
                return Path(f"/proc/{child}")
        time.sleep(0.02)
    raise AssertionError("no reader was started")


def test_ctrl_c_ends_the_reader_too(reading):
    """Nobody goes on reading for a command that was interrupted."""
    process, reader = reading
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == 130
    assert not reader.exists()


def test_the_reader_gets_nothing_of_ours(reading):
    """No variable of the environment, a password among them, is in the process that reads."""
    process, reader = reading
    assert b"hunter2" in Path(f"/proc/{process.pid}/environ").read_bytes()
    assert b"hunter2" not in (reader / "environ").read_bytes()
