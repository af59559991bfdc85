"""Workbooks of Excel's usual kind: looked through part by part, then read by openpyxl into plain text."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterator, Sequence
from typing import Any
from xml.etree.ElementTree import iterparse

from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900
from openpyxl.worksheet._reader import CELL_TAG, ROW_TAG, WorkSheetParser

from .escapes import unescape_xlsx
from .package import Formats, Package, SheetPart, read_formats, read_strings
from .raw import Fault, Limits, Scan
from .sheet_scan import scan_sheet
from .shown import shown

Rows = Iterator[tuple[int, Sequence[str]]]
_FEW = 20_000  # rows, of ten cells, that openpyxl may go through for nothing
_AREA = 4_000_000  # cells of the rectangle that calamine keeps in memory


class XlsxReader:
    """One .xlsx or .xlsm: shared strings and formats are read once, each sheet when it is asked for."""

    def __init__(self, archive: zipfile.ZipFile, package: Package, limits: Limits) -> None:
        self._archive, self._package, self._limits = archive, package, limits
        self._strings = read_strings(archive, package, limits)
        self._blank = {str(at) for at, text in enumerate(self._strings) if not text.strip()}
        self._formats = read_formats(archive, package)

    def scan(self, sheet: SheetPart) -> Scan:
        """Look through a sheet's part."""
        with self._archive.open(sheet.part) as source:
            pads = self._formats.pads
            scan = scan_sheet(source, sheet.part, self._limits, blank_strings=self._blank, pads=pads)
        scan.hidden = sheet.hidden
        return scan

    def rows(self, sheet: SheetPart, scan: Scan) -> Rows:
        """Yield the rows of a sheet that hold a value, in the order of the file."""
        with self._archive.open(sheet.part) as source, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl's about dates beyond its calendar: they become faults here
            yield from _rows(source, _parser(source, self._strings, self._formats), scan)


def mostly_blank(scan: Scan) -> bool:
    """Tell whether a sheet is better read by calamine: far more rows or cells are written down than hold a value."""
    blank = scan.row_elements > _FEW + 4 * scan.rows or scan.cell_elements > 10 * _FEW + 4 * scan.cells
    return blank and scan.last_row * scan.width <= _AREA


def _parser(source: Any, strings: Sequence[str], formats: Formats) -> Any:
    return WorkSheetParser(
        source,
        strings,
        data_only=True,
        epoch=CALENDAR_MAC_1904 if formats.epoch_1904 else CALENDAR_WINDOWS_1900,
        date_formats=formats.dates,
        timedelta_formats=formats.durations,
    )


def _rows(source: Any, parser: Any, scan: Scan) -> Rows:
    left = scan.row_elements  # what stands behind the last row is not looked at again
    for _, element in iterparse(source):  # noqa: S314 - `scan` has refused document types in this very part
        if element.tag != ROW_TAG:
            continue
        parser.row_counter, parser.col_counter = int(element.get("r", parser.row_counter + 1)), 0
        cells = [parser.parse_cell(cell) for cell in element if cell.tag == CELL_TAG]
        texts = _texts(cells, scan)
        if any(map(str.strip, texts)):
            yield parser.row_counter, texts
        element.clear()
        left -= 1
        if not left:
            return


def _texts(cells: Sequence[dict[str, Any]], scan: Scan) -> list[str]:
    texts: list[str] = []
    for cell in cells:
        value, at = cell["value"], cell["column"] - 1
        if value is None or value == "":
            continue
        texts.extend([""] * (at - len(texts)))
        place = (cell["row"], at)
        if cell["data_type"] == "e":
            scan.faults.setdefault(place, Fault("cell_error", str(value)))
        texts.append(unescape_xlsx(value) if isinstance(value, str) else shown(value, scan.padded.get(place, 0)))
    return texts
