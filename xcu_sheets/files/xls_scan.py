"""A look through the records of an .xls workbook [MS-XLS]: what it hides and merges, and which cells are errors."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping

from ..model.errors import BookError
from .binary_cells import BinaryLook
from .compound_file import CompoundFile, check_encryption
from .gate import DAMAGED, SAVE_AS
from .raw import Limits, Scan
from .shown import zeros_of

_BOF, _EOF, _FILEPASS, _BOUNDSHEET, _FORMAT, _XF = 0x809, 0x0A, 0x2F, 0x85, 0x41E, 0xE0
_FORMULA_ERROR = 2
_Record = tuple[int, bytes]


def scan_xls(content: bytes, limits: Limits) -> list[Scan]:
    """Return a scan of every sheet in order; raises BookError where the file is no workbook or has a password."""
    file = CompoundFile(content)
    check_encryption(file)
    name = next((name for name in ("Workbook", "Book") if name in file.names()), "")
    if not name:
        raise BookError("an old Office file that is no workbook: {save_as}", save_as=SAVE_AS)
    stream = file.stream(name)
    try:
        return _scan(stream, limits)
    except (struct.error, IndexError) as error:
        raise BookError(DAMAGED) from error


def _scan(stream: bytes, limits: Limits) -> list[Scan]:
    sheets: list[tuple[int, int]] = []
    codes: dict[int, str] = {1: "0"}
    used: list[int] = []
    for kind, data in _records(stream, 0):
        if kind == _FILEPASS:
            raise BookError("password-protected: {save_as} without a password", save_as=SAVE_AS)
        if kind == _BOUNDSHEET:
            sheets.append(struct.unpack_from("<IB", data))
        elif kind == _FORMAT:
            codes[struct.unpack_from("<H", data)[0]] = _format_code(data)
        elif kind == _XF:
            used.append(struct.unpack_from("<HH", data)[1])
    pads = {at: zeros_of(codes.get(number, "")) for at, number in enumerate(used)}
    pads = {at: zeros for at, zeros in pads.items() if zeros > 1}
    return [_sheet(stream, start, limits, pads, hidden=state != 0) for start, state in sheets]


def _records(stream: bytes, start: int) -> Iterator[_Record]:
    """Yield the records of one substream up to its end, those of charts inside it included."""
    at, depth = start, 0
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, at)
        depth += (kind == _BOF) - (kind == _EOF)
        if depth <= 0:
            return
        yield kind, stream[at + 4 : at + 4 + length]
        at += 4 + length


def _format_code(data: bytes) -> str:
    count, wide = struct.unpack_from("<HB", data, 2) if len(data) > 4 else (0, 0)
    return data[5 : 5 + count * (1 + (wide & 1))].decode("utf-16-le" if wide & 1 else "latin-1", "replace")


def _sheet(stream: bytes, start: int, limits: Limits, pads: Mapping[int, int], *, hidden: bool) -> Scan:
    look = BinaryLook(limits, pads, hidden=hidden)
    for kind, data in _records(stream, start):
        handler = _HANDLERS.get(kind)
        if handler:
            handler(look, data)
    return look.finish()


def _row(look: BinaryLook, data: bytes) -> None:
    number, _, _, height = struct.unpack_from("<4H", data)
    if struct.unpack_from("<H", data, 12)[0] & 0x20 or not height & 0x7FFF:
        look.hide_row(number)


def _columns(look: BinaryLook, data: bytes) -> None:
    first, last, width, _, flags = struct.unpack_from("<5H", data)
    if flags & 1 or not width:
        look.hide_columns(first, last)


def _merged(look: BinaryLook, data: bytes) -> None:
    for at in range(struct.unpack_from("<H", data)[0]):
        look.merge(*struct.unpack_from("<4H", data, 2 + 8 * at))


def _truth_or_error(look: BinaryLook, data: bytes) -> None:
    row, column, _, value, is_error = struct.unpack_from("<3HBB", data)
    if is_error:
        look.error(row, column, value)
    else:
        look.value(row, column)


def _formula(look: BinaryLook, data: bytes) -> None:
    row, column, style = struct.unpack_from("<3H", data)
    result = data[6:14]
    if result[6:] == b"\xff\xff" and result[0] == _FORMULA_ERROR:
        look.error(row, column, result[2])
    else:
        look.value(row, column, style)


def _number(look: BinaryLook, data: bytes) -> None:
    look.value(*struct.unpack_from("<3H", data))


def _numbers(look: BinaryLook, data: bytes) -> None:
    row, first = struct.unpack_from("<HH", data)
    for at in range((len(data) - 6) // 6):
        look.value(row, first + at, struct.unpack_from("<H", data, 4 + 6 * at)[0])


def _text(look: BinaryLook, data: bytes) -> None:
    row, column = struct.unpack_from("<HH", data)
    look.value(row, column)


def _filter(look: BinaryLook, _data: bytes) -> None:
    look.scan.filtered = True


_HANDLERS: Mapping[int, Callable[[BinaryLook, bytes], None]] = {
    0x208: _row,
    0x7D: _columns,
    0xE5: _merged,
    0x205: _truth_or_error,
    0x06: _formula,
    0x203: _number,
    0x27E: _number,
    0xBD: _numbers,
    0xFD: _text,
    0x204: _text,
    0xD6: _text,
    0x9D: _filter,
}
