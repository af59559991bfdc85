"""A book's cells against its own baseline: what people changed in it since, and the server as they want it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import pandas as pd

from ..model.book import Book, Sheet
from ..model.directory import Directory, Unresolved
from ..model.fields import Field
from ..model.snapshot import TEXT, text_cells
from ..model.text import CLEAR, join_list, split_list
from ..model.view import View, directory_of
from .compare import name_of
from .diff import NEVER_SHOWN

STEERING = ("action", "id")


@dataclass(frozen=True)
class CellEdit:
    """One thing that people changed in a book: a cell, a row that is new ("new row") or that is gone ("row gone").

    `row` is the number they see, 0 for a row that is gone; the texts of a secret or a provisioning number are blank and
    `shown` is False.
    """

    sheet: str
    row: int
    id: str
    name: str
    column: str
    before: str
    after: str
    kind: str = "cell"
    shown: bool = True

    def to_json(self) -> dict[str, Any]:
        """Return the edit as JSON values."""
        said = {"before": self.before, "after": self.after} if self.shown else {"note": "changed (not shown)"}
        where = {"sheet": self.sheet, "row": self.row, "id": self.id, "name": self.name}
        return {**where, "kind": self.kind, **({"column": self.column, **said} if self.kind == "cell" else {})}


def edits_of(book: Book) -> tuple[CellEdit, ...]:
    """Return what was changed in a book since it was written, none where it has no baseline to compare with."""
    if not book.baseline:
        return ()
    base = View.of_baseline(book.baseline)
    return tuple(e for name, sheet in book.sheets.items() if name in base.frames for e in _edits(sheet, base))


def _edits(sheet: Sheet, base: View) -> Iterator[CellEdit]:
    resource, before = sheet.resource, base.frame(sheet.resource.name)
    written = _canonical(sheet, base.directory)
    known = written.index[written["id"].isin(before.index)] if "id" in written else written.index[:0]
    make = partial(CellEdit, resource.name)
    for row, column in _changed_cells(written.loc[known], before, sheet):
        id_, field = written.at[row, "id"], resource.by_name[column]
        hidden = field.secret or field.name in NEVER_SHOWN
        was, now = ("", "") if hidden else (str(before.at[id_, column]), str(written.at[row, column]))
        name = name_of(resource, text_cells(before.loc[id_]))
        yield make(int(row), id_, name, column, was, now, shown=not hidden)
    if resource.sheet_writes != "never":
        fresh = written.drop(index=known)
        for row, cells in zip(fresh.index, fresh.to_dict("records"), strict=True):
            yield make(int(row), "", name_of(resource, text_cells(cells)), "", "", "", kind="new row")
    gone = before.index[~before.index.isin(written["id"])] if "id" in written else before.index[:0]
    for id_ in gone:
        yield make(0, str(id_), name_of(resource, text_cells(before.loc[id_])), "", "", "", kind="row gone")


def _changed_cells(written: pd.DataFrame, before: pd.DataFrame, sheet: Sheet) -> list[tuple[int, str]]:
    """Return (row, column) of each cell that is not as it was, row by row."""
    aligned = before.loc[written["id"]] if len(written) else before.iloc[:0]
    found = []
    for field in sheet.resource.fields:
        if field.name not in written or field.name in STEERING:
            continue
        was = aligned[field.name].to_numpy() if field.name in aligned else ""
        found += [(int(row), field.name) for row in written.index[written[field.name].to_numpy() != was]]
    order = {field.name: at for at, field in enumerate(sheet.resource.fields)}
    return sorted(found, key=lambda cell: (cell[0], order[cell[1]]))


def _canonical(sheet: Sheet, directory: Directory) -> pd.DataFrame:
    """Return a sheet's cells with each reference under the name that an export has for it."""
    named = {
        field.name: sheet.frame[field.name].map(
            {text: _label(field, text, directory) for text in sheet.frame[field.name].unique()}
        )
        for field in sheet.resource.fields
        if field.ref and field.name in sheet.frame
    }
    return sheet.frame.assign(**named)


def _label(field: Field, text: str, directory: Directory) -> str:
    if not field.ref or not text or text == CLEAR:
        return text
    if field.kind.many:
        return join_list(sorted(_resolved(field.ref.resource, item, directory) for item in split_list(text)))
    return _resolved(field.ref.resource, text, directory)


def _resolved(resource: str, text: str, directory: Directory) -> str:
    try:
        return directory.resolve(resource, text).label
    except Unresolved:
        return text


def edited_view(book: Book) -> View:
    """Return the server as a book's cells have it: its baseline with the edits in it.

    As on an import, a blank cell leaves the value, `<clear>` empties it, an absent row touches nothing, read-only cells
    do not count and the words in `action` do; a new row's id is `row N`. Of a book without baseline its rows are all
    there is.
    """
    base = View.of_baseline(book.baseline)
    frames = dict(base.frames)
    own = {name: sheet.frame for name, sheet in book.sheets.items() if "id" in sheet.frame}
    names = base.directory if base.known else directory_of(own)
    for name, sheet in book.sheets.items():
        if sheet.resource.listing and (sheet.resource.sheet_writes != "never" or not base.known):
            frames[name] = _edited(sheet, base, names)
    uuids = tuple(sorted(frames["xivos"].get("uuid", ()))) if "xivos" in frames else ()
    return replace(base, frames=frames, directory=directory_of(frames), xivo_uuids=base.xivo_uuids or uuids, known=True)


def _edited(sheet: Sheet, base: View, names: Directory) -> pd.DataFrame:
    resource, before = sheet.resource, base.frame(sheet.resource.name)
    rows = _wanted_rows(_canonical(sheet, names))
    columns = [f.name for f in resource.fields if f.name in rows or f.name in before]
    rows = rows.reindex(columns=columns, fill_value="").astype(TEXT)
    before = before.reindex(columns=columns, fill_value="").astype(TEXT)
    leaves = rows.eq("")
    leaves[[name for name in columns if not resource.by_name[name].write]] = True
    leaves &= rows.index.isin(before.index)[:, None]
    filled = rows.where(~leaves, before.reindex(rows.index)).replace(CLEAR, "")
    whole = pd.concat([before.drop(index=before.index.intersection(filled.index)), filled])
    deleted = rows.index[rows["action"] == "delete"] if "action" in rows else []
    blank = {field.name: "" for field in resource.secrets if field.name in whole}
    return whole.assign(**blank, id=whole.index).drop(index=deleted).astype(TEXT)


def _wanted_rows(written: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that say something, by id; a row without one, or with one that stands twice, by its number."""
    if "action" in written:
        written = written[written["action"] != "skip"]
    ids = written["id"] if "id" in written else pd.Series("", index=written.index, dtype=TEXT)
    usable = (ids != "") & ~ids.duplicated(keep=False)
    index = [id_ if good else f"row {row}" for row, id_, good in zip(ids.index, ids, usable, strict=True)]
    return written.set_axis(pd.Index(index, dtype=TEXT), axis=0)
