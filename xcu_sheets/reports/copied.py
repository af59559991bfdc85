"""What a problems copy shows of a person's book: the cells, what stands for what must not travel, and what is wrong.

A copy holds what the book showed, as text, so that importing it does what importing the mended book would do. Two
things do not travel as they are:

- A secret is in no file of ours (DESIGN rule 14). A password shows as `<left out>`. A new user with such a cell is
  refused until the password is typed again or the cell is cleared, so that nobody is created without it unnoticed; on a
  row with an id it is not sent, with a warning, and the server keeps what it has.
- A cell without a value (an error, a formula that was never calculated) shows what the person saw in angle brackets,
  and is the same problem again when the copy is read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence

import pandas as pd

from ..files.stand_ins import NO_VALUE, fault_stand_in, secret_stand_in
from ..model.book import Book, Sheet
from ..model.problems import Problem, Severity, has_errors, problem
from ..model.snapshot import TEXT
from ..model.text import asks_auto, is_left_out
from .wording import message, noted

ORDER = {Severity.ERROR: 0, Severity.WARNING: 1}

Row = tuple[str, int]  # sheet and row number


def worth_a_copy(problems: Sequence[Problem]) -> bool:
    """Tell whether something can be mended in a row: an unknown column alone is no reason for another file."""
    return has_errors(problems) or any(p.row and p.severity is Severity.WARNING for p in problems)


def marked_problems(book: Book, problems: Sequence[Problem], spared: Collection[Row]) -> list[Problem]:
    """Return the errors, then the warnings, that a copy marks: the book's own, and what the copy leaves out.

    `spared` are rows that are about to be sent from the book itself: their passwords are left out without a word.
    """
    said = [p for p in (*problems, *_left_out(book, spared)) if p.severity in ORDER]
    sheets = list(book.sheets)
    return errors_first(sorted(said, key=lambda p: (sheets.index(p.sheet) if p.sheet in book.sheets else -1, p.row)))


def errors_first(problems: Sequence[Problem]) -> list[Problem]:
    """Return the problems, errors before warnings, else in their order."""
    return sorted(problems, key=lambda p: ORDER[p.severity])


def _left_out(book: Book, spared: Collection[Row]) -> Iterator[Problem]:
    """Yield what will be said of each password when the copy is read."""
    for name, sheet in book.sheets.items():
        for secret in sheet.resource.secrets:
            for row in _filled(sheet, secret.name):
                if (name, row) in spared:
                    continue
                where = {"sheet": name, "row": row, "column": secret.name}
                if "id" in sheet.frame and sheet.frame.at[row, "id"]:
                    yield problem("secret_not_sent", Severity.WARNING, **where)
                else:
                    yield problem("secret_left_out", **where)


def _filled(sheet: Sheet, column: str) -> list[int]:
    if column not in sheet.frame:
        return []
    skipped = set(sheet.frame.index[sheet.frame["action"] == "skip"]) if "action" in sheet.frame else set()
    cells = sheet.frame[column]
    return [int(str(row)) for row, text in cells[cells != ""].items() if row not in skipped and not _stays(text)]


def _stays(text: str) -> bool:
    return is_left_out(text) or asks_auto(text)


def shown_cells(sheet: Sheet, problems: Sequence[Problem]) -> pd.DataFrame:
    """Return a sheet's cells as a copy shows them; the book's own `problems` tell the cells without value."""
    cells = sheet.original.copy()
    hidden = {sheet.headers[secret.name] for secret in sheet.resource.secrets if secret.name in sheet.headers}
    for header in hidden:
        cells[header] = cells[header].map(secret_stand_in).astype(TEXT)
    for p in problems:
        header = sheet.headers.get(p.column, p.column)
        known = p.sheet == sheet.resource.name and header in cells and p.row in cells.index
        if p.code in NO_VALUE and known and header not in hidden:
            cells.at[p.row, header] = fault_stand_in(str(cells.at[p.row, header]))
    return cells


def row_notes(sheet: Sheet, problems: Sequence[Problem]) -> dict[int, list[str]]:
    """Return, by row, why its cells are marked: a line per problem, errors first."""
    notes: dict[int, list[str]] = defaultdict(list)
    for p in problems:
        if p.row and p.sheet == sheet.resource.name:
            column = sheet.headers.get(p.column, p.column)
            notes[p.row].append(noted(column, p) if column else message(p))
    return {row: list(dict.fromkeys(lines)) for row, lines in notes.items()}
