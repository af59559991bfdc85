"""Workbooks made to hurt, written when a test asks for them."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

SPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
TEXTS = ("first_name", "last_name", "Zoe", "Martin")
HEADER = '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row>'
PERSON = '<row r="2"><c r="A2" t="s"><v>2</v></c><c r="B2" t="s"><v>3</v></c></row>'
STYLES = f'<styleSheet xmlns="{SPACE}"><cellXfs><xf numFmtId="0"/></cellXfs></styleSheet>'
MIB = 1024**2

Parts = dict[str, "bytes | str | Iterable[bytes]"]


def sheet(rows: str = HEADER + PERSON, before: str = "", after: str = "") -> str:
    """Return a worksheet part."""
    return f'<worksheet xmlns="{SPACE}">{before}<sheetData>{rows}</sheetData>{after}</worksheet>'


def strings(texts: Iterable[str] = TEXTS) -> str:
    """Return a part of shared strings."""
    return f'<sst xmlns="{SPACE}">{"".join(f"<si><t>{text}</t></si>" for text in texts)}</sst>'


def workbook(*names: str, more: str = "") -> str:
    """Return a workbook part that names sheets, rId1 for the first."""
    listed = "".join(f'<sheet name="{n}" sheetId="{at}" r:id="rId{at}"/>' for at, n in enumerate(names, start=1))
    return f'<workbook xmlns="{SPACE}" xmlns:r="{RELATION}"><sheets>{listed}</sheets>{more}</workbook>'


def relations(*targets: str) -> str:
    """Return the workbook's relations: to worksheets, styles and shared strings."""
    kinds = [("worksheet", target) for target in targets or ("worksheets/sheet1.xml",)]
    kinds += [("styles", "styles.xml"), ("sharedStrings", "sharedStrings.xml")]
    listed = "".join(
        f'<Relationship Id="rId{at}" Type="{RELATION}/{kind}" Target="{target}"/>'
        for at, (kind, target) in enumerate(kinds, start=1)
    )
    return f'<Relationships xmlns="{PACKAGE}/relationships">{listed}</Relationships>'


def types(book: str = f"{TYPE}.sheet.main+xml") -> str:
    """Return the part of content types."""
    return (
        f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="xml" ContentType="{TYPE}.worksheet+xml"/>'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{book}"/></Types>'
    )


def parts(**changes: bytes | str | Iterable[bytes]) -> Parts:
    """Return the parts of a small good workbook with some of them changed: sheet, strings, workbook, styles, ..."""
    return {
        "[Content_Types].xml": changes.get("types", types()),
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{RELATION}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": changes.get("workbook", workbook("users")),
        "xl/_rels/workbook.xml.rels": changes.get("relations", relations()),
        "xl/worksheets/sheet1.xml": changes.get("sheet", sheet()),
        "xl/sharedStrings.xml": changes.get("strings", strings()),
        "xl/styles.xml": changes.get("styles", STYLES),
    }


def write(path: Path, members: Parts, *, packed: bool = False) -> None:
    """Write a zip, large members piece by piece; not packed, its ratio gives nothing away."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED) as archive:
        for name, content in members.items():
            with archive.open(name, "w") as part:
                _fill(part, content)


def _fill(part: io.BufferedIOBase | zipfile.ZipExtFile, content: bytes | str | Iterable[bytes]) -> None:
    if isinstance(content, str):
        content = content.encode()
    for piece in [content] if isinstance(content, bytes) else content:
        part.write(piece)  # type: ignore[union-attr]


def around(before: str, piece: bytes, times: int, after: str) -> Iterable[bytes]:
    """Yield a large part: what stands around many pieces, a thousand of them at a time."""
    yield before.encode()
    thousand = piece * 1000
    for _ in range(times // 1000):
        yield thousand
    yield after.encode()


def rows_of(make: Callable[[int], str], numbers: Iterable[int]) -> Iterable[bytes]:
    """Yield the pieces of a sheet whose rows are made one by one, below the header and a person."""
    head, tail = sheet("\0").split("\0")
    yield (head + HEADER + PERSON).encode()
    for number in numbers:
        yield make(number).encode()
    yield tail.encode()


def cell(address: str, text: str = "x") -> str:
    """Return a cell with text."""
    return f'<c r="{address}" t="str"><v>{text}</v></c>'


def row(number: object, cells: str = "") -> str:
    """Return a row with whatever number."""
    return f'<row r="{number}">{cells}</row>'


def with_row(text: str) -> Parts:
    """Return the parts of a book whose sheet has something below its rows."""
    return parts(sheet=sheet(HEADER + PERSON + text))


def table(rows: str) -> str:
    """Return a table of an .ods."""
    return f'<table:table table:name="users">{rows}</table:table>'


def ods_row(*texts: str, rows: int = 1, columns: int = 1) -> str:
    """Return a row of an .ods, repeated as often as told, its cells too."""
    kind = f'table:number-columns-repeated="{columns}" office:value-type="string"'
    cells = "".join(f"<table:table-cell {kind}><text:p>{t}</text:p></table:table-cell>" for t in texts)
    return f'<table:table-row table:number-rows-repeated="{rows}">{cells}</table:table-row>'


def ods(content: str, manifest: str = "<m/>") -> Parts:
    """Return the parts of an .ods workbook."""
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text", "style")
    )
    body = f"<office:document-content {spaces}><office:body><office:spreadsheet>{content}</office:spreadsheet>"
    whole = f"{body}</office:body></office:document-content>"
    return {
        "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
        "content.xml": whole,
        "META-INF/manifest.xml": manifest,
    }


def ole(sectors: bytes, fat: Iterable[int], *, start: int = 1, mini: int = 0xFFFFFFFE) -> bytes:
    """Return an OLE compound file: header, one sector of table, the directory and what else is given."""
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16 + struct.pack("<5H", 0x3E, 3, 0xFFFE, 9, 6) + b"\0" * 6
    head += struct.pack("<9I", 0, 1, start, 0, 4096, mini, 0, 0xFFFFFFFE, 0) + struct.pack("<I", 0) + b"\xff" * 432
    table = struct.pack("<128I", *[*(number & 0xFFFFFFFF for number in fat), *[0xFFFFFFFF] * 128][:128])
    return head + table + sectors


def entry(name: str, kind: int, start: int, size: int) -> bytes:
    """Return one entry of an OLE directory."""
    wide = name.encode("utf-16-le") + b"\0\0"
    return (
        wide.ljust(64, b"\0") + struct.pack("<HBB", len(wide), kind, 1) + b"\0" * 48 + struct.pack("<IQ", start, size)
    )
