"""A first draft of the mapping: everything of the source with the likeliest of the target beside it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import cached_property

import pandas as pd

from ..model.problems import Problem, Severity, problem
from ..model.snapshot import text_frame, text_rows
from ..model.text import fold, split_list
from ..model.view import View
from ..rules.numbering import contains, make_ranges, used_numbers
from .mapping import SAME_BY_DEFAULT
from .sheets import ASSIGN, ENTITIES, EXCEPTIONS, KEEP, KEEP_FREE, LEAVE, PEOPLE_THERE, SAME, SHEETS, TEMPLATES, XIVOS

Cells = Mapping[str, str]
CLOSE = 0.6
_FIRST_ROW = 2


@dataclass(frozen=True)
class Draft:
    """The sheets of a mapping book, filled in as far as names tell; `notes` say, cell by cell, what is uncertain."""

    frames: Mapping[str, pd.DataFrame]
    notes: Sequence[Problem]


def draft_mapping(source: View, target: View) -> Draft:
    """Return the mapping that the names of both servers suggest.

    Exact names count, then near ones, which are marked. A template is offered by what its entity may use; number rules
    follow from how many numbers lie in the intervals of the entity and are free there.
    """
    return _Drafter(source, target).draft()


@dataclass
class _Drafter:
    source: View
    target: View
    rows: dict[str, list[dict[str, str]]] = field(default_factory=lambda: {name: [] for name in SHEETS})
    notes: list[Problem] = field(default_factory=list)

    def draft(self) -> Draft:
        self._names(XIVOS.name, "xivo", "xivos")
        self._names(TEMPLATES.name, "template", "templates")
        for cells in text_rows(self.source.frame("entities")):
            self._entity(cells)
        self.rows[PEOPLE_THERE.name] = [{"same": what, "meaning": SAME_BY_DEFAULT[what]} for what in SAME]
        frames = {name: _frame(SHEETS[name].columns, rows) for name, rows in self.rows.items()}
        frames[EXCEPTIONS.name] = _frame(EXCEPTIONS.columns, [])
        return Draft(frames, tuple(self.notes))

    @property
    def one_server(self) -> bool:
        return bool(set(self.source.xivo_uuids) & set(self.target.xivo_uuids))

    def _say(self, code: str, sheet: str, column: str, /, **members: str) -> None:
        row = _FIRST_ROW + len(self.rows[sheet])
        self.notes.append(problem(code, Severity.WARNING, sheet=sheet, row=row, column=column, **members))

    def _names(self, sheet: str, own: str, resource: str) -> None:
        known = [cells["name"] for cells in text_rows(self.target.frame(resource))]
        for cells in text_rows(self.source.frame(resource)):
            best, score = _best(cells["name"], known)
            if not best:
                self._say("draft_none", sheet, "target", value=cells["name"])
            elif score < 1:
                self._say("draft_close", sheet, "target", value=best)
            self.rows[sheet].append({own: cells["name"], "target": best})

    def _entity(self, cells: Cells) -> None:
        people = self._people[cells["combined_id"]]
        home = None if self.one_server else self._home(cells)
        row = {
            "entity": cells["combined_id"],
            "display_name": cells["display_name"],
            "users": str(len(people)),
            "wave": "1",
            "target": home["combined_id"] if home else LEAVE if self.one_server else "",
        }
        if not self.one_server:
            home = home or self._new_home(cells)
            row |= {"numbers": self._rule(home, people), "template": self._template(cells, home)}
        self.rows[ENTITIES.name].append(row)

    def _new_home(self, cells: Cells) -> Cells:
        """Return the entity that an entity would become if it were made at the target."""
        xivos = {row["xivo"]: row["target"] for row in self.rows[XIVOS.name]}
        return {**cells, "combined_id": "", "xivo": xivos.get(cells["xivo"], "")}

    def _home(self, cells: Cells) -> Cells | None:
        """Return the target's entity that an entity is likeliest to be."""
        xivos = {row["xivo"]: row["target"] for row in self.rows[XIVOS.name]}
        scored = sorted(
            ((_likeness(cells, other, xivos.get(cells["xivo"], "")), other) for other in self._targets),
            key=lambda found: -found[0],
        )
        best = scored[0] if scored else (0.0, None)
        if best[0] < CLOSE or best[1] is None:
            self._say("draft_none", ENTITIES.name, "target", value=cells["display_name"])
            return None
        rivals = [other["combined_id"] for score, other in scored if score == best[0]]
        if len(rivals) > 1:
            self._say("draft_rivals", ENTITIES.name, "target", candidates=", ".join(rivals))
        elif best[0] < 1:
            self._say("draft_close", ENTITIES.name, "target", value=best[1]["display_name"])
        return best[1]

    @cached_property
    def _people(self) -> Mapping[str, list[dict[str, str]]]:
        found: dict[str, list[dict[str, str]]] = defaultdict(list)
        for cells in text_rows(self.source.frame("users")):
            found[cells["entity"]].append(cells)
        return found

    @cached_property
    def _targets(self) -> list[dict[str, str]]:
        return text_rows(self.target.frame("entities"))

    def _rule(self, home: Cells, people: Sequence[Cells]) -> str:
        """Return the number rule for people who go to an entity, by how many of their numbers are free there."""
        ranges, used = make_ranges(home["intervals"]), used_numbers(self.target).get(home["xivo"], set())
        numbers = [cells["internal_number"] for cells in people]
        free = sum(contains(ranges, number) and number not in used for number in numbers)
        rule = KEEP if free == len(numbers) else KEEP_FREE if free else ASSIGN
        if rule != KEEP:
            count = {"free": str(free), "count": str(len(numbers)), "intervals": home["intervals"]}
            self._say("draft_numbers", ENTITIES.name, "numbers", **count)
        return rule

    def _template(self, cells: Cells, home: Cells) -> str:
        """Return the template that people of an entity get, of those that its target offers."""
        offered = [t["name"] for t in text_rows(self.target.frame("templates")) if _offers(t, home)]
        usual = [t["name"] for t in text_rows(self.source.frame("templates")) if _offers(t, cells)]
        stand_in = {row["template"]: row["target"] for row in self.rows[TEMPLATES.name]}
        likely = [stand_in[name] for name in usual if stand_in.get(name) in offered] or offered
        if len(offered) != 1:
            self._say("draft_template", ENTITIES.name, "template", candidates=", ".join(offered))
        return likely[0] if likely else ""


def _offers(template: Cells, entity: Cells) -> bool:
    by_xivo = entity["xivo"] in split_list(template["xivos"])
    return by_xivo or entity["combined_id"] in split_list(template["entities"])


def _likeness(one: Cells, other: Cells, xivo: str) -> float:
    """Return how alike two entities are, 1 for the same display name, or the same name on the XiVO that stands for its.

    A name such as `default` is on every XiVO and proves nothing by itself.
    """
    here = other["xivo"] == xivo
    same_name = fold(one["name"]) == fold(other["name"])
    if fold(one["display_name"]) == fold(other["display_name"]) != "":
        return 1.0
    alike = SequenceMatcher(None, fold(one["display_name"]), fold(other["display_name"])).ratio()
    return max(CLOSE + 0.35 * alike if same_name and here else 0.0, 0.95 * alike)


def _best(name: str, known: Iterable[str]) -> tuple[str, float]:
    """Return the name that is most like one, and how much; blank where none is close."""
    scored = [
        (1.0 if fold(n) == fold(name) else SequenceMatcher(None, fold(n), fold(name)).ratio() - 0.01, n) for n in known
    ]
    score, best = max(scored, default=(0.0, ""))
    return (best, score) if score >= CLOSE else ("", 0.0)


def _frame(columns: Sequence[str], rows: Sequence[Cells]) -> pd.DataFrame:
    index = pd.RangeIndex(_FIRST_ROW, _FIRST_ROW + len(rows))
    return text_frame({name: [row.get(name, "") for row in rows] for name in columns}, pd.Index(index))
