"""The verdict on each row of one sheet: the action table of DESIGN rule 6."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from ..model.book import Sheet
from ..model.kinds import ACTIONS
from ..model.memory import Made, Memory
from ..model.problems import Severity, problem
from ..model.snapshot import text_rows
from ..model.view import View
from .identity import (
    CREATE,
    DELETE,
    MATCH,
    MERGE,
    REFUSED,
    SKIP,
    UNCHANGED,
    Matcher,
    Verdict,
    label_of,
    refused,
    unseen_entity,
)
from .keys import Keys


def bad_actions(name: str, frame: pd.DataFrame) -> dict[int, Verdict]:
    """Return the rows of a sheet whose action cell holds no action."""
    wrong = frame.loc[~frame["action"].isin(["", *ACTIONS]), "action"]
    where = {"sheet": name, "column": "action", "choices": ", ".join(ACTIONS)}
    return {int(row): refused("not_a_choice", row=int(row), value=word, **where) for row, word in wrong.items()}


def skips(frame: pd.DataFrame) -> dict[int, Verdict]:
    """Return the rows that are to be left out."""
    return {int(row): Verdict(SKIP, str(frame.at[row, "id"])) for row in frame.index[frame["action"] == "skip"]}


def _listed(rows: Iterable[int]) -> str:
    return ", ".join(map(str, sorted(rows)))


@dataclass(frozen=True)
class Judge:
    """Gives every row of one sheet its verdict.

    `frame` are the rows that count, references resolved, `raw` the same as written; `base` is the baseline with what
    the server showed after the last import of this book, by record id.
    """

    sheet: Sheet
    frame: pd.DataFrame
    raw: pd.DataFrame
    base: pd.DataFrame
    view: View
    memory: Memory
    book_id: str
    allow_delete: bool
    keys: Keys
    refs: Mapping[str, Mapping[str, tuple[str, ...]]]

    @cached_property
    def _matcher(self) -> Matcher:
        return Matcher(
            self.sheet.resource,
            self.sheet,
            self.frame,
            self.raw,
            self.view,
            self.memory,
            self.book_id,
            self.keys,
            self.refs,
        )

    def verdicts(self) -> dict[int, Verdict]:
        """Return the verdicts by row. Without anything to compare with, rows with an id are taken at their word."""
        resource, view = self.sheet.resource, self.view
        if not view.known:
            alone = {int(row): Verdict(MERGE if id_ else CREATE, id_) for row, id_ in self.frame["id"].items()}
            return alone | self._asked_twice()
        if resource.name in view.unreadable:
            hidden = {"entity": resource.name, "login": view.login}
            return {int(row): self._refuse(int(row), "not_visible", "", "", **hidden) for row in self.frame.index}
        verdicts = self._with_ids()
        verdicts = {**verdicts, **self._moved_deletes(verdicts), **self._without_ids()}
        for check in (self._others_keys, self._doubled_keys, self._met_twice):
            verdicts |= check(verdicts)
        return verdicts

    def _with_ids(self) -> dict[int, Verdict]:
        rows = self.frame[self.frame["id"] != ""]
        live, doubled = self.view.frame(self.sheet.resource.name), rows["id"].duplicated(keep=False)
        is_live = rows["id"].isin(live.index)
        simple = ~doubled & is_live & rows["action"].isin(["", "update"])
        verdicts = {int(row): Verdict(MERGE, id_) for row, id_ in rows.loc[simple, "id"].items()}
        unusual = rows[~simple]
        for row, cells in zip(unusual.index, unusual.to_dict("records"), strict=True):
            others = [str(r) for r in rows.index[rows["id"] == cells["id"]] if r != row]
            verdicts[int(row)] = self._unusual(int(row), cells, others, bool(is_live[row]))
        return verdicts

    def _unusual(self, row: int, cells: Mapping[str, str], others: Sequence[str], lives: bool) -> Verdict:
        id_, action = cells["id"], cells["action"]
        if others:
            return self._refuse(row, "id_twice", "id", id_, rows=", ".join(others))
        if not lives:
            return self._not_live(row, cells)
        if action == "create":
            return self._refuse(row, "create_with_id", "action", action, id=id_)
        if not self.allow_delete:
            return self._refuse(row, "delete_not_allowed", "action", action)
        return Verdict(DELETE, id_)

    def _not_live(self, row: int, cells: Mapping[str, str]) -> Verdict:
        id_, hidden = cells["id"], self._unseen_entity(cells)
        if hidden:
            return self._refuse(row, "not_visible", "id", id_, entity=hidden, login=self.view.login)
        if cells["action"] == "delete":
            where = {"sheet": self.sheet.resource.name, "row": row, "column": "id", "value": id_}
            return Verdict(UNCHANGED, id_, (problem("already_gone", Severity.INFO, **where),))
        return self._refuse(row, "id_unknown", "id", id_, deleted="yes" if id_ in self.base.index else "")

    def _unseen_entity(self, cells: Mapping[str, str]) -> str:
        """Return the entity of a row that this login cannot read, empty where its record must be gone."""
        if "entity" not in cells:
            return ""
        known = cells["id"] in self.base.index and "entity" in self.base
        return unseen_entity(self.view, cells["entity"] or (str(self.base.at[cells["id"], "entity"]) if known else ""))

    def _moved_deletes(self, verdicts: Mapping[int, Verdict]) -> dict[int, Verdict]:
        """Return refusals for records to delete that are no longer what the book's baseline shows."""
        resource, changed = self.sheet.resource, {}
        for row, verdict in verdicts.items():
            if verdict.what != DELETE or verdict.id not in self.base.index:
                continue
            live, was = self.view.frame(resource.name).loc[verdict.id], self.base.loc[verdict.id]
            differing = [f.name for f in resource.compared if f.name in was and was[f.name] != live[f.name]]
            if differing:
                texts = {"before": was[differing[0]], "now": live[differing[0]], "wanted": "delete"}
                found = problem("conflict", sheet=resource.name, row=row, column=differing[0], **texts)
                changed[row] = Verdict(REFUSED, verdict.id, (found,))
        return changed

    def _without_ids(self) -> dict[int, Verdict]:
        fresh = self.frame[self.frame["id"] == ""]
        return {
            int(row): self._refuse(int(row), "not_visible", "entity", entity, entity=entity, login=self.view.login)
            if (entity := cells.get("entity", "")) in self.view.unreadable
            else self._matcher.verdict(int(row), cells)
            for row, cells in zip(fresh.index, fresh.to_dict("records"), strict=True)
        }

    def _asked_twice(self) -> dict[int, Verdict]:
        """Return the questions of new rows of one person, as far as the sheet alone tells."""
        asking = self.frame[(self.frame["id"] == "") & (self.frame["action"] == "")]
        rows = zip(asking.index, text_rows(asking), strict=True)
        asked = {int(row): self._matcher.asks_twice(int(row), cells) for row, cells in rows}
        return {row: verdict for row, verdict in asked.items() if verdict}

    def _others_keys(self, verdicts: Mapping[int, Verdict]) -> dict[int, Verdict]:
        """Return refusals for rows whose id and whose key mean two records."""
        live, changed = self.view.frame(self.sheet.resource.name), {}
        for row in self.keys.digests:
            verdict, known = verdicts.get(row), self.keys.record(row)
            if not known or not verdict or verdict.what not in (MERGE, DELETE) or known.record_id == verdict.id:
                continue
            other = self._living_label(known)
            if other:
                named = {"label": self._label(live.loc[verdict.id]), "other": other, "other_id": known.record_id}
                changed[row] = self._refuse(row, "key_of_other", "id", verdict.id, key=self.keys.header, **named)
        return changed

    def _living_label(self, known: Made) -> str:
        """Return what the record of a key is called, empty where it is gone from the server."""
        live = self.view.frame(self.sheet.resource.name)
        if known.record_id in live.index:
            return self._label(live.loc[known.record_id])
        return known.label if unseen_entity(self.view, known.entity) else ""

    def _doubled_keys(self, verdicts: Mapping[int, Verdict]) -> dict[int, Verdict]:
        """Return refusals for rows that share their key."""
        return {
            row: self._refuse_too(verdicts[row], row, "key_twice", rows=_listed(others), key=self.keys.header)
            for row, others in self.keys.doubled(verdicts).items()
        }

    def _met_twice(self, verdicts: Mapping[int, Verdict]) -> dict[int, Verdict]:
        """Return refusals for rows that mean one record, where the key of one of them says so."""
        met: dict[str, list[int]] = defaultdict(list)
        for row, verdict in verdicts.items():
            if verdict.id and verdict.what != REFUSED:
                met[verdict.id].append(row)
        shared = [rows for rows in met.values() if any(self._is_by_key(row, verdicts[row]) for row in rows)]
        return {row: self._one_of(row, rows, verdicts[row]) for rows in shared if len(rows) > 1 for row in rows}

    def _one_of(self, row: int, rows: Iterable[int], verdict: Verdict) -> Verdict:
        label = self._label(self.view.frame(self.sheet.resource.name).loc[verdict.id])
        others = _listed(set(rows) - {row})
        return self._refuse_too(verdict, row, "record_twice", rows=others, id=verdict.id, label=label)

    def _is_by_key(self, row: int, verdict: Verdict) -> bool:
        known = self.keys.record(row)
        return verdict.what == MATCH and known is not None and known.record_id == verdict.id

    def _label(self, cells: pd.Series) -> str:
        return label_of(self.sheet.resource, cells)

    def _refuse_too(self, verdict: Verdict, row: int, code: str, **members: Any) -> Verdict:
        """Return a refusal that keeps the errors which the row already has."""
        errors = tuple(p for p in verdict.problems if p.severity is Severity.ERROR)
        found = problem(code, sheet=self.sheet.resource.name, row=row, **members)
        return Verdict(REFUSED, verdict.id, (*errors, found))

    def _refuse(self, row: int, code: str, column: str, value: str, **members: Any) -> Verdict:
        return refused(code, sheet=self.sheet.resource.name, row=row, column=column, value=value, **members)
