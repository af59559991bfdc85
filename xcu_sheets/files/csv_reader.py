"""CSV as people send it, read strictly: encoding by mark or proof, delimiter by the header that it makes."""

from __future__ import annotations

import codecs
import re
from collections.abc import Collection, Sequence
from itertools import islice
from pathlib import Path

from ..model.errors import BookError
from ..model.text import Said
from .csv_text import DELIMITERS, RaggedLine, check_quotes, parse_rows, plain_cells
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
_SEPARATOR = re.compile(r'"?sep=([^"\r\n])"?(?:\r\n|\r|\n)', re.IGNORECASE)
_SAVE_AGAIN = Said("save it again as CSV UTF-8")
# What the letters and signs of our people's languages are; other pairs of bytes are UTF-8 by chance.
_USUAL = re.compile("[\x00-\x7f\u00a0-\u017f\u2010-\u203a\u20ac]*\\Z")


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
        check_quotes(body, delimiter)
        rows = [(line + before, cells) for line, cells in islice(parse_rows(body, delimiter), limits.rows + 1)]
    except RaggedLine as error:
        raise BookError(
            "{path}: line {line} is damaged ({why}): check its quotes",
            path=path,
            line=error.line + before,
            why=error.what,
        ) from error
    _check_size(path, rows, limits)
    return _sheet(path, _full_rows(path, rows, also))


def decode(content: bytes, path: Path) -> str:
    """Return a file's text: by its byte order mark, else strict UTF-8, else cp1252, Excel's own in Western Europe.

    Raises BookError, with the line, where the bytes are none of these, or of two.
    """
    marked = next((name for mark, name in _MARKS if content.startswith(mark)), None)
    try:
        text = content.decode(marked or "utf-8")
    except UnicodeDecodeError as error:
        if marked:
            raise BookError(
                "{path}: line {line} is not {encoding}, as the file's mark says: {save_again}",
                path=path,
                line=_line(content, error.start),
                encoding=marked.upper().removesuffix("-SIG"),
                save_again=_SAVE_AGAIN,
            ) from error
        text = _western(content, path)
    if "\0" in text:
        wide = max(content[::2].count(0), content[1::2].count(0)) > len(content) // 4
        what = Said("is UTF-16 without its mark") if wide else Said("holds NUL characters, so it is no CSV")
        raise BookError("{path}: {what}: {save_again}", path=path, what=what, save_again=_SAVE_AGAIN)
    return text.lstrip("\ufeff").removesuffix("\x1a")  # a mark too many; the end mark of DOS


def _western(content: bytes, path: Path) -> str:
    """Return cp1252 text; a file of which some lines are UTF-8 would be read with wrong letters, so it is refused."""
    kinds = [(at, _is_utf_8(line)) for at, line in enumerate(content.splitlines(), start=1) if not line.isascii()]
    other = next(at for at, utf_8 in kinds if utf_8 is False)
    first = next((at for at, utf_8 in kinds if utf_8), None)
    if first:
        raise BookError(
            "{path}: line {other} is not UTF-8, but line {first} is: {save_again}",
            path=path,
            other=other,
            first=first,
            save_again=_SAVE_AGAIN,
        )
    try:
        return content.decode("cp1252")
    except UnicodeDecodeError as error:
        raise BookError(
            "{path}: line {line} is not text: neither UTF-8 nor Windows text (cp1252): {save_again}",
            path=path,
            line=_line(content, error.start),
            save_again=_SAVE_AGAIN,
        ) from error


def _is_utf_8(line: bytes) -> bool | None:
    """Tell whether a line is UTF-8; None where it is so by its bytes only, with letters that nobody here writes."""
    try:
        return True if _USUAL.match(line.decode()) else None
    except UnicodeDecodeError:
        return False


def _line(content: bytes, at: int) -> int:
    return max(content.count(b"\n", 0, at), content.count(b"\r", 0, at)) + 1


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
        raise BookError(
            "{path}: more than {rows} rows or {columns} columns: not read",
            path=path,
            rows=limits.rows,
            columns=limits.columns,
        )


def _full_rows(
    path: Path, rows: Sequence[tuple[int, list[str]]], also: Collection[str]
) -> Sequence[tuple[int, list[str]]]:
    """Refuse rows longer or shorter than the header: their cells may have shifted."""
    scores = [score([plain_cells(cells)], also) for _, cells in rows[:HEADER_ROWS]]
    if not scores or max(scores) < 2:
        return rows  # no header: said later, with what was looked for
    header = scores.index(max(scores))
    names = rows[header][1]
    if all(name[:1] == name[-1:] == "'" for name in names if name):
        raise BookError(
            "{path}: its cells stand in apostrophes instead of quotes: {save_again}", path=path, save_again=_SAVE_AGAIN
        )
    width = max(at for at, name in enumerate(names, start=1) if name.strip())
    for line, cells in rows[header + 1 :]:
        extra = any(cell.strip() for cell in cells[len(names) :])
        if len(cells) < width or extra:
            raise BookError(
                "{path}: line {line} has {n} cells, the header has {width}: {delimiters}, or a quote is missing",
                path=path,
                line=line,
                n=len(cells),
                width=width,
                delimiters=Said("a delimiter too many") if extra else Said("a delimiter too few"),
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
