"""One run as the history tells it, row by row: what was to be sent, and what came of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..history import Call
from ..model.outcomes import Outcome
from ..model.problems import Problem
from ..model.resources import RESOURCES
from ..planning.plan import Change, Plan
from ..running.endings import HIDDEN
from ..running.resume import calls_so_far
from ..running.sending import CONFLICT, DONE, NOT_SENT, REFUSED, UNAVAILABLE, UNKNOWN, Sent
from .result import outcome_message

UNANSWERED = "unanswered"  # the process ended before it knew what came of the call

# What a report says of a row that no call was made for: it was not sent, or was found at fault before that.
_WITHOUT_CALL = {"failed": REFUSED, "conflict": CONFLICT, "refused": REFUSED}
_ORDER = {name: n for n, name in enumerate(RESOURCES)}
# The status a row can have here, and the group in which it is counted while the run is not finished.
GROUPS = {
    DONE: "done",
    REFUSED: "refused",
    CONFLICT: "refused",
    UNKNOWN: "unanswered",
    UNANSWERED: "unanswered",
    UNAVAILABLE: "not_sent",
    NOT_SENT: "not_sent",
}


@dataclass(frozen=True)
class RowEnd:
    """The end of one row that was to be sent.

    `number` is the one that its user got, or was to get; `planned` the first one where that is another. `at` is when
    the last of its `attempts` was answered, or left if it has no answer.
    """

    sheet: str
    row: int
    action: str
    label: str
    status: str
    id: str = ""
    number: str = ""
    planned: str = ""
    at: str = ""
    attempts: int = 0
    message: str = ""


def rows_on_record(plan: Plan, calls: Sequence[Call], report: Iterable[Mapping[str, Any]] = ()) -> list[RowEnd]:
    """Return the end of each row that a plan wanted to send, in the person's order.

    `report` is what the run put on record at its end, nothing for one that did not come to an end.
    """
    so_far = calls_so_far(plan, calls)
    told = {(row["sheet"], row["row"]): row for row in report}
    of_row: dict[tuple[str, int], list[Call]] = defaultdict(list)
    for call in calls:
        if not call.intent.step:
            of_row[call.intent.sheet, call.intent.row].append(call)
    wanted = sorted(plan.to_send, key=lambda c: (_ORDER[c.sheet], c.row))
    return [_end(c, so_far.get(c.step_key), of_row[c.sheet, c.row], told.get((c.sheet, c.row))) for c in wanted]


def _end(change: Change, sent: Sent | None, calls: Sequence[Call], told: Mapping[str, Any] | None) -> RowEnd:
    status, number, last = NOT_SENT, change.number, calls[-1] if calls else None
    if sent is not None and last is not None:
        status, number = _status(sent) if last.outcome else UNANSWERED, sent.change.number
    elif told:
        status = _WITHOUT_CALL.get(told["status"], NOT_SENT)
    return RowEnd(
        sheet=change.sheet,
        row=change.row,
        action=change.action,
        label=change.label,
        status=status,
        id=(sent.id if sent else "") or change.id,
        number=number,
        planned=change.number if change.number != number else "",
        at=(last.answered or last.intended) if last else "",
        attempts=len(calls),
        message=_why(change, sent, told),
    )


def _status(sent: Sent) -> str:
    """Return a row's status as reports name it: what was looked for and not found is unknown there."""
    return UNKNOWN if sent.status in HIDDEN else sent.status


def _why(change: Change, sent: Sent | None, told: Mapping[str, Any] | None) -> str:
    notes = tuple(map(Problem.from_json, told["problems"])) if told else sent.notes if sent else ()
    return outcome_message(Outcome(change.sheet, change.row, change.action, "", notes=notes))


def count_groups(rows: Iterable[RowEnd]) -> dict[str, int]:
    """Return how many rows are `done`, `refused`, `unanswered` and `not_sent`, in this order."""
    counts = dict.fromkeys(GROUPS.values(), 0)
    for row in rows:
        counts[GROUPS.get(row.status, "unanswered")] += 1
    return counts
