"""What the tests of the probe share: a probe without waiting, and the server behind its API."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from xcu_sheets.history import History
from xcu_sheets.model.findings import Findings
from xcu_sheets.running.clock import new_run_id, utc_now
from xcu_sheets.running.probing.probe import ProbeResult, plan_probe, run_probe
from xcu_sheets.sandbox import Sandbox
from xcu_sheets.server import Client

CHIRURGIE, DEFAULT = "chirurgie@192.168.29.220", "default@192.168.29.220"


@contextmanager
def connected(
    server: Sandbox, path: Path, login: str = "admin", password: str = "superpass", **more: Any
) -> Iterator[tuple[Client, History]]:
    """Give a client that wastes no time between retries, and a history."""
    with (
        Client(server.url, login, password, sleep=lambda _: None, **more) as client,
        History.open(path / "history.sqlite3", now=utc_now) as history,
    ):
        yield client, history


def probe(
    server: Sandbox, path: Path, entity: str = "chirurgie", *, avoid: tuple[str, ...] = (), **more: Any
) -> ProbeResult:
    """Probe as the command does, without waiting."""
    options = {name: more.pop(name) for name in ("cancelled", "settle", "sleep") if name in more}
    with connected(server, path, **more) as (client, history):
        plan = plan_probe(client, history, entity, run_id=new_run_id(utc_now()), avoid=avoid)
        return run_probe(plan, client, history, **{"settle": 0, "sleep": lambda _: None, **options})


def state(server: Sandbox) -> list[tuple[Any, ...]]:
    """Return every user and template that the server holds, behind its API."""
    tables = ("users", "templates", "entities")
    return [tuple(row) for table in tables for row in server.world.store.all(f"SELECT * FROM {table} ORDER BY id")]


def left_over(server: Sandbox) -> list[str]:
    """Return the names of a probe's users and templates."""
    return [str(cell) for row in state(server) for cell in row if "probe 2" in str(cell)]


def known(findings: Findings) -> dict[str, Any]:
    """Return what was found, times apart."""
    return {n: v for n, v in findings.to_json().items() if v is not None and not n.startswith("write_")}


def share_numbers(server: Sandbox) -> None:
    """Let both entities of the first XiVO have the numbers 2600 to 2699."""
    intervals = '[{"start": "1100", "end": "1199"}, {"start": "2600", "end": "2699"}]'
    server.world.store.run("UPDATE entities SET intervals = ? WHERE combined_id = ?", intervals, DEFAULT)


USUAL = {
    "post_answer": "nothing",
    "post_status": 201,
    "put_answer": "nothing",
    "put_status": 200,
    "put_needs_template": False,
    "put_clears_omitted": True,
    "put_takes_own_values": True,
    "put_changes_unasked": [],
    "passwords_survive": True,
    "list_shows_password": "clear",
    "get_shows_password": "clear",
    "number_unique_in_entity": True,
    "number_unique_in_xivo": True,
    "creates_at_once": True,
    "put_moves_entity": True,
    "move_keeps_number": False,
    "expired_session": "401",
}
