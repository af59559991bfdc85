"""An interrupted run as its record tells it: what has come to its end, what has no answer, what was never sent."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from ..history import Call, History
from ..model.problems import Problem
from ..model.view import View
from ..planning.plan import Change, Plan
from ..planning.staleness import recheck
from .endings import HIDDEN
from .run import Key, Past
from .sending import NOT_SENT, UNAVAILABLE, UNKNOWN, Sent, Ticket
from .stages import step_as_sent


def read_past(history: History, run_id: str) -> tuple[Plan, Past]:
    """Return the plan of a run and what is on record of it. Raises HistoryError where there is no such run."""
    body, ids = history.plan(run_id)
    plan = Plan.from_json(json.loads(body))
    started = {sheet: frozenset(found) for sheet, found in ids.items()}
    calls = history.calls(run_id)
    return plan, Past(started, calls_so_far(plan, calls), len(calls), history.run(run_id).undone_by)


def recheck_rest(plan: Plan, past: Past, view: View) -> Plan:
    """Return the plan with the rows of which no call ever left compared with the server once more.

    Raises PlanError where the server is another one.
    """
    left = [one for one in past.calls.values() if not one.never_left]
    ids = {one.id for one in left if one.id}
    numbers = {(one.change.entity, one.change.number) for one in left if one.change.action == "create"}

    def is_ours(user: Mapping[str, str]) -> bool:
        return user["id"] in ids or (user["entity"], user["internal_number"]) in numbers

    return recheck(plan, view, {(one.change.sheet, one.change.row) for one in left}, is_ours)


def calls_so_far(plan: Plan, calls: Iterable[Call]) -> dict[Key, Sent]:
    """Return what is on record of each call of a plan's rows, the last attempt of each.

    A wish that was sent without answer stays in doubt, whatever became of later attempts that did nothing.
    """
    planned = {(c.sheet, c.row): c for c in plan.changes}
    attempts: dict[Key, list[Call]] = defaultdict(list)
    for call in calls:
        intent = call.intent
        if (intent.sheet, intent.row) in planned:
            attempts[intent.sheet, intent.row, intent.step].append(call)
    return {key: _so_far(planned[key[:2]], of_one) for key, of_one in attempts.items()}


def _so_far(planned: Change, attempts: Sequence[Call]) -> Sent:
    last = attempts[-1]
    outcome = last.outcome
    doubt = any(is_in_doubt(call) and _same_wish(call, last) for call in attempts[:-1])
    status = outcome.status if outcome else UNKNOWN
    if doubt and status in (UNAVAILABLE, NOT_SENT):
        status = UNKNOWN
    return Sent(
        change=_change_of(planned, last),
        status=status,
        id=outcome.record_id if outcome else "",
        notes=tuple(map(Problem.from_json, outcome.notes)) if outcome else (),
        ticket=Ticket(planned, last.call_id, last.intent.attempt, doubt, last.intent.digests),
        ms=outcome.ms if outcome else 0,
        settled=outcome.settled if outcome else False,
        shown=outcome.shown if outcome else None,
    )


def is_in_doubt(call: Call) -> bool:
    """Tell whether a call may have been carried out and nobody knows."""
    outcome = call.outcome
    return outcome is None or (outcome.status in (UNKNOWN, *HIDDEN) and not outcome.settled)


def _same_wish(one: Call, other: Call) -> bool:
    return one.intent.internal_number == other.intent.internal_number


def _change_of(planned: Change, call: Call) -> Change:
    """Return the change that a call was: a step of its row, or the row's own with the number that was sent."""
    intent = call.intent
    before = _number(intent.before)
    if intent.step:
        return step_as_sent(planned, intent.step, intent.before or {}, intent.after or {})
    change = planned.coming_from(before) if planned.detour else planned
    if intent.internal_number in ("", change.number) or intent.action == "delete":
        return change
    return change.with_number(intent.internal_number)


def _number(image: Mapping[str, str] | None) -> str:
    return (image or {}).get("internal_number", "")


def counts_so_far(plan: Plan, past: Past) -> dict[str, int]:
    """Return how many rows of a plan are done with, to be looked up, and to be sent."""
    over = [one for one in past.calls.values() if one.settled and not one.change.step]
    doubtful = [o for o in past.calls.values() if not (o.settled or o.change.step or o.never_left)]
    left = len(plan.to_send) - len(over) - len(doubtful)
    return {"done": len(over), "to_look_up": len(doubtful), "to_send": left}
