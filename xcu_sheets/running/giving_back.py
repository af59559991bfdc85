"""Users who made way for a new record that could not be made: they get back what they had."""

from __future__ import annotations

from ..planning.plan import Change
from .run import Run
from .sending import CONFLICT, DONE, NOT_SENT, REFUSED
from .stages import BACK, Stage, way_back

_FOR_GOOD = {"needs_row", "cannot_send"}


def ways_back(run: Run, stage: Stage) -> list[Change]:
    """Return the steps that put old records back, of the creates of a stage that came to nothing for good."""
    return [way_back(way) for change in stage.changes if change.made_way and (way := _in_vain(run, change))]


def _in_vain(run: Run, change: Change) -> Change | None:
    own, way = run.sent.get(change.step_key), run.sent.get((change.sheet, change.made_way, ""))
    if own is None or way is None or way.status != DONE:
        return None
    stuck = own.status == NOT_SENT and any(n.code in _FOR_GOOD for n in own.notes)
    back = run.sent.get((change.sheet, change.made_way, BACK))
    is_back = back is not None and back.settled
    return way.change if (stuck or own.status in (REFUSED, CONFLICT)) and not is_back else None


def is_back(run: Run, change: Change) -> bool:
    """Tell whether a row's user has back what the row took."""
    back = run.sent.get((change.sheet, change.row, BACK))
    return back is not None and back.status == DONE and not change.detour
