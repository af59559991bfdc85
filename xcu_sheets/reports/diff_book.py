"""A comparison as a workbook: what it rests on and how much differs, then the moves, then every difference."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from ..comparing.diff import KINDS, MOVING, Difference
from ..files import ColumnSpec, SheetSpec, write_sheets
from ..files.sheets import AMBER, GREEN, GREY, RED
from ..model.snapshot import text_frame
from ..words import translate
from .diff import DiffReport
from .diff_wording import (
    before_after,
    counted,
    edit_kind,
    field_label,
    headline,
    kind_word,
    lines_of,
    not_compared,
    notes_of,
    sheet_label,
)
from .evidence import evidence_lines

LONGEST_CELL = 16_000  # of a cell of ours; half of Excel's limit, for escapes need some room
_COLOURS = {"added": GREEN, "removed": RED, "moved": GREY, "changed": AMBER}
_Rows = Iterable[Sequence[str]]


def write_diff_book(path: Path, report: DiffReport) -> Path:
    """Write the workbook; return where it was saved. Sheets without a row are left out, but for the first two."""
    sheets = [_summary(report), _differences(report), _moves(report), _left_out(report), _edits(report)]
    return write_sheets(path, [sheet for at, sheet in enumerate(sheets) if at < 2 or len(sheet.frame)])


def _sheet(name: str, columns: Sequence[tuple[str, int]], rows: _Rows) -> SheetSpec:
    listed = [[cell[:LONGEST_CELL] for cell in row] for row in rows]
    texts = zip(*listed, strict=True) if listed else [()] * len(columns)
    frame = text_frame({str(at): list(column) for at, column in enumerate(texts)})
    specs = tuple(ColumnSpec(header, width, wrap=width >= 40) for header, width in columns)
    return SheetSpec(name, specs, frame, spare_rows=0)


def _summary(report: DiffReport) -> SheetSpec:
    rows = [
        *((translate("Result"), text) for text in [headline(report.diff)]),
        *((translate("Note"), text) for text in notes_of(report.diff, report.inputs)),
        *((sheet_label(name), _counted(counts)) for name, counts in report.diff.counts().items()),
        *((translate("Not compared"), not_compared(one, report.inputs)) for one in report.diff.not_compared),
        *evidence_lines(report.evidence),
    ]
    return _sheet(translate("Summary"), [(translate("Comparison"), 26), ("", 100)], rows)


def _counted(counts: dict[str, int]) -> str:
    said = ", ".join(counted(kind, counts[kind]) for kind in KINDS if counts[kind])
    return said or translate("no difference")


def _differences(report: DiffReport) -> SheetSpec:
    columns = [
        (translate("What"), 11),
        (translate("Sheet"), 15),
        ("Id", 10),
        (translate("Name"), 30),
        (translate("Entity"), 32),
        (translate("Field"), 24),
        (translate("Before"), 40),
        (translate("After"), 40),
    ]
    rows = (
        (kind_word(one.kind), sheet_label(one.resource), one.id, one.name, one.place, one.field, one.before, one.after)
        for one in lines_of(report.diff.differences)
    )
    spec = _sheet(translate("Differences"), columns, rows)
    return replace(spec, status="0", colours={kind_word(kind): colour for kind, colour in _COLOURS.items()})


def _moves(report: DiffReport) -> SheetSpec:
    sides = [(translate("before"), 20), (translate("after"), 20)]
    moving = [(f"{field_label('users', name)} ({side})", width) for name in MOVING for side, width in sides]
    columns = [(translate("Name"), 30), (translate("Id (before)"), 10), (translate("Id (after)"), 10), *moving]
    moved = [d for d in report.diff.differences if d.kind == "moved"]
    return _sheet(translate("Moves"), columns, ((d.name, d.id_before, d.id_after, *_ways(d)) for d in moved))


def _ways(difference: Difference) -> list[str]:
    """Return entity and number before and after; of an entity that stayed, the second alone, of a number neither."""
    fields = {field.column: field for field in difference.fields}
    stayed = {"entity": ("", difference.place), "internal_number": ("", "")}
    return [
        text
        for name in MOVING
        for text in (before_after(difference.resource, fields[name]) if name in fields else stayed[name])
    ]


def _left_out(report: DiffReport) -> SheetSpec:
    rows = ((not_compared(one, report.inputs),) for one in report.diff.not_compared)
    return _sheet(translate("Not compared"), [(translate("Not compared"), 120)], rows)


def _edits(report: DiffReport) -> SheetSpec:
    columns = [
        (translate("Book"), 30),
        (translate("Sheet"), 15),
        (translate("Row"), 8),
        ("Id", 10),
        (translate("Name"), 30),
        (translate("Field"), 24),
        (translate("Server said"), 40),
        (translate("Book says"), 40),
    ]
    rows = (
        (
            one.name,
            sheet_label(edit.sheet),
            str(edit.row or ""),
            edit.id,
            edit.name,
            edit_kind(edit) or field_label(edit.sheet, edit.column),
            *before_after(edit.sheet, edit),
        )
        for one in report.inputs
        for edit in one.edits
    )
    return _sheet(translate("Edited since"), columns, rows)
