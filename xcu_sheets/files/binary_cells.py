"""What the two binary kinds of workbook (.xls, .xlsb) have in common: errors, and what a record tells a scan."""

from __future__ import annotations

from collections.abc import Mapping

from ..model.errors import BookError
from .gate import unreadable
from .raw import LAST_COLUMN, LAST_ROW, Fault, Limits, Scan
from .sheet_scan import MERGES, too_large

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
_AREA = 4_000_000  # cells of the rectangle that calamine keeps in memory


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
        self.scan.merged.append((first + 1, left, last + 1, right))
        if len(self.scan.merged) > MERGES:
            raise BookError(f"a sheet holds more than {MERGES} merged ranges: undo the merging")

    def value(self, row: int, column: int, style: int = -1) -> None:
        """Take note of a cell that holds a value; `style` is that of a number."""
        scan = self.scan
        if row >= LAST_ROW or column >= LAST_COLUMN:
            raise unreadable("a sheet has a row or column whose number no spreadsheet has")
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
        self.scan.faults[row + 1, column] = Fault("cell_error", _ERRORS.get(number, "#ERROR!"))
        if len(self.scan.faults) > self._limits.faults:
            raise BookError(f"more than {self._limits.faults} cells of a sheet show an error")

    def finish(self) -> Scan:
        """Return the scan; raises BookError where the values lie too far apart to be read."""
        scan = self.scan
        scan.hidden_rows, scan.rows = self._hidden & self._valued, len(self._valued)
        if scan.width > self._limits.columns or scan.last_row * scan.width > max(_AREA, 4 * scan.cells):
            raise BookError("the values of a sheet lie too far apart: delete what stands far below or to the right")
        return scan
