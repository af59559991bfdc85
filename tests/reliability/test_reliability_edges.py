"""What a run promises at its rarer edges: stopped between a loss and its repair, taken up late, taken back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import requests
from reliability.stories import (
    HERE,
    client_of,
    exported,
    list_of,
    number_of,
    open_history,
    resume,
    run,
    statuses,
    stop_after,
    swap,
)
from support import Cli, add_rows, edit, people, read_sheet, row_of, write_csv, writes

from xcu_sheets.history import History
from xcu_sheets.model.resources import USERS
from xcu_sheets.planning.plan import Options
from xcu_sheets.sandbox import Fault, Sandbox
from xcu_sheets.server.answers import describe
from xcu_sheets.server.transport import Answer

DELETE = Options(allow_delete=True)


def test_a_number_lost_as_the_run_stops_is_chosen_again_on_resume(
    server: Sandbox, tmp_path: Path, history: History
) -> None:
    """Ctrl-C while the call is under way that a rival beats: the row is open, and resume makes its person."""
    server.add_fault(Fault("rival", method="POST", path="/users"))
    first = run(server.url, list_of(tmp_path, 1), history, stop=stop_after(server, 1))
    assert first.stopped == "interrupted"
    assert statuses(resume(server.url, history)) == {"created": 1}


def test_a_deletion_taken_back_is_compared_again_on_resume(server: Sandbox, tmp_path: Path, history: History) -> None:
    """The run stopped before a deletion left; the user was changed since: it is a conflict, he lives."""
    cli = Cli(server.url, tmp_path / "s")
    book = exported(cli, tmp_path, {10: {"action": "delete"}, 14: {"action": "delete"}})
    run(server.url, book, history, stop=stop_after(server, 1), options=DELETE)
    left = next(n for n in (10, 14) if server.user_row(n))
    colleague = tmp_path / "c.xlsx"
    cli("export", colleague)
    edit(colleague, "users", {(row_of(colleague, "users", "id", str(left)), "last_name"): "Reprise"})
    cli("import", colleague, "--yes", "--report", tmp_path / "c.json")
    resumed = resume(server.url, history)
    assert server.user_row(left), statuses(resumed)
    assert statuses(resumed) == {"conflict": 1, "deleted": 1}


def test_a_run_that_did_everything_was_not_stopped(server: Sandbox, tmp_path: Path, history: History) -> None:
    """The time is up as the last row ends: all is done and proved, and nothing is left to resume."""
    result = run(server.url, list_of(tmp_path, 1), history, stop=lambda: "time" if writes(server) else "")
    assert (statuses(result), result.stopped, result.resumable) == ({"created": 1}, "", False)


def test_rights_lost_while_numbers_are_asked_for_still_end_in_a_report(
    server: Sandbox, tmp_path: Path, history: History
) -> None:
    """A login refused between two rounds ends the run with an outcome for every row; what was made is told."""
    server.add_fault(Fault("rival", method="POST", path="/users", nth=2))
    server.add_fault(Fault("status", path="/entities/.*/available_numbers", nth=2, times=None, code=401))
    result = run(server.url, list_of(tmp_path, 4), history)
    assert result.stopped == "server"
    assert statuses(result)["created"] == 3


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
    assert "Cannot be reversed: 1 row" in said.output, said.output
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


@pytest.mark.parametrize("code", [503, 400, 500, 429])
@pytest.mark.parametrize("who", [3, 7])
def test_nobody_is_left_at_a_number_for_the_meantime(
    server: Sandbox, cli: Cli, tmp_path: Path, history: History, who: int, code: int
) -> None:
    """Of two who swap numbers one is refused for good: both keep a number of theirs, or a resume brings them there."""
    book, had = swap(server, cli, tmp_path)
    nth = 2 if who == 3 else 1
    server.add_fault(Fault("status", method="PUT", path=f"/users/{who}", nth=nth, times=6, code=code, body="no"))
    result = run(server.url, book, history)
    now = {n: number_of(server, n) for n in had}
    told = [n.code for o in result.outcomes for n in o.notes]
    given_away = code == 400 and had[who] in (now[3], now[7]) and "stepped_aside" in told
    assert set(now.values()) <= set(had.values()) or result.resumable or given_away, (had, now, statuses(result), told)


def test_undo_makes_nobody_again_whom_a_colleague_deleted(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """A deletion that found its user gone already did nothing: there is nothing to take back."""
    book = exported(cli, tmp_path, {10: {"action": "delete"}})

    def colleague() -> str:
        if server.user_row(10):
            with client_of(server.url) as other:
                other.delete_record(USERS, "10")
        return ""

    with open_history(cli.state) as opened:
        assert statuses(run(server.url, book, opened, stop=colleague, options=DELETE)) == {"deleted": 1}
    server.clear_calls()
    said = cli(
        "undo", "r1", "--yes", "--default-template", "Modèle standard", "--report", tmp_path / "u.json", code=None
    )
    assert writes(server) == [], said.output


def test_undo_after_a_list_that_lagged_behind(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """The first list after an edit still showed the old name, the proof the new one: undo knows its own edit."""
    run_report, name = tmp_path / "r.json", server.user_row(3)["last_name"]
    book = exported(cli, tmp_path, {3: {"last_name": "Nouveau"}})
    session = requests.Session()
    session.post(f"{server.url}/api/1.0/login", json={"login": "admin", "password": "superpass"}, timeout=5)
    path = f"/entities/{HERE}/users"
    old = session.get(f"{server.url}/api/1.0{path}", timeout=5)
    assert any(user["id"] == 3 for user in old.json()["items"])
    kind = {"Content-Type": "application/json"}
    server.add_fault(Fault("status", method="GET", path=path, nth=2, code=200, body=old.text, headers=kind))
    cli("import", book, "--yes", "--settle", 0.05, "--report", run_report)
    assert server.user_row(3)["last_name"] == "Nouveau"
    made = json.loads(run_report.read_text())["run"]
    said = cli("undo", made, "--yes", "--report", tmp_path / "u.json", code=None)
    assert server.user_row(3)["last_name"] == name, said.output
