"""The verdict on each row of one sheet: the action table of DESIGN rule 6."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ..model.book import Sheet
from ..model.kinds import ACTIONS
from ..model.memory import Memory
from ..model.problems import Severity, problem
from ..model.view import View
from .identity import CREATE, DELETE, MERGE, REFUSED, SKIP, UNCHANGED, Matcher, Verdict, refused


def bad_actions(name: str, frame: pd.DataFrame) -> dict[int, Verdict]:
    """Return the rows of a sheet whose action cell holds no action."""
    wrong = frame.loc[~frame["action"].isin(["", *ACTIONS]), "action"]
    where = {"sheet": name, "column": "action", "choices": ", ".join(ACTIONS)}
    return {int(row): refused("not_a_choice", row=int(row), value=word, **where) for row, word in wrong.items()}


def skips(frame: pd.DataFrame) -> dict[int, Verdict]:
    """Return the rows that are to be left out."""
    return {int(row): Verdict(SKIP, str(frame.at[row, "id"])) for row in frame.index[frame["action"] == "skip"]}


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

    def verdicts(self) -> dict[int, Verdict]:
        """Return the verdicts by row. Without anything to compare with, rows with an id are taken at their word."""
        resource, view = self.sheet.resource, self.view
        if not view.known:
            return {int(row): Verdict(MERGE if id_ else CREATE, id_) for row, id_ in self.frame["id"].items()}
        if resource.name in view.unreadable:
            hidden = {"entity": resource.name, "login": view.login}
            return {int(row): self._refuse(int(row), "not_visible", "", "", **hidden) for row in self.frame.index}
        verdicts = self._with_ids()
        return {**verdicts, **self._moved_deletes(verdicts), **self._without_ids()}

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
        """Return the entity of a row that this login cannot read, empty where its record must be gone.

        A user whose entity nobody tells may be in any of those that could not be read.
        """
        if "entity" not in cells:
            return ""
        known = cells["id"] in self.base.index and "entity" in self.base
        entity = cells["entity"] or (str(self.base.at[cells["id"], "entity"]) if known else "")
        if entity:
            unseen = entity in self.view.unreadable or (self.view.online and entity not in self.view.xivo_of)
            return entity if unseen else ""
        return ", ".join(cid for cid in self.view.unreadable if cid in self.view.xivo_of)

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
        matcher = Matcher(self.sheet.resource, self.sheet, self.frame, self.raw, self.view, self.memory, self.book_id)
        fresh = self.frame[self.frame["id"] == ""]
        return {
            int(row): self._refuse(int(row), "not_visible", "entity", entity, entity=entity, login=self.view.login)
            if (entity := cells.get("entity", "")) in self.view.unreadable
            else matcher.verdict(int(row), cells)
            for row, cells in zip(fresh.index, fresh.to_dict("records"), strict=True)
        }

    def _refuse(self, row: int, code: str, column: str, value: str, **members: Any) -> Verdict:
        return refused(code, sheet=self.sheet.resource.name, row=row, column=column, value=value, **members)
