"""The mapping as values: where each entity's people go, by which rules, and who is an exception."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from ..model.directory import Directory, Unresolved
from ..model.fields import Resource
from ..model.problems import Problem, Severity, problem
from ..model.snapshot import text_rows
from ..model.text import fold
from ..model.view import View
from .numbers import NumberRule, is_assigned, parse_rule
from .sheets import CREATE, ENTITIES, EXCEPTIONS, LEAVE, PEOPLE_THERE, REFUSE, SAME, TEMPLATES, THERE, XIVOS, word_of

Cells = Mapping[str, str]

# A number or a login that a name confirms is proof enough; names alone are a guess (DESIGN rule 6).
SAME_BY_DEFAULT: Mapping[str, str] = {"number": THERE, "login": THERE, "names": REFUSE}


@dataclass(frozen=True)
class Place:
    """Where the people of one entity go: `target` is a combinedId, `create` or `leave`, `row` that of the mapping."""

    row: int
    target: str
    numbers: NumberRule = NumberRule()  # noqa: RUF009 - frozen
    template: str = ""
    wave: int = 1


@dataclass(frozen=True)
class Wish:
    """What is otherwise for one user; blank members are as in the entity. `number` may be `assign`."""

    row: int
    template: str = ""
    number: str = ""
    stays: bool = False


@dataclass(frozen=True)
class MoveMap:
    """A whole mapping, every name resolved.

    `places` are by the source's combinedId, `wishes` by the user's id there, `xivos` and `templates` by the source's
    name. `same` says, by what two people have in common, what that means.
    """

    places: Mapping[str, Place]
    wishes: Mapping[str, Wish] = field(default_factory=dict)
    xivos: Mapping[str, str] = field(default_factory=dict)
    templates: Mapping[str, str] = field(default_factory=dict)
    same: Mapping[str, str] = field(default_factory=lambda: dict(SAME_BY_DEFAULT))

    @property
    def waves(self) -> list[int]:
        """The waves in which people move, first to last."""
        return sorted({place.wave for place in self.places.values() if place.target != LEAVE})


def read_move_map(frames: Mapping[str, pd.DataFrame], source: View, target: View) -> tuple[MoveMap, list[Problem]]:
    """Return the mapping that its sheets say (frames of text by sheet name and row), and what is wrong with it.

    With an error among the problems the mapping is not to be used. A sheet that is absent says nothing.
    """
    reader = _Reader(frames, source, target)
    move_map = MoveMap(reader.places(), reader.wishes(), reader.names(XIVOS), reader.names(TEMPLATES), reader.same())
    return move_map, [*reader.problems, *_clashes(move_map, source), *_chains(move_map, source, target)]


@dataclass
class _Reader:
    frames: Mapping[str, pd.DataFrame]
    source: View
    target: View
    problems: list[Problem] = field(default_factory=list)

    def _rows(self, sheet: Resource) -> list[tuple[int, Cells]]:
        frame = self.frames.get(sheet.name)
        if frame is None:
            return []
        full = frame.reindex(columns=sheet.columns, fill_value="")
        return [
            (int(row), cells) for row, cells in zip(full.index, text_rows(full), strict=True) if any(cells.values())
        ]

    def _say(self, code: str, sheet: Resource, row: int, column: str, value: str, /, **members: Any) -> None:
        self.problems.append(problem(code, sheet=sheet.name, row=row, column=column, value=value, **members))

    def _resolve(self, sheet: Resource, row: int, column: str, text: str) -> str:
        """Return the target's name for what a cell names; blank, with a problem, where it names nothing there."""
        ref = sheet.by_name[column].ref
        try:
            return self.target.directory.resolve(ref.resource, text).label if ref and text else ""
        except Unresolved as failed:
            several = failed.params.get("candidates", "")
            known = several or failed.params.get("known", "")
            self._say("move_target_unknown", sheet, row, column, text, candidates=known)
            return ""

    def places(self) -> dict[str, Place]:
        found: dict[str, Place] = {}
        known = self.source.intervals_of
        for row, cells in self._rows(ENTITIES):
            entity = _label(self.source.directory, "entities", cells["entity"])
            if entity in found:
                self._say("move_twice", ENTITIES, row, "entity", entity, rows=str(found[entity].row))
            elif entity not in known:
                self.problems.append(
                    problem(
                        "move_source_unknown",
                        Severity.WARNING,
                        sheet=ENTITIES.name,
                        row=row,
                        column="entity",
                        value=cells["entity"],
                    )
                )
            else:
                found[entity] = self._place(row, cells)
        return found

    def _place(self, row: int, cells: Cells) -> Place:
        word = word_of(cells["target"])
        if word == LEAVE:
            return Place(row, LEAVE)
        target = CREATE if word == CREATE else self._resolve(ENTITIES, row, "target", cells["target"])
        rule = parse_rule(cells["numbers"])
        for column in ("target", "numbers", "template"):
            if not cells[column]:
                self._say("move_blank", ENTITIES, row, column, "")
        if rule is None and cells["numbers"]:
            self._say("move_number_rule", ENTITIES, row, "numbers", cells["numbers"])
        template = self._resolve(ENTITIES, row, "template", cells["template"])
        return Place(row, target, rule or NumberRule(), template, self._wave(row, cells["wave"]))

    def _wave(self, row: int, text: str) -> int:
        if text and not (text.isdecimal() and int(text)):
            self._say("move_wave", ENTITIES, row, "wave", text)
            return 1
        return int(text or 1)

    def wishes(self) -> dict[str, Wish]:
        found: dict[str, Wish] = {}
        people = self.source.frame("users").index
        for row, cells in self._rows(EXCEPTIONS):
            user, number = cells["user"], cells["number"]
            if user in found:
                self._say("move_twice", EXCEPTIONS, row, "user", user, rows=str(found[user].row))
            if user not in people:
                self._say("move_nobody", EXCEPTIONS, row, "user", user)
            if number and not (number.isdecimal() or is_assigned(number)):
                self._say("move_number", EXCEPTIONS, row, "number", number)
            if cells["move"] not in ("", "yes", LEAVE):
                self._say("not_a_choice", EXCEPTIONS, row, "move", cells["move"], choices=f"yes, {LEAVE}")
            template = self._resolve(EXCEPTIONS, row, "template", cells["template"])
            found[user] = Wish(row, template, number, cells["move"] == LEAVE)
        return found

    def names(self, sheet: Resource) -> dict[str, str]:
        """Return the target's name by the source's, of XiVOs or templates; rows without a target say nothing."""
        own = sheet.columns[0]
        return {
            cells[own]: name
            for row, cells in self._rows(sheet)
            if (name := self._resolve(sheet, row, "target", cells["target"]))
        }

    def same(self) -> dict[str, str]:
        found = dict(SAME_BY_DEFAULT)
        words = PEOPLE_THERE.by_name["meaning"].kind.words
        for row, cells in self._rows(PEOPLE_THERE):
            if cells["same"] not in SAME:
                self._say("not_a_choice", PEOPLE_THERE, row, "same", cells["same"], choices=", ".join(SAME))
            elif cells["meaning"] not in ("", *words):
                self._say("not_a_choice", PEOPLE_THERE, row, "meaning", cells["meaning"], choices=", ".join(words))
            elif cells["meaning"]:
                found[cells["same"]] = cells["meaning"]
        return found


def _label(directory: Directory, resource: str, text: str) -> str:
    try:
        return directory.resolve(resource, text).label
    except Unresolved:
        return text


def _clashes(move_map: MoveMap, source: View) -> list[Problem]:
    """Return what is wrong with entities that are to be created: no XiVO for them, or two of one name."""
    entities = {cells["combined_id"]: cells for cells in text_rows(source.frame("entities"))}
    found, names = [], dict[str, int]()
    for cid, place in move_map.places.items():
        if place.target != CREATE:
            continue
        where: dict[str, Any] = {"sheet": ENTITIES.name, "row": place.row, "column": "target", "value": CREATE}
        if entities[cid]["xivo"] not in move_map.xivos:
            found.append(problem("move_xivo_needed", **where, xivo=entities[cid]["xivo"]))
        name = fold(entities[cid]["name"])
        if name in names:
            found.append(problem("move_name_twice", **where, name=entities[cid]["name"], rows=str(names[name])))
        names[name] = place.row
    return found


def _chains(move_map: MoveMap, source: View, target: View) -> list[Problem]:
    """Return the entities of one server to which people move while their own move on."""
    if not set(source.xivo_uuids) & set(target.xivo_uuids):
        return []
    moving = {cid for cid, place in move_map.places.items() if place.target not in (LEAVE, cid)}
    return [
        problem("move_chain", sheet=ENTITIES.name, row=place.row, column="target", value=place.target)
        for cid, place in move_map.places.items()
        if cid in moving and place.target in moving
    ]
