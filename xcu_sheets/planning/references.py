"""Names in reference cells turned into records: live ones, and those that this book is about to create."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ..model.directory import Directory, Entry, Unresolved
from ..model.fields import Field, Resource
from ..model.problems import Problem, problem
from ..model.text import CLEAR, fold, join_list, split_list
from .plan import Change, row_name


@dataclass(frozen=True)
class Resolved:
    """A sheet whose reference cells hold canonical names; `refs` gives, by column and text, the records meant."""

    frame: pd.DataFrame
    refs: Mapping[str, Mapping[str, tuple[str, ...]]]
    problems: tuple[Problem, ...]

    def of_cells(self, cells: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
        """Return the records that the given cells refer to, by column."""
        named = {column: self.refs[column].get(text, ()) for column, text in cells.items() if column in self.refs}
        return {column: names for column, names in named.items() if names}


class Names:
    """Where names are looked up: first among the records this book creates or renames, then among the live ones.

    A renamed template answers to its old name too, unless another row takes that name (DESIGN rule 8).
    """

    def __init__(self, live: Directory) -> None:
        self._live = live
        self._planned: dict[str, Directory] = {}
        self._lost: dict[str, set[str]] = {}

    def learn(self, resource: Resource, changes: list[Change], wanted: Mapping[int, Mapping[str, str]]) -> None:
        """Take in the rows of one sheet that create or rename records; `wanted` is each row's cells."""
        entries = []
        for change in changes:
            name = wanted[change.row].get("name", "")
            if change.action == "create":
                entries.append(_unborn(resource, change, wanted[change.row]))
            elif change.action == "update" and name:
                entries.append(Entry(name, {"ref": f"id:{change.id}"}, frozenset({fold(name)})))
        self._planned[resource.name] = Directory({resource.name: entries})

    def refused_names(self, resource: str, names: set[str]) -> None:
        """Remember the names of rows that were refused, so that a row that needs them can say why."""
        self._lost[resource] = {fold(name) for name in names}

    def resolve(self, resource: str, text: str) -> tuple[str, str]:
        """Return (canonical text, record) for one name. Raises Unresolved."""
        planned = self._planned.get(resource)
        if planned:
            try:
                entry = planned.resolve(resource, text)
            except Unresolved as failed:
                if failed.code == "reference_ambiguous":
                    raise
            else:
                return entry.label, str(entry.keys["ref"])
        try:
            entry = self._live.resolve(resource, text)
        except Unresolved as failed:
            if failed.code == "reference_unknown" and fold(text) in self._lost.get(resource, ()):
                raise Unresolved("reference_refused", resource=resource) from None
            raise
        return entry.label, f"id:{entry.keys['id']}"


def _unborn(resource: Resource, change: Change, cells: Mapping[str, str]) -> Entry:
    names = {cells.get("name", ""), cells.get("display_name", "")} - {""}
    if cells.get("xivo"):
        names |= {f"{name}@{cells['xivo']}" for name in names}
    label = cells.get("name", "")
    return Entry(label, {"ref": f"row:{row_name(change.sheet, change.row)}"}, frozenset(map(fold, names)))


def resolve_references(resource: Resource, frame: pd.DataFrame, names: Names, rows: pd.Series) -> Resolved:
    """Return the sheet with canonical names in its reference cells.

    Each different text is looked up once. A text that means no record, or several, stays as it is and gives a problem
    on each of its rows that count: `rows` tells which do (skipped ones do not).
    """
    result, refs, problems = frame.copy(), {}, []
    for field in resource.fields:
        if field.ref is None or not field.write or field.name not in frame:
            continue
        texts, known, failures = {}, {}, {}
        for text in frame[field.name].unique():
            try:
                texts[text], found = _resolve_cell(field, text, names)
                known[texts[text]] = found
            except Unresolved as failed:
                texts[text], failures[text] = text, failed
        column = frame[field.name]
        result[field.name] = column.map(lambda text, texts=texts: texts.get(text, text)).astype(column.dtype)
        refs[field.name] = known
        for text, failure in failures.items():
            for row in frame.index[rows & (column == text)]:
                where: dict[str, Any] = {"sheet": resource.name, "row": int(row), "column": field.name, "value": text}
                problems.append(problem(failure.code, **{**where, **failure.params}))
    return Resolved(result, refs, tuple(problems))


def _resolve_cell(field: Field, text: str, names: Names) -> tuple[str, tuple[str, ...]]:
    assert field.ref is not None  # noqa: S101 - said by the caller, for the type checker
    if text in ("", CLEAR):
        return text, ()
    parts = split_list(text) if field.kind.many else [text]
    found = sorted({names.resolve(field.ref.resource, part) for part in parts})
    labels = [label for label, _ in found]
    return (join_list(labels) if field.kind.many else labels[0]), tuple(ref for _, ref in found)
