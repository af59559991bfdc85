"""What the two binary kinds of workbook (.xls, .xlsb) have in common: errors, and what a record tells a scan."""

from __future__ import annotations

from collections.abc import Mapping

from ..model.text import Said
from .bounds import check_spread, note_fault, note_merge, too_far_apart, too_large
from .gate import unreadable
from .raw import LAST_COLUMN, LAST_ROW, Fault, Limits, Scan

_ERRORS = {  # [MS-XLS] 2.5.10, the same in [MS-XLSB] 2.5.97.2
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
    0x2B: "#GETTING_DATA",
}


class BinaryLook:
    """A scan under way, fed record by record; rows and columns from 0, as the records have them."""

    def __init__(self, limits: Limits, pads: Mapping[int, int], *, hidden: bool) -> None:
        self.scan = Scan(hidden=hidden)
        self._limits, self._pads = limits, pads
        self._hidden: set[int] = set()
        self._valued: set[int] = set()

    def hide_row(self, row: int) -> None:
        """Take note of a row that is not shown."""
        self._hidden.add(row + 1)

    def hide_columns(self, first: int, last: int) -> None:
        """Take note of columns that are not shown."""
        self.scan.hidden_columns.update(range(first, min(last, LAST_COLUMN - 1) + 1))

    def merge(self, first: int, last: int, left: int, right: int) -> None:
        """Take note of a merged range."""
        note_merge(self.scan, (first + 1, left, last + 1, right))

    def value(self, row: int, column: int, style: int = -1) -> None:
        """Take note of a cell that holds a value; `style` is that of a number."""
        scan = self.scan
        if row >= LAST_ROW or column >= LAST_COLUMN:
            raise unreadable(Said("a sheet has a row or column whose number no spreadsheet has"))
        self._valued.add(row + 1)
        scan.cells += 1
        scan.last_row, scan.width = max(scan.last_row, row + 1), max(scan.width, column + 1)
        if style in self._pads:
            scan.padded[row + 1, column] = self._pads[style]
        if len(self._valued) > self._limits.rows or scan.cells > self._limits.cells:
            raise too_large(self._limits)

    def error(self, row: int, column: int, number: int) -> None:
        """Take note of a cell that shows an error."""
        self.value(row, column)
        fault = Fault("cell_error", _ERRORS.get(number, "#ERROR!"))
        note_fault(self.scan, (row + 1, column), fault, self._limits)

    def finish(self) -> Scan:
        """Return the scan; raises BookError where the values lie too far apart to be read."""
        scan = self.scan
        scan.hidden_rows, scan.rows = self._hidden & self._valued, len(self._valued)
        if scan.width > self._limits.columns:
            raise too_far_apart()
        check_spread(scan)
        return scan
