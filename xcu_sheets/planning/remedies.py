"""What a person is told to do, in a book that may lack the column or the sheet for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ..model.book import Book
from ..model.problems import Problem, Severity, problem
from ..model.view import View

# By code, the columns in which its sentence asks for something. Wherever ids stand, actions are understood too.
ASKS = {
    "nothing_to_update": ("id", "action"),
    "held_by": ("id",),
    "write_update": ("action",),
    "same_person": ("id", "action"),
    "same_person_twice": ("action",),
    "row_made_other": ("id", "action"),
    "row_made_another": ("action",),
    "made_then_deleted": ("action",),
    "example_kept": ("action",),
}
_NAMES = ("reference_unknown", "reference_damaged")


def suited(problems: Iterable[Problem], book: Book) -> list[Problem]:
    """Return the problems, with what their book lacks: columns (`absent`), or the sheet of a name (`place`).

    `place` is `list` where the cells of such a book offer the names, `none` in a list without baseline.
    """
    return [_suited(p, book) for p in problems]


def _suited(p: Problem, book: Book) -> Problem:
    sheet = book.sheets.get(p.sheet)
    absent = [name for name in ASKS.get(p.code, ()) if sheet and name not in sheet.frame]
    if absent:
        return replace(p, params={**p.params, "absent": ", ".join(absent)})
    if p.code in _NAMES and p.params.get("resource", "entities") not in book.sheets:
        return replace(p, params={**p.params, "place": "list" if book.baseline else "none"})
    return p


def for_this_book(problems: Iterable[Problem], book: Book, view: View) -> list[Problem]:
    """Return problems of names; without a server, a book made for one entity cannot tell what else there is.

    Such a book names no other entity, and no template of others: what it does not name is a warning there.
    """
    preset = "" if view.online else book.fill.get("entity", "")
    return [_unsure(p, view.directory.shown("entities").get(preset, preset)) if preset else p for p in problems]


def _unsure(p: Problem, preset: str) -> Problem:
    if p.code != "reference_unknown" or p.sheet != "users":
        return p
    return problem(
        "not_of_this_book",
        Severity.WARNING,
        sheet=p.sheet,
        row=p.row,
        column=p.column,
        value=p.value,
        preset=preset,
    )
