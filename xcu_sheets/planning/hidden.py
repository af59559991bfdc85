"""What a person does not see in a sheet is not sent unasked: a filtered list has two meanings (`--hidden`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from ..model.book import Book, Sheet
from ..model.problems import Problem, Severity, problem
from ..model.snapshot import TEXT
from .plan import Change

REFUSE, INCLUDE, SKIP = "refuse", "include", "skip"
_SHOWN_ROWS = 5


def without_hidden(book: Book, hidden: str) -> Book:
    """Return the book with what is hidden left out, where `--hidden skip` asks for it: rows skipped, columns absent."""
    if hidden != SKIP:
        return book
    return replace(book, sheets={name: _visible(sheet) for name, sheet in book.sheets.items()})


def _visible(sheet: Sheet) -> Sheet:
    frame = sheet.frame.drop(columns=list(sheet.hidden_columns - {"id"}))
    if sheet.hidden_rows:
        actions = frame["action"] if "action" in frame else frame.index.map(lambda _: "").astype(TEXT)
        skipped = ["skip" if row in sheet.hidden_rows else text for row, text in zip(frame.index, actions, strict=True)]
        frame = frame.assign(action=skipped).astype(TEXT)
    return replace(sheet, frame=frame)


def hidden_problems(sheet: Sheet, sending: Mapping[int, Change], hidden: str) -> list[Problem]:
    """Return a refusal for each row that would be sent and is hidden, or is changed by a hidden column's cell.

    With `--hidden include` or `--hidden skip` it is only said how many rows that concerns.
    """
    if hidden == REFUSE:
        return [*_hidden_rows(sheet, sending), *_hidden_cells(sheet, sending)]
    rows = sorted(sheet.hidden_rows & sending.keys() if hidden == INCLUDE else sheet.hidden_rows)
    if not rows:
        return []
    shown = ", ".join(map(str, rows[:_SHOWN_ROWS])) + (", ..." if len(rows) > _SHOWN_ROWS else "")
    code = "hidden_included" if hidden == INCLUDE else "hidden_skipped"
    return [problem(code, Severity.INFO, sheet=sheet.resource.name, count=str(len(rows)), rows=shown)]


def _hidden_rows(sheet: Sheet, sending: Mapping[int, Change]) -> Iterator[Problem]:
    what = "sheet" if sheet.hidden else "row"
    for row in sorted(sheet.hidden_rows & sending.keys()):
        yield problem("row_hidden", sheet=sheet.resource.name, row=row, what=what, action=sending[row].action)


def _hidden_cells(sheet: Sheet, sending: Mapping[int, Change]) -> Iterator[Problem]:
    for row, change in sorted(sending.items()) if sheet.hidden_columns else ():
        touched = {edit.column for edit in change.edits} | ({*change.cells} if change.action == "create" else set())
        touched |= {"action"} if sheet.frame.get("action", {}).get(row) else set()
        for column in sorted(touched & sheet.hidden_columns):
            yield problem("column_hidden", sheet=sheet.resource.name, row=row, column=column)
