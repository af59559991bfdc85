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
    """Where names are looked up: first among what this book's rows will be called, then among the live records.

    A renamed template answers to its old name too, unless another row takes that name (DESIGN rule 8). `before` are the
    names of the book's baseline: a record that was renamed since is meant by the one it had then.
    """

    def __init__(self, live: Directory, before: Directory | None = None) -> None:
        self._live, self._before = live, before or Directory({})
        self._planned: dict[str, Directory] = {}
        self._lost: dict[str, set[str]] = {}

    def learn(self, resource: Resource, rows: Mapping[str, Mapping[str, str]]) -> None:
        """Take in what the rows of one sheet will be: each one's cells by its record, `id:7` or `row:templates!7`."""
        self._planned[resource.name] = Directory({resource.name: [_entry(ref, cells) for ref, cells in rows.items()]})

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
                self._check_newborn(resource, text, entry)
                return entry.label, str(entry.keys["ref"])
        try:
            entry = self._live.resolve(resource, text)
        except Unresolved as failed:
            renamed = self._renamed(resource, text) if failed.code == "reference_unknown" else None
            if renamed:
                return renamed.label, f"id:{renamed.keys['id']}"
            if failed.code == "reference_unknown" and fold(text) in self._lost.get(resource, ()):
                raise Unresolved("reference_refused", resource=resource) from None
            raise
        return entry.label, f"id:{entry.keys['id']}"

    def _renamed(self, resource: str, text: str) -> Entry | None:
        """Return the living record that bore a name when the book was written, None where there is none."""
        try:
            known = self._before.resolve(resource, text)
        except Unresolved:
            return None
        return self._live.find(resource, "id", known.keys["id"])

    def _check_newborn(self, resource: str, text: str, entry: Entry) -> None:
        """Raise Unresolved where a name means a record that this book creates, and a live one too."""
        if not str(entry.keys["ref"]).startswith("row:"):
            return
        try:
            live = self._live.resolve(resource, text).label
        except Unresolved as failed:
            if failed.code == "reference_unknown":
                return
            live = failed.params.get("candidates", "")
        new = f"{entry.label} ({str(entry.keys['ref']).removeprefix('row:')})"
        raise Unresolved("reference_ambiguous", resource=resource, candidates=f"{live}, {new}")


def _entry(ref: str, cells: Mapping[str, str]) -> Entry:
    names = {cells["name"], cells.get("display_name", "")} - {""}
    if cells.get("xivo"):
        names |= {f"{name}@{cells['xivo']}" for name in names}
    return Entry(cells.get("combined_id") or cells["name"], {"ref": ref}, frozenset(map(fold, names)))


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
