"""What interrupted runs of a book may have made: to be looked for, and to be kept in mind by its next plan."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from ..history import History
from ..history.summaries import moment_of
from ..model.problems import problem
from ..model.view import View
from ..planning.plan import Change, Plan
from .endings import HIDDEN
from .resume import read_past
from .sending import DONE, UNKNOWN, UNSEEN, Sent

LOOK_AGAIN = timedelta(hours=1)


def open_calls(history: History, server: str, book_id: str, now: str) -> dict[str, list[Sent]]:
    """Return, by run, the calls of a book's interrupted runs whose end the lists can still tell; `now` is ISO 8601.

    These are all that nobody has looked for, and, for LOOK_AGAIN after the last look, creates that were looked for in
    vain: a list may be late.
    """
    found: dict[str, list[Sent]] = {}
    for run in history.runs():
        if (run.server, run.book_id) == (server, book_id) and run.status != "finished" and not run.forgotten:
            recent = moment_of(now) - moment_of(run.ended or run.started) < LOOK_AGAIN
            if recent or run.unsettled:
                _, past = read_past(history, run.run_id)
                found[run.run_id] = [one for one in past.calls.values() if _is_worth_a_look(one, recent)]
    return {run_id: calls for run_id, calls in found.items() if calls}


def _is_worth_a_look(one: Sent, recent: bool) -> bool:
    again = recent and one.change.action == "create" and one.status in HIDDEN
    return not one.settled and (one.status in (DONE, UNKNOWN) or again)


def beside_open_calls(plan: Plan, view: View, calls: Mapping[str, Sequence[Sent]]) -> Plan:
    """Return the plan, blocked where it would make records beside those that interrupted runs may have made.

    What was looked for and is still to come, for the server said yes, holds back its own row only.
    """
    wanted = {(c.sheet, c.entity) for c in plan.to_send if c.action == "create"}
    problems, unseen = [], {}
    for run_id, sent in calls.items():
        made = [one for one in sent if one.change.action == "create"]
        unseen.update({one.change.identity: run_id for one in made if one.status == UNSEEN})
        count = sum(_is_beside(one.change, wanted, view) for one in made if one.status not in HIDDEN)
        if count:
            problems.append(problem("run_unsettled", run=run_id, count=str(count)))
    return _without_unseen(replace(plan, problems=(*plan.problems, *problems)), unseen)


def _is_beside(change: Change, wanted: Collection[tuple[str, str]], view: View) -> bool:
    """Tell whether a plan that makes records in the `wanted` entities (sheet, combinedId) could make this one again."""
    newborn = change.sheet == "users" and change.entity not in view.xivo_of
    return (change.sheet, change.entity) in wanted or (newborn and any(sheet == "users" for sheet, _ in wanted))


def _without_unseen(plan: Plan, unseen: Mapping[str, str]) -> Plan:
    """Return the plan without the rows, by identity, that a run (their value) made and no list shows yet."""
    held = [c for c in plan.changes if c.action == "create" and c.identity and c.identity in unseen]
    found = [problem("row_unseen", sheet=c.sheet, row=c.row, run=unseen[c.identity]) for c in held]
    refused = {c.step_key: c.stopped("refused") for c in held}
    rest = tuple(refused.get(c.step_key, c) for c in plan.changes)
    return replace(plan, changes=rest, problems=(*plan.problems, *found)) if held else plan
