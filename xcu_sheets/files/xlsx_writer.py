"""Sheets of text written as .xlsx by XlsxWriter: typed text only, never a formula, number or link."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.exceptions import XlsxWriterException
from xlsxwriter.utility import xl_col_to_name

from ..model.errors import BookError
from ..words import told, translate
from .baseline import SHEET as BASELINE_SHEET
from .escapes import escape_xlsx
from .read_me import FACT, HEADING
from .read_me import SHEET as READ_ME_SHEET
from .sheets import AMBER, ColumnSpec, SheetSpec

LISTS_SHEET = "_lists"
CELL_LIMIT = 32_767  # UTF-16 units; XlsxWriter cuts what is longer
_OPTIONS = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
_HEADER = {"bold": True, "bg_color": "#1F4E78", "font_color": "#FFFFFF", "text_wrap": True, "valign": "vcenter"}
_NEEDED = {"bg_color": "#9C2B1F"}
_EXAMPLE = {"italic": True, "font_color": "#7F7F7F", "bg_color": "#F7F7F7"}
_PROMPT_TITLE, _PROMPT = 32, 255  # characters that Excel shows beside a cell
_EDGE = {"border": 1, "border_color": "#D0D0D0"}
_SHADE = {"bg_color": "#F0F0F0", "font_color": "#595959"}
_COMMENT = {"x_scale": 2.2, "author": "xcu-sheets", "font_size": 9}


def write_xlsx(
    path: Path,
    sheets: Sequence[SheetSpec],
    *,
    lists: Mapping[str, Sequence[str]],
    read_me: Sequence[tuple[str, str, str]],
    baseline: Sequence[str],
    in_memory: bool = False,
) -> None:
    """Write a whole workbook to `path`; raises BookError where a cell cannot be written, OSError where the file cannot.

    `lists` are the words that dropdowns show; blank `read_me` and `baseline` leave those sheets out.
    """
    check_cells(sheets)
    with new_book(path, in_memory=in_memory) as book:
        formats = Formats(book)
        ranges = list_ranges(lists)
        if read_me:
            _write_read_me(add_sheet(book, told(READ_ME_SHEET)), read_me, book)
        for spec in sheets:
            write_sheet(add_sheet(book, spec.name), spec, formats, ranges)
        write_lists(book, lists)
        write_baseline(book, baseline)


@contextmanager
def new_book(path: Path, *, in_memory: bool = False) -> Iterator[Any]:
    """Yield a workbook to be written row by row, and finish the file; `in_memory` keeps its parts off the disk."""
    with tempfile.TemporaryDirectory(prefix="xcu-sheets-") as room:
        where = {"tmpdir": room, "constant_memory": not in_memory, "in_memory": in_memory}
        book = xlsxwriter.Workbook(str(path), {**_OPTIONS, **where})
        try:
            yield book
        finally:
            _close_book(book)


def check_cells(sheets: Iterable[SheetSpec]) -> None:
    """Refuse what a workbook would cut or cannot hold, naming sheet and row."""
    for spec in sheets:
        for row, cells in enumerate(spec.frame.itertuples(index=False, name=None), start=2):
            longest = max(map(len, cells), default=0)
            if longest > CELL_LIMIT // 2 or not all(map(_encodable, cells)):
                _check_row(f"{spec.name}, row {row}", spec.columns, cells)


def _encodable(text: str) -> bool:
    return text.isascii() or not any("\ud800" <= char <= "\udfff" for char in text)


def _check_row(place: str, columns: Sequence[ColumnSpec], cells: Sequence[str]) -> None:
    for column, text in zip(columns, cells, strict=True):
        if not _encodable(text):
            raise BookError(
                "sheet {place}, column {header}: half a character (a lone surrogate) cannot be kept",
                place=place,
                header=column.header,
            )
        if len(text.encode("utf-16-le")) // 2 > CELL_LIMIT:
            raise BookError(
                "sheet {place}, column {header}: longer than the {cell_limit} characters of a cell",
                place=place,
                header=column.header,
                cell_limit=CELL_LIMIT,
            )


class Formats:
    """The cell formats of one workbook, each made once."""

    def __init__(self, book: Any) -> None:
        self.header = book.add_format({**_HEADER, "num_format": "@"})
        self.needed = book.add_format({**_HEADER, **_NEEDED, "num_format": "@"})
        self.example = book.add_format({**_EXAMPLE, **_EDGE, "num_format": "@"})
        self.lined = {"type": "formula", "criteria": "=TRUE", "format": book.add_format(_EDGE)}
        self._book = book
        self._made: dict[tuple[bool, bool, str, bool], Any] = {}

    def cell(self, *, shaded: bool = False, wrap: bool = False, colour: str = "", bold: bool = True) -> Any:
        """Return the format of a text cell; a coloured one is bold unless that is not wanted."""
        key = (shaded, wrap, colour, bold)
        if key not in self._made:
            looks = {"num_format": "@", "valign": "top", **(_SHADE | _EDGE if shaded else {})}
            looks |= {"text_wrap": True} if wrap else {}
            looks |= {"bg_color": colour, "bold": bold, **_EDGE} if colour else {}
            self._made[key] = self._book.add_format(looks)
        return self._made[key]


def add_sheet(book: Any, name: str) -> Any:
    """Add a sheet whose texts are written exactly as they are, and which prints on A4."""
    sheet = book.add_worksheet(name)
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    # XlsxWriter's own escape is lossy (see escapes.py), and it takes a text `<r>...</r>` for markup.
    sheet._escape_control_characters = escape_xlsx
    sheet._xml_rich_inline_string = lambda text, attributes: sheet._xml_inline_string(text, True, attributes)
    return sheet


def write_sheet(sheet: Any, spec: SheetSpec, formats: Formats, ranges: Mapping[str, str]) -> None:
    """Write a whole sheet of text; `ranges` are the addresses of the lists that its dropdowns show."""
    sheet.freeze_panes(1, 0)
    sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})  # numbers are text on purpose: no green triangles
    sheet.repeat_rows(0)
    sheet.set_row(0, 32)
    looks = [formats.cell(shaded=column.shaded, wrap=column.wrap) for column in spec.columns]
    last = max(len(spec.frame), 1)
    for at, column in enumerate(spec.columns):
        sheet.set_column(at, at, column_width(column), looks[at])
        sheet.write_string(0, at, column.header, formats.needed if column.needed else formats.header)
        if column.comment:
            height = max(0.5, 0.24 * count_lines(column.comment, 44))
            sheet.write_comment(0, at, column.comment, {**_COMMENT, "y_scale": height})
        offer_choices(sheet, at, column, ranges, last + spec.spare_rows)
    if spec.example:
        sheet.conditional_format(1, 0, last + spec.spare_rows, len(spec.columns) - 1, formats.lined)
    if spec.columns:
        sheet.autofilter(0, 0, last, len(spec.columns) - 1)
    _write_rows(sheet, spec, looks, formats)


def count_lines(text: str, width: int) -> int:
    """Return how many lines a text takes in a column of so many characters."""
    return sum(1 + len(line) // width for line in text.splitlines())


def column_width(column: ColumnSpec) -> int:
    """Return a width in which the header is read whole beside its filter button, on two lines if it is long."""
    header = column.header
    needed = len(header) + 4 if len(header) <= 20 else max(len(header) // 2, *map(len, header.split())) + 6
    return max(column.width, min(needed, 60))


def _write_rows(sheet: Any, spec: SheetSpec, looks: Sequence[Any], formats: Formats) -> None:
    status = list(spec.frame.columns).index(spec.status) if spec.status else -1
    wrapped = [(at, column_width(column)) for at, column in enumerate(spec.columns) if column.wrap]
    for row, cells in enumerate(spec.frame.itertuples(index=False, name=None), start=1):
        lines = max((count_lines(cells[at], width) for at, width in wrapped), default=1)
        if lines > 1:
            sheet.set_row(row, 15 * min(lines, 12))
        for at, text in enumerate(cells):
            if row == 1 and spec.example:
                sheet.write(row, at, text or None, formats.example)
                continue
            if (row - 1, at) in spec.amber:
                looked = formats.cell(colour=AMBER, wrap=spec.columns[at].wrap, bold=False)
                sheet.write_string(row, at, text, looked) if text else sheet.write_blank(row, at, None, looked)
                continue
            if not text:
                continue
            colour = spec.colours.get(text, "") if at == status else ""
            sheet.write_string(row, at, text, formats.cell(colour=colour) if colour else looks[at])


def offer_choices(
    sheet: Any, at: int, column: ColumnSpec, ranges: Mapping[str, str], last: int, first: int = 1
) -> None:
    """Give a column its dropdown, from row `first` to `last`, counted from 0.

    Beside a cell that is chosen stands the column's prompt. Nothing is ever forbidden: `oui`, a combined id or two
    names are right as well.
    """
    shown = _prompt(column)
    if column.choices in ranges:
        shown |= {"validate": "list", "source": f"={ranges[column.choices]}", "error_type": "warning"}
        if column.firm:
            sure = translate("Not one of the words in the list. Keep it?")
            shown |= {"error_title": column.header[:32], "error_message": sure}
        shown["show_error"] = column.firm
    if shown:
        sheet.data_validation(first, at, last, at, {"validate": "any", **shown})


def _prompt(column: ColumnSpec) -> dict[str, Any]:
    """Return what is shown beside a cell of a column that is chosen, nothing where there is nothing to say."""
    if not column.prompt:
        return {}
    return {"input_title": column.header[:_PROMPT_TITLE], "input_message": _cut(column.prompt, _PROMPT)}


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def list_ranges(lists: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return the address of each list on the lists sheet, empty lists left out."""
    columns = enumerate(name for name, words in lists.items() if words)
    letters = {name: xl_col_to_name(at) for at, name in columns}
    return {name: f"{LISTS_SHEET}!${c}$2:${c}${len(lists[name]) + 1}" for name, c in letters.items()}


def write_lists(book: Any, lists: Mapping[str, Sequence[str]]) -> None:
    """Write the hidden sheet that dropdowns refer to, a column per list."""
    filled = {name: words for name, words in lists.items() if words}
    if not filled:
        return
    sheet = add_sheet(book, LISTS_SHEET)
    sheet.hide()
    for at, name in enumerate(filled):
        sheet.write_string(0, at, name)
    for row in range(max(map(len, filled.values()))):
        for at, words in enumerate(filled.values()):
            if row < len(words):
                sheet.write_string(row + 1, at, words[row])


def write_baseline(book: Any, cells: Sequence[str]) -> None:
    """Write the very hidden sheet of a packed baseline; none where there are no cells."""
    if not cells:
        return
    sheet = add_sheet(book, BASELINE_SHEET)
    sheet.very_hidden()
    for row, text in enumerate(cells):
        sheet.write_string(row, 0, text)


def _write_read_me(sheet: Any, rows: Sequence[tuple[str, str, str]], book: Any) -> None:
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 96)
    looks = {
        HEADING: book.add_format({"bold": True, "font_size": 14, "font_color": "#1F4E78"}),
        FACT: book.add_format({"bold": True, "valign": "top", "num_format": "@"}),
    }
    text_look = book.add_format({"text_wrap": True, "valign": "top", "num_format": "@"})
    for row, (style, first, second) in enumerate(rows):
        sheet.set_row(row, 30 if style == HEADING else 16 * max(1, -(-len(second) // 118)))
        if first:
            sheet.write_string(row, 0, first, looks.get(style))
        if second:
            sheet.write_string(row, 1, second, text_look)


def _close_book(book: Any) -> None:
    """Finish the file; XlsxWriter wraps what went wrong with it in an exception of its own."""
    try:
        book.close()
    except XlsxWriterException as error:
        cause = error.args[0] if error.args else error
        raise (
            cause if isinstance(cause, OSError) else BookError("the workbook cannot be written ({error})", error=error)
        ) from error
