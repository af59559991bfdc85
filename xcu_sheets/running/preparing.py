"""From a book and a server to a plan with its numbers: the reads around the pure planning."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import pandas as pd

from ..history import History
from ..model.book import Book, Sheet
from ..model.errors import ApiError
from ..model.memory import Memory
from ..model.problems import Problem, Severity, problem
from ..model.records import Secret
from ..model.resources import RESOURCES
from ..model.snapshot import Snapshot, text_frame
from ..model.text import is_left_out
from ..model.view import View
from ..planning.make import make_plan
from ..planning.numbers import assign_numbers, entities_needing_numbers
from ..planning.plan import Options, Plan
from ..server import Client, gather, read_snapshot
from .open_calls import beside_open_calls, open_calls

READERS = 4


@dataclass(frozen=True)
class Prepared:
    """A plan with its numbers, and the snapshot it was made from."""

    plan: Plan
    snapshot: Snapshot


def prepare(
    book: Book,
    client: Client,
    *,
    run_id: str,
    made_at: str,
    options: Options | None = None,
    history: History | None = None,
    readers: int = READERS,
    tool_version: str = "",
    quarantine_days: int = 90,
    progress: Callable[[int, int], None] | None = None,
    snapshot: Snapshot | None = None,
) -> Prepared:
    """Read the server once and return what importing `book` would do, free numbers filled in.

    It is not read where its `snapshot` is at hand. One call of `available_numbers` for each entity that has a row
    without number, none for the others.
    """
    snapshot = snapshot or read_snapshot(client, taken_at=made_at, readers=readers, progress=progress)
    memory = _memory(book, snapshot, history, quarantine_days)
    plan = make_plan(book, snapshot, memory, options, run_id=run_id, made_at=made_at, tool_version=tool_version)
    view = View.of_snapshot(snapshot)
    if history:
        plan = beside_open_calls(plan, view, open_calls(history, snapshot.server, book.book_id, made_at))
    free = fetch_numbers(client, entities_needing_numbers(plan), readers)
    return Prepared(assign_numbers(plan, view, free, memory), snapshot)


def prepare_offline(
    book: Book,
    snapshot: Snapshot,
    *,
    run_id: str,
    made_at: str,
    options: Options | None = None,
    history: History | None = None,
    tool_version: str = "",
    quarantine_days: int = 90,
) -> Prepared:
    """Return what importing `book` would do to the server as a snapshot shows it; nothing is asked of the server.

    Blank numbers are filled from intervals less the snapshot's users, and the plan says so (DESIGN rule 10).
    """
    memory = _memory(book, snapshot, history, quarantine_days)
    plan = make_plan(book, snapshot, memory, options, run_id=run_id, made_at=made_at, tool_version=tool_version)
    if history:
        calls = open_calls(history, snapshot.server, book.book_id, made_at)
        plan = beside_open_calls(plan, View.of_snapshot(snapshot), calls)
    said = [problem("planned_offline", Severity.INFO, server=snapshot.server, taken_at=snapshot.taken_at)]
    said += _numbers_computed(plan, snapshot)
    plan = assign_numbers(plan, replace(View.of_snapshot(snapshot), online=False), {}, memory)
    return Prepared(replace(plan, problems=(*plan.problems, *said)), snapshot)


def _numbers_computed(plan: Plan, snapshot: Snapshot) -> list[Problem]:
    asking = entities_needing_numbers(plan)
    where = {"entities": ", ".join(asking), "taken_at": snapshot.taken_at}
    return [problem("numbers_computed", Severity.WARNING, sheet="users", **where)] if asking else []


def _memory(book: Book, snapshot: Snapshot, history: History | None, quarantine_days: int) -> Memory:
    if not history:
        return Memory()
    return history.memory(snapshot.server, snapshot.xivo_uuids, book.book_id, quarantine_days=quarantine_days)


def fetch_numbers(
    client: Client, entities: Sequence[str], readers: int = READERS
) -> Mapping[str, Sequence[str] | None]:
    """Return, by entity, the numbers that the server lists as free; None where it did not answer."""

    def fetch(entity: str) -> Sequence[str] | None:
        try:
            return client.available_numbers(entity)
        except ApiError:
            return None

    return gather({entity: partial(fetch, entity) for entity in entities}, readers)


def rows_as_book(plan: Plan) -> Book:
    """Return a plan's rows as a book, for the report of a run whose own book is not at hand: who each row is."""
    sheets = {}
    for name in dict.fromkeys(c.sheet for c in plan.changes):
        rows = [c for c in plan.changes if c.sheet == name]
        index = pd.Index([c.row for c in rows])
        columns = {"id": [c.id for c in rows], "name": [c.label for c in rows], "entity": [c.entity for c in rows]}
        original = text_frame({k: texts for k, texts in columns.items() if any(texts)}, index)
        frame = original[["id"]] if "id" in original else original.iloc[:, :0]
        sheets[name] = Sheet(RESOURCES[name], name, frame, original, {}, {"id": "id"} if "id" in original else {})
    return Book(plan.book_path, sheets)


def secrets_of(book: Book, plan: Plan) -> dict[tuple[str, int], dict[str, Secret]]:
    """Return the secrets that a plan's rows send, taken from the book: a plan itself holds none.

    Passwords that are generated are not among them.
    """
    found: dict[tuple[str, int], dict[str, Secret]] = {}
    for change in plan.to_send:
        hidden = change.typed_secrets
        frame = book.sheets[change.sheet].frame if change.sheet in book.sheets else None
        if hidden and frame is not None and change.row in frame.index:
            texts = {column: str(frame.at[change.row, column]) for column in hidden}
            texts = {column: text for column, text in texts.items() if not is_left_out(text)}
            found[change.sheet, change.row] = {column: Secret(text) for column, text in texts.items() if text}
    return found
