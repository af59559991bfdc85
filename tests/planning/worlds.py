"""Small worlds for the pure core: records as the API sends them, books as values, and plans in a few words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import count
from typing import Any

import pandas as pd

from xcu_sheets.model.book import Baseline, Book, Sheet
from xcu_sheets.model.kinds import parse_intervals
from xcu_sheets.model.memory import Made, Memory, keyed_digest
from xcu_sheets.model.records import seal
from xcu_sheets.model.resources import RESOURCES
from xcu_sheets.model.snapshot import FIRST_ROW, Snapshot, text_frame
from xcu_sheets.model.text import fold_name
from xcu_sheets.model.view import View
from xcu_sheets.planning.make import make_plan
from xcu_sheets.planning.numbers import assign_numbers
from xcu_sheets.planning.plan import Change, Options, Plan

SERVER, BOOK_ID, KEY = "http://xcu:9001", "b00k", b"key"
D1, C1, D2 = "default@10.0.0.1", "chirurgie@10.0.0.1", "default@10.0.0.2"
HOSTS = {"xivo1": "10.0.0.1", "xivo2": "10.0.0.2"}

Cells = Mapping[str, str]


def xivo(id_: int, slots: int | None = 100, **more: Any) -> dict[str, Any]:
    """Return a XiVO named `xivo1`, `xivo2`..."""
    name = f"xivo{id_}"
    return {"id": id_, "uuid": f"uuid-{id_}", "name": name, "host": f"10.0.0.{id_}", "remainingSlots": slots, **more}


def entity(id_: int, name: str, xivo_: Mapping[str, Any], intervals: str, **more: Any) -> dict[str, Any]:
    """Return an entity; its intervals are written as in a cell."""
    return {
        "id": id_,
        "combinedId": f"{name}@{xivo_['host']}",
        "name": name,
        "displayName": name.title(),
        "xivo": dict(xivo_),
        "intervals": parse_intervals(intervals) if intervals else [],
        "presentedNumber": "inbNo",
        **more,
    }


def user(
    id_: int, entity_: Mapping[str, Any], first: str, last: str, number: str | None, **more: Any
) -> dict[str, Any]:
    """Return a user as `GET /entities/X/users` lists it."""
    return {
        "id": id_,
        "entity": dict(entity_),
        "firstName": first,
        "lastName": last,
        "internalNumber": number,
        "externalNumber": None,
        "mail": None,
        "ctiLogin": None,
        "ctiPassword": None,
        "provisioningNumber": f"{100000 + id_}",
        **more,
    }


def template(id_: int, name: str, xivos: Sequence[int] = (1, 2), entities: Sequence[str] = (), **more: Any) -> Any:
    """Return a template; its unset optional keys are absent, as the server leaves them out."""
    return {
        "id": id_,
        "name": name,
        "peerSipName": "auto",
        "routedInbound": False,
        "callerIdMode": "incomingNo",
        "ringingTime": 30,
        "voiceMailEnabled": False,
        "xivos": list(xivos),
        "entities": list(entities),
        **more,
    }


X1, X2 = xivo(1), xivo(2)
DEFAULT_1 = entity(11, "default", X1, "1700-1709, 1961")
CHIRURGIE_1 = entity(12, "chirurgie", X1, "2100-2104", displayName="Bloc")
DEFAULT_2 = entity(21, "default", X2, "1700-1709")
ENTITIES = (DEFAULT_1, CHIRURGIE_1, DEFAULT_2)
MARTIN = user(1, DEFAULT_1, "Marie", "Martin", "1700", ctiLogin="mmartin")
OBRIEN = user(2, DEFAULT_1, "Sean", "O'Brien", "1701")
DURAND = user(3, CHIRURGIE_1, "Zoé", "Durand", "2100")
PETIT = user(4, DEFAULT_2, "Luc", "Petit", "1705")
USERS = (MARTIN, OBRIEN, DURAND, PETIT)
STANDARD = template(7, "Standard")
TEMPLATES = (STANDARD, template(8, "Bureau", (1,)), template(9, "Bloc opératoire", (), (C1,)))


def world(
    users: Iterable[Any] = USERS,
    templates: Iterable[Any] = TEMPLATES,
    entities: Iterable[Any] = ENTITIES,
    xivos: Iterable[Any] = (X1, X2),
    **more: Any,
) -> Snapshot:
    """Return what a small server holds: four users, three templates, three entities, two XiVOs unless told."""
    records = {"users": users, "templates": templates, "entities": entities, "xivos": xivos, "administrators": ()}
    sealed = {name: [seal(RESOURCES[name], r) for r in listed] for name, listed in records.items()}
    return Snapshot(SERVER, "admin", "2026-01-01T00:00:00Z", sealed, **more)


def sheet(name: str, frame: pd.DataFrame, own: Mapping[str, Sequence[str]] | None = None) -> Sheet:
    """Return a sheet as read: column A is the frame's first; `own` are columns that only the person knows."""
    letters = {column: chr(65 + at) for at, column in enumerate(frame.columns)}
    original = frame.assign(**{h: list(v) for h, v in (own or {}).items()})
    return Sheet(RESOURCES[name], name, frame, original, letters, {c: c for c in frame.columns})


def exported(snapshot: Snapshot, *names: str, book_id: str = BOOK_ID) -> Book:
    """Return the book that an export of this server gives, sheets in the server's order, rows from 2."""
    chosen = names or ("users", "templates", "entities")
    frames = {n: _from_row_two(f) for n, f in snapshot.frames.items() if n in chosen}
    frames |= {n: _from_row_two(snapshot.frames[n]) for n in ("xivos", "entities", "templates")}
    baseline = Baseline(book_id, SERVER, "admin", snapshot.taken_at, frames, snapshot.xivo_uuids)
    return Book("book.xlsx", {n: sheet(n, frames[n].copy()) for n in chosen}, baseline)


def _from_row_two(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.set_axis(pd.RangeIndex(FIRST_ROW, FIRST_ROW + len(frame)))


def hand_made(name: str = "users", *rows: Cells, own: Mapping[str, Sequence[str]] | None = None) -> Book:
    """Return a book without baseline that has the columns which the rows have."""
    columns = [c for c in RESOURCES[name].columns if any(c in row for row in rows)]
    index = pd.RangeIndex(FIRST_ROW, FIRST_ROW + len(rows))
    frame = text_frame({c: [row.get(c, "") for row in rows] for c in columns}, index)
    return Book("people.csv", {name: sheet(name, frame, own)})


def edited(book: Book, name: str, cells: Mapping[tuple[int, str], str]) -> Book:
    """Return the book with some cells typed over, given by (row, column)."""
    frame = book.sheets[name].frame.copy()
    for (row, column), text in cells.items():
        frame.loc[row, column] = text
    return with_frame(book, name, frame)


def with_rows(book: Book, name: str, *rows: Cells) -> Book:
    """Return the book with rows below its last one."""
    frame = book.sheets[name].frame
    start = int(frame.index.max()) + 1 if len(frame) else FIRST_ROW
    index = pd.RangeIndex(start, start + len(rows))
    new = text_frame({c: [row.get(c, "") for row in rows] for c in frame.columns}, index)
    return with_frame(book, name, pd.concat([frame, new]))


def with_frame(book: Book, name: str, frame: pd.DataFrame) -> Book:
    """Return the book with another frame in one of its sheets."""
    return replace(book, sheets={**book.sheets, name: sheet(name, frame)})


def person(first: str, last: str, number: str = "", entity_: str = D1, **more: str) -> dict[str, str]:
    """Return an onboarding row."""
    cells = {"entity": entity_, "template": "Standard", "first_name": first, "last_name": last}
    return {"action": "", "id": "", **cells, "internal_number": number, **more}


def planned(
    book: Book,
    live: Snapshot | View,
    memory: Memory | None = None,
    available: Mapping[str, Sequence[str] | None] | None = None,
    **options: Any,
) -> Plan:
    """Return the plan; its numbers are assigned where `available` is given."""
    view = live if isinstance(live, View) else View.of_snapshot(live)
    plan = make_plan(book, view, memory, Options(**options), run_id="run", made_at="2026-01-02T00:00:00Z")
    return plan if available is None else assign_numbers(plan, view, available, memory)


def change_of(plan: Plan, row: int, name: str = "users") -> Change:
    """Return the change of one row."""
    return next(c for c in plan.changes if (c.sheet, c.row) == (name, row))


def status(plan: Plan, row: int, name: str = "users") -> str:
    """Return what one row would be: the action of its change, or unchanged."""
    found = [c.action for c in plan.changes if (c.sheet, c.row) == (name, row)]
    found += ["unchanged"] if row in plan.unchanged.get(name, {}) else []
    assert len(found) == 1, f"{name}!{row} is counted {len(found)} times"
    return found[0]


def statuses(plan: Plan, name: str = "users") -> list[str]:
    """Return what every row of a sheet would be, in row order."""
    rows = sorted({c.row for c in plan.changes if c.sheet == name} | set(plan.unchanged.get(name, ())))
    return [status(plan, row, name) for row in rows]


def codes(plan: Plan, row: int, name: str = "users") -> list[str]:
    """Return the codes of one row's problems, sorted; 0 is the sheet itself."""
    return sorted(p.code for p in plan.problems if (p.sheet, p.row) == (name, row))


def said(plan: Plan, row: int, name: str = "users") -> tuple[str, list[str]]:
    """Return a row's status and the codes of its problems."""
    return status(plan, row, name), codes(plan, row, name)


def numbers_given(plan: Plan) -> dict[int, str]:
    """Return the number of every user row that gets one, by row."""
    return {c.row: c.number for c in plan.to_send if c.sheet == "users" and c.action != "delete" and c.number}


def remembered(
    row: int, id_: int, first: str, last: str, entity_: str = D1, book_id: str = BOOK_ID
) -> dict[str, tuple[Made, ...]]:
    """Return the memory of a row of this book that made a user."""
    identity = keyed_digest(KEY, book_id, "users", entity_, fold_name(first), fold_name(last))
    return {identity: (Made("users", row, str(id_), identity, f"{first} {last}", "1702"),)}


def crowd(size: int, home: Mapping[str, Any] = DEFAULT_1, first_id: int = 100) -> list[dict[str, Any]]:
    """Return people with numbers outside of every interval."""
    ids = count(first_id)
    return [user(i, home, f"First{i}", f"Last{i}", str(500000 + i)) for i in (next(ids) for _ in range(size))]
