"""What a plan says of its rows, said of people who move: nobody typed these rows, so nobody can retype them."""

from __future__ import annotations

from dataclasses import replace

from ..model.problems import Problem, problem
from ..planning.plan import Plan

# Said in one line for all, or so of everybody who moves inside one server.
_SAID_ONCE = ("login_without_password", "same_names_elsewhere", "no_baseline")


def said_of_movers(plan: Plan) -> Plan:
    """Return a plan whose problems point at the mapping where those of an import point at a cell."""
    kept = (p for p in plan.problems if p.code not in _SAID_ONCE)
    return replace(plan, problems=tuple(map(_of_mover, kept)))


def _of_mover(found: Problem) -> Problem:
    if (found.code, found.sheet) != ("held_by", "users"):
        return found
    who = found.params
    told = {"label": who.get("label", ""), "id": who.get("id", ""), "number": who.get("number", "")}
    return problem("move_held", found.severity, sheet="users", row=found.row, column=found.column, **told)
