"""A plan as a workbook for the people who approve it: what hurts, counts per entity, every row, every remark."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from ..files.marked import AUTHOR, UNTOUCHED
from ..files.replace_file import replace_file
from ..files.sheets import AMBER, GREEN, RED, SEVERITY_COLOURS
from ..files.xlsx_writer import add_sheet, count_lines, new_book
from ..model.problems import Severity
from ..words import translate
from .approval import COUNTED, Approval, Hurt
from .counting import word
from .plan_words import (
    COUNT_HEADS,
    HURT_HEADS,
    HURT_REASONS,
    HURT_TITLES,
    LINE_HEADS,
    NOTE_HEADS,
    SHEETS,
    VERBS,
    headline,
    in_words,
    more_lines,
    sheet_label,
    staying_behind,
    titled,
)
from .wording import tab_name

SHOWN_HURTS = 200  # of one kind on the first sheet; the sheet Rows has all of them
Row = Sequence[str | int]

_FONT = {"valign": "top", "font_size": 10}
_LOOKS: dict[str, dict[str, Any]] = {
    "title": {"bold": True, "font_size": 18, "font_color": "#1F4E78"},
    "headline": {"bold": True, "font_size": 12},
    "alarm": {"bold": True, "font_size": 12, "font_color": "#FFFFFF", "bg_color": "#B3261E"},
    "label": {**_FONT, "bold": True, "num_format": "@"},
    "faint": {**_FONT, "font_color": "#595959", "num_format": "@"},
    "text": {**_FONT, "num_format": "@"},
    "wrapped": {**_FONT, "text_wrap": True, "num_format": "@"},
    "number": {**_FONT, "num_format": "#,##0;-#,##0;–", "align": "right"},
    "alarming": {**_FONT, "num_format": "#,##0", "align": "right", "bold": True, "font_color": "#B3261E"},
    "total": {**_FONT, "num_format": "#,##0;-#,##0;–", "align": "right", "bold": True, "top": 1},
    "total_text": {**_FONT, "bold": True, "top": 1, "num_format": "@"},
    "hurt": {"bold": True, "font_size": 12, "font_color": "#B3261E", "bottom": 1, "bottom_color": "#B3261E"},
    "head": {**_FONT, "bold": True, "bg_color": "#E8EEF4", "font_color": "#1F4E78", "num_format": "@"},
    "signature": {**_FONT, "bold": True, "bottom": 1},
    "header": {**_FONT, "bold": True, "bg_color": "#1F4E78", "font_color": "#FFFFFF", "text_wrap": True},
}
_LOOKS["header_right"] = {**_LOOKS["header"], "align": "right"}
_COLOURS = {"create": GREEN, "update": AMBER, "delete": RED}


def write_plan_book(path: Path, approval: Approval) -> Path:
    """Write the workbook, whole or not at all; return where it was saved. Raises BookError where it cannot be."""
    with replace_file(path) as file, new_book(file.temporary, in_memory=True) as book:
        book.set_properties({"author": AUTHOR, "created": UNTOUCHED})
        pen = _Pen(book)
        pen.front(approval)
        pen.entities(approval)
        pen.rows(approval)
        pen.notes(approval)
    return file.saved


class _Pen:
    """Writes the sheets of one workbook, each from top to bottom; every text is typed text."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._looks = {name: book.add_format(look) for name, look in _LOOKS.items()}
        self._tints: dict[str, Any] = {}

    def front(self, approval: Approval) -> None:
        """Write what the plan is, and everything that hurts."""
        sheet = self._sheet("hurts", (18, 30, 34, 44, 44))
        sheet.hide_gridlines(2)
        sheet.set_row(0, 28)
        self._text(sheet, 0, 0, titled("plan"), "title")
        self._text(sheet, 1, 0, headline(approval.plan), "headline")
        self._text(sheet, 2, 0, staying_behind(approval.plan), "faint")
        at = 3
        if approval.plan.blocked:
            for column in range(5):
                self._text(sheet, at, column, "" if column else titled("blocked"), "alarm")
            at += 1
        at = self._overview(sheet, at + 1, approval)
        for kind, title in HURT_TITLES.items():
            hurts = approval.of_kind(kind)
            if hurts:
                at = self._hurts(sheet, at + 1, f"{translate(title)} ({len(hurts)})", hurts)
        at = self._whole_plan(sheet, at + 1, approval)
        for name, text in approval.facts:
            self._text(sheet, at, 0, name, "label")
            self._text(sheet, at, 1, text, "faint")
            at += 1
        for column, text in enumerate((titled("approved_by"), "", "", titled("date"), "")):
            self._text(sheet, at + 2, column, text, "signature")

    def _overview(self, sheet: Any, at: int, approval: Approval) -> int:
        """Write one line for each way of hurting, those that do not occur too: their absence is news as well."""
        for kind, title in HURT_TITLES.items():
            found = len(approval.of_kind(kind))
            sheet.write_number(at, 0, found, self._looks["alarming" if found else "number"])
            self._text(sheet, at, 1, translate(title), "label" if found else "faint")
            at += 1
        return at

    def _hurts(self, sheet: Any, at: int, title: str, hurts: Sequence[Hurt]) -> int:
        for column in range(5):
            self._text(sheet, at, column, "" if column else title, "hurt")
        self._text(sheet, at + 1, 0, translate(HURT_REASONS[hurts[0].kind]), "faint")
        self._line(sheet, at + 2, in_words(HURT_HEADS), "head")
        at += 3
        for hurt in hurts[:SHOWN_HURTS]:
            self._wrapped(sheet, at, (hurt.row, hurt.who, hurt.entity, hurt.before, hurt.after))
            at += 1
        if len(hurts) > SHOWN_HURTS:
            self._text(sheet, at, 0, more_lines(len(hurts) - SHOWN_HURTS), "faint")
            at += 1
        return at

    def _whole_plan(self, sheet: Any, at: int, approval: Approval) -> int:
        """Write what is said of the whole plan, not of one row."""
        said = [note for note in approval.notes if not note.row and note.severity is not Severity.INFO]
        if not approval.hurts:
            self._text(sheet, at, 0, titled("no_hurt"), "headline")
            at += 2
        for note in said:
            sheet.write_string(at, 0, word(note.severity), self._tint(SEVERITY_COLOURS[note.severity]))
            self._text(sheet, at, 1, note.text, "text")
            at += 1
        return at + 1 if said else at

    def entities(self, approval: Approval) -> None:
        """Write the counts per entity with their sum, and those of the other sheets."""
        sheet = self._sheet("entities", (34, 18, *(13 for _ in COUNTED)))
        self._header(sheet, COUNT_HEADS)
        for column, head in enumerate(COUNT_HEADS[2:], start=2):
            self._text(sheet, 0, column, translate(head), "header_right")
        at = 1
        for row in approval.entities:
            self._counts(sheet, at, (row.entity, row.xivo), [row.counts.get(a, 0) for a in COUNTED], "text", "number")
            at += 1
        sums = [sum(row.counts.get(a, 0) for row in approval.entities) for a in COUNTED]
        self._counts(sheet, at, (titled("all_users"), ""), sums, "total_text", "total")
        for name, counts in approval.sheets.items():
            if name != "users":
                at += 1
                self._counts(sheet, at, (sheet_label(name), ""), [counts.get(a, 0) for a in COUNTED], "text", "number")

    def _counts(self, sheet: Any, at: int, names: Sequence[str], counts: Iterable[int], text: str, number: str) -> None:
        self._line(sheet, at, names, text)
        for column, count in enumerate(counts, start=len(names)):
            sheet.write_number(at, column, count, self._looks[number])

    def rows(self, approval: Approval) -> None:
        """Write one line for each cell that changes and each record that is made or goes."""
        sheet = self._sheet("rows", (11, 7, 9, 30, 28, 18, 48, 48, 48))
        self._header(sheet, LINE_HEADS, last=len(approval.lines))
        for at, line in enumerate(approval.lines, start=1):
            what = (line.entity, line.column, line.before, line.after, line.remark)
            self._wrapped(sheet, at, (tab_name(line.sheet), str(line.row), "", line.who, *what))
            sheet.write_string(at, 2, translate(VERBS[line.action]), self._tint(_COLOURS[line.action]))

    def notes(self, approval: Approval) -> None:
        """Write every problem: what keeps a row back, and what is worth a look."""
        sheet = self._sheet("notes", (10, 13, 30, 110))
        self._header(sheet, NOTE_HEADS, last=len(approval.notes))
        for at, note in enumerate(approval.notes, start=1):
            self._wrapped(sheet, at, ("", note.row, note.who, note.text))
            sheet.write_string(at, 0, word(note.severity), self._tint(SEVERITY_COLOURS[note.severity]))

    def _sheet(self, name: str, widths: Sequence[int]) -> Any:
        sheet = add_sheet(self._book, translate(SHEETS[name]))
        sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)
        self._widths = widths
        return sheet

    def _header(self, sheet: Any, heads: tuple[str, ...], last: int = 0) -> None:
        sheet.freeze_panes(1, 0)
        sheet.repeat_rows(0)
        sheet.set_row(0, 20)
        self._line(sheet, 0, in_words(heads), "header")
        if last:
            sheet.autofilter(0, 0, last, len(heads) - 1)

    def _line(self, sheet: Any, at: int, texts: Sequence[str], look: str) -> None:
        for column, text in enumerate(texts):
            self._text(sheet, at, column, text, look)

    def _wrapped(self, sheet: Any, at: int, texts: Sequence[str]) -> None:
        lines = max(count_lines(text, int(w * 1.15)) for text, w in zip(texts, self._widths, strict=True))
        if lines > 1:
            sheet.set_row(at, 13.5 * min(lines, 12))
        self._line(sheet, at, texts, "wrapped")

    def _text(self, sheet: Any, at: int, column: int, text: str, look: str) -> None:
        if text:
            sheet.write_string(at, column, text, self._looks[look])
        else:
            sheet.write_blank(at, column, None, self._looks[look])

    def _tint(self, colour: str) -> Any:
        if colour not in self._tints:
            self._tints[colour] = self._book.add_format({**_FONT, "bg_color": colour, "num_format": "@"})
        return self._tints[colour]
