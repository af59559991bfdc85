"""A comparison as one HTML page: how much differs, who moved, then every sheet's differences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..comparing.diff import KINDS, MOVING, Difference
from ..comparing.edits import CellEdit
from ..words import translate, translate_n
from .diff import DiffReport
from .diff_wording import (
    Line,
    before_after,
    edit_kind,
    edited_title,
    field_label,
    headline,
    kind_word,
    lines_of,
    not_compared,
    notes_of,
    sheet_label,
)
from .evidence import evidence_lines
from .page import Cell, Page, Table, thousands, write_page

MOST_ROWS = 2000  # of one table on a page; a browser is slow with more, and the workbook holds all
_LOOKS = {"added": "good", "removed": "error", "moved": "new", "changed": "warning"}
_TILES = {"added": "good", "removed": "error", "moved": "", "changed": "warning"}


@dataclass(frozen=True)
class Block:
    """One table under its heading, and what is said of the lines it does not hold."""

    title: str
    table: Table
    rest: str = ""


def write_diff_page(path: Path, report: DiffReport) -> Path:
    """Write the page, readable by its owner only; return where it was saved."""
    blocks = [*_moves(report), *_sheets(report), *_edits(report)]
    return write_page(
        path,
        "diff.html",
        Page(translate("Comparison"), _lead(report), evidence_lines(report.evidence)),
        headline=headline(report.diff),
        notes=notes_of(report.diff, report.inputs),
        figures=[_tile(report, kind) for kind in reversed(KINDS)],
        blocks=blocks,
        left_out_title=translate("Not compared"),
        left_out=[not_compared(one, report.inputs) for one in report.diff.not_compared],
    )


def _lead(report: DiffReport) -> str:
    first, second = (one.view for one in report.inputs)
    return translate(
        "{server}, {first} to {second}", server=second.server or "?", first=first.taken_at, second=second.taken_at
    )


def _tile(report: DiffReport, kind: str) -> tuple[str, str, str]:
    count = sum(d.kind == kind for d in report.diff.differences)
    return thousands(count), kind_word(kind), _TILES[kind] if count else "quiet"


def _block(title: str, columns: Sequence[tuple[str, str]], rows: Iterable[Sequence[Cell]]) -> Block:
    listed = [[[cell] if cell.text else [] for cell in row] for row in rows]
    left = len(listed) - MOST_ROWS
    rest = translate_n("{n} more line is in the workbook.", "{n} more lines are in the workbook.", max(left, 0))
    return Block(title, Table(columns, listed[:MOST_ROWS]), rest if left > 0 else "")


def _moves(report: DiffReport) -> list[Block]:
    moved = [d for d in report.diff.differences if d.kind == "moved"]
    entity, number = (field_label("users", name) for name in MOVING)
    columns = [(translate("Name"), ""), ("Id", "num"), (entity, ""), (number, "fixed")]
    return [_block(translate("Moves"), columns, map(_move, moved))] if moved else []


def _move(difference: Difference) -> list[Cell]:
    fields = {field.column: field for field in difference.fields}
    ways = [f"{fields[name].before} → {fields[name].after}" if name in fields else "" for name in MOVING]
    return _cells(difference.name, difference.id_after, ways[0] or difference.place, ways[1])


def _cells(*texts: str) -> list[Cell]:
    return [Cell(text) for text in texts]


def _sheets(report: DiffReport) -> list[Block]:
    who = [(translate("What"), "fixed"), ("Id", "num"), (translate("Name"), ""), (translate("Entity"), "")]
    what = [(translate("Field"), ""), (translate("Before"), ""), (translate("After"), "")]
    blocks = []
    for name in report.diff.compared:
        lines = lines_of([d for d in report.diff.differences if d.resource == name])
        if lines:
            placed = any(line.place for line in lines)
            columns = [*(who if placed else who[:3]), *what]
            blocks.append(_block(sheet_label(name), columns, _rows(lines, placed)))
    return blocks


def _rows(lines: Sequence[Line], placed: bool) -> Iterator[list[Cell]]:
    """Yield a row per line; who it is about stands on the first line of a record only."""
    told: list[Cell] = []
    for line in lines:
        word = Cell(kind_word(line.kind), pill=_LOOKS[line.kind])
        who = [word, *_cells(line.id, line.name), *(_cells(line.place) if placed else [])]
        yield [*(_cells(*[""] * len(who)) if who == told else who), *_cells(line.field, line.before, line.after)]
        told = who


def _edits(report: DiffReport) -> list[Block]:
    where = [(translate("Sheet"), ""), (translate("Row"), "num"), (translate("Name"), ""), (translate("Field"), "")]
    columns = [*where, (translate("Server said"), ""), (translate("Book says"), "")]
    return [_block(edited_title(one), columns, map(_edit, one.edits)) for one in report.inputs if one.edits]


def _edit(edit: CellEdit) -> list[Cell]:
    field = edit_kind(edit) or field_label(edit.sheet, edit.column)
    return _cells(sheet_label(edit.sheet), str(edit.row or ""), edit.name, field, *before_after(edit.sheet, edit))
