"""probe: what a server's document leaves open, asked on throw-away records that are gone again in the end."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median

from ...history import History, RunStart, RunSummary
from ...model.errors import HistoryError, XcuError
from ...model.findings import Findings
from ...model.text import Said
from ...server import Client
from .cleanup import OPTION, Remains, Traces, remove, traces_of, unfinished_probes
from .questions import Questions
from .records import ProbeRecords
from .site import ProbeSite, find_site
from .writes import Writer

BOOK_ID = "probe"  # the history keeps runs apart by book: a probe is of none
SETTLE = 5.0  # seconds after which a create whose answer was lost has been carried out or never will be

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Leftover:
    """What an earlier probe left: records as (sheet, id, name)."""

    run_id: str
    records: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class ProbePlan:
    """What a probe will do: where, and what it will first remove of earlier ones."""

    site: ProbeSite
    leftovers: tuple[Leftover, ...] = ()


@dataclass(frozen=True)
class ProbeResult:
    """What came of a probe. `reasons` tell, by finding, why it is not known.

    `remains` is what could not be removed, of this probe and of earlier ones. `failure` ended the questions early.
    """

    findings: Findings
    reasons: Mapping[str, str]
    remains: Remains
    removed: tuple[Leftover, ...] = ()
    notes: tuple[str, ...] = ()
    failure: XcuError | None = None
    interrupted: bool = False


def plan_probe(client: Client, history: History, entity: str, *, run_id: str, avoid: Collection[str] = ()) -> ProbePlan:
    """Look for what a probe of `entity` needs and for what earlier probes left; only reads.

    Raises XcuError where the probe cannot be made: no such entity, no free number, read-only.
    """
    if client.read_only:
        raise XcuError("{origin} is used read-only: a probe has to write", origin=client.origin)
    site = find_site(client, entity, run_id=run_id, avoid=avoid)
    leftovers = [_left_by(client, history, run) for run in unfinished_probes(history, client.origin)]
    return ProbePlan(site, tuple(one for one in leftovers if one.records))


def _left_by(client: Client, history: History, run: RunSummary) -> Leftover:
    traces = traces_of(client, history, run)
    traces.look()
    return Leftover(run.run_id, traces.remains().records)


def run_probe(
    plan: ProbePlan,
    client: Client,
    history: History,
    *,
    tool_version: str = "",
    settle: float = SETTLE,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> ProbeResult:
    """Remove what earlier probes left, ask the questions, remove every trace, and return what was found.

    The clean-up follows whatever happens. `clock` gives seconds. When `cancelled` turns true no further question is
    asked. Raises HistoryError where the run cannot be begun, HistoryHeld where another one holds the history.
    """
    tidy = _Tidy(client, history, settle, sleep, clock)
    earlier = [tidy.earlier(run) for run in unfinished_probes(history, client.origin)]
    site = plan.site
    history.start_run(_start(site, tool_version))
    writer, traces = Writer(client, history, site.run_id, clock=clock), Traces(client, site.run_id, site.started)
    records = ProbeRecords(client, site, writer, traces)
    questions = Questions(client, site, records)
    failure: XcuError | None = None
    try:
        questions.ask(cancelled or _never, progress)
    except XcuError as failed:
        failure = failed
    finally:
        remains = tidy.finish(traces, writer, doubtful=records.doubtful)
    findings, reasons = _findings(questions, writer.seconds, failure)
    return ProbeResult(
        findings=findings,
        reasons=reasons,
        remains=_together([remains, *(left for _, left in earlier)]),
        removed=tuple(gone for gone, _ in earlier if gone.records),
        notes=tuple(records.notes),
        failure=failure or writer.lost,
        interrupted=bool(cancelled and cancelled()),
    )


def _findings(
    questions: Questions, seconds: Sequence[float], failure: XcuError | None
) -> tuple[Findings, dict[str, str]]:
    """Return what was found, and for each finding that is not known the reason."""
    findings = Findings(**questions.found)
    if seconds:
        findings = replace(findings, write_median=round(median(seconds), 3), write_longest=round(max(seconds), 3))
    ended = failure.said if failure else Said("no write succeeded")
    unknown = [name for name, value in findings.to_json().items() if value is None]
    return findings, {name: questions.why.get(name, ended) for name in unknown}


def _never() -> bool:
    return False


def _start(site: ProbeSite, tool_version: str) -> RunStart:
    other = {"other": str(site.other["combinedId"])} if site.other else {}
    return RunStart(
        run_id=site.run_id,
        server=site.server,
        login=site.login,
        xivo_uuids=site.xivo_uuids,
        book_id=BOOK_ID,
        book_digest="",
        plan_checksum="",
        plan_json="{}",
        tool_version=tool_version,
        options={OPTION: site.cid, "numbers": list(site.numbers), **other},
        snapshot_ids=site.started,
    )


@dataclass
class _Tidy:
    client: Client
    history: History
    settle: float
    sleep: Callable[[float], None]
    clock: Callable[[], float]

    def earlier(self, run: RunSummary) -> tuple[Leftover, Remains]:
        """Take an earlier probe up again to remove what it left; return what was removed and what remains."""
        self.history.continue_run(run.run_id)
        traces = traces_of(self.client, self.history, run)
        traces.look()
        before = traces.remains().records
        remains = self.finish(traces, Writer(self.client, self.history, run.run_id, clock=self.clock), doubtful=False)
        return Leftover(run.run_id, tuple(one for one in before if one not in remains.records)), remains

    def finish(self, traces: Traces, writer: Writer, *, doubtful: bool) -> Remains:
        """Remove every trace and end the run: `finished` is a proof that nothing of it is left."""
        try:
            remains = remove(traces, writer, doubtful=doubtful, settle=self.settle, sleep=self.sleep)
        except BaseException:
            self.history.end_run(traces.run_id, "interrupted")
            raise
        try:
            self.history.end_run(traces.run_id, "failed" if remains else "finished")
        except HistoryError as failed:
            writer.lost = writer.lost or failed
        return remains


def _together(remains: Iterable[Remains]) -> Remains:
    found = list(remains)
    unread = dict.fromkeys(name for one in found for name in one.unread)
    return Remains(tuple(record for one in found for record in one.records), tuple(unread))
