"""CSV as people send it, read strictly: encoding by mark or proof, delimiter by the header that it makes."""

from __future__ import annotations

import codecs
import re
from collections.abc import Collection, Sequence
from itertools import islice
from pathlib import Path

from ..model.errors import BookError
from .csv_text import DELIMITERS, RaggedLine, parse_rows, plain_cells
from .escapes import CELL_ERRORS
from .raw import Fault, Limits, RawSheet
from .recognition import HEADER_ROWS, score

_MARKS = (  # UTF-32 first: its little-endian mark begins with UTF-16's
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SEPARATOR = re.compile(r'"?sep=(.)"?\r?\n', re.IGNORECASE)


def read_csv_file(path: Path, limits: Limits, also: Collection[str] = ()) -> RawSheet:
    """Return a CSV's rows by line number; raises BookError naming the line that is no row of a table.

    `also` are folded headers that count beside those of the table.
    """
    text = decode(path.read_bytes(), path)
    stated = _SEPARATOR.match(text)
    body = text[stated.end() :] if stated else text
    before = 1 if stated else 0
    delimiter = stated[1] if stated else _delimiter(body, also)
    try:
        rows = [(line + before, cells) for line, cells in islice(parse_rows(body, delimiter), limits.rows + 1)]
    except RaggedLine as error:
        raise BookError(f"{path}: line {error.line + before} is damaged ({error.what}): check its quotes") from error
    _check_size(path, rows, limits)
    return _sheet(path, _full_rows(path, rows, also))


def decode(content: bytes, path: Path) -> str:
    """Return a file's text: by its byte order mark, else strict UTF-8, else cp1252, Excel's own in Western Europe."""
    marked = next((name for mark, name in _MARKS if content.startswith(mark)), None)
    for encoding in [marked] if marked else ["utf-8", "cp1252"]:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            raise BookError(f"{path}: holds NUL characters, so it is no CSV: save it again as CSV UTF-8")
        return text
    raise BookError(f"{path}: neither UTF-8 nor Windows text (cp1252): save it again as CSV UTF-8")


def _delimiter(text: str, also: Collection[str]) -> str:
    """Return the delimiter whose first rows name most columns of one resource, the first of equals."""
    return max(DELIMITERS, key=lambda delimiter: score(_first_rows(text, delimiter), also))


def _first_rows(text: str, delimiter: str) -> list[Sequence[str]]:
    rows: list[Sequence[str]] = []
    try:
        for _, cells in islice(parse_rows(text, delimiter), HEADER_ROWS):
            rows.append(plain_cells(cells))
    except RaggedLine:
        pass  # what stands before the damage still shows the header
    return rows


def _check_size(path: Path, rows: Sequence[tuple[int, list[str]]], limits: Limits) -> None:
    if len(rows) > limits.rows or any(len(cells) > limits.columns for _, cells in rows):
        raise BookError(f"{path}: more than {limits.rows} rows or {limits.columns} columns: not read")


def _full_rows(
    path: Path, rows: Sequence[tuple[int, list[str]]], also: Collection[str]
) -> Sequence[tuple[int, list[str]]]:
    """Refuse rows longer or shorter than the header, the widest of the first rows: their cells may have shifted."""
    scores = [score([plain_cells(cells)], also) for _, cells in rows[:HEADER_ROWS]]
    if not scores or max(scores) < 2:
        return rows  # no header: said later, with what was looked for
    header = next(at for at, found in enumerate(scores) if found >= 2)
    width = len(rows[header][1])
    for line, cells in rows[header + 1 :]:
        extra = any(cell.strip() for cell in cells[width:])
        if len(cells) < width or extra:
            raise BookError(
                f"{path}: line {line} has {len(cells)} cells, the header has {width}: a delimiter too "
                f"{'many' if extra else 'few'}, or a quote is missing"
            )
    return rows


def _sheet(path: Path, rows: Sequence[tuple[int, list[str]]]) -> RawSheet:
    faults = {
        (line, at): Fault("cell_error", cell)
        for line, cells in rows
        for at, cell in enumerate(cells)
        if cell[:1] == "#" and cell.strip() in CELL_ERRORS
    }
    return RawSheet(path.stem, [(line, plain_cells(cells)) for line, cells in rows], faults, path.name)
