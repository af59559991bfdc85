"""A look through the records of an .xlsb workbook [MS-XLSB]: what it hides and merges, and which cells are errors."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Iterator, Mapping
from typing import IO

from ..model.errors import BookError
from .binary_cells import BinaryLook
from .gate import DAMAGED
from .package import relations
from .raw import Limits, Scan
from .shown import zeros_of

_ROW, _COLUMNS, _MERGED, _FILTER, _SHEET = 0, 60, 176, 161, 156
_NUMBERS, _ERRORS, _TEXTS = (2, 5, 9), (3, 11), (4, 6, 7, 8, 10)
_FORMAT, _STYLE, _STYLES_BEGIN, _STYLES_END = 44, 47, 617, 618
_LONGEST = 16 * 1024**2


def scan_xlsb(archive: zipfile.ZipFile, limits: Limits) -> tuple[dict[str, Scan], bool]:
    """Return a scan of every sheet, by name in order, and whether values come from other files.

    Raises BookError where the workbook is damaged or holds more than the limits allow.
    """
    try:
        targets = dict(relations(archive, "xl/_rels/workbook.bin.rels"))
        pads = _pads(archive)
        scans = {}
        for kind, data in _records(archive, "xl/workbook.bin"):
            if kind == _SHEET:
                id_, end = _wide(data, 8)
                name, _ = _wide(data, end)
                target_kind, part = targets[id_]
                if target_kind == "worksheet":
                    scans[name] = _sheet(archive, part, limits, pads, hidden=data[0] != 0)
    except (struct.error, IndexError, KeyError) as error:
        raise BookError(DAMAGED) from error
    return scans, any(kind == "externalLink" for kind, _ in targets.values())


def _records(archive: zipfile.ZipFile, part: str) -> Iterator[tuple[int, bytes]]:
    with archive.open(part) as source:
        while head := source.read(1):
            kind = head[0]
            if kind & 0x80:
                kind = kind & 0x7F | source.read(1)[0] << 7
            length = _length(source)
            if length > _LONGEST:
                raise BookError(DAMAGED)
            yield kind, source.read(length)


def _length(source: IO[bytes]) -> int:
    length = 0
    for shift in (0, 7, 14, 21):
        byte = source.read(1)[0]
        length |= (byte & 0x7F) << shift
        if not byte & 0x80:
            break
    return length


def _wide(data: bytes, at: int) -> tuple[str, int]:
    """Return a text and where it ends."""
    end = at + 4 + 2 * struct.unpack_from("<I", data, at)[0]
    return data[at + 4 : end].decode("utf-16-le", "replace"), end


def _pads(archive: zipfile.ZipFile) -> Mapping[int, int]:
    if "xl/styles.bin" not in archive.namelist():
        return {}
    codes, used, inside = {1: "0"}, [], False
    for kind, data in _records(archive, "xl/styles.bin"):
        if kind == _FORMAT:
            codes[struct.unpack_from("<H", data)[0]] = _wide(data, 2)[0]
        elif kind in (_STYLES_BEGIN, _STYLES_END):
            inside = kind == _STYLES_BEGIN
        elif kind == _STYLE and inside:
            used.append(struct.unpack_from("<HH", data)[1])
    zeros = enumerate(zeros_of(codes.get(number, "")) for number in used)
    return {at: count for at, count in zeros if count > 1}


def _sheet(archive: zipfile.ZipFile, part: str, limits: Limits, pads: Mapping[int, int], *, hidden: bool) -> Scan:
    look, row = BinaryLook(limits, pads, hidden=hidden), 0
    for kind, data in _records(archive, part):
        if kind == _ROW:
            row, _, height = struct.unpack_from("<IIH", data)
            if data[11] & 0x10 or not height:
                look.hide_row(row)
        elif kind in _NUMBERS:
            column, style = struct.unpack_from("<II", data)
            look.value(row, column, style & 0xFFFFFF)
        elif kind in _TEXTS:
            look.value(row, struct.unpack_from("<I", data)[0])
        elif kind in _ERRORS:
            look.error(row, struct.unpack_from("<I", data)[0], data[8])
        else:
            _beside_cells(look, kind, data)
    return look.finish()


def _beside_cells(look: BinaryLook, kind: int, data: bytes) -> None:
    if kind == _COLUMNS:
        first, last, width, _, flags = struct.unpack_from("<4IH", data)
        if flags & 1 or not width:
            look.hide_columns(first, last)
    elif kind == _MERGED:
        look.merge(*struct.unpack_from("<4I", data))
    elif kind == _FILTER:
        look.scan.filtered = True
