"""The book of a migration: a row for everybody who is to be made at the target, and why others cannot move."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from ..model.book import Baseline, Book, Sheet
from ..model.problems import Problem, Severity, problem
from ..model.resources import ENTITIES, USERS
from ..model.snapshot import text_rows
from ..model.text import is_auto, is_clear
from ..model.view import View
from ..rules.numbering import contains, make_ranges
from .homes import Homes, label_of_home
from .made_sheet import make_sheet
from .mapping import MoveMap, Place, Wish
from .matching import Match, Matcher, Mover
from .numbers import Stock, is_assigned
from .servers import are_one_server, migration_id
from .sheets import KEEP, KEEP_FREE, LEAVE, REFUSE
from .within import BY_PUT, Ways, Within, put_objection, put_row

_WITHOUT_ID = 1_000_000_000  # where rows begin that stand for people without an id at the source
ORIGIN = ("id", "entity", "internal_number", "first_name", "last_name", "cti_login")
Cells = Mapping[str, str]


@dataclass(frozen=True)
class Moving:
    """One migration, ready to be planned.

    `origins` tells, by row of the book's users sheet, where somebody comes from (ORIGIN, and `there`: the id of the
    target's record of somebody who is there already). `later` counts the people of each wave after this one, `earlier`
    those of waves before it who are not at the target yet, `staying` those of entities that stay. `pairs` names, by the
    row of a new record, the row by which its old one makes way.
    """

    book: Book
    origins: Mapping[int, Cells]
    matches: Mapping[int, Match]
    later: Mapping[int, int]
    earlier: int
    staying: int
    pairs: Mapping[int, int]

    @property
    def makes_entities(self) -> bool:
        """Tell whether an entity is to be made at the target."""
        return "entities" in self.book.sheets

    @property
    def edits(self) -> int:
        """How many records that are there are edited."""
        return int((self.book.sheets["users"].frame["id"] != "").sum())


def make_rows(
    move_map: MoveMap,
    source: View,
    target: View,
    *,
    path: str,
    wave: int = 0,
    known: Mapping[int, str] | None = None,
    listed: Mapping[str, Collection[str] | None] | None = None,
    passwords: Cells | None = None,
    auto_passwords: bool = False,
    within: Within | None = None,
) -> Moving:
    """Return the book that makes the source's people at the target, as the mapping says.

    `wave` is the one to be moved, 0 for all. `known` gives, by row, the records that earlier runs made; `listed` the
    free numbers that the server lists, by entity; `passwords` those that the source's book holds, by user id. With
    `auto_passwords` a new login without one gets a generated one. `within` counts where both are one server.
    """
    stock, homes = Stock(target, listed or {}), Homes(move_map, source, target)
    maker = _Maker(move_map, source, target, wave, known or {}, stock, homes, within or Within(), Ways(stock))
    maker.passwords, maker.auto_passwords = passwords or {}, auto_passwords
    return maker.moving(path)


def row_of(id_: str, place: int) -> int:
    """Return the row that stands for one user of the source: always the same one, however the list is sorted."""
    return int(id_) if id_.isdecimal() and int(id_) < _WITHOUT_ID else _WITHOUT_ID + place


@dataclass
class _Maker:
    move_map: MoveMap
    source: View
    target: View
    wave: int
    known: Mapping[int, str]
    stock: Stock
    homes: Homes
    within: Within
    ways: Ways
    passwords: Cells = field(default_factory=dict)
    auto_passwords: bool = False
    problems: list[Problem] = field(default_factory=list)

    @cached_property
    def people(self) -> dict[int, dict[str, str]]:
        """The source's users by row, in the order of their numbers; those of entities that stay are left out."""
        rows = {row_of(cells["id"], n): cells for n, cells in enumerate(text_rows(self.source.frame("users")))}
        going = {row: cells for row, cells in rows.items() if not self._entity_stays(cells)}
        return dict(
            sorted(going.items(), key=lambda item: (item[1]["entity"], len(_number(item[1])), _number(item[1])))
        )

    @cached_property
    def one_server(self) -> bool:
        return are_one_server(self.source, self.target)

    def _entity_stays(self, cells: Cells) -> bool:
        place = self.move_map.places.get(cells["entity"])
        return place is not None and place.target == LEAVE

    def _wish(self, cells: Cells) -> Wish:
        return self.move_map.wishes.get(cells["id"], Wish(0))

    def _place(self, cells: Cells) -> Place:
        return self.move_map.places[cells["entity"]]

    def moving(self, path: str) -> Moving:
        movers = {row: self._mover(row, cells) for row, cells in self.people.items() if self._moves(cells)}
        matches = self._matches(movers)
        there = {row for row, match in matches.items() if self._is_there(match)}
        mine = {row: cells for row, cells in self.people.items() if self.wave in (0, self._wave(cells))}
        self._reserve(movers[row] for row in mine if row in movers and row not in there)
        rows = {row: self._row(row, cells, matches.get(row)) for row, cells in mine.items() if row not in there}
        waiting = Counter(self._wave(self.people[row]) for row in movers if row not in there)
        origins = {row: _origin(cells, matches[row].id if row in there else "") for row, cells in mine.items()}
        entities = {cells["entity"] for row, cells in mine.items() if row in movers}
        return Moving(
            Book(path, self._sheets(rows, entities), self._baseline(path), tuple(self.problems)),
            origins,
            {row: matches[row] for row in there if row in mine},
            {n: count for n, count in waiting.items() if self.wave and n > self.wave},
            sum(count for n, count in waiting.items() if n < self.wave),
            sum(map(self._entity_stays, text_rows(self.source.frame("users")))),
            self.ways.pairs,
        )

    def _matches(self, movers: Mapping[int, Mover]) -> dict[int, Match]:
        if self.one_server and self.within.by == BY_PUT:
            return {}
        never = {mover.cells["id"] for mover in movers.values()} if self.one_server else set()
        return Matcher(self.target, self.move_map.same, self.known, never).match(movers.values())

    def _sheets(self, rows: Mapping[int, Cells], entities: Collection[str]) -> dict[str, Sheet]:
        new = self.homes.new_rows(entities)
        old = {way: self.people[row] for row, way in self.ways.pairs.items()}
        own = [*(self.people[row] for row in rows), *old.values()]
        ways = {way: {"action": "", **self.ways.rows[way]} for way in old}
        users = make_sheet(USERS, {**rows, **ways}, own)
        return {"entities": make_sheet(ENTITIES, new, ()), "users": users} if new else {"users": users}

    def _baseline(self, path: str) -> Baseline:
        target = self.target
        book_id = migration_id(self.source, path, target)
        return Baseline(book_id, target.server, target.login, target.taken_at, {}, target.xivo_uuids)

    def _moves(self, cells: Cells) -> bool:
        return cells["entity"] in self.homes.after and not self._wish(cells).stays

    def _wave(self, cells: Cells) -> int:
        place = self.move_map.places.get(cells["entity"])
        return place.wave if place else 1

    def _is_there(self, match: Match) -> bool:
        return match.by == "history" or self.move_map.same[match.by] != REFUSE

    def _mover(self, row: int, cells: Cells) -> Mover:
        home = self.homes.after[cells["entity"]]
        return Mover(row, cells, home["combined_id"], home["xivo"], self._wanted(cells))

    def _wanted(self, cells: Cells) -> str:
        """Return the number that somebody would have at the target, blank where one is to be chosen."""
        place, wish, number = self._place(cells), self._wish(cells), _number(cells)
        if wish.number:
            return "" if is_assigned(wish.number) else wish.number
        if place.numbers.shifts:
            return place.numbers.shifted(number)
        return number if place.numbers.word in (KEEP, KEEP_FREE) else ""

    def _row(self, row: int, cells: Cells, match: Match | None) -> dict[str, str]:
        """Return the row of somebody who is not at the target yet; what keeps them from moving is said."""
        base = {**dict.fromkeys(USERS.columns, ""), **{name: cells[name] for name in USERS.person_key}}
        if self._wish(cells).stays:
            self._say("move_stays", row, Severity.INFO)
            return {**base, "action": "skip"}
        if cells["entity"] not in self.homes.after:
            self._say("move_no_place", row, entity=cells["entity"])
            return {**base, "action": "create"}
        if match:
            self._say("move_same", row, id=match.id, by=match.by, label=f"{cells['first_name']} {cells['last_name']}")
        return {**base, **(self._inside(row, cells) if self.one_server else self._person(row, cells))}

    def _person(self, row: int, cells: Cells) -> dict[str, str]:
        home, login = self.homes.after[cells["entity"]], _plain(cells["cti_login"])
        password = self.passwords.get(cells["id"], "") if login else ""
        return {
            "action": "create",
            "entity": label_of_home(home),
            "template": self._template(cells),
            "internal_number": self._number(row, cells, home),
            "cti_login": login,
            "cti_password": password or ("auto" if login and self.auto_passwords else ""),
        }

    def _template(self, cells: Cells) -> str:
        """Return the target's template: the user's own exception, what the source's list says, or the entity's."""
        own = self.move_map.templates.get(cells.get("template", ""), "")
        return self._wish(cells).template or own or self._place(cells).template

    def _number(self, row: int, cells: Cells, home: Cells) -> str:
        rule, wanted = self._place(cells).numbers, self._wanted(cells)
        if self._wish(cells).number:
            return wanted
        if rule.shifts and not wanted:
            self._say("move_no_shift", row, number=_number(cells))
        if rule.word == KEEP and not wanted:
            self._say("move_no_number", row)
        if rule.word == KEEP_FREE and wanted:
            where = home["combined_id"], home["xivo"], home["intervals"]
            mine = self._is_here(cells, home) and contains(make_ranges(home["intervals"]), wanted)
            wanted = wanted if mine or self.stock.is_free(*where, wanted) else ""
            self.stock.take(home["xivo"], wanted)
        return wanted

    def _reserve(self, movers: Iterable[Mover]) -> None:
        """Keep what people are to have whatever is free from those who keep theirs only where it is free."""
        for mover in movers:
            if self._place(mover.cells).numbers.word != KEEP_FREE or self._wish(mover.cells).number:
                self.stock.take(mover.xivo, mover.number)

    def _is_here(self, cells: Cells, home: Cells) -> bool:
        """Tell whether somebody stays on the very XiVO that they are on."""
        return self.one_server and self.source.xivo_of.get(cells["entity"]) == home["xivo"]

    def _inside(self, row: int, cells: Cells) -> dict[str, str]:
        """Return the row of somebody who moves inside one server, whose old record may hold what they are to have."""
        home = self.homes.after[cells["entity"]]
        if home["combined_id"] == cells["entity"]:
            self._say("move_nowhere", row, entity=cells["entity"])
            return {"action": "create"}
        if self.within.by == BY_PUT:
            if not self._is_here(cells, home):
                self._say("move_put_xivo", row, xivo=self.source.xivo_of.get(cells["entity"], ""))
            template = self._place(cells).template if self.within.needs_template else ""
            number = self._number(row, cells, home)
            wish = self._wish(cells).template
            self._add(put_objection(row, cells, home, number, self.within))
            return put_row(cells, home, number, wish or template)
        person = self._person(row, cells)
        keeps = {"number": person["internal_number"] == _number(cells) != "", "login": person["cti_login"] != ""}
        if self._is_here(cells, home) and any(keeps.values()):
            self._add(self.ways.make(row, cells, self.homes.before[cells["entity"]], **keeps))
        return person

    def _add(self, found: Problem | None) -> None:
        self.problems += [found] if found else []

    def _say(self, code: str, row: int, severity: Severity = Severity.ERROR, /, **members: str) -> None:
        self.problems.append(problem(code, severity, sheet="users", row=row, **members))


def _number(cells: Cells) -> str:
    number = _plain(cells["internal_number"])
    return "" if is_auto(number) else number


def _plain(text: str) -> str:
    return "" if is_clear(text) else text


def _origin(cells: Cells, there: str) -> dict[str, str]:
    known = {name: cells[name] for name in ORIGIN if cells[name]}
    return {**known, "there": there} if there else known
