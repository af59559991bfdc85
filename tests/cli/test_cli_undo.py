"""undo, as a person meets it: what was done is taken back where it is still as it was left, and nothing else."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from support import Cli, add_rows, edit, live_user, people, read_sheet, row_of, start, wait_until, write_csv, writes

from xcu_sheets.model.resources import TEMPLATES
from xcu_sheets.sandbox import Fault, Sandbox, SandboxConfig
from xcu_sheets.server import Client

TEMPLATE = ("--default-template", "Modèle standard")
HERE, THERE = "chirurgie@192.168.29.220", "default@192.168.29.221"


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The report of an undo lies where the person stands: here in the test's own folder."""
    monkeypatch.chdir(tmp_path)


def everybody(server: Sandbox) -> list[tuple[Any, ...]]:
    """Return every user without id, password and provisioning code: those an undo cannot bring back."""
    users = [u for u in map(server.user_row, range(1, 200)) if u]
    keys = ("entity_id", "internal_number", "first_name", "last_name", "cti_login")
    return sorted(tuple(str(u[k]) for k in keys) for u in users)


def templates(cli: Cli, folder: Path) -> list[str]:
    cli("export", folder / "now.xlsx", "--only", "templates")
    return sorted(row["Name"] for row in read_sheet(folder / "now.xlsx", "templates"))


def imported(cli: Cli, folder: Path) -> str:
    """Import 6 new people, a template of theirs, 4 edits and 2 deletions, and return the run."""
    book = folder / "book.xlsx"
    cli("export", book)
    rows = {n: row_of(book, "users", "id", str(n)) for n in (1, 2, 3, 5, 10, 14)}
    cells = {(rows[1], "last_name"): "Renamed", (rows[2], "cti_login"): "new.login", (rows[3], "first_name"): "Other"}
    cells |= {(rows[5], "internal_number"): "1690", (rows[10], "action"): "delete", (rows[14], "action"): "delete"}
    edit(book, "users", cells)
    labels = {f.label: f.name for f in TEMPLATES.fields}
    template = {labels[k]: v for k, v in read_sheet(book, "templates")[0].items() if k in labels}
    add_rows(book, "templates", [{**template, "id": "", "action": "", "name": "Nouveau"}])
    add_rows(book, "users", [*people(4, HERE, "Nouveau"), *people(2, THERE)])
    cli("import", book, "--yes", "--allow-delete", "--report", folder / "r.json")
    return json.loads((folder / "r.json").read_text())["run"]


def counts(path: Path) -> dict[str, int]:
    return json.loads(path.read_text())["counts"]


def test_a_run_is_taken_back(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """Made ones go, edits are restored, deleted ones come back with a new id, and that is said; twice is once."""
    before, names = everybody(server), templates(cli, tmp_path)
    run = imported(cli, tmp_path)
    assert everybody(server) != before
    report = tmp_path / "u.json"
    said = cli("undo", run, "--yes", "--default-template", "Modèle standard", "--report", report).output
    assert "Will be reversed: 13 rows" in said
    assert "Kept: 0 rows" in said
    assert "Cannot be reversed: 0 rows" in said
    assert re.search(r"Expected to take about \d+ s", said)
    assert "comes back with a new id and provisioning number, and without a password" in said
    assert counts(report) == {"created": 2, "updated": 4, "deleted": 7}
    assert everybody(server) == before
    assert templates(cli, tmp_path) == names
    assert server.user_row(10) is None, "the old id does not come back"
    server.clear_calls()
    cli("undo", run, "--yes", "--default-template", "Modèle standard", "--report", report)
    assert (writes(server), counts(report)) == ([], {"unchanged": 13})


def test_json_after_sending_holds_the_buckets_too(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """One object: what was to become of the rows, and what became of them; an import's has no buckets."""
    run = imported(cli, tmp_path)
    server.edit_user(1, last_name="Elsewhere")
    body = json.loads(cli("undo", run, "--yes", "--json", code=1).stdout)
    assert [len(body[name]) for name in ("reversed", "kept", "impossible")] == [10, 1, 2]
    assert body["counts"] == {"updated": 3, "deleted": 7, "skipped": 1, "refused": 2}
    book = write_csv(tmp_path / "p.csv", people(1, THERE))
    assert "reversed" not in json.loads(cli("import", book, "--yes", "--json").stdout)


def annexe(cli: Cli, folder: Path, count: int = 2) -> str:
    """Import an entity with so many people in it, and return the run."""
    book = folder / "annexe.xlsx"
    cli("export", book)
    xivo = read_sheet(book, "entities")[0]["XiVO"]
    cells = {"name": "annexe", "display_name": "Annexe", "intervals": "7000-7099", "presented_number": "inbNo"}
    add_rows(book, "entities", [{**cells, "xivo": xivo}])
    add_rows(book, "users", people(count, "annexe"))
    cli("import", book, "--yes", "--include", "entities", "--report", folder / "r.json")
    return json.loads((folder / "r.json").read_text())["run"]


def test_an_entity_goes_with_its_people_and_comes_back_with_them(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """The entity whose list is gone then is not asked for it: the undo has finished, and can be undone itself."""
    before, report = everybody(server), tmp_path / "u.json"
    run = annexe(cli, tmp_path)
    said = cli("undo", run, "--yes", "--report", report).output
    assert "Verified 3 of 3 rows" in said
    assert "resume" not in said
    assert counts(report) == {"deleted": 3}
    assert everybody(server) == before
    undo = json.loads(report.read_text())["run"]
    assert "Verified 3 of 3 rows" in cli("resume", undo, "--report", report).output, "its report, written again"
    cli("undo", undo, "--yes", *TEMPLATE, "--report", report)
    assert counts(report) == {"created": 3}
    assert len(everybody(server)) == len(before) + 2


def test_what_a_colleague_changed_since_is_kept(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """An edited record and a new person were changed since: both stay, with what was left and what is."""
    run = imported(cli, tmp_path)
    made = next(u for u in map(server.user_row, range(61, 80)) if u and u["first_name"] == "Person 0")
    server.edit_user(1, last_name="Elsewhere")
    server.edit_user(made["id"], last_name="Married")
    report = tmp_path / "u.json"
    said = cli("undo", run, "--yes", "--default-template", "Modèle standard", "--report", report).output
    assert "Kept: 2 rows" in said
    assert "it was left as Renamed and is Elsewhere by now" in said
    assert counts(report) == {"created": 2, "updated": 3, "deleted": 6, "skipped": 2}
    assert live_user(server, 1)["last_name"] == "Elsewhere"
    assert live_user(server, made["id"])["last_name"] == "Married"


def test_deleted_users_need_a_template(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """The server never showed which they had: those rows say so, the others go back, a second undo adds them."""
    before = everybody(server)
    run = imported(cli, tmp_path)
    said = cli("undo", run, "--yes", code=1).output
    assert "Cannot be reversed: 2 rows" in said
    assert "name one with --default-template" in said
    assert "is not one template" in cli("undo", run, "--yes", "--default-template", "x", code=2).output
    server.clear_calls()
    cli("undo", run, "--yes", "--default-template", "Modèle standard")
    assert [method for method, _ in writes(server)] == ["POST", "POST"]
    assert everybody(server) == before


def test_an_undo_with_failed_rows_is_repeated(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """One row is refused: the others are taken back, the next undo does only the rest."""
    before = everybody(server)
    run = imported(cli, tmp_path)
    server.add_fault(Fault("status", method="PUT", path="/users/[0-9]+", nth=2, code=400, body="not now"))
    template = ("--default-template", "Modèle standard")
    cli("undo", run, "--yes", *template, code=1)
    assert everybody(server) != before
    server.clear_calls()
    cli("undo", run, "--yes", *template)
    assert [method for method, _ in writes(server)] == ["PUT"]
    assert everybody(server) == before


def test_an_undo_is_a_run_and_can_be_undone(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """What the import had made is there again; the list of runs tells which run took which back."""
    run = imported(cli, tmp_path)
    after = everybody(server)
    report, template = tmp_path / "u.json", ("--default-template", "Modèle standard")
    cli("undo", run, "--yes", *template, "--report", report)
    undo = json.loads(report.read_text())["run"]
    cli("undo", undo, "--yes", *template)
    assert everybody(server) == after
    assert f"undo of {run}" in cli("runs").output


def test_a_swap_of_numbers_is_taken_back(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """The undo of an exchange is an exchange: one of them steps aside to a free number again."""
    book = tmp_path / "book.xlsx"
    cli("export", book)
    one, two = (live_user(server, n)["internal_number"] for n in (1, 5))
    rows = {n: row_of(book, "users", "id", str(n)) for n in (1, 5)}
    edit(book, "users", {(rows[1], "internal_number"): two, (rows[5], "internal_number"): one})
    cli("import", book, "--yes", "--report", tmp_path / "r.json")
    said = cli("undo", json.loads((tmp_path / "r.json").read_text())["run"], "--yes").output
    assert "by way of" in said
    assert [live_user(server, n)["internal_number"] for n in (1, 5)] == [one, two]


def test_a_number_that_is_somebody_elses_by_now(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """The old number of an edited user was given away since: it cannot come back, and who has it is said."""
    run = imported(cli, tmp_path)
    calls = json.loads(cli("runs", run, "--json").stdout)["calls"]
    number = next(c for c in calls if c["id"] == "5")["before"]["internal_number"]
    server.edit_user(3, internal_number=number, entity_id=live_user(server, 5)["entity_id"])
    said = cli("undo", run, "--yes", "--default-template", "Modèle standard", code=1).output
    assert re.search(rf"{number} belongs to .*\(id 3", said), said
    assert live_user(server, 5)["internal_number"] == "1690"


def test_a_dry_run_shows_the_buckets_and_sends_nothing(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """--json holds them as rows."""
    run = imported(cli, tmp_path)
    server.clear_calls()
    result = cli("undo", run, "--dry-run", "--json", code=1)
    body = json.loads(result.stdout)
    assert (len(body["reversed"]), body["kept"], len(body["impossible"])) == (11, [], 2)
    assert writes(server) == []
    assert len(json.loads(cli("runs", "--json").stdout)["runs"]) == 1


def test_a_row_that_was_answered_and_never_listed(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """Its record may be somewhere: said once, as what it is, and not as one of several."""
    server.add_fault(Fault("status", method="POST", path="/users", code=201, body="{}"))
    book, report = write_csv(tmp_path / "p.csv", people(2, HERE)), tmp_path / "r.json"
    cli("import", book, "--yes", "--settle", 0.05, "--report", report, code=1)
    run = json.loads(report.read_text())["run"]
    dry = cli("undo", run, "--dry-run", code=1).output
    assert "1 row has no answer and would be looked up first: a dry run does not know it" in dry
    said = cli("undo", run, "--yes", "--settle", 0.05, code=1).output
    assert "1 row has no answer and is looked up first" in said
    assert "Will be reversed: 1 row" in said
    assert "the server said yes, and its record was not in the list" in said
    assert "several" not in said
    assert "count as not done" not in said


@pytest.mark.skipif(os.name != "posix", reason="a process is killed")
def test_an_unfinished_run_is_settled_and_taken_back(tmp_path: Path) -> None:
    """kill -9 in the middle of an import: what has no answer is looked up, nothing of it is sent, all of it goes."""
    with Sandbox(SandboxConfig(users=30, latency=30)) as server:
        before = everybody(server)
        cli, state = Cli(server.url, tmp_path / "s"), tmp_path / "s"
        book = write_csv(tmp_path / "p.csv", people(40, HERE))
        process = start(server.url, state, "import", book, "--yes")
        wait_until(lambda: len(writes(server)) >= 12)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        (run,) = (r["run_id"] for r in json.loads(cli("runs", "--json").stdout)["runs"])
        time.sleep(0.3)  # the call under way is carried out though nobody waits for it
        made = len(everybody(server)) - len(before)
        assert made >= 11
        said = cli("undo", run, "--yes", "--settle", 0.2).output
        assert "rows have no answer and are looked up first" in said
        assert f"Will be reversed: {made} rows" in said
        assert everybody(server) == before
        assert "was taken back by run" in cli("resume", run, "--yes", code=2).output
        assert "No run is unfinished" in cli("resume", "--yes", code=2).output


def test_what_cannot_be_undone_is_one_line(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """No such run, another server, a probe."""
    assert "there is no run x" in cli("undo", "x", "--yes", code=2).output
    run = imported(cli, tmp_path)
    with Sandbox(SandboxConfig()) as other:
        said = Cli(other.url, cli.state)("undo", run, "--yes", code=2).output
        assert f"Run {run} was on {server.url}, and this server is {other.url}" in said
        assert writes(other) == []
    cli("probe", "--entity", HERE, "--yes", "--settle", 0.1)
    probe = json.loads(cli("runs", "--json").stdout)["runs"][-1]["run_id"]
    assert "is a probe" in cli("undo", probe, "--yes", code=2).output


def template_records(server: Sandbox) -> list[dict[str, Any]]:
    """Return the templates as the server shows them, without their ids: those an undo cannot bring back."""
    with Client(server.url, "admin", "superpass") as client:
        listed = client.list_records(TEMPLATES)
    return sorted(({k: v for k, v in t.items() if k != "id"} for t in listed), key=lambda t: t["name"])


def test_the_entities_of_a_template_are_restored(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """Those of an edited one and of a deleted one, and among them an entity that this same undo makes again."""
    annexe(cli, tmp_path, count=0)
    book, other, report = tmp_path / "book.xlsx", tmp_path / "other.xlsx", tmp_path / "r.json"
    cli("export", book)
    new = next(row["Combined id"] for row in read_sheet(book, "entities") if row["Name"] == "annexe")
    one, two = (row_of(book, "templates", "name", row["Name"]) for row in read_sheet(book, "templates")[:2])
    edit(book, "templates", {(row, "entities"): f"{HERE}, {new}" for row in (one, two)})
    cli("import", book, "--yes", "--report", report)
    before = template_records(server)
    assert sum(new in template["entities"] for template in before) == 2
    cli("export", other)
    edit(other, "templates", {(one, "entities"): HERE, (two, "action"): "delete"})
    edit(other, "entities", {(row_of(other, "entities", "name", "annexe"), "action"): "delete"})
    cli("import", other, "--yes", "--include", "entities", "--allow-delete", "--report", report)
    assert len(template_records(server)) == len(before) - 1
    cli("undo", json.loads(report.read_text())["run"], "--yes", "--report", tmp_path / "u.json")
    assert template_records(server) == before
