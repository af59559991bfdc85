"""People who move between entities of one server: by a PUT, or made anew while their old record makes way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ..model.problems import Problem, Severity, problem
from ..model.text import CLEAR
from ..planning.plan import Change, Plan
from ..rules.numbering import contains, make_ranges
from .numbers import Stock

Cells = Mapping[str, str]

_HELD = ("number_taken", "login_taken")

BY_PUT, BY_CREATE = "put", "create"
_WAYS = 2_000_000_000  # where the rows begin by which old records make way


@dataclass(frozen=True)
class Within:
    """How people move inside one server: `by` a PUT, as a probe proved possible, or a create.

    `keeps_number` tells whether a PUT may take a number along that lies outside the new entity; `needs_template`
    whether a PUT of this server names a template.
    """

    by: str = BY_CREATE
    keeps_number: bool = False
    needs_template: bool = False


@dataclass
class Ways:
    """The rows by which old records give up what their successors are to have; `pairs` names them by the new row."""

    stock: Stock
    rows: dict[int, dict[str, str]] = field(default_factory=dict)
    pairs: dict[int, int] = field(default_factory=dict)

    def make(self, row: int, cells: Cells, entity: Cells, *, number: bool, login: bool) -> Problem | None:
        """Let a user of `entity` give up number, login or both for the new user of `row`; return why they cannot."""
        spare = self.stock.spare(entity["combined_id"], entity["xivo"], entity["intervals"]) if number else ""
        if number and not spare:
            told = {"entity": entity["combined_id"], "number": cells["internal_number"]}
            return problem("move_no_spare", sheet="users", row=row, **told)
        self.pairs[row] = _WAYS + row
        self.rows[_WAYS + row] = {"id": cells["id"], "internal_number": spare, "cti_login": CLEAR if login else ""}
        return None


def put_objection(row: int, cells: Cells, home: Cells, number: str, within: Within) -> Problem | None:
    """Return why somebody who keeps their number cannot be put into an entity, None where they can."""
    fits = number != cells["internal_number"] or contains(make_ranges(home["intervals"]), number)
    if fits or within.keeps_number:
        return None
    told = {"number": number, "entity": home["combined_id"], "intervals": home["intervals"]}
    return problem("move_put_outside", sheet="users", row=row, **told)


def put_row(cells: Cells, home: Cells, number: str, template: str) -> dict[str, str]:
    """Return the row that puts a user into another entity; `number` is the one to have there, blank for a free one.

    `auto` keeps what somebody has where that fits.
    """
    keeps = number == cells["internal_number"]
    return {
        "action": "",
        "id": cells["id"],
        "entity": home["combined_id"],
        "internal_number": "" if keeps else number or "auto",
        "template": template,
        "cti_login": "",
        "cti_password": "",
        "first_name": "",
        "last_name": "",
    }


def pair_rows(plan: Plan, pairs: Mapping[int, int]) -> Plan:
    """Return a plan in which nobody makes way for somebody who is not made, and nobody is made before way is made.

    What is wrong with an old record's row is said of the new one's too.
    """
    changes = {c.row: c for c in plan.changes if c.sheet == "users"}
    problems: list[Problem] = []
    aside: set[tuple[int, str]] = set()  # rows that are refused for what their own old record holds, and its id
    for new, old in pairs.items():
        one, way = changes.get(new), changes.get(old)
        if way is None:  # it made way before
            continue
        if one and one.sends and way.sends:
            changes[new] = replace(one, made_way=old)
        elif way.sends:
            changes[old] = way.stopped("skipped")
            problems.append(problem("way_not_needed", Severity.INFO, sheet="users", row=old))
        elif one:
            changes[new] = one.stopped("refused")
            aside.add((new, way.id))
            problems.append(problem("way_not_made", sheet="users", row=new, rows=str(old)))
            problems += [replace(p, row=new) for p in plan.notes_of("users", old) if p.severity is Severity.ERROR]
    rest: list[Change] = [changes[c.row] if c.sheet == "users" else c for c in plan.changes]
    said = [p for p in plan.problems if p.code not in _HELD or (p.row, p.params.get("id", "")) not in aside]
    return replace(plan, changes=tuple(rest), problems=(*said, *problems))
