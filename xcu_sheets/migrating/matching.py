"""Who of those that move is at the target already: known from history, or by number, login or names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from ..model.snapshot import text_rows
from ..model.text import fold_name
from ..model.view import View
from .sheets import ANOTHER

Cells = Mapping[str, str]


@dataclass(frozen=True)
class Mover:
    """Somebody who is to move: `row` in the book to be made, cells at the source, and where they go.

    `entity` is the target's combinedId (blank for an entity that is still to be made), `number` the number they would
    have there, blank where one is to be chosen.
    """

    row: int
    cells: Cells
    entity: str
    xivo: str
    number: str


@dataclass(frozen=True)
class Match:
    """Somebody of the target who may be a mover: `by` is `history`, `number`, `login` or `names`."""

    id: str
    by: str


@dataclass
class Matcher:
    """Finds each mover's record at the target; nobody there is two people.

    `known` gives, by row, what earlier runs of this migration made. `same` says what a number, a login or names in
    common mean; `never` are ids of the target that are nobody's match (on one server: those who move themselves).
    """

    target: View
    same: Mapping[str, str]
    known: Mapping[int, str]
    never: Collection[str] = ()
    _claimed: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._people = {c["id"]: c for c in text_rows(self.target.frame("users")) if c["id"] not in self.never}
        self._by: dict[tuple[str, ...], list[str]] = defaultdict(list)
        for id_, cells in self._people.items():
            for key in self._keys(cells, self.target.xivo_of.get(cells["entity"], ""), cells["entity"]):
                self._by[key].append(id_)

    @staticmethod
    def _keys(cells: Cells, xivo: str, entity: str) -> list[tuple[str, ...]]:
        names = (fold_name(cells["first_name"]), fold_name(cells["last_name"]))
        login, number = cells["cti_login"].casefold(), cells["internal_number"]
        keys: list[tuple[str, ...]] = [("names", entity, *names)]
        keys += [("number", xivo, number)] if number else []
        return [*keys, ("login", xivo, login)] if login else keys

    def match(self, movers: Iterable[Mover]) -> dict[int, Match]:
        """Return, by row, who is there already: the surest evidence of all movers first."""
        listed, found = list(movers), dict[int, Match]()
        for by in ("history", "number", "login", "names"):
            for mover in listed:
                id_ = "" if mover.row in found else self._find(by, mover)
                if id_:
                    found[mover.row] = Match(id_, by)
                    self._claimed.add(id_)
        return found

    def _find(self, by: str, mover: Mover) -> str:
        if by == "history":
            id_ = self.known.get(mover.row, "")
            return id_ if id_ in self._people else ""
        if self.same.get(by) == ANOTHER:
            return ""
        own = {**mover.cells, "internal_number": mover.number}
        keys = [key for key in self._keys(own, mover.xivo, mover.entity) if key[0] == by]
        ids = (id_ for key in keys for id_ in self._by.get(key, ()) if id_ not in self._claimed)
        return next((id_ for id_ in ids if self._confirmed(by, id_, mover)), "")

    def _confirmed(self, by: str, id_: str, mover: Mover) -> bool:
        """Tell whether both names agree: numbers and logins pass to others, and two servers share them by chance."""
        names = ("first_name", "last_name")
        agree = [fold_name(self._people[id_][n]) == fold_name(mover.cells[n]) for n in names]
        return all(agree)
