"""What a probe leaves is looked for by its name, in every list it wrote to, and removed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from ...history import Call, History, RunSummary
from ...model.errors import ApiError, LoginFailed
from ...model.fields import Resource
from ...model.records import Record
from ...model.resources import RESOURCES, TEMPLATES, USERS
from ...model.text import Said, fold_name, safe_text
from ...server import Client
from ..sending import REFUSED, UNAVAILABLE
from .writes import Write, Writer

FIRST_NAME = "xcu-sheets"
OPTION = "probe"  # what marks a run as a probe in the history, with its entity's combinedId
ROUNDS = 3

List = tuple[str, str]  # a resource and, for users, their entity


def last_name(run_id: str) -> str:
    """Return the last name of a probe's users: whoever meets one knows what it is."""
    return f"probe {run_id}, may be deleted"


def full_name(run_id: str) -> str:
    """Return the name of a probe's template, and of its users as people read it."""
    return f"{FIRST_NAME} {last_name(run_id)}"


@dataclass(frozen=True)
class Remains:
    """What a clean-up could not remove: records as (sheet, id, name), and lists that could not be read again."""

    records: tuple[tuple[str, str, str], ...] = ()
    unread: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.records or self.unread)


class Traces:
    """The records of one probe on the server. `started` are, by sheet, the ids that were there before it."""

    def __init__(self, client: Client, run_id: str, started: Mapping[str, Iterable[str]]) -> None:
        self.run_id = run_id
        self.lists: dict[List, None] = {}
        self.alive: dict[tuple[str, str], str] = {}
        self.unread: set[List] = set()
        self._client = client
        self._started = {sheet: frozenset(ids) for sheet, ids in started.items()}

    def watch(self, resource: Resource, entity: str = "") -> None:
        """Take a list among those that are looked through in the end."""
        self.lists[resource.name, entity] = None

    def unwatch(self, resource: Resource, entity: str = "") -> None:
        """Take a list out again: nothing was written to it after all, and this login may not be let in."""
        self.lists.pop((resource.name, entity), None)

    def read(self, resource: Resource, entity: str = "") -> list[Record]:
        """Return the records of a list that are this probe's, and take note of them; raises ApiError."""
        key = (resource.name, entity)
        self.watch(resource, entity)
        self.unread.add(key)
        own = [record for record in self._client.list_records(resource, entity) if self.owns(resource, record)]
        self.unread.discard(key)
        for record in own:
            self.alive[resource.name, str(record["id"])] = full_name(self.run_id)
        return own

    def owns(self, resource: Resource, record: Record) -> bool:
        """Tell whether a record bears this probe's name and was not there before it."""
        names = (record.get("firstName"), record.get("lastName")) if resource is USERS else (record.get("name"),)
        named = fold_name(" ".join(str(name or "") for name in names)) == fold_name(full_name(self.run_id))
        return named and str(record["id"]) not in self._started.get(resource.name, ())

    def look(self) -> None:
        """Read every watched list again: what is in none of them any more is gone; raises LoginFailed."""
        before, self.alive = self.alive, {}
        try:
            for name, entity in self.lists:
                if not self._can_read(RESOURCES[name], entity):  # what was there is taken to be there still
                    self.alive |= {key: label for key, label in before.items() if key[0] == name}
        except LoginFailed:
            self.alive = before | self.alive
            raise

    def _can_read(self, resource: Resource, entity: str) -> bool:
        try:
            self.read(resource, entity)
        except ApiError as failed:
            if failed.status != 404:
                return False
            self.unread.discard((resource.name, entity))  # with its entity gone, so are its users
        return True

    def remains(self) -> Remains:
        """Return what is known to be left, and which lists nobody could read."""
        records = tuple((sheet, id_, label) for (sheet, id_), label in self.alive.items())
        return Remains(records, tuple(_name_of(one) for one in self.lists if one in self.unread))


def remove(traces: Traces, writer: Writer, *, doubtful: bool, settle: float, sleep: Callable[[float], None]) -> Remains:
    """Delete a probe's records, read its lists again, and return what is left.

    Where a create is `doubtful`, for its answer was lost, the lists are read once more after `settle` seconds: it may
    have been carried out late. Writes are sent here even if the history takes no more.
    """
    writer.must_record = False
    for turn in range(ROUNDS):
        if turn:
            sleep(settle)
        try:
            _delete(traces, writer)
            traces.look()
        except LoginFailed:
            return Remains(traces.remains().records, tuple(map(_name_of, traces.lists)))
        if not traces.remains() and (turn or not doubtful):
            break
    return traces.remains()


def _delete(traces: Traces, writer: Writer) -> None:
    for resource in (USERS, TEMPLATES):  # a template may be held by its users
        for sheet, id_ in [key for key in traces.alive if key[0] == resource.name]:
            (told,) = writer.send(Write("delete", resource, "removed again", id_))
            if told.is_gone:
                traces.alive.pop((sheet, id_), None)


def _name_of(one: List) -> str:
    sheet, entity = one
    return Said("{sheet} of {entity}", sheet=sheet, entity=safe_text(entity)) if entity else sheet


def unfinished_probes(history: History, origin: str) -> list[RunSummary]:
    """Return the probes of this server that ended without a proof that nothing of them is left."""
    return [
        run for run in history.runs() if run.server == origin and run.options.get(OPTION) and run.status != "finished"
    ]


def traces_of(client: Client, history: History, run: RunSummary) -> Traces:
    """Return where an earlier probe may have left something, by what is on record of it."""
    traces = Traces(client, run.run_id, history.plan(run.run_id)[1])
    for call in history.calls(run.run_id):
        for resource, entity in _touched(call):
            traces.watch(resource, entity)
    return traces


def _touched(call: Call) -> Iterable[tuple[Resource, str]]:
    if call.outcome and call.outcome.status in (REFUSED, UNAVAILABLE):  # surely not done
        return
    if call.intent.sheet == TEMPLATES.name:
        yield TEMPLATES, ""
    elif call.intent.after and call.intent.after.get("entity"):
        yield USERS, call.intent.after["entity"]
