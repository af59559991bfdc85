"""The mapping book of a migration, as a person fills it in: written with dropdowns and marks, and read back."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from ..migrating.sheets import CREATE, ENTITIES, LEAVE, NUMBER_RULES, SHEETS
from ..model.errors import BookError
from ..model.problems import Problem, Severity, problem
from ..model.snapshot import text_frame
from ..model.text import fold, listed, safe_text
from ..words import translate
from .interpretation import interpret
from .raw import Limits
from .reading import read_raws
from .recognition import find_header
from .sheets import ColumnSpec, SheetSpec, resource_sheet
from .workbook import write_sheets

ABOUT = "about"
_OUR_OWN = {fold(ABOUT), fold("_lists")}
_LIMITS = Limits()
_BY_NAME = {fold(name): sheet for sheet in SHEETS.values() for name in (sheet.name, sheet.label, sheet.label_fr)}

Marks = Mapping[str, Collection[tuple[int, str]]]


@dataclass(frozen=True)
class MappingBook:
    """A mapping as read: frames of text by sheet name and row, the Excel column of each cell, and what is wrong."""

    path: str
    frames: Mapping[str, pd.DataFrame]
    letters: Mapping[str, Mapping[str, str]]
    problems: tuple[Problem, ...]


def write_mapping(
    path: Path,
    frames: Mapping[str, pd.DataFrame],
    *,
    marks: Marks,
    choices: Mapping[str, Sequence[str]],
    about: Sequence[tuple[str, str]],
    lang: str = "en",
) -> Path:
    """Write a mapping book; return where it was saved.

    `marks` are the cells in amber as (row, column's machine name), by sheet; `choices` the target's entities, templates
    and XiVOs, which the dropdowns show; `about` is the text of the first sheet.
    """
    sheets = [_about(about), *(_marked(name, frames[name], marks.get(name, ()), lang) for name in SHEETS)]
    lists = {**choices, "entities": [*choices["entities"], CREATE, LEAVE], "number rules": NUMBER_RULES}
    lists |= {"/".join(f.kind.words): f.kind.words for s in SHEETS.values() for f in s.fields if f.kind.words}
    return write_sheets(path, sheets, choices=lists)


def _about(lines: Sequence[tuple[str, str]]) -> SheetSpec:
    frame = text_frame({"what": [first for first, _ in lines], "text": [second for _, second in lines]})
    columns = (ColumnSpec(translate("About"), 24), ColumnSpec("", 100, wrap=True))
    return SheetSpec(ABOUT, columns, frame, spare_rows=0)


def _marked(name: str, frame: pd.DataFrame, marked: Collection[tuple[int, str]], lang: str) -> SheetSpec:
    spec = resource_sheet(SHEETS[name], frame, lang=lang, spare_rows=500)
    columns = tuple(
        replace(c, wrap=True) if n == "note" else c for n, c in zip(frame.columns, spec.columns, strict=True)
    )
    rows, places = list(frame.index), list(frame.columns)
    amber = frozenset((rows.index(row), places.index(column)) for row, column in marked)
    return replace(spec, columns=columns, amber=amber)


def read_mapping(path: Path, limits: Limits = _LIMITS) -> MappingBook:
    """Read a mapping book. Raises BookError where the file is none; what is wrong with cells is in `problems`."""
    raws, _, _ = read_raws(path, limits)
    frames, letters, problems = {}, {}, list[Problem]()
    for raw in raws:
        sheet = _BY_NAME.get(fold(raw.name))
        header = find_header(raw, sheet) if sheet and raw.rows else None
        if sheet is None or header is None:
            own = fold(raw.name) in _OUR_OWN
            problems += [] if own else [problem("sheet_ignored", Severity.WARNING, title=safe_text(raw.name))]
            continue
        try:
            read, said = interpret(raw, sheet, header)
        except BookError as error:
            raise BookError("{path}: {error}", path=path, error=error) from error
        frames[sheet.name], letters[sheet.name] = read.frame, read.letters
        missing = [field.called for field in sheet.fields if field.editable and field.name not in read.frame]
        if missing:
            raise BookError(
                '{path}: the sheet "{sheet}" has no column {missing}: give its header back as migrate --draft wrote it',
                path=path,
                sheet=safe_text(raw.name),
                missing=listed(missing),
            )
        problems += [p for p in said if p.code not in ("column_unknown", "row_left_out")]
        problems += [problem("move_row_hidden", sheet=sheet.name, row=row) for row in sorted(read.hidden_rows)]
    if ENTITIES.name not in frames:
        raise BookError(
            '{path}: no sheet "{sheet}": give the mapping book that migrate --draft wrote',
            path=path,
            sheet=ENTITIES.name,
        )
    return MappingBook(str(path), frames, letters, tuple(problems))


def errors_of(problems: Sequence[Problem]) -> list[Problem]:
    """Return the problems with which a mapping cannot be used."""
    return [p for p in problems if p.severity is Severity.ERROR]
