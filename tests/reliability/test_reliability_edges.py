"""What a run promises at its rarer edges: stopped between a loss and its repair, taken up late, taken back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from support import Cli, add_rows, edit, people, read_sheet, row_of, write_csv, writes

from xcu_sheets.files import read_book
from xcu_sheets.history import History
from xcu_sheets.model.view import View
from xcu_sheets.planning.plan import Options
from xcu_sheets.running.apply import Result, apply_plan
from xcu_sheets.running.clock import utc_now
from xcu_sheets.running.preparing import prepare
from xcu_sheets.running.resume import read_past, recheck_rest
from xcu_sheets.running.run import Manner
from xcu_sheets.sandbox import Fault, Sandbox
from xcu_sheets.server import Client, read_snapshot
from xcu_sheets.server.answers import describe
from xcu_sheets.server.transport import Answer

HERE = "chirurgie@192.168.29.220"


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    with History.open(tmp_path / "h" / "history.sqlite3", now=utc_now) as opened:
        yield opened


def run(server: Sandbox, book: Path, history: History, stop: Callable[[], str] = lambda: "", **options) -> Result:
    with Client(server.url, "admin", "superpass", jitter=lambda: 0.0) as client:
        made = prepare(
            read_book(book), client, options=Options(**options), run_id="r1", made_at=utc_now(), history=history
        )
        return apply_plan(
            made.plan, client, made.snapshot, history=history, manner=Manner(settle_seconds=0.05), stop=stop,
            jitter=lambda: 0.0,
        )  # fmt: skip


def resume(server: Sandbox, history: History) -> Result:
    with Client(server.url, "admin", "superpass", jitter=lambda: 0.0) as client:
        plan, past = read_past(history, "r1")
        snapshot = read_snapshot(client, taken_at=utc_now())
        plan = recheck_rest(plan, past, View.of_snapshot(snapshot))
        return apply_plan(
            plan, client, snapshot, history=history, manner=Manner(settle_seconds=0.05), past=past, jitter=lambda: 0.0
        )


def statuses(result: Result) -> list[str]:
    return [o.status for o in result.outcomes if o.status != "unchanged"]


def test_a_number_lost_as_the_run_stops_is_chosen_again_on_resume(
    server: Sandbox, tmp_path: Path, history: History
) -> None:
    """Ctrl-C while the call is under way that a rival beats: the row is open, and resume makes its person."""
    book = write_csv(tmp_path / "p.csv", people(1, HERE))
    server.add_fault(Fault("rival", method="POST", path="/users"))
    first = run(server, book, history, lambda: "interrupted" if writes(server) else "")
    assert first.stopped == "interrupted"
    assert statuses(resume(server, history)) == ["created"]


def test_a_deletion_taken_back_is_compared_again_on_resume(server: Sandbox, tmp_path: Path, history: History) -> None:
    """The run stopped before a deletion left; the user was changed since: it is a conflict, he lives."""
    cli, book = Cli(server.url, tmp_path / "s"), tmp_path / "b.xlsx"
    cli("export", book)
    rows = {n: row_of(book, "users", "id", str(n)) for n in (10, 14)}
    edit(book, "users", {(row, "action"): "delete" for row in rows.values()})
    run(server, book, history, lambda: "interrupted" if writes(server) else "", allow_delete=True)
    left = next(n for n in rows if server.user_row(n))
    colleague = tmp_path / "c.xlsx"
    cli("export", colleague)
    edit(colleague, "users", {(row_of(colleague, "users", "id", str(left)), "last_name"): "Reprise"})
    cli("import", colleague, "--yes", "--report", tmp_path / "c.json")
    resumed = resume(server, history)
    assert server.user_row(left), statuses(resumed)
    assert sorted(statuses(resumed)) == ["conflict", "deleted"]


def test_a_run_that_did_everything_was_not_stopped(server: Sandbox, tmp_path: Path, history: History) -> None:
    """The time is up as the last row ends: all is done and proved, and nothing is left to resume."""
    book = write_csv(tmp_path / "p.csv", people(1, HERE))
    result = run(server, book, history, lambda: "time" if writes(server) else "")
    assert (statuses(result), result.stopped, result.resumable) == (["created"], "", False)


def test_rights_lost_while_numbers_are_asked_for_still_end_in_a_report(
    server: Sandbox, tmp_path: Path, history: History
) -> None:
    """A login refused between two rounds ends the run with an outcome for every row; what was made is told."""
    book = write_csv(tmp_path / "p.csv", people(4, HERE))
    server.add_fault(Fault("rival", method="POST", path="/users", nth=2))
    server.add_fault(Fault("status", path="/entities/.*/available_numbers", nth=2, times=None, code=401))
    result = run(server, book, history)
    assert result.stopped == "server"
    assert statuses(result).count("created") == 3


def several(server: Sandbox, cli: Cli, folder: Path, **fault) -> str:
    """Import one person whom a rival makes too, with the same number, where numbers are not unique; return the run."""
    server.set_switches(number_unique="no")
    server.add_fault(Fault("rival", method="POST", path="/users", same_names=True))
    if fault:
        server.add_fault(Fault(method="POST", path="/users", **fault))
    book = write_csv(folder / "p.csv", people(1, HERE))
    cli("import", book, "--yes", "--settle", 0, "--report", folder / "r.json", code=None)
    report = json.loads((folder / "r.json").read_text())
    assert report["counts"] == {"unknown": 1}
    return report["run"]


@pytest.mark.parametrize("fault", [{}, {"kind": "drop_after_commit"}], ids=["answered", "lost"])
def test_undo_says_what_it_cannot_tell_apart(cli: Cli, server: Sandbox, tmp_path: Path, fault) -> None:
    """Two people may be what a row made: undo names the row as one that cannot be reversed."""
    made = several(server, cli, tmp_path, **fault)
    said = cli("undo", made, "--yes", "--report", tmp_path / "u.json", code=None)
    assert "Cannot be reversed: 1 rows" in said.output, said.output
    assert said.exit_code == 1


@pytest.mark.parametrize(
    ("password", "body"),
    [("Sécurité9", "bad ctiPassword: Sécurité9".encode("latin-1")),
     ('é"secret', json.dumps({"error": json.dumps({"ctiPassword": 'é"secret'}, ensure_ascii=False)}).encode())],
    ids=["Latin-1", "JSON in JSON"],
)  # fmt: skip
def test_an_echoed_password_is_cut_out_however_it_is_written(password: str, body: bytes) -> None:
    """A server that answers in Latin-1, or quotes our JSON in its own, shows no part of a password."""
    shown = describe(Answer(400, body), {password})
    assert "curit" not in shown
    assert "secret" not in shown


def test_undo_keeps_an_entity_in_which_others_live(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """An entity that a run made has a colleague's user by now: its deletion is not even asked for."""
    book = tmp_path / "b.xlsx"
    cli("export", book)
    row = read_sheet(book, "entities")[0]
    xivo = next(v for k, v in row.items() if k.lower().startswith("xivo"))
    new = {
        "name": "annexe",
        "display_name": "Annexe",
        "xivo": xivo,
        "intervals": "7000-7099",
        "presented_number": "inbNo",
    }
    add_rows(book, "entities", [new])
    cli("import", book, "--yes", "--include", "entities", "--report", tmp_path / "r.json")
    made = json.loads((tmp_path / "r.json").read_text())["run"]
    cli("import", write_csv(tmp_path / "c.csv", people(1, "annexe")), "--yes", "--report", tmp_path / "c.json")
    server.clear_calls()
    said = cli("undo", made, "--yes", "--report", tmp_path / "u.json", code=None)
    assert writes(server) == [], said.output


def ring(cli: Cli, folder: Path) -> tuple[Path, dict[int, str]]:
    """Export, let two people swap numbers, and return the book and who had which."""
    book = folder / "ring.xlsx"
    cli("export", book)
    rows = {n: row_of(book, "users", "id", str(n)) for n in (3, 7)}
    shown = {r["Id"]: r["Internal number"] for r in read_sheet(book, "users")}
    had = {n: shown[str(n)] for n in rows}
    edit(book, "users", {(rows[3], "internal_number"): had[7], (rows[7], "internal_number"): had[3]})
    assert had[3] != had[7]
    return book, had


@pytest.mark.parametrize("code", [503, 400, 500, 429])
@pytest.mark.parametrize("who", [3, 7])
def test_nobody_is_left_at_a_number_for_the_meantime(
    server: Sandbox, tmp_path: Path, history: History, who: int, code: int
) -> None:
    """Of two who swap numbers one is refused for good: both keep a number of theirs, or a resume brings them there."""
    book, had = ring(Cli(server.url, tmp_path / "s"), tmp_path)
    nth = 2 if who == 3 else 1
    server.add_fault(Fault("status", method="PUT", path=f"/users/{who}", nth=nth, times=6, code=code, body="no"))
    result = run(server, book, history)
    now = {n: server.user_row(n)["internal_number"] for n in had}
    told = [n.code for o in result.outcomes for n in o.notes]
    given_away = code == 400 and had[who] in (now[3], now[7]) and "stepped_aside" in told
    assert set(now.values()) <= set(had.values()) or result.resumable or given_away, (had, now, statuses(result), told)


def test_undo_makes_nobody_again_whom_a_colleague_deleted(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """A deletion that found its user gone already did nothing: there is nothing to take back."""
    book = tmp_path / "b.xlsx"
    cli("export", book)
    edit(book, "users", {(row_of(book, "users", "id", "10"), "action"): "delete"})
    with History.open(tmp_path / "state" / "history.sqlite3", now=utc_now) as opened:

        def colleague() -> str:
            if server.user_row(10):
                with Client(server.url, "admin", "superpass") as other:
                    from xcu_sheets.model.resources import USERS

                    other.delete_record(USERS, "10")
            return ""

        assert statuses(run(server, book, opened, colleague, allow_delete=True)) == ["deleted"]
    server.clear_calls()
    said = cli(
        "undo", "r1", "--yes", "--default-template", "Modèle standard", "--report", tmp_path / "u.json", code=None
    )
    assert writes(server) == [], said.output


def test_undo_after_a_list_that_lagged_behind(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """The first list after an edit still showed the old name, the proof the new one: undo knows its own edit."""
    book, run_report = tmp_path / "b.xlsx", tmp_path / "r.json"
    cli("export", book)
    name = server.user_row(3)["last_name"]
    edit(book, "users", {(row_of(book, "users", "id", "3"), "last_name"): "Nouveau"})
    session = requests.Session()
    session.post(f"{server.url}/api/1.0/login", json={"login": "admin", "password": "superpass"}, timeout=5)
    path = f"/entities/{HERE}/users"
    old = session.get(f"{server.url}/api/1.0{path}", timeout=5)
    assert any(user["id"] == 3 for user in old.json()["items"])
    kind = {"Content-Type": "application/json"}
    server.add_fault(Fault("status", method="GET", path=path, nth=2, code=200, body=old.text, headers=kind))
    cli("import", book, "--yes", "--report", run_report)
    assert server.user_row(3)["last_name"] == "Nouveau"
    made = json.loads(run_report.read_text())["run"]
    said = cli("undo", made, "--yes", "--report", tmp_path / "u.json", code=None)
    assert server.user_row(3)["last_name"] == name, said.output
