"""resume, as a person meets it: what is left, which book, which server, and what import offers."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from support import Cli, add_rows, live_user, people, read_sheet, write_csv, writes
from terminal import on_a_terminal

from xcu_sheets.history import History, default_path
from xcu_sheets.model.errors import HistoryError
from xcu_sheets.running.clock import utc_now
from xcu_sheets.sandbox import Fault, Sandbox, SandboxConfig

HERE = "chirurgie@192.168.29.220"
AWAY = {"Location": "http://elsewhere.invalid/"}
COUNT = 12


def interrupt(cli: Cli, server: Sandbox, book: Path, nth: int = 5) -> str:
    """Import a book whose run ends at its n-th POST, and return the run's id."""
    server.add_fault(Fault("status", method="POST", path="/users", nth=nth, code=301, headers=AWAY))
    said = cli("import", book, "--yes", code=3).output
    return re.search(r"xcu-sheets resume (\S+)", said)[1]


def with_logins(count: int) -> list[dict[str, str]]:
    rows = people(count, HERE)
    return [{**r, "cti_login": f"login{n}", "cti_password": f"secret-{n:02}"} for n, r in enumerate(rows)]


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return write_csv(tmp_path / "people.csv", with_logins(COUNT))


def counts(path: Path) -> dict[str, int]:
    return json.loads(path.read_text())["counts"]


def test_resume_says_what_is_left_and_finishes_it(cli: Cli, server: Sandbox, book: Path, tmp_path: Path) -> None:
    """The last unfinished run needs no name; done rows are not sent again, and the report tells of all rows."""
    run_id = interrupt(cli, server, book)
    assert len(writes(server)) == 5
    said = cli("resume", "--yes", "--settle", 0.05, "--report", tmp_path / "r.json").output
    assert f"Run {run_id} of {book} on {server.url}: 4 rows are done, 1 to be looked up, 7 to be sent." in said
    assert counts(tmp_path / "r.json") == {"created": COUNT}
    assert len(writes(server)) == COUNT + 1
    assert "No run is unfinished" in cli("resume", "--yes", code=2).output


def test_without_the_book_all_rows_but_those_with_passwords_are_finished(
    cli: Cli, server: Sandbox, book: Path, tmp_path: Path
) -> None:
    """Passwords are in the book alone: rows that still need one say so, and --book brings them."""
    run_id = interrupt(cli, server, book)
    moved = tmp_path / "elsewhere" / "moved.csv"
    moved.parent.mkdir()
    book.rename(moved)
    report = tmp_path / "r.json"
    said = cli("resume", run_id, "--yes", "--settle", 0.05, "--report", report, code=1).output
    assert "need a password of the book, which is gone or was edited: give it with --book" in said
    assert counts(report) == {"created": 4, "unknown": 1, "not_sent": 7}
    cli("resume", run_id, "--book", moved, "--yes", "--settle", 0.05, "--report", report)
    assert counts(report) == {"created": COUNT}
    users = [live_user(server, int(row["id"])) for row in json.loads(report.read_text())["rows"]]
    assert sorted(user["cti_password"] for user in users) == [f"secret-{n:02}" for n in range(COUNT)]


def test_an_edited_book_is_not_that_runs_book(cli: Cli, server: Sandbox, book: Path) -> None:
    """--book with other rows is refused; an import of it plans anew, and those who were made are not made again.

    What the run has no answer for is looked up before that.
    """
    run_id = interrupt(cli, server, book)
    rows = with_logins(COUNT)
    write_csv(book, [*rows[:-1], {**rows[-1], "last_name": "Edited"}])
    assert "is not the book of this plan" in cli("resume", run_id, "--book", book, "--yes", code=2).output
    said = cli("import", book, "--yes", "--settle", 0.05).output
    assert "1 row has no answer and is looked up first" in said
    assert "It is to be finished" not in said
    assert "8 created, 4 unchanged" in said


def test_import_finishes_an_interrupted_run_of_the_same_book(cli: Cli, server: Sandbox, book: Path) -> None:
    """The operator who types the same command again gets the rest of the run, not a new one."""
    run_id = interrupt(cli, server, book)
    said = cli("import", book, "--yes", "--settle", 0.05).output
    assert f"Run {run_id} of this book" in said
    assert len(writes(server)) == COUNT + 1
    assert [run["status"] for run in json.loads(cli("runs", "--json").stdout)["runs"]] == ["finished"]
    server.clear_calls()
    cli("import", book, "--yes")
    assert writes(server) == []


def test_import_asks_on_a_terminal(cli: Cli, server: Sandbox, book: Path, tmp_path: Path) -> None:
    """No means: plan this book anew. Then people who were made are not made twice."""
    interrupt(cli, server, book)
    server.clear_calls()
    command = ["import", str(book), "--settle", "0.05", "--report", str(tmp_path / "r.json")]
    environment = {"XCU_URL": server.url, "XCU_PASSWORD": "superpass", "XCU_SHEETS_STATE": str(cli.state)}
    code, said = on_a_terminal(command, [("Finish it now", "n\n"), ("Send 8 rows", "n\n")], environment)
    assert (code, writes(server)) == (1, []), said
    code, said = on_a_terminal(command, [("Finish it now", "y\n")], environment)
    assert code == 0, said
    assert re.search(r"12/12 rows \[.*\d+ rows/min, end \d\d:\d\d:\d\d, undo would take", said), said
    assert counts(tmp_path / "r.json") == {"created": COUNT}


def test_a_run_is_finished_on_its_own_server_only(cli: Cli, server: Sandbox, book: Path) -> None:
    """Another address is another server, whatever its XiVOs are called; nothing is sent there."""
    run_id = interrupt(cli, server, book)
    with Sandbox(SandboxConfig()) as other:
        said = Cli(other.url, cli.state)("resume", run_id, "--yes", code=2).output
        assert f"This plan was made for {server.url}, and this server is {other.url}" in said
        assert writes(other) == []


def test_the_address_and_login_are_those_of_the_run(cli: Cli, server: Sandbox, book: Path) -> None:
    """Without --url and XCU_URL the run's own address counts."""
    run_id = interrupt(cli, server, book)
    cli("resume", run_id, "--yes", "--settle", 0.05, env={"XCU_URL": ""})
    assert len(writes(server)) == COUNT + 1


def test_a_reviewed_plan_that_was_interrupted_is_resumed_not_applied_again(
    cli: Cli, server: Sandbox, book: Path, tmp_path: Path
) -> None:
    """One plan is sent once: apply names the command that goes on."""
    plan = tmp_path / "plan.json"
    cli("plan", book, "-o", plan)
    server.add_fault(Fault("status", method="POST", path="/users", nth=5, code=301, headers=AWAY))
    cli("apply", plan, "--book", book, "--yes", code=3)
    run_id = json.loads(plan.read_text())["run"]
    assert f"xcu-sheets resume {run_id}" in cli("apply", plan, "--book", book, "--yes", code=2).output
    cli("resume", run_id, "--yes", "--settle", 0.05)
    assert "already applied" in cli("apply", plan, "--book", book, "--yes", code=2).output
    assert len(writes(server)) == COUNT + 1


def test_a_report_can_be_written_again(cli: Cli, server: Sandbox, book: Path, tmp_path: Path) -> None:
    """resume of a finished run sends nothing and tells the same of every row."""
    first, second = tmp_path / "1.json", tmp_path / "2.json"
    cli("import", book, "--yes", "--report", first)
    run_id = json.loads(first.read_text())["run"]
    server.clear_calls()
    cli("resume", run_id, "--report", second)
    assert writes(server) == []
    one, two = (json.loads(path.read_text()) for path in (first, second))
    assert one["rows"] == two["rows"]
    assert one["facts"]["verified"] == two["facts"]["verified"] == COUNT


def test_rows_that_were_never_sent_are_checked_again(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """Before the resume a colleague takes a typed number: that row is refused, and says by whom."""
    rows = people(4, HERE)
    rows[3]["internal_number"] = "2150"
    book = write_csv(tmp_path / "people.csv", rows)
    run_id = interrupt(cli, server, book, nth=1)
    server.edit_user(3, internal_number="2150")
    report = tmp_path / "r.json"
    cli("resume", run_id, "--yes", "--settle", 0.05, "--report", report, code=1)
    refused = [r for r in json.loads(report.read_text())["rows"] if r["status"] in ("refused", "failed")]
    assert len(refused) == 1
    assert "2150 belongs to Jean TRUE (id 3" in refused[0]["message"]


def test_a_new_template_that_was_made_is_known_again(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """The run ends after its template and before its people: they get that template, which is not made twice."""
    book = tmp_path / "book.xlsx"
    cli("export", book)
    from xcu_sheets.model.resources import TEMPLATES

    labels = {f.label: f.name for f in TEMPLATES.fields}
    template = {labels[k]: v for k, v in read_sheet(book, "templates")[0].items() if k in labels}
    add_rows(book, "templates", [{**template, "id": "", "action": "", "name": "Nouveau"}])
    add_rows(book, "users", people(2, HERE, "Nouveau"))
    run_id = interrupt(cli, server, book, nth=1)
    cli("resume", run_id, "--yes", "--settle", 0.05, "--report", tmp_path / "r.json")
    assert [path for _, path in writes(server)] == ["/templates", "/users", "/users", "/users"]
    made = [r for r in json.loads((tmp_path / "r.json").read_text())["rows"] if r["status"] == "created"]
    template_id = next(int(r["id"]) for r in made if r["sheet"] == "templates")
    assert {live_user(server, int(r["id"]))["template_id"] for r in made if r["sheet"] == "users"} == {template_id}


def test_a_run_that_a_later_one_of_its_book_followed_is_not_finished(
    cli: Cli, server: Sandbox, book: Path, tmp_path: Path
) -> None:
    """Interrupted, edited, imported again: the old run would make the later one's people a second time."""
    run_id = interrupt(cli, server, book)
    rows = with_logins(COUNT)
    write_csv(book, [*rows[:-1], {**rows[-1], "last_name": "Edited"}])
    cli("import", book, "--yes")
    server.clear_calls()
    said = cli("resume", run_id, "--yes", "--settle", 0.05, code=2).output
    assert f"Run {run_id} cannot be finished: run " in said and "of the same book came after it" in said
    assert "No run is unfinished" in cli("resume", "--yes", code=2).output
    assert writes(server) == []


def test_a_run_that_went_on_elsewhere_is_not_sent_from_an_old_record(
    cli: Cli, server: Sandbox, book: Path, tmp_path: Path
) -> None:
    """Its record was read, and while a person thought another process finished it: nothing of it is sent again."""
    run_id = interrupt(cli, server, book)
    path = default_path(str(cli.state))
    with History.open(path, now=utc_now) as history:
        known = len(history.calls(run_id))
        cli("resume", run_id, "--yes", "--settle", 0.05)
        with pytest.raises(HistoryError, match="went on in another process since it was read"):
            history.continue_run(run_id, known)
