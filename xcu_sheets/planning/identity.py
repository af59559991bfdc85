"""Which row is which record, and what its action cell may ask for (DESIGN rules 6 and 7 and their table)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice
from typing import Any

import pandas as pd

from ..model.book import Sheet
from ..model.fields import Resource
from ..model.memory import Made, Memory
from ..model.problems import Problem, Severity, problem
from ..model.snapshot import text_cells, text_rows
from ..model.text import CLEAR, fold_name, is_auto
from ..model.view import View
from .keys import Keys
from .rowmemory import Cells, RowMemory, person_of

# What a row turns out to be. `merge` is then compared cell by cell; `match` is a record found without id.
CREATE, MERGE, MATCH, DELETE, UNCHANGED, SKIP, REFUSED = (
    "create",
    "merge",
    "match",
    "delete",
    "unchanged",
    "skip",
    "refused",
)

_NAMED = 5  # rows that a message names; more say no more


@dataclass(frozen=True)
class Verdict:
    """What one row is: its kind of work, the record it means, and why it is refused or unchanged.

    `namesakes` counts the living people of the same names in the entity of a row that says create.
    """

    what: str
    id: str = ""
    problems: tuple[Problem, ...] = ()
    identity: str = ""
    namesakes: int = 0


@dataclass
class Matcher:
    """Finds the record of each row of one sheet.

    `frame` holds the rows with references resolved, `raw` as they were written: a row is known again by what it says,
    for an entity that the book creates is called otherwise once it exists. A row whose key means a living record counts
    among its book's rows as one that has that record's id.
    """

    resource: Resource
    sheet: Sheet
    frame: pd.DataFrame
    raw: pd.DataFrame
    view: View
    memory: Memory
    book_id: str
    keys: Keys = field(default_factory=Keys)
    refs: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    twins: dict[tuple[str, ...], list[int]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        self.frame = self._with_known_ids()
        people = self.frame[(self.frame["id"] == "") & (self.frame["action"] != "skip")]
        for row, cells in zip(people.index, people.to_dict("records"), strict=True):
            self.twins[self._person(cells)].append(int(row))

    def _with_known_ids(self) -> pd.DataFrame:
        fresh = self.frame[(self.frame["id"] == "") & self.frame["action"].isin(["", "update"])]
        known = {row: made.record_id for row in fresh.index if (made := self.keys.record(int(row)))}
        living = {row: id_ for row, id_ in known.items() if id_ in self.live.index}
        ids = self.frame["id"].copy()
        ids.loc[list(living)] = list(living.values())
        return self.frame.assign(id=ids)

    @cached_property
    def live(self) -> pd.DataFrame:
        """The live sheet by record id."""
        return self.view.frame(self.resource.name)

    @cached_property
    def records(self) -> dict[str, dict[str, str]]:
        """The live records that rows without id could mean, by id; built only where there are such rows."""
        return {str(id_): text_cells(cells) for id_, cells in self.live.to_dict("index").items()}

    @cached_property
    def by_key(self) -> dict[tuple[str, ...], str]:
        """The live records' ids by natural key, but for users who give their number up in this very book."""
        records = {id_: cells for id_, cells in self.records.items() if id_ not in self._leaving}
        keys = {key: id_ for id_, cells in records.items() if all(key := self._key(cells))}
        named = (
            {self._person(cells): id_ for id_, cells in self.records.items()} if not self.resource.person_key else {}
        )
        return {**named, **keys}

    @cached_property
    def _leaving(self) -> set[str]:
        """The ids of users whose own row deletes them or gives them another number."""
        if not self.resource.person_key:
            return set()
        rows = self.frame[self.frame["id"].isin(self.live.index)]
        number = rows["internal_number"]
        moves = number.str.isdecimal() & (number != self.live.loc[rows["id"], "internal_number"].to_numpy())
        return set(rows.loc[moves | (rows["action"] == "delete"), "id"])

    @cached_property
    def by_person(self) -> dict[tuple[str, ...], list[str]]:
        """The live records' ids by entity and folded names; empty for resources that are no people."""
        found: dict[tuple[str, ...], list[str]] = defaultdict(list)
        if self.resource.person_key:
            for id_, cells in self.records.items():
                found[self._person(cells)].append(id_)
        return found

    @cached_property
    def _mine(self) -> RowMemory:
        rows = [row for same in self.twins.values() for row in same] if self.memory.made else []
        known = dict(zip(rows, text_rows(self.frame.loc[rows]), strict=True))
        return RowMemory(self.resource, self.sheet, self.raw, self.memory, self.book_id, known, self.refs)

    def verdict(self, row: int, cells: Cells) -> Verdict:
        """Return what a row without id is."""
        identity = self._mine.identity(row, cells)
        return replace(self._without_id(row, cells), identity=identity)

    def _without_id(self, row: int, cells: Cells) -> Verdict:
        action = cells["action"]
        if action == "delete":
            return self._refuse(row, "delete_needs_id", column="action")
        made = self._mine.made.get(row)
        by_key = self._by_key(row, action, made)
        if by_key:
            return by_key
        if made and made.record_id in self.records:
            return self._known(row, cells, made.record_id, mine=True)
        if made and action != "create":
            return self._refuse(row, "made_then_deleted", id=made.record_id, label=made.label)
        key = self._key(cells)
        if all(key) and key in self.by_key:
            return self._known(row, cells, self.by_key[key], mine=False)
        if action == "update":
            return self._refuse(row, "nothing_to_update", column="action")
        namesakes = len(self.by_person.get(self._person(cells), ()))
        return Verdict(CREATE, namesakes=namesakes) if action == "create" else self._new_or_question(row, cells)

    def _by_key(self, row: int, action: str, made: Made | None) -> Verdict | None:
        """Decide about a row whose key is known; None where its key says nothing, or `create` may go on."""
        known = self.keys.record(row)
        if known is None:
            return None
        id_ = known.record_id
        if id_ not in self.records:
            return None if action == "create" else self._gone(row, known)
        named = {**self._named(id_, self.records[id_]), "key": self.keys.header}
        if action != "create":
            return Verdict(MATCH, id_, (self._problem(row, "known_by_key", Severity.INFO, **named),))
        mine = made is not None and made.record_id == id_
        return None if mine else self._refuse(row, "key_held", column="action", **named)

    def _gone(self, row: int, known: Made) -> Verdict:
        """Refuse a row whose key means a record that is not to be seen."""
        hidden = unseen_entity(self.view, known.entity)
        if hidden:
            return self._refuse(row, "not_visible", entity=hidden, login=self.view.login)
        return self._refuse(row, "made_then_deleted", id=known.record_id, label=known.label)

    def _known(self, row: int, cells: Cells, id_: str, *, mine: bool) -> Verdict:
        """Decide about a row whose natural key, or whose memory, points at a live record."""
        record, action = self.records[id_], cells["action"]
        if mine and not cells.get("entity", id_):  # it was filled in when the row made this record
            cells = {**cells, "entity": record["entity"]}
        same_person = self._person(cells) == self._person(record)
        if not same_person or (action == "create" and not mine):
            return self._refuse(row, "held_by", column=self.resource.natural_key[-1], **self._named(id_, record))
        if action == "update":
            return Verdict(MATCH, id_)
        said = [f for f in self.resource.compared if self.raw.at[row, f.name]]
        differing = [f.label for f in said if self._differs(cells.get(f.name, ""), record[f.name])]
        differing += self._mine.other_secrets(id_, cells)
        if differing:
            named = self._named(id_, record)
            return self._refuse(row, "write_update", column="action", columns=", ".join(differing), **named)
        code = "already_made" if mine else "already_there"
        note = self._problem(row, code, Severity.INFO, **self._named(id_, record))
        return Verdict(UNCHANGED, id_, (note,))

    def _new_or_question(self, row: int, cells: Cells) -> Verdict:
        if not self.resource.person_key:
            return Verdict(CREATE)
        person = self._person(cells)
        living = self.by_person.get(person, [])
        if living:
            record = self.records[living[0]]
            return self._refuse(row, "same_person", column="action", **self._named(living[0], record))
        twice = self.asks_twice(row, cells)
        if twice:
            return twice
        before = self._mine.at_row.get(row)
        if before and self._renamed_from(before):
            known = self.records[before.record_id]
            fresh = "id" not in self.sheet.frame and self._nothing_alike(cells, known)  # a `new` book filled again
            code = "row_made_another" if fresh else "row_made_other"
            return self._refuse(row, code, column="id", **self._named(before.record_id, known))
        return Verdict(CREATE)

    def asks_twice(self, row: int, cells: Cells) -> Verdict | None:
        """Return the question of a new row whose person stands in another one of the sheet, too."""
        same = self.twins[self._person(cells)] if self.resource.person_key else ()
        others = list(islice((t for t in same if t != row and t in self._creating), _NAMED))
        if not others:
            return None
        return self._refuse(row, "same_person_twice", column="action", rows=", ".join(map(str, others)))

    def _renamed_from(self, made: Made) -> bool:
        """Tell whether what this row made still lives, and no row of the book bears that name any more."""
        if made.record_id not in self.records:
            return False
        return made.identity not in self._mine.identities and made.record_id not in self._ids

    def _nothing_alike(self, cells: Cells, record: Cells) -> bool:
        """Tell whether every name of a row is another than its record has: hardly a correction of it."""
        names = self.resource.person_key
        return all(fold_name(cells[name]) != fold_name(record[name]) for name in names)

    @cached_property
    def _creating(self) -> frozenset[int]:
        return frozenset(map(int, self.frame.index[self.frame["action"].isin(["", "create"])]))

    @cached_property
    def _ids(self) -> set[str]:
        return set(self.frame["id"])

    def _key(self, cells: Cells) -> tuple[str, ...]:
        """Return the natural key of a row or record; a part is empty where the row does not say it.

        A new entity has no combinedId yet: it is known by XiVO and name.
        """
        values = [cells[name] for name in self.resource.natural_key]
        if self.resource.person_key:
            return tuple("" if is_auto(v) or v == CLEAR else v for v in values)
        return tuple(values) if any(values) and "xivo" in cells else self._person(cells)

    def _person(self, cells: Cells) -> tuple[str, ...]:
        return person_of(self.resource, cells)

    @staticmethod
    def _differs(wanted: str, live: str) -> bool:
        return wanted not in ("", live or CLEAR) and not is_auto(wanted)

    def _named(self, id_: str, record: Cells) -> dict[str, str]:
        number = record.get("internal_number", "")
        return {"id": id_, "label": label_of(self.resource, record), "number": number}

    def _problem(self, row: int, code: str, severity: Severity = Severity.ERROR, **members: Any) -> Problem:
        return problem(code, severity, sheet=self.resource.name, row=row, **members)

    def _refuse(self, row: int, code: str, **members: Any) -> Verdict:
        column = members.get("column", "")
        value = self.frame.at[row, column] if column else ""
        return Verdict(REFUSED, problems=(self._problem(row, code, value=value, **members),))


def label_of(resource: Resource, cells: Cells) -> str:
    """Return the words by which a person knows a record: both names, or its name."""
    names = resource.person_key or ("name",)
    return " ".join(filter(None, (cells.get(name, "") for name in names)))


def unseen_entity(view: View, entity: str) -> str:
    """Return a record's entity if this login cannot read it, else nothing.

    A user whose entity nobody tells may be in any of those that could not be read.
    """
    if not entity:
        return ", ".join(cid for cid in view.unreadable if cid in view.xivo_of)
    unseen = entity in view.unreadable or (view.online and entity not in view.xivo_of)
    return entity if unseen else ""


def refused(code: str, **members: Any) -> Verdict:
    """Return the verdict on a row that has this problem."""
    return Verdict(REFUSED, problems=(problem(code, **members),))
