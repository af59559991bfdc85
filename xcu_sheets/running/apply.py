"""apply_plan: the stages of a plan carried out, recorded, proved and reported, each row with one outcome."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ..history import History
from ..model.errors import HistoryError, PlanError, XcuError
from ..model.memory import Memory
from ..model.outcomes import Outcome
from ..model.snapshot import Snapshot
from ..planning.plan import Plan
from ..server import Client
from .lanes import MAX_LANES
from .outcomes import row_outcomes
from .recording import Recorder, run_start
from .rounds import Rounds
from .run import LOOKED, Manner, Past, Progress, Run, Stop, xivos_of
from .sending import DONE, NOT_SENT, UNAVAILABLE, UNKNOWN, Secrets, Sent
from .stages import make_stages
from .throttle import Figures, Throttle
from .verifying import Proof, verify


@dataclass(frozen=True)
class Result:
    """The end of a run: one outcome for every row of the book, and the server as last seen.

    `stopped` says why rows were left unsent: "" (none), "interrupted", "time", "failures", "server" or "history";
    `failure` is the line that the person reads. `proof` is None where the lists could not be read at the end.
    `resumable` tells that a resume could bring rows further.
    """

    outcomes: tuple[Outcome, ...]
    snapshot: Snapshot
    stopped: str = ""
    failure: str = ""
    figures: Figures = Figures()  # noqa: RUF009 - frozen
    proof: Proof | None = None
    resumable: bool = False


def apply_plan(
    plan: Plan,
    client: Client,
    snapshot: Snapshot,
    *,
    secrets: Secrets | None = None,
    history: History | None = None,
    manner: Manner | None = None,
    progress: Progress | None = None,
    stop: Stop | None = None,
    past: Past | None = None,
    jitter: Callable[[], float] = random.random,
) -> Result:
    """Send a plan's changes and return what became of each row.

    `snapshot` is the server as read for the plan. `progress` is called with (rows done, rows in all, seconds that an
    undo of them would take); when `stop` returns a reason, calls under way are finished and no other begins. Rows of a
    run that stops early are `not_sent`; a call whose intent cannot be recorded never leaves. With `past` an interrupted
    run is finished: what has come to its end is not sent again, what has no answer is looked up first.
    Raises PlanError where the plan is blocked, HistoryError where this run was started before or another one holds
    the history.
    """
    if plan.blocked:
        raise PlanError("This plan has a problem that concerns the whole book: nothing of it may be sent.")
    started = past.started if past else {n: frozenset(f.index) for n, f in snapshot.frames.items()}
    if history and past:
        history.continue_run(plan.run_id, past.on_record, past.undone_by)
    elif history:
        history.start_run(run_start(plan, started))
    memory = history.memory(plan.server, plan.xivo_uuids, plan.book_id) if history else Memory()
    xivos, stop = xivos_of(plan, snapshot), stop or (lambda: "")
    run = Run(
        plan=plan,
        client=client,
        snapshot=snapshot,
        started=started,
        manner=manner or Manner(),
        secrets=secrets or {},
        memory=memory,
        recorder=Recorder(history, plan, secrets or {}, lambda e: xivos.get(e, e), memory.key),
        throttle=_make_throttle(plan, manner or Manner(), xivos, stop, jitter),
        stop=stop,
        progress=progress or (lambda done, total, undo: None),
        earlier=past.calls if past else {},
    )
    return _on_record(run, history)


def _make_throttle(
    plan: Plan, manner: Manner, xivos: Mapping[str, str], stop: Stop, jitter: Callable[[], float]
) -> Throttle:
    """Begin with one write per XiVO, at most four; `workers` is how far that may rise."""
    lanes = len({xivos.get(c.entity, c.entity) for c in plan.to_send if c.sheet == "users"})
    start = max(1, min(lanes, MAX_LANES))

    def stopping() -> bool:
        return stop() not in ("", LOOKED)  # who only looks waits as long as who sends

    return Throttle(manner.workers or start, start, stopping=stopping, jitter=jitter)


def _on_record(run: Run, history: History | None) -> Result:
    """Carry a run out, its end in the history whatever happens."""
    calls, repeats = run.client.calls, run.client.retrier.repeats
    try:
        run.recorder.taught()
        proof = _carry_out(run)
    except BaseException:
        if history:
            history.end_run(run.plan.run_id, "failed", row_outcomes(run.plan, run.snapshot, run.sent, run.stopped))
        raise
    outcomes = tuple(row_outcomes(run.plan, run.snapshot, run.sent, run.stopped))
    if history:
        try:
            history.end_run(run.plan.run_id, _status(run), outcomes)
        except HistoryError as failed:  # the report is still to be written: it tells what is not on record
            run.halt("history", failed.said)
    figures = run.throttle.figures(run.client.calls - calls, run.client.retrier.repeats - repeats)
    resumable = bool(run.stopped) or _has_open_ends(run)
    return Result(outcomes, run.snapshot, run.stopped, run.failure, figures, proof, resumable)


def _status(run: Run) -> str:
    """Return how a run ended; one with rows that a resume could bring further has not finished."""
    if not run.stopped:
        return "interrupted" if _has_open_ends(run) else "finished"
    return "interrupted" if run.stopped in ("interrupted", "time", LOOKED) else "failed"


def _has_open_ends(run: Run) -> bool:
    """Tell whether a row waits for the server, for a password, or for the list to tell."""
    return any(map(_is_open, run.sent.values()))


_WAITS = {"secret_missing", "password_unknown", "entity_unreadable"}


def _is_open(one: Sent) -> bool:
    """Tell whether a call waits for the server, for the list to tell, or for a password."""
    if one.status in (DONE, UNKNOWN):
        return not one.settled
    return one.status == UNAVAILABLE or (one.status == NOT_SENT and any(n.code in _WAITS for n in one.notes))


def _carry_out(run: Run) -> Proof | None:
    """Go through the stages; prove the result at the end, as far as the server still answers."""
    for stage in make_stages(run.plan, run.xivo_of):
        Rounds(run, stage).carry_out()
    if run.stopped in ("time", "interrupted", LOOKED) and run.is_complete:
        run.stopped = ""  # it was asked to stop when nothing was left to do
    if run.stopped in ("server", "history", "interrupted"):
        return None
    try:
        return verify(run)
    except XcuError as failed:
        run.halt("server", failed.said)
    except KeyboardInterrupt:
        run.halt("interrupted")
    return None
