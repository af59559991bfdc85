"""The problems copy: a person's book written anew with its bad cells marked, to be mended and imported itself."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path

import pandas as pd

from ..files import write_marked
from ..files.csv_copy import untouched_csv, write_csv_copy, write_folder_copy
from ..files.marked import Listed, Mark, MarkedSheet, untouched
from ..files.read_me import SHEET as READ_ME
from ..files.recognition import PROBLEMS_HEADERS
from ..files.sheets import SEVERITY_COLOURS, ColumnSpec, SheetSpec, record_lists, resource_sheet
from ..files.stand_ins import NO_VALUE
from ..model.book import Book, Sheet
from ..model.errors import BookError
from ..model.problems import Problem, Severity
from ..model.resources import RESOURCES
from ..model.snapshot import TEXT
from ..model.text import Said
from ..words import speaking, spoken, told, translate, translate_n
from .copied import Row, errors_first, marked_problems, row_notes, shown_cells
from .wording import message, tab_name

_RESERVED = {READ_ME.casefold(), READ_ME.french.casefold(), "_baseline", "_lists", "history"}
_MENDING = (
    (
        Said("How to mend"),
        Said("Correct the red cells: the first column of each sheet, and a comment on each cell, says why it is red."),
    ),
    ("", Said("Amber cells are worth a look. What you do not touch stays as it is. Then save, and run:")),
)
_AFTERWARDS = (
    ("", Said("This does what importing the mended book would do, so the book itself need not be changed.")),
)
_PASSWORDS_MANY = ("", Said("where they are many, mend the book itself instead of this copy."))
_NO_VALUE = (
    Said("No value"),
    Said("A cell in angle brackets, such as <#N/A>, showed no value: type what belongs there."),
)
_HANDING_ON = (
    Said("Handing on"),
    Said("As in the book, a hidden copy of the export is in this file: it names the same people."),
)
_CSV_ENDINGS = (".csv", ".tsv", ".txt")
_NUMBERED = re.compile(r"\.problems(-[0-9]+)?\Z")


def default_problems_path(book_path: str) -> Path:
    """Return `BOOK.problems.xlsx` beside the book (`.csv` for a CSV, a folder for a folder).

    It is numbered where somebody has mended cells in the one that is there. A copy of a copy is numbered on: the book
    given is never the file that is written.
    """
    book = Path(book_path)
    folder = book.is_dir()
    ending = "" if folder else ".csv" if book.suffix.lower() in _CSV_ENDINGS else ".xlsx"
    stem = _NUMBERED.sub("", book.name if folder else book.stem)
    names = (f"{stem}.problems{'' if n == 1 else f'-{n}'}{ending}" for n in count(1))
    paths = (book.absolute().parent / name for name in names)
    return next(path for path in paths if _may_be_written(path, book.absolute()))


def _may_be_written(path: Path, book: Path) -> bool:
    as_written = untouched if path.suffix == ".xlsx" else untouched_csv
    try:
        return not path.exists() or (path != book and as_written(path))
    except OSError:
        return True  # a name that is too long, say: the writing itself tells


def write_problems(
    path: Path,
    book: Book,
    problems: Sequence[Problem],
    *,
    spared: Collection[Row] = (),
    lang: str = "en",
    contact: str = "",
) -> Path:
    """Write the copy of `book` with `problems` marked; returns where it was saved.

    A name in .xlsx makes it a workbook, one in .csv a list without baseline; the copy of a folder is a folder.
    `spared` are rows that are about to be sent from the book itself: their passwords are left out without a word.
    `contact` is whom a workbook names for questions.
    Raises BookError for another ending, and where a cell cannot be written or the file cannot be replaced.
    """
    with speaking(lang):
        return _write(path, book, problems, spared, contact)


def _write(path: Path, book: Book, problems: Sequence[Problem], spared: Collection[Row], contact: str) -> Path:
    said, tabs, ending = marked_problems(book, problems, spared), _tabs(book), path.suffix.lower()
    folder = Path(book.path).is_dir() and ending not in (".xlsx", ".csv")
    alone = ending == ".csv" and len(book.sheets) == 1 and not book.baseline
    if ending != ".xlsx" and not folder and not alone:
        raise BookError("{path}: a problems file ends in .xlsx (or .csv for a list without baseline)", path=path)
    joint = "\n" if ending == ".xlsx" else translate("; ")  # a line break in a CSV would move the rows below
    sheets = {name: _marked(sheet, tabs[name], said, book.problems, joint) for name, sheet in book.sheets.items()}
    if folder:
        return write_folder_copy(path, sheets, baseline=book.baseline)
    if ending == ".csv":
        return write_csv_copy(path, *sheets.values())
    return write_marked(
        path,
        list(sheets.values()),
        [_listed(p, book, tabs) for p in said],
        title=translate("Problems in {name}", name=Path(book.path).name),
        facts=[(told(name), told(text)) for name, text in _facts(book, said, path.name, contact)],
        baseline=book.baseline,
        choices=record_lists({name: sheet.frame for name, sheet in book.sheets.items()}),
    )


def _tabs(book: Book) -> dict[str, str]:
    """Return the name of each sheet in the copy: the person's own where a workbook can have it."""
    tabs: dict[str, str] = {}
    for name, sheet in book.sheets.items():
        own = sheet.title
        good = 0 < len(own) <= 31 and not set(own) & set("[]:*?/\\") and own.strip("'") == own and own.isprintable()
        free = own.casefold() not in _RESERVED | {tab.casefold() for tab in tabs.values()}
        tabs[name] = own if good and free and not own.casefold().endswith(".csv") else tab_name(name)
    return tabs


def _place(sheet: Sheet, p: Problem) -> tuple[int, int] | None:
    """Return the row of a problem and the column of the copy, behind the notes, in which it stands; None for neither.

    What concerns a whole column stands in its header, what concerns a whole row in its notes.
    """
    at = _column_of(sheet, p.column)
    return (p.row or sheet.header_row, at) if p.row or at else None


def _column_of(sheet: Sheet, name: str) -> int:
    """Return the place of a column in the copy, behind the notes; 0 where it is not there."""
    header, columns = sheet.headers.get(name, name), list(sheet.original.columns)
    return columns.index(header) + 1 if header in columns else 0


def _marked(sheet: Sheet, tab: str, said: Sequence[Problem], faults: Sequence[Problem], joint: str) -> MarkedSheet:
    own = [p for p in said if p.sheet == sheet.resource.name]
    places: dict[tuple[int, int], list[Problem]] = defaultdict(list)
    for p in own:
        place = _place(sheet, p)
        if place and place[1]:
            places[place].append(p)
        if p.row:
            places[p.row, 0].append(p)
    return MarkedSheet(
        _spec(sheet, tab, _front(row_notes(sheet, own), sheet, joint), shown_cells(sheet, faults)),
        header_row=sheet.header_row,
        above=sheet.above,
        marks={(row, at): _mark(found, comment=at > 0) for (row, at), found in places.items()},
        hidden=sheet.hidden,
        hidden_rows=frozenset() if sheet.hidden else sheet.hidden_rows,
        hidden_columns=frozenset(_column_of(sheet, name) for name in sheet.hidden_columns),
    )


def _mark(problems: Sequence[Problem], *, comment: bool) -> Mark:
    found = errors_first(problems)
    lines = dict.fromkeys(map(_line, found)) if comment else ()
    return Mark(SEVERITY_COLOURS[found[0].severity], "\n".join(lines))


def _line(p: Problem) -> str:
    if p.severity is Severity.ERROR:
        return translate("Error: {message}", message=message(p))
    return translate("Warning: {message}", message=message(p))


def _front(notes: Mapping[int, Sequence[str]], sheet: Sheet, joint: str) -> pd.DataFrame:
    texts = [joint.join(notes.get(int(row), ())) for row in sheet.original.index]
    return pd.DataFrame({PROBLEMS_HEADERS[spoken()]: texts}, index=sheet.original.index, dtype=TEXT)


def _spec(sheet: Sheet, tab: str, front: pd.DataFrame, cells: pd.DataFrame) -> SheetSpec:
    own = resource_sheet(sheet.resource, sheet.original, lang=spoken())
    why = translate("Why cells of this row are marked. An import leaves this column out.")
    first = ColumnSpec(PROBLEMS_HEADERS[spoken()], 46, comment=why, wrap=True)
    columns = (
        replace(column, header=str(name)) for name, column in zip(sheet.original.columns, own.columns, strict=True)
    )
    return SheetSpec(tab, (first, *columns), pd.concat([front, cells], axis=1), "", own.spare_rows)


def _listed(p: Problem, book: Book, tabs: Mapping[str, str]) -> Listed:
    sheet = book.sheets.get(p.sheet)
    return Listed(
        severity=translate(str(p.severity)),
        sheet=tabs.get(p.sheet, p.sheet),
        place=_place(sheet, p) if sheet else None,
        column=sheet.headers.get(p.column, p.column) if sheet else p.column,
        value=p.value,
        message=message(p),
        colour=SEVERITY_COLOURS[p.severity],
    )


def _facts(book: Book, said: Sequence[Problem], name: str, contact: str) -> list[tuple[str, str]]:
    """Return what stands above the list: each line short enough to be read without scrolling."""
    errors = sum(p.severity is Severity.ERROR for p in said)
    rows = len({(p.sheet, p.row) for p in said if p.row})
    hidden = sum(p.code in ("secret_left_out", "secret_not_sent") for p in said)
    titles = ", ".join(p.params["title"] for p in book.problems if p.code == "sheet_ignored")
    found = translate(
        "{errors} and {warnings}, in {rows}",
        errors=translate_n("{n} error", "{n} errors", errors),
        warnings=translate_n("{n} warning", "{n} warnings", len(said) - errors),
        rows=translate_n("{n} row", "{n} rows", rows),
    )
    facts: list[tuple[str, str]] = [(Said("Found"), found), *_MENDING, ("", f"xcu-sheets import {name}"), *_AFTERWARDS]
    if hidden:
        passwords = translate_n(
            "{n} cell with <left out>: a copy holds no passwords. Type them again here, or clear the cells;",
            "{n} cells with <left out>: a copy holds no passwords. Type them again here, or clear the cells;",
            hidden,
        )
        facts += [(Said("Passwords"), passwords), _PASSWORDS_MANY]
    if any(p.code in NO_VALUE for p in said):
        facts.append(_NO_VALUE)
    facts.append((Said("Left out"), _left_out(titles)))
    people = book.baseline and any(RESOURCES[name].person_key for name in book.baseline.frames)
    facts += [_HANDING_ON] if people else []
    return [*facts, (Said("Questions to"), contact)] if contact else facts


def _left_out(titles: str) -> Said:
    if not titles:
        return Said("formulas (what they showed is here), links, macros, pictures, comments")
    return Said(
        "the sheets {titles}; formulas (what they showed is here), links, macros, pictures, comments", titles=titles
    )
