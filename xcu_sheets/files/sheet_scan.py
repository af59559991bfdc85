"""A streamed look at the XML of one .xlsx sheet: its extent, what it hides and merges, which cells show no value."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from typing import IO

from ..model.errors import BookError
from ..model.text import Said
from .bounds import note_fault, note_merge, too_large
from .escapes import unescape_xlsx
from .gate import SAVE_AS, unreadable
from .raw import LAST_COLUMN, LAST_ROW, Fault, Limits, Scan
from .xml_walk import walk

NAMESPACES = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://purl.oclc.org/ooxml/spreadsheetml/main",
)
_LONGEST = 1 << 20  # characters in one cell; Excel keeps 32,767
_FORMATTED = 10 * LAST_COLUMN  # columns that are said to look like something, each time counted
_YES = ("1", "true", "on")
_UNSEEN = 1.0  # a row of less than a point, or a column of less than a tenth of a character, shows nothing
_READ = {f"{ns} {name}": name for ns in NAMESPACES for name in ("c", "row", "v", "f", "is", "t")}


def scan_sheet(
    source: IO[bytes],
    part: str,
    limits: Limits,
    *,
    blank_strings: Container[str] = (),
    pads: Mapping[str, int] | None = None,
) -> Scan:
    """Look through a sheet's XML once.

    `blank_strings` are the numbers of shared strings without text, `pads` the digits that a style fills up with zeros.
    Raises BookError for what no spreadsheet holds, and for more than the limits allow.
    """
    look = _Look(limits, blank_strings, pads or {})
    walk(source, part, start=look.start, end=look.end, text=look.text)
    return look.scan


class _Look:
    """The state of one look: where it stands, and what was found."""

    def __init__(self, limits: Limits, blank_strings: Container[str], pads: Mapping[str, int]) -> None:
        self.scan = Scan()
        self._limits, self._blank_strings, self._pads = limits, blank_strings, pads
        self._elements = self._row = self._column = self._formatted = 0
        self._in_row = self._row_hidden = self._row_valued = self._hidden_unless_high = False
        self._rows_seen = bytearray(LAST_ROW + 1)
        self._cell: Mapping[str, str] = {}
        self._reading = ""  # the element whose text is being read
        self._texts: dict[str, str] = {}
        self._columns: dict[str, int] = {}  # by letters
        handlers = {
            "sheetFormatPr": self._format,
            "col": self._col,
            "mergeCell": self._merge,
            "autoFilter": self._filter,
        }
        self._others: dict[str, Callable[[Mapping[str, str]], None]] = {
            f"{ns} {name}": handler for ns in NAMESPACES for name, handler in handlers.items()
        }

    def start(self, tag: str, attrs: Mapping[str, str]) -> None:
        """Take an element's beginning."""
        kind = _READ.get(tag)
        if kind == "c":
            self._start_cell(attrs)
            return
        if kind == "row":
            self._start_row(attrs)
        elif kind:
            self._reading = kind
            self._start_value(kind)
        else:
            self._start_other(tag, attrs)

    def end(self, tag: str) -> None:
        """Take an element's end."""
        kind = _READ.get(tag)
        self._reading = ""
        if kind == "c" and self._texts:
            self._end_cell()
        elif kind == "row":
            self._end_row()

    def text(self, data: str) -> None:
        """Take a piece of what stands in an element."""
        if self._reading:
            read = self._texts[self._reading] + data
            if len(read) > _LONGEST:
                raise BookError(
                    "a cell in row {row} holds more than {n} characters: no spreadsheet does",
                    row=self._row,
                    n=_LONGEST,
                )
            self._texts[self._reading] = read

    def _start_value(self, kind: str) -> None:
        if kind in self._texts:
            self._count()  # a second one in the same cell, a run of text most likely
        self._texts.setdefault(kind, "")

    def _start_other(self, tag: str, attrs: Mapping[str, str]) -> None:
        self._count()
        if tag.rpartition(" ")[2] in ("c", "row"):  # calamine takes any namespace for a sheet's own
            raise unreadable(Said("a sheet holds rows or cells of another kind of document"))
        if tag in self._others:
            self._others[tag](attrs)

    def _count(self) -> None:
        self._elements += 1
        if self._elements > self._limits.elements:
            raise BookError(
                "a sheet holds more than {n} XML elements beside its cells: {save_as}",
                n=self._limits.elements,
                save_as=SAVE_AS,
            )

    def _start_row(self, attrs: Mapping[str, str]) -> None:
        scan = self.scan
        if self._in_row:
            raise unreadable(Said("a row stands inside another one"))
        self._in_row = True
        number = _number(attrs.get("r"), self._row + 1, LAST_ROW, Said("row"))
        if self._rows_seen[number]:
            raise unreadable(Said("row {row} stands twice in a sheet, and which one counts cannot be told", row=number))
        self._rows_seen[number] = 1
        scan.row_elements += 1
        self._row, self._column, self._row_valued = number, 0, False
        self._row_hidden = attrs.get("hidden") in _YES
        height = attrs.get("ht")
        if height is not None:
            self._row_hidden |= _measure(height) < _UNSEEN
        elif self._hidden_unless_high:
            self._row_hidden = True

    def _end_row(self) -> None:
        scan = self.scan
        self._in_row = False
        if scan.cell_elements > self._limits.cell_elements:
            raise BookError(
                "a sheet holds more than {n} cells, most of them blank: {save_as}",
                n=self._limits.cell_elements,
                save_as=SAVE_AS,
            )
        if not self._row_valued:
            return
        scan.rows += 1
        scan.last_row = max(scan.last_row, self._row)
        if self._row_hidden:
            scan.hidden_rows.add(self._row)
        if scan.rows > self._limits.rows or scan.width > self._limits.columns or scan.cells > self._limits.cells:
            raise too_large(self._limits)

    def _start_cell(self, attrs: Mapping[str, str]) -> None:
        """Find out which column a cell stands in: ascending, so that a row has no more cells than a sheet columns."""
        if not self._in_row:
            raise unreadable(Said("a cell stands outside of all rows"))
        self._cell, self._texts = attrs, {}
        self.scan.cell_elements += 1
        place = attrs.get("r")
        column = self._column + 1 if place is None else self._column_of(place)
        if column <= self._column or column > LAST_COLUMN:
            raise unreadable(
                Said("row {row} holds cells twice, out of order or beyond the last column of any sheet", row=self._row)
            )
        self._column = column

    def _column_of(self, place: str) -> int:
        letters = place.rstrip("0123456789")
        if place[len(letters) :] != str(self._row):
            raise unreadable(Said("a cell of row {row} says that it is in another one", row=self._row))
        column = self._columns.get(letters)
        if column is None:
            column = self._columns[letters] = column_number(letters)
        return column

    def _end_cell(self) -> None:
        scan, texts, kind = self.scan, self._texts, self._cell.get("t", "n")
        place = (self._row, self._column - 1)
        value = texts.get("v") or texts.get("t") or ""
        if kind == "e":
            note_fault(scan, place, Fault("cell_error", unescape_xlsx(value) or "#N/A"), self._limits)
        elif not value:
            if "f" not in texts or kind == "str":
                return  # blank, or a formula whose result is an empty text
            note_fault(scan, place, Fault("formula_not_calculated", "=" + unescape_xlsx(texts["f"])), self._limits)
        elif kind == "s" and value in self._blank_strings:
            return
        elif kind == "n" and self._cell.get("s") in self._pads:
            scan.padded[place] = self._pads[self._cell["s"]]
        scan.cells += 1
        scan.width = max(scan.width, self._column)
        self._row_valued = True

    def _format(self, attrs: Mapping[str, str]) -> None:
        self._hidden_unless_high = attrs.get("zeroHeight") in _YES

    def _col(self, attrs: Mapping[str, str]) -> None:
        first = _number(attrs.get("min"), 1, LAST_COLUMN, Said("column"))
        last = _number(attrs.get("max"), first, LAST_COLUMN, Said("column"))
        self._formatted += max(0, last - first + 1)
        if self._formatted > _FORMATTED:
            raise unreadable(Said("a sheet formats its columns again and again"))
        width = attrs.get("width")
        if attrs.get("hidden") in _YES or (width is not None and _measure(width) < _UNSEEN / 10):
            self.scan.hidden_columns.update(range(first - 1, last))

    def _merge(self, attrs: Mapping[str, str]) -> None:
        note_merge(self.scan, range_of(attrs.get("ref", "")))

    def _filter(self, _attrs: Mapping[str, str]) -> None:
        self.scan.filtered = True


def column_number(letters: str) -> int:
    """Return the number of a column from 1; raises BookError for no letters of a column."""
    number = 0
    for letter in letters if len(letters) <= 3 else "":
        number = number * 26 + ord(letter) - 64 if "A" <= letter <= "Z" else LAST_COLUMN + 1
    if not 0 < number <= LAST_COLUMN:
        raise unreadable(Said("a cell has an address that no spreadsheet has"))
    return number


def range_of(text: str) -> tuple[int, int, int, int]:
    """Return a range such as A2:B4 as (first row, first column, last row, last column), columns from 0."""
    ends = [(end, end.rstrip("0123456789")) for end in text.replace("$", "").split(":")]
    try:
        places = [(int(end[len(letters) :]), column_number(letters) - 1) for end, letters in (ends[0], ends[-1])]
    except ValueError as error:
        raise unreadable(Said("a merged range has an address that no spreadsheet has")) from error
    (first, left), (last, right) = places
    return first, left, last, right


def _number(text: str | None, implied: int, highest: int, what: str) -> int:
    if text is None:
        text = str(implied)
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
    if not 0 < number <= highest:
        raise unreadable(Said("a sheet has a {what} whose number no spreadsheet has", what=what))
    return number


def _measure(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return _UNSEEN
