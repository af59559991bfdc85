"""A problems copy as .xlsx: a sheet that lists what is wrong, then a person's own sheets, their bad cells marked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from xlsxwriter.utility import xl_rowcol_to_cell

from ..model.text import Said
from ..words import told, translate
from .marked import AUTHOR, UNTOUCHED, Listed, Mark, MarkedSheet
from .read_me import SHEET as READ_ME_SHEET
from .xlsx_writer import (
    Formats,
    add_sheet,
    check_cells,
    column_width,
    count_lines,
    list_ranges,
    new_book,
    offer_choices,
    write_baseline,
    write_lists,
)

LISTED = 20_000  # problems on the first sheet, each with a link: a sheet may have 65,530 of them
COMMENTED = 5_000  # Excel takes seconds to open a sheet with more; the first column says the same
_ROWS_IN_SIGHT = 8  # a header further down is not frozen: it would leave no room to scroll
_COMMENT = {"author": AUTHOR, "font_size": 9, "width": 300}
_COLUMNS = (
    *((Said("Severity"), 16), (Said("Sheet"), 14), (Said("Cell"), 9)),
    *((Said("Column"), 20), (Said("Value"), 24), (Said("What is wrong"), 84)),
)
_TITLE = {"bold": True, "font_size": 14, "font_color": "#1F4E78"}
_TEXT = {"num_format": "@", "valign": "top"}


def write_marked_book(
    path: Path,
    sheets: Sequence[MarkedSheet],
    problems: Sequence[Listed],
    *,
    title: str,
    facts: Sequence[tuple[str, str]],
    lists: Mapping[str, Sequence[str]],
    baseline: Sequence[str],
) -> None:
    """Write the whole copy to `path`; raises BookError where a cell cannot be written, OSError where the file cannot.

    The first sheet is the book's Read me, so that no reader takes it for people. `facts` stand above its list.
    """
    check_cells(sheet.spec for sheet in sheets)
    with new_book(path) as book:
        book.set_properties({"author": AUTHOR, "created": UNTOUCHED})
        formats, ranges = Formats(book), list_ranges(lists)
        _write_list(add_sheet(book, told(READ_ME_SHEET)), problems, title, facts, book, formats)
        commented = 0
        for sheet in sheets:
            pen = _Pen(add_sheet(book, sheet.spec.name), sheet, formats, COMMENTED - commented)
            pen.write(ranges)
            commented += len(sheet.marks)
        write_lists(book, lists)
        write_baseline(book, baseline)


class _Pen:
    """Writes one sheet, top to bottom."""

    def __init__(self, sheet: Any, content: MarkedSheet, formats: Formats, comments: int) -> None:
        self._sheet, self._content, self._formats, self._comments = sheet, content, formats, comments
        spec = content.spec
        self._looks = [formats.cell(shaded=column.shaded, wrap=column.wrap) for column in spec.columns]
        self._marks: dict[int, dict[int, Mark]] = defaultdict(dict)
        for (row, at), mark in content.marks.items():
            self._marks[row][at] = mark

    def write(self, ranges: Mapping[str, str]) -> None:
        content, sheet, header = self._content, self._sheet, self._content.header_row - 1
        sheet.freeze_panes(header + 1 if header < _ROWS_IN_SIGHT else 0, 1)
        sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
        sheet.repeat_rows(header)
        last = max([header + 1, *(int(row) - 1 for row in content.spec.frame.index[-1:])])
        if content.hidden:
            sheet.hide()
        for at, column in enumerate(content.spec.columns):
            sheet.set_column(at, at, column_width(column), self._looks[at], _seen(at not in content.hidden_columns))
            offer_choices(sheet, at, column, ranges, last + content.spec.spare_rows, header + 1)
        for row, cells in content.above:
            for at, text in enumerate(cells, start=1):
                if text:
                    sheet.write_string(row - 1, at, text, self._formats.cell())
        self._header(header)
        sheet.autofilter(header, 0, last, len(content.spec.columns) - 1)
        self._rows()

    def _header(self, row: int) -> None:
        self._sheet.set_row(row, 32)
        marks = self._marks.get(row + 1, {})
        for at, column in enumerate(self._content.spec.columns):
            mark = marks.get(at)
            look = self._formats.cell(colour=mark.colour, wrap=True) if mark else self._formats.header
            self._sheet.write_string(row, at, column.header, look)
            self._comment(row, at, mark.comment if mark else column.comment)

    def _rows(self) -> None:
        spec = self._content.spec
        width = column_width(spec.columns[0])
        for number, cells in zip(spec.frame.index, spec.frame.itertuples(index=False, name=None), strict=True):
            row, marks = int(number) - 1, self._marks.get(int(number), {})
            seen = int(number) not in self._content.hidden_rows
            if cells[0] or not seen:
                self._sheet.set_row(row, 15 * max(1, min(_wrapped(cells[0], width), 20)), None, _seen(seen))
            for at, text in enumerate(cells):
                mark = marks.get(at)
                if mark:
                    self._marked(row, at, text, mark)
                elif text:
                    self._sheet.write_string(row, at, text, self._looks[at])

    def _marked(self, row: int, at: int, text: str, mark: Mark) -> None:
        look = self._formats.cell(colour=mark.colour, wrap=self._content.spec.columns[at].wrap, bold=at > 0)
        if text:
            self._sheet.write_string(row, at, text, look)
        else:
            self._sheet.write_blank(row, at, None, look)
        self._comment(row, at, mark.comment)

    def _comment(self, row: int, at: int, text: str) -> None:
        if text and self._comments > 0:
            self._comments -= 1
            height = 24 + 16 * _wrapped(text, 44)
            self._sheet.write_comment(row, at, text, {**_COMMENT, "height": height})


def _seen(seen: bool) -> dict[str, bool]:
    return {} if seen else {"hidden": True}


def _wrapped(text: str, width: int) -> int:
    """Return how many lines a text takes that is broken between words: a little more than its characters need."""
    return sum(count_lines(line, max(width - 6, 10)) for line in text.splitlines())


def _write_list(
    sheet: Any,
    problems: Sequence[Listed],
    title: str,
    facts: Sequence[tuple[str, str]],
    book: Any,
    formats: Formats,
) -> None:
    sheet.hide_gridlines(2)
    for at, (_, width) in enumerate(_COLUMNS):
        sheet.set_column(at, at, width)
    sheet.set_row(0, 28)
    sheet.write_string(0, 0, title, book.add_format({**_TITLE, **_TEXT}))
    bold, plain = book.add_format({"bold": True, **_TEXT}), book.add_format(_TEXT)
    for row, (name, text) in enumerate(facts, start=1):
        sheet.write_string(row, 0, name, bold)
        sheet.write_string(row, 1, text, plain)
    top = len(facts) + 2
    sheet.set_row(top, 24)
    for at, (name, _) in enumerate(_COLUMNS):
        sheet.write_string(top, at, told(name), formats.header)
    shown = problems[:LISTED]
    sheet.autofilter(top, 0, top + max(len(shown), 1), len(_COLUMNS) - 1)
    link = book.add_format({"font_color": "#0563C1", "underline": 1, **_TEXT})
    for row, one in enumerate(shown, start=top + 1):
        _write_line(sheet, row, one, formats, link)
    if len(problems) > LISTED:
        more = translate("... and {n} more: the first column of each sheet has them all", n=len(problems) - LISTED)
        sheet.write_string(top + 1 + LISTED, 0, more, plain)


def _write_line(sheet: Any, row: int, one: Listed, formats: Formats, link: Any) -> None:
    lines = max(_wrapped(one.message, _COLUMNS[-1][1]), _wrapped(one.value, _COLUMNS[-2][1]))
    sheet.set_row(row, 15 * max(lines, 1))
    wrapped = formats.cell(wrap=True)
    sheet.write_string(row, 0, one.severity, formats.cell(colour=one.colour))
    sheet.write_string(row, 1, one.sheet, wrapped)
    if one.place:
        cell = xl_rowcol_to_cell(one.place[0] - 1, one.place[1])
        quoted = one.sheet.replace("'", "''")
        sheet.write_url(row, 2, f"internal:'{quoted}'!{cell}", link, cell)
    for at, text in enumerate((one.column, one.value, one.message), start=3):
        sheet.write_string(row, at, text, wrapped)
