"""One sheet as the text of a CSV, both ways: strict, guarded, with the line number of every row."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence

import pandas as pd

from ..model.errors import BookError
from ..model.text import Said
from .escapes import guard, unguard

DELIMITERS = ";,\t|"
_ENDS = re.compile(r"\r\n|\r|\n")
_WRAPPED = re.compile(r'="((?:[^"]|"")*)"\Z')  # ="0612", by which people keep a leading zero


class RaggedLine(ValueError):
    """The text is no CSV from this line on; `what` says why."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(what)
        self.line, self.what = line, what


def render_csv(frame: pd.DataFrame) -> str:
    """Return a frame of text as CSV: `;`, CRLF, every cell and header guarded."""
    target = io.StringIO(newline="")
    writer = csv.writer(target, delimiter=";", lineterminator="\r\n")
    writer.writerow([guard(str(name)) for name in frame.columns])
    writer.writerows(map(guard, cells) for cells in frame.itertuples(index=False, name=None))
    return target.getvalue()


def encode_csv(frame: pd.DataFrame, title: str) -> bytes:
    """Return a frame as the bytes of a CSV file; raises BookError where a cell cannot be written as text."""
    try:
        encoded = render_csv(frame).encode("utf-8-sig")
    except UnicodeEncodeError:
        encoded = b"\0"
    if b"\0" in encoded:
        row, column = _unwritable(frame)
        raise BookError(
            "{title}: row {row}, column {column}: the text holds a character that no CSV can hold",
            title=title,
            row=row,
            column=column,
        )
    return encoded


def _unwritable(frame: pd.DataFrame) -> tuple[str, str]:
    for row, cells in enumerate(frame.itertuples(index=False, name=None), start=2):
        for name, cell in zip(frame.columns, cells, strict=True):
            if "\0" in cell or any("\ud800" <= char <= "\udfff" for char in cell):
                return str(row), str(name)
    return "1", "?"


def parse_rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield (line number, cells) of every row that is not blank, as written in the file; raises RaggedLine."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise RaggedLine(line, str(error)) from error


def check_quotes(text: str, delimiter: str) -> None:
    """Raise RaggedLine for a quote inside a cell that is not in quotes, which the csv module lets pass.

    It may as well be the end or the beginning of a cell that holds delimiters. `="0612"` is known for what it is.
    """
    if '"' not in text:
        return
    edge = re.escape(delimiter) + r"\r\n"
    whole = rf'(?:"[^"]*(?:""[^"]*)*"|="[^"{edge}]*")'
    for found in re.finditer(rf'(?:\A|(?<=[{edge}])){whole}(?=[{edge}]|\Z)|"', text):
        if found[0] == '"':
            line = len(_ENDS.findall(text, 0, found.start())) + 1
            raise RaggedLine(line, Said("a quote inside a cell that is not in quotes, or one that is never closed"))


def plain_cells(cells: Iterable[str]) -> list[str]:
    """Return a row's cells without what guards them: our apostrophe, or `="..."`."""
    return [_plain(cell) for cell in cells]


def _plain(cell: str) -> str:
    if cell[:1] not in ("=", "'"):
        return cell
    wrapped = _WRAPPED.match(cell)
    return wrapped[1].replace('""', '"') if wrapped else unguard(cell)


def parse_csv(text: str) -> tuple[Sequence[str], list[list[str]]]:
    """Return header and rows of a CSV that `render_csv` wrote, rows full or refused with RaggedLine."""
    rows = [(line, plain_cells(cells)) for line, cells in _every_row(text)]
    if not rows:
        raise RaggedLine(1, Said("no header"))
    (_, header), *body = rows
    for line, cells in body:
        if len(cells) != len(header):
            raise RaggedLine(line, Said("{n} cells under {m} headers", n=len(cells), m=len(header)))
    return header, [cells for _, cells in body]


def _every_row(text: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";", strict=True)
    try:
        yield from ((reader.line_num, cells) for cells in reader if cells)
    except csv.Error as error:
        raise RaggedLine(reader.line_num, str(error)) from error
