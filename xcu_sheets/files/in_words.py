"""Cells as a person reads them, entities by display name and enumerations in their language, and the way back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from ..model.book import Baseline, Sheet
from ..model.directory import Directory
from ..model.fields import Field
from ..model.resources import RESOURCES
from ..model.snapshot import TEXT
from ..model.text import join_list, split_list
from ..model.view import directory_of

Names = Mapping[str, Mapping[str, str]]
"""By resource, another name for each record's name."""


def shown_names(directory: Directory) -> dict[str, dict[str, str]]:
    """Return, by resource, what cells show for each label."""
    return {name: directory.shown(name) for name in ("entities", "templates", "xivos")}


def in_words(frames: Mapping[str, pd.DataFrame], names: Names, lang: str) -> dict[str, pd.DataFrame]:
    """Return canonical frames, by resource name, as cells show them."""
    shown = {}
    for name, frame in frames.items():
        fields = RESOURCES[name].by_name
        columns = {n: _said(fields[n], frame[n], names, lang) for n in frame if n in fields}
        shown[name] = frame.assign(**columns)
    return shown


def _said(field: Field, cells: pd.Series, names: Names, lang: str) -> pd.Series:
    if field.ref:
        return _renamed(field, cells, names.get(field.ref.resource, {}))
    if not field.kind.words:
        return cells
    return cells.map({text: field.kind.word_in(lang, text) for text in cells.unique()}).astype(TEXT)


def _renamed(field: Field, cells: pd.Series, names: Mapping[str, str]) -> pd.Series:
    if not any(label != name for label, name in names.items()):
        return cells
    known = {text: _list_renamed(text, names) if field.kind.many else names.get(text, text) for text in cells.unique()}
    return cells.map(known).astype(TEXT)


def _list_renamed(text: str, names: Mapping[str, str]) -> str:
    """Return a cell that lists several records; a name that a list would take for several is left as it is."""
    parts = split_list(text)
    renamed = [names.get(part, part) for part in parts]
    kept = [new if split_list(new) == [new] else part for part, new in zip(parts, renamed, strict=True)]
    return join_list(kept) if kept != parts else text


def named_as_before(sheets: Mapping[str, Sheet], baseline: Baseline | None) -> dict[str, Sheet]:
    """Return sheets whose names are labels again where a cell says what the book showed for a record.

    The book's own baseline tells: what was renamed on the server since is still meant by the name that the book shows.
    In new rows, a name that a new record of this very book bears too is left to those who can see both.
    """
    if not baseline:
        return dict(sheets)
    shown = shown_names(directory_of(baseline.frames))
    labels = {name: {new: label for label, new in known.items() if new != label} for name, known in shown.items()}
    if not any(labels.values()):
        return dict(sheets)
    taken = {text for sheet in sheets.values() for text in _newly_named(sheet)}
    fresh = {n: {new: label for new, label in known.items() if new not in taken} for n, known in labels.items()}
    return {name: replace(sheet, frame=_labelled(sheet, labels, fresh)) for name, sheet in sheets.items()}


def _newly_named(sheet: Sheet) -> set[str]:
    """Return what the records are called that a sheet is to create."""
    if sheet.resource.person_key or "id" not in sheet.frame:
        return set()
    new = sheet.frame[sheet.frame["id"] == ""]
    return {text for column in ("name", "display_name") if column in new for text in new[column]}


def _labelled(sheet: Sheet, labels: Names, fresh: Names) -> pd.DataFrame:
    frame = sheet.frame
    new = frame["id"] == "" if "id" in frame else pd.Series(True, index=frame.index)
    columns = {}
    for field in (sheet.resource.by_name[name] for name in frame):
        if field.ref:
            known = _renamed(field, frame[field.name], labels.get(field.ref.resource, {}))
            columns[field.name] = known.where(~new, _renamed(field, frame[field.name], fresh[field.ref.resource]))
    return frame.assign(**columns) if columns else frame
