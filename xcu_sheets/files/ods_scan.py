"""A streamed look at the XML of an .ods workbook: what it hides and merges, and which cells show something else."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from datetime import timedelta

from ..model.errors import BookError
from ..model.text import Said
from .bounds import check_spread, note_fault, note_merge, too_large
from .escapes import CELL_ERRORS
from .gate import SAVE_AS, unreadable
from .raw import LAST_COLUMN, LAST_ROW, Fault, Limits, Scan
from .xml_walk import walk

_NS = "urn:oasis:names:tc:opendocument:xmlns:{}:1.0 {}"
_TABLE, _SOURCE = _NS.format("table", "table"), _NS.format("table", "table-source")
_ROW, _COLUMN = _NS.format("table", "table-row"), _NS.format("table", "table-column")
_CELLS = (_NS.format("table", "table-cell"), _NS.format("table", "covered-table-cell"))
_STYLE, _LOOK = _NS.format("style", "style"), _NS.format("style", "table-properties")
_PARAGRAPH, _NOTE = _NS.format("text", "p"), _NS.format("office", "annotation")
_SIGNS = {_NS.format("text", "tab"): "\t", _NS.format("text", "line-break"): "\n"}  # calamine drops both
_BLANKS = _NS.format("text", "s")
_TYPE = _NS.format("office", "value-type")
_SEEN_TYPE = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0 value-type"
_DURATION = re.compile(r"PT(\d{1,6})H(\d{1,2})M(\d{1,2})(?:[.,]\d+)?S\Z")
_TRUTHS = {"TRUE": "TRUE", "VRAI": "TRUE", "FALSE": "FALSE", "FAUX": "FALSE"}
_LONGEST = 32_767  # characters of a cell


def scan_ods(archive: zipfile.ZipFile, limits: Limits) -> tuple[dict[str, Scan], bool]:
    """Return a scan of every sheet, by name in order, and whether values come from other files.

    Raises BookError where the workbook is damaged, has a password or holds more than the limits allow.
    """
    _check_password(archive)
    look = _Look(limits)
    with archive.open("content.xml") as part:
        walk(part, "content.xml", start=look.start, end=look.end, text=look.text, namespace=look.namespace)
    return look.scans, look.links


def _check_password(archive: zipfile.ZipFile) -> None:
    found = []
    if "META-INF/manifest.xml" in archive.namelist():
        with archive.open("META-INF/manifest.xml") as part:
            walk(
                part,
                "META-INF/manifest.xml",
                start=lambda tag, _: found.append(tag) if "encryption-data" in tag else None,
            )
    if found:
        raise BookError("password-protected: {save_as} without a password", save_as=SAVE_AS)


class _Look:
    """The state of one look: where it stands, and what was found."""

    def __init__(self, limits: Limits) -> None:
        self.scans: dict[str, Scan] = {}
        self.links = False
        self._limits, self._elements = limits, 0
        self._scan, self._name = Scan(), ""
        self._style, self._hidden_styles = "", set[str]()
        self._row = self._rows = self._column = self._columns = self._notes = 0
        self._row_hidden = self._row_valued = False
        self._cell: Mapping[str, str] = {}
        self._paragraph = False
        self._text: list[str] = []
        self._whole: list[str] = []  # the same with its blanks, tabs and line breaks
        self._signs = False

    def namespace(self, prefix: str | None, meaning: str | None) -> None:
        """Refuse a prefix that means something else than everywhere: calamine goes by prefixes."""
        if prefix in ("office", "table", "text") and meaning != _NS.format(prefix, "").strip():
            raise unreadable(Said("the workbook is no OpenDocument spreadsheet, only written like one"))

    def start(self, tag: str, attrs: Mapping[str, str]) -> None:
        """Take an element's beginning."""
        if tag in _CELLS:
            self._cell, self._text, self._whole, self._signs = attrs, [], [], False
            self._scan.cell_elements += 1
        elif tag == _ROW:
            self._start_row(attrs)
        elif tag == _PARAGRAPH:
            self._paragraph = not self._notes
            self._whole += ["\n"] if self._whole and self._paragraph else []
        else:
            self._start_other(tag, attrs)

    def _start_other(self, tag: str, attrs: Mapping[str, str]) -> None:
        self._elements += 1
        if self._elements > self._limits.elements:
            raise unreadable(
                Said("the workbook holds more than {n} XML elements beside its cells", n=self._limits.elements)
            )
        if self._paragraph and tag in _SIGNS:
            self._whole.append(_SIGNS[tag])
            self._signs = True
        elif self._paragraph and tag == _BLANKS:
            self._whole.append(" " * min(_number(attrs.get(_NS.format("text", "c"), "1"), tag), _LONGEST))
        elif tag == _NOTE:
            self._notes += 1
        elif tag == _COLUMN:
            self._start_column(attrs)
        elif tag == _STYLE:
            self._style = attrs.get(_NS.format("style", "name"), "")
        elif tag == _LOOK and attrs.get(_NS.format("table", "display")) == "false":
            self._hidden_styles.add(self._style)
        elif tag == _SOURCE:
            self.links = True
            self.scans.pop(self._name, None)
        elif tag == _TABLE:
            self._start_table(attrs)

    def end(self, tag: str) -> None:
        """Take an element's end."""
        if tag in _CELLS:
            self._end_cell()
        elif tag == _ROW:
            self._end_row()
        elif tag == _PARAGRAPH:
            self._paragraph = False
        elif tag == _NOTE:
            self._notes -= 1
        elif tag == _TABLE:
            check_spread(self._scan)

    def text(self, data: str) -> None:
        """Take a piece of what stands in an element."""
        if self._paragraph:
            self._text.append(data)
            self._whole.append(data)

    def _start_table(self, attrs: Mapping[str, str]) -> None:
        self._name = attrs.get(_NS.format("table", "name"), "")
        if self._name in self.scans:
            raise unreadable(Said("two sheets of the workbook are named alike"))
        hidden = attrs.get(_NS.format("table", "style-name")) in self._hidden_styles
        self._scan = self.scans[self._name] = Scan(hidden=hidden)
        self._row = self._rows = self._columns = 0

    def _start_column(self, attrs: Mapping[str, str]) -> None:
        first = self._columns
        self._columns = min(first + _count(attrs, "number-columns-repeated"), LAST_COLUMN)
        if attrs.get(_NS.format("table", "visibility")) in ("collapse", "filter"):
            self._scan.hidden_columns.update(range(first, self._columns))

    def _start_row(self, attrs: Mapping[str, str]) -> None:
        self._row += self._rows
        self._rows = _count(attrs, "number-rows-repeated")
        visibility = attrs.get(_NS.format("table", "visibility"))
        self._row_hidden, self._row_valued = visibility in ("collapse", "filter"), False
        self._scan.filtered |= visibility == "filter"
        self._column = 0

    def _end_row(self) -> None:
        scan = self._scan
        scan.row_elements += 1
        if max(scan.row_elements, scan.cell_elements) > self._limits.cell_elements // 2:
            raise unreadable(
                Said("a sheet holds more than {n} cells, most of them blank", n=self._limits.cell_elements // 2)
            )
        if not self._row_valued:
            return
        scan.rows += self._rows
        scan.last_row = self._row + self._rows
        if scan.rows > self._limits.rows or scan.cells > self._limits.cells or scan.width > self._limits.columns:
            raise too_large(self._limits)
        if scan.last_row > LAST_ROW:
            raise unreadable(Said("a sheet has a row whose number no spreadsheet has"))
        if self._row_hidden:
            scan.hidden_rows.update(range(self._row + 1, scan.last_row + 1))

    def _end_cell(self) -> None:
        scan, attrs, text = self._scan, self._cell, "".join(self._text)
        repeated = _count(attrs, "number-columns-repeated")
        first, self._column = self._column, self._column + repeated
        self._merge(attrs, first)
        formula = attrs.get(_NS.format("table", "formula"), "")
        if not text and not formula and attrs.get(_TYPE, "string") == "string":
            return
        scan.width = max(scan.width, self._column)
        scan.cells += repeated * self._rows
        self._row_valued = True
        if scan.width > self._limits.columns or self._rows > self._limits.rows:
            raise too_large(self._limits)
        for row in range(self._row + 1, self._row + self._rows + 1):
            for at in range(first, self._column):
                self._note_cell((row, at), attrs, text, formula)

    def _note_cell(self, place: tuple[int, int], attrs: Mapping[str, str], text: str, formula: str) -> None:
        kind = attrs.get(_TYPE, "")
        if attrs.get(_SEEN_TYPE) == "error" or (formula and (text in CELL_ERRORS or text.startswith("Err:"))):
            note_fault(self._scan, place, Fault("cell_error", text or "#N/A"), self._limits)
        elif formula and not kind and not text:
            note_fault(
                self._scan, place, Fault("formula_not_calculated", "=" + formula.partition("=")[2]), self._limits
            )
        elif kind == "float" and (text in _TRUTHS or (text.isdigit() and text.startswith("0") and len(text) > 1)):
            self._scan.seen[place] = _TRUTHS.get(text, text)
        elif kind == "time" and (long := _long_duration(attrs.get(_NS.format("office", "time-value"), ""))):
            self._scan.seen[place] = long
        elif self._signs and kind == "string":
            self._scan.seen[place] = "".join(self._whole)

    def _merge(self, attrs: Mapping[str, str], at: int) -> None:
        across, down = _count(attrs, "number-columns-spanned"), _count(attrs, "number-rows-spanned")
        if across > 1 or down > 1:
            note_merge(self._scan, (self._row + 1, at, self._row + down, at + across - 1))


def _count(attrs: Mapping[str, str], name: str) -> int:
    return _number(attrs.get(_NS.format("table", name), "1"), name)


def _number(text: str, name: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 9 and int(text)):
        raise unreadable(Said("a sheet says {name} where no spreadsheet does", name=name))
    return int(text)


def _long_duration(text: str) -> str:
    """Return a duration of a day or more as Excel's reader gives it, empty for a time of day."""
    found = _DURATION.match(text)
    if not found or int(found[1]) < 24:
        return ""
    return str(timedelta(hours=int(found[1]), minutes=int(found[2]), seconds=int(found[3])))
