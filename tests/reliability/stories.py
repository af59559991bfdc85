"""What stories of runs are told with: run and resume through the library, and what the server holds afterwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from support import Cli, edit, live_user, people, row_of, write_csv, writes

from xcu_sheets.files import read_book
from xcu_sheets.history import History, default_path
from xcu_sheets.model.view import View
from xcu_sheets.planning.plan import Options
from xcu_sheets.running.apply import Result, apply_plan
from xcu_sheets.running.clock import utc_now
from xcu_sheets.running.preparing import Prepared, prepare
from xcu_sheets.running.resume import read_past, recheck_rest
from xcu_sheets.running.run import Manner, Progress, Stop
from xcu_sheets.running.undo import prepare_undo
from xcu_sheets.sandbox import Sandbox
from xcu_sheets.server import Client, read_snapshot

HERE, THERE = "chirurgie@192.168.29.220", "default@192.168.29.221"
QUICK = 0.05
SEND = ("--yes", "--settle", QUICK)


def client_of(url: str, jitter: float = 0.0) -> Client:
    """Return a client that does not wait between retries, unless `jitter` says so."""
    return Client(url, "admin", "superpass", jitter=lambda: jitter)


def open_history(state: Path) -> AbstractContextManager[History]:
    """Open the history that the commands use with this state folder."""
    return History.open(default_path(str(state)), now=utc_now)


def run(
    url: str,
    book: Path,
    history: History,
    *,
    run_id: str = "r1",
    options: Options | None = None,
    stop: Stop | None = None,
    during: Progress | None = None,
    between: Callable[[Prepared], object] = lambda made: None,
    jitter: float = 0.0,
    **manner: Any,
) -> Result:
    """Plan and send a book; `between` is called with the plan before it is sent."""
    with client_of(url, jitter) as client:
        made = prepare(read_book(book), client, run_id=run_id, made_at=utc_now(), history=history, options=options)
        between(made)
        return apply_plan(
            made.plan,
            client,
            made.snapshot,
            history=history,
            stop=stop,
            progress=during,
            jitter=lambda: jitter,
            manner=Manner(**{"settle_seconds": QUICK, **manner}),
        )


def resume(
    url: str,
    history: History,
    *,
    run_id: str = "r1",
    stop: Stop | None = None,
    during: Progress | None = None,
    between: Callable[[], object] = lambda: None,
    **manner: Any,
) -> Result:
    """Finish a run as the command does; `between` is called after its record was read."""
    with client_of(url) as client:
        plan, past = read_past(history, run_id)
        snapshot = read_snapshot(client, taken_at=utc_now())
        plan = recheck_rest(plan, past, View.of_snapshot(snapshot))
        between()
        return apply_plan(
            plan,
            client,
            snapshot,
            history=history,
            stop=stop,
            progress=during,
            past=past,
            jitter=lambda: 0.0,
            manner=Manner(**{"settle_seconds": QUICK, **manner}),
        )


def undo(url: str, history: History, run_id: str = "r1", *, between: Callable[[], object] = lambda: None) -> Result:
    """Take a run back as the command does; `between` is called after the plan of it was made."""
    with client_of(url) as client:
        snapshot = read_snapshot(client, taken_at=utc_now())
        plan = prepare_undo(history, run_id, client, snapshot, undo_id=f"undo-{run_id}", made_at=utc_now())
        between()
        manner = Manner(settle_seconds=QUICK)
        return apply_plan(plan, client, snapshot, history=history, jitter=lambda: 0.0, manner=manner)


class Killed(BaseException):
    """Stands for a process that ends without a word."""


def killed_after(rows: int) -> Progress:
    """Return a progress that ends the run without a word after so many rows."""

    def progress(done: int, total: int, undo: float) -> None:
        if done == rows:
            raise Killed

    return progress


def run_killed(cli: Cli, book: Path, *, after: int, options: Options | None = None) -> None:
    """Send a book as run r1, which ends without a word after so many rows: what was answered is not looked for."""
    with open_history(cli.state) as history, pytest.raises(Killed):
        run(cli.url, book, history, options=options, during=killed_after(after))


def stop_after(server: Sandbox, count: int) -> Stop:
    """Return a Ctrl-C that comes once so many writes have reached the server."""
    return lambda: "interrupted" if len(writes(server)) >= count else ""


def statuses(result: Result) -> Counter[str]:
    """Count the ends of rows, unchanged ones left out."""
    return Counter(o.status for o in result.outcomes if o.status != "unchanged")


def users(server: Sandbox, prefix: str = "") -> list[dict[str, Any]]:
    """Return the users behind the API whose first name begins so."""
    rows = map(dict, server.world.store.all("SELECT * FROM users ORDER BY id"))
    return [row for row in rows if row["first_name"].startswith(prefix)]


def twice(server: Sandbox, prefix: str = "Person ") -> dict[str, int]:
    """Return the first names that more than one user has, by how many."""
    return _more_than_one(user["first_name"] for user in users(server, prefix))


def numbers_twice(server: Sandbox) -> dict[tuple[int, str], int]:
    """Return the numbers that more than one user of a XiVO has, by how many."""
    return _more_than_one((user["xivo_id"], user["internal_number"]) for user in users(server))


def _more_than_one(found: Iterable[Any]) -> dict[Any, int]:
    return {one: count for one, count in Counter(found).items() if count > 1}


def ids_of(server: Sandbox, entity: str) -> list[int]:
    """Return the ids of an entity's users, lowest first."""
    row = server.world.store.one("SELECT id FROM entities WHERE combined_id = ?", entity)
    return [user["id"] for user in users(server) if user["entity_id"] == row["id"]]


def number_of(server: Sandbox, user: int) -> str:
    """Return a user's internal number behind the API."""
    return str(live_user(server, user)["internal_number"])


def list_of(folder: Path, count: int, **cells: str) -> Path:
    """Write a list of new people of one entity, each with these cells too."""
    return write_csv(folder / "people.csv", [{**person, **cells} for person in people(count, HERE)])


def creating(count: int, entity: str = HERE, prefix: str = "Person") -> list[dict[str, str]]:
    """Return rows of new people that say `create`: nobody is asked whether they are namesakes."""
    return [{"action": "create", **person} for person in people(count, entity, prefix=prefix)]


def exported(cli: Cli, folder: Path, cells: Mapping[int, Mapping[str, str]] | None = None) -> Path:
    """Export a book and type cells into the rows of users, given by id."""
    book = folder / "book.xlsx"
    cli("export", book)
    rows = {user: row_of(book, "users", "id", str(user)) for user in cells or {}}
    typed = {(rows[user], name): text for user, texts in (cells or {}).items() for name, text in texts.items()}
    edit(book, "users", typed)
    return book


def swap(server: Sandbox, cli: Cli, folder: Path) -> tuple[Path, dict[int, str]]:
    """Return a book in which two people exchange their numbers, and who had which."""
    one, other = ids_of(server, HERE)[:2]
    had = {user: number_of(server, user) for user in (one, other)}
    wanted = {one: {"internal_number": had[other]}, other: {"internal_number": had[one]}}
    return exported(cli, folder, wanted), had
