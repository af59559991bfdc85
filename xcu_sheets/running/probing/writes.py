"""The writes of a probe: each on record before it leaves, none an exception when it fails, all of them timed."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from ...history import CallOutcome, History, Intent
from ...model.errors import ApiError, HistoryError, LoginFailed, OutcomeUnknown, Refused
from ...model.fields import Resource
from ...model.problems import problem
from ...model.records import Secret
from ...model.text import Said
from ...server import Client
from ..sending import DONE, REFUSED, UNAVAILABLE, UNKNOWN

_VERBS = {"create": "POST", "update": "PUT", "delete": "DELETE"}
_NOT_ABOUT_THE_RECORD = frozenset({401, 403, 404, 405})


@dataclass(frozen=True)
class Write:
    """One write to come. `step` says in a few words what it is for; `key` is the record's id, blank on a create."""

    method: str
    resource: Resource
    step: str
    key: str = ""
    payload: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Told:
    """What came of a write: one of the status words of `sending`, the status by `http`, and the value of the answer.

    `detail` is what the server or the network said where it did not succeed; `ended` ends the probe.
    """

    status: str
    http: int = 0
    value: Any = None
    detail: str = ""
    ended: LoginFailed | None = None

    @property
    def said_no(self) -> bool:
        """Tell whether the server understood the record and would not have it so."""
        return self.status == REFUSED and self.http not in _NOT_ABOUT_THE_RECORD

    @property
    def is_gone(self) -> bool:
        """Tell whether a delete leaves nothing to delete."""
        return self.status == DONE or (self.status == REFUSED and self.http == 404)

    @property
    def said(self) -> str:
        """What is told of it."""
        if self.http and self.detail:
            return Said("{status} {detail}", status=self.http, detail=self.detail)
        return self.detail or str(self.http or "") or self.status

    def __str__(self) -> str:
        return str(self.said)


class Writer:
    """Sends a probe's writes. `seconds` are the times of those that succeeded.

    While `must_record` holds, a write that cannot be put on record does not leave and HistoryError is raised; for the
    clean-up it is turned off, and `lost` then tells what the history could not take.
    """

    def __init__(
        self, client: Client, history: History, run_id: str, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.must_record = True
        self.seconds: list[float] = []
        self.lost: HistoryError | None = None
        self._client, self._history, self._run_id, self._clock = client, history, run_id, clock
        self._count = 0

    def send(self, *writes: Write) -> list[Told]:
        """Send writes, several at the same moment, and return what came of each; raises LoginFailed."""
        calls = self._record_intents(writes)
        if len(writes) == 1:
            ends = [self._call(writes[0])]
        else:
            with ThreadPoolExecutor(len(writes)) as pool:
                ends = list(pool.map(self._call, writes))
        self.seconds += [seconds for told, seconds in ends if told.status == DONE]
        self._record_outcomes(calls, writes, ends)
        found = [told for told, _ in ends]
        for told in found:
            if told.ended:
                raise told.ended
        return found

    def _call(self, write: Write) -> tuple[Told, float]:
        start = self._clock()
        told = self._tell(write)
        return told, self._clock() - start

    def _tell(self, write: Write) -> Told:
        payload = write.payload if write.method != "delete" else None
        try:
            answer = self._client.write_record(write.method, write.resource, write.key, payload)
        except ApiError as failed:
            status = REFUSED if isinstance(failed, Refused) else UNAVAILABLE
            status = UNKNOWN if isinstance(failed, OutcomeUnknown) else status
            return Told(status, failed.status, None, failed.detail)
        except LoginFailed as failed:
            return Told(UNAVAILABLE, detail=failed.said, ended=failed)
        return Told(DONE, answer.status, answer.value)

    def _record_intents(self, writes: Sequence[Write]) -> Sequence[int]:
        intents = []
        for write in writes:
            self._count += 1
            intents.append(_intent(write, self._count))
        try:
            return self._history.record_intents(self._run_id, intents)
        except HistoryError as failed:
            self._give_way(failed)
            return ()

    def _record_outcomes(
        self, calls: Sequence[int], writes: Sequence[Write], ends: Sequence[tuple[Told, float]]
    ) -> None:
        found = [
            (call, _outcome(write, told, seconds))
            for call, write, (told, seconds) in zip(calls, writes, ends, strict=bool(calls))
        ]
        try:
            self._history.record_outcomes(found)
        except HistoryError as failed:
            self._give_way(failed)

    def _give_way(self, failed: HistoryError) -> None:
        if self.must_record:
            raise failed
        self.lost = failed


def _intent(write: Write, row: int) -> Intent:
    """Return what goes on record before a write: it has no row of a book, so the writes are counted."""
    image = {f.name: _text(write.payload[f.write]) for f in write.resource.writable if _is_open(write, f.write)}
    return Intent(
        sheet=write.resource.name,
        row=row,
        method=_VERBS[write.method],
        internal_number=image.get("internal_number", "") if write.method != "delete" else "",
        before=image if write.method == "delete" else None,
        after=image if write.method != "delete" else None,
        action=write.method,
        record_id=write.key,
        step=write.step,
    )


def _is_open(write: Write, key: str) -> bool:
    return key in write.payload and key not in write.resource.hidden and not isinstance(write.payload[key], Secret)


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def _outcome(write: Write, told: Told, seconds: float) -> CallOutcome:
    lost = "outcome_unknown" if told.status == UNKNOWN else "server_unavailable"
    code = "server_refused" if told.status == REFUSED else lost
    note = problem(code, sheet=write.resource.name, status=str(told.http or ""), detail=told.detail)
    notes = () if told.status == DONE else (note.to_json(),)
    return CallOutcome(told.status, write.key or answered_id(told.value), notes, ms=round(seconds * 1000))


def answered_id(value: Any) -> str:
    """Return the id that an answer tells, by itself or as a member; "" where it tells none."""
    found = value.get("id") if isinstance(value, Mapping) else value
    is_id = isinstance(found, int | str) and not isinstance(found, bool) and str(found).isdecimal()
    return str(found) if is_id else ""


def shape_of(value: Any) -> str:
    """Return what the body of a successful answer holds: `nothing`, `id`, `object` or `other`."""
    if value is None:
        return "nothing"
    if not answered_id(value):
        return "other"
    return "object" if isinstance(value, Mapping) and len(value) > 1 else "id"
