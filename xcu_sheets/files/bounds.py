"""What a scan may find before a workbook is refused, the same for every kind of it."""

from __future__ import annotations

from ..model.errors import BookError
from .raw import Fault, Limits, Place, Scan

MERGES = 65_536
_AREA = 4_000_000  # cells of the rectangle that calamine keeps in memory


def too_large(limits: Limits) -> BookError:
    """Return what to say of a sheet that holds more values than the limits allow."""
    return BookError(
        "a sheet holds more than {rows} rows, {columns} columns or {cells} cells with values: "
        "delete what does not belong there",
        rows=limits.rows,
        columns=limits.columns,
        cells=limits.cells,
    )


def note_fault(scan: Scan, place: Place, fault: Fault, limits: Limits) -> None:
    """Put a cell that shows no value of its own into a scan; raises BookError where there are too many."""
    scan.faults[place] = fault
    if len(scan.faults) > limits.faults:
        raise BookError(
            "more than {faults} cells of a sheet show an error or were never calculated", faults=limits.faults
        )


def note_merge(scan: Scan, merged: tuple[int, int, int, int]) -> None:
    """Put a merged range (first row, first column from 0, last row, last column) into a scan; raises BookError too."""
    scan.merged.append(merged)
    if len(scan.merged) > MERGES:
        raise BookError("a sheet holds more than {merges} merged ranges: undo the merging", merges=MERGES)


def check_spread(scan: Scan) -> None:
    """Raise BookError where calamine would keep a rectangle that is nearly all blank."""
    if scan.last_row * scan.width > max(_AREA, 4 * scan.cells):
        raise too_far_apart()


def too_far_apart() -> BookError:
    """Return what to say of values that lie too far from each other to be read."""
    return BookError("the values of a sheet lie too far apart: delete what stands far below or to the right")
