"""xcu-sheets runs --forget: what is said before and after, and what an import still knows."""

from __future__ import annotations

import json
import re
import sqlite3
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support import Cli, add_rows, edit, live_user, people, read_sheet, row_of, write_csv, writes
from terminal import on_a_terminal

from xcu_sheets.cli.forget import moment_before
from xcu_sheets.history import History, RunStart, default_path
from xcu_sheets.model.errors import XcuError
from xcu_sheets.model.memory import FORGOTTEN
from xcu_sheets.model.problems import problem
from xcu_sheets.reports.wording import message
from xcu_sheets.running.clock import utc_now
from xcu_sheets.sandbox import Sandbox

CHIRURGIE = "chirurgie@192.168.29.220"
FORGET = ("runs", "--forget", "--older-than")
KEY = ("--key", "Matricule")


def write_runs(cli: Cli, *days: str, status: str = "finished") -> None:
    """Put runs on record that ended on these days."""
    for day in days:
        with History.open(default_path(str(cli.state)), now=lambda day=day: f"{day}T12:00:00Z") as history:
            history.memory("http://x:1", ["u1"], day)
            history.start_run(RunStart(f"run-{day}", "http://x:1", "root", ("u1",), day, "", "", "{}", "0"))
            history.end_run(f"run-{day}", status)


def forgotten(cli: Cli) -> list[str]:
    return [run["run_id"] for run in json.loads(cli("runs", "--json").stdout)["runs"] if run["forgotten"]]


def on_disk(cli: Cli) -> bytes:
    return b"".join(file.read_bytes() for file in cli.state.iterdir())


def cells_on_disk(cli: Cli) -> set[str]:
    """Every text that is a value somewhere in the history."""
    connection = sqlite3.connect(default_path(str(cli.state)))
    bodies = [json.loads(body) for (body,) in connection.execute("SELECT body FROM entries")]
    connection.close()
    found: set[str] = set()
    while bodies:
        body = bodies.pop()
        bodies += body.values() if isinstance(body, dict) else body if isinstance(body, list) else []
        found |= {body} if isinstance(body, str) else set()
    return found


def forget_all(cli: Cli) -> None:
    """Forget every run there is."""
    with History.open(default_path(str(cli.state)), now=utc_now) as history:
        history.forget([run.run_id for run in history.runs()])


class TestWhatIsSaidAndAsked:
    def test_it_says_how_many_of_which_days_and_what_is_lost(self, cli: Cli) -> None:
        """Before: runs, dates, what can no longer be done. Afterwards: what was done. Others stay as they are."""
        write_runs(cli, "2026-01-02", "2026-03-04", "2026-04-01")
        said = cli(*FORGET, "2026-04-01", "--yes").output
        assert "2 runs ended from 2026-01-02 to 2026-03-04" in said
        assert (
            "no longer be undone, resumed or shown row by row; imports of their books still make nobody twice" in said
        )
        assert "Forgotten: 2 runs; 4 entries" in said
        assert forgotten(cli) == ["run-2026-01-02", "run-2026-03-04"]
        assert "1 run ended on 2026-04-01" in cli(*FORGET, "0", "--dry-run").output
        assert forgotten(cli) == ["run-2026-01-02", "run-2026-03-04"]

    def test_unfinished_runs_are_kept_and_named(self, cli: Cli) -> None:
        """However old they are."""
        write_runs(cli, "2026-01-02")
        write_runs(cli, "2026-01-03", status="interrupted")
        said = cli(*FORGET, "1w", "--yes").output
        assert "Kept: run run-2026-01-03 (interrupted, 2026-01-03T12:00:00Z): resume or undo it first." in said
        assert forgotten(cli) == ["run-2026-01-02"]
        said = cli(*FORGET, "1w").output
        assert "Kept: run run-2026-01-03" in said and "there is nothing to forget" in said

    def test_without_a_terminal_it_needs_yes(self, cli: Cli) -> None:
        """Exit code 2, and nothing is forgotten."""
        write_runs(cli, "2026-01-02")
        before = on_disk(cli)
        assert "run again with --yes" in cli(*FORGET, "90d", code=2).output
        assert on_disk(cli) == before

    @pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("n\n", 2)])
    def test_on_a_terminal_it_asks(self, cli: Cli, answer: str, code: int) -> None:
        """Nothing is forgotten unless the answer is yes."""
        write_runs(cli, "2026-01-02")
        got, shown = on_a_terminal([*FORGET, "90d", "--state", cli.state], [("Forget them for good?", answer)])
        assert (got, "1 run ended on 2026-01-02" in shown) == (code, True)
        assert ("Nothing was forgotten" in shown, forgotten(cli)) == ((False, ["run-2026-01-02"]), (True, []))[code > 0]

    def test_json_says_it_all(self, cli: Cli) -> None:
        """One object on stdout, for a dry run as well."""
        write_runs(cli, "2026-01-02")
        write_runs(cli, "2026-01-03", status="failed")
        wanted = {"runs": ["run-2026-01-02"], "unfinished": ["run-2026-01-03"]}
        for options, done in ((("--dry-run",), (False, 0)), (("--yes",), (True, 2))):
            body = json.loads(cli(*FORGET, "2026-02-01", *options, "--json").stdout)
            assert datetime.fromisoformat(body.pop("before")).astimezone() == datetime(2026, 2, 1).astimezone()
            assert body == {**wanted, "forgotten": done[0], "entries": done[1]}

    @pytest.mark.parametrize(
        "arguments",
        [
            ("--forget",),
            ("--forget", "--yes"),
            ("--older-than", "90d"),
            ("--yes",),
            ("--dry-run",),
            ("run-1", "--forget", "--older-than", "90d"),
            ("--forget", "--older-than", "soon"),
            ("--forget", "--older-than", "2999-01-01", "--yes"),
        ],
    )
    def test_what_is_not_meant_is_refused(self, cli: Cli, arguments: tuple[str, ...]) -> None:
        """Half a wish, or an age that is none: exit code 2, nothing is forgotten."""
        write_runs(cli, "2026-01-02")
        assert len(cli("runs", *arguments, code=2).output.strip().splitlines()[-1]) < 160
        assert forgotten(cli) == []

    def test_a_run_under_way_keeps_it_off(self, cli: Cli) -> None:
        """Exit code 4 and who holds the history; nothing is forgotten."""
        write_runs(cli, "2026-01-02")
        with History.open(default_path(str(cli.state)), now=lambda: "2026-04-01T12:00:00Z") as history:
            history.start_run(RunStart("other", "http://x:1", "root", ("u1",), "b", "", "", "{}", "0"))
            assert "another run holds this history: run other" in cli(*FORGET, "90d", "--yes", code=4).output
            history.end_run("other", "finished")
        assert forgotten(cli) == []


@pytest.mark.parametrize(
    ("age", "days"), [("90d", 90), ("90", 90), ("2w", 14), (" 3 M ", 90), ("0d", 0), ("2026-04-01", 13.5)]
)
def test_ages_and_dates(monkeypatch: pytest.MonkeyPatch, age: str, days: float) -> None:
    """Days, weeks, months of 30 days, or the midnight at which a day began."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    now = datetime(2026, 4, 14, 12, tzinfo=UTC)
    assert now - moment_before(age, now) == timedelta(days=days)


@pytest.mark.parametrize("age", ["", "d", "-1d", "1.5w", "90 days", "99999m", "2026-13-01", "2026-04-15", "é\x1b[2J"])
def test_no_age(age: str) -> None:
    """Anything else is one line, control characters made visible."""
    with pytest.raises(XcuError, match=r"^--older-than .*(write an age such as|has not come yet)[^\x1b]*$"):
        moment_before(age, datetime(2026, 4, 14, 12, tzinfo=UTC))


class TestWhatAnImportStillKnows:
    @pytest.fixture
    def book(self, cli: Cli, server: Sandbox, tmp_path: Path) -> Path:
        """An exported book that was imported: three new people, an update, a deletion; then all of it forgotten."""
        book = tmp_path / "liste.xlsx"
        cli("export", book)
        edit(book, "users", {(row_of(book, "users", "id", "6"), "first_name"): "Quetsche"})
        edit(book, "users", {(row_of(book, "users", "id", "7"), "action"): "delete"})
        new = [
            {**person, "cti_login": f"prunelle{n}", "cti_password": "Secret12"}
            for n, person in enumerate(people(3, CHIRURGIE, prefix="Mirabelle"))
        ]
        add_rows(book, "users", new)
        cli("import", book, "--yes", "--allow-delete")
        assert all(text in on_disk(cli) for text in (b"Mirabelle", b"Quetsche", b"prunelle", b"liste.xlsx"))
        forget_all(cli)
        server.clear_calls()
        return book

    def test_no_name_number_or_cell_is_left(self, cli: Cli, server: Sandbox, book: Path) -> None:
        """Not in any byte of the folder; of numbers only what rests in quarantine, as the deleted user's does."""
        for text in (b"Mirabelle", b"Quetsche", b"Testchi", b"prunelle", b"liste", b"Sean", b"Brien", b"admin"):
            assert text not in on_disk(cli), text
        rests = {text for text in cells_on_disk(cli) if re.fullmatch(r"[0-9]{4}", text)}
        assert len(rests) == 1
        (run,) = json.loads(cli("runs", "--json").stdout)["runs"]
        shown = cli("runs", run["run_id"]).output
        assert re.fullmatch(rf"Run {run['run_id']} was forgotten on \S+: it can no longer be resumed.*\n", shown)
        assert "forgotten on" in cli("runs").output
        assert "was forgotten on" in cli("resume", run["run_id"], "--yes", code=2).output

    def test_a_second_import_makes_nobody_twice(self, cli: Cli, server: Sandbox, book: Path) -> None:
        """The same book again: its new rows are known by their digests, and shown under the names that live."""
        edit(book, "users", {(row_of(book, "users", "id", "7"), "action"): ""})
        said = cli("import", book, "--yes", "--allow-delete", code=None).output.replace("\n", " ")
        assert [method for method, _ in writes(server) if method == "POST"] == []
        assert "this row made Mirabelle 0 Testchi0 (id 61) before" in said

    def test_a_name_corrected_in_the_book_is_asked_about(self, cli: Cli, server: Sandbox, book: Path) -> None:
        """The row made somebody else before: who that is, is asked of the server."""
        row = next(n for n, r in enumerate(read_sheet(book, "users"), 2) if r["First name"] == "Mirabelle 1")
        edit(book, "users", {(row, "first_name"): "Prune"})
        said = cli("import", book, "--yes", code=1).output.replace("\n", " ")
        assert "this row made Mirabelle 1 Testchi1 (" in said and "put 62 in id to rename" in said
        assert writes(server) == []

    def test_a_person_deleted_since_is_not_made_again(self, cli: Cli, server: Sandbox, book: Path) -> None:
        """There is no name left to show, and the sentence does without."""
        gone = write_csv(book.with_name("gone.csv"), [{"id": "61", "action": "delete"}])
        cli("import", gone, "--yes", "--allow-delete")
        server.clear_calls()
        said = cli("import", book, "--yes", code=1).output.replace("\n", " ")
        assert (
            "this row is a record whose name was forgotten (id 61), deleted on the server since: write create" in said
        )
        assert [method for method, _ in writes(server) if method == "POST"] == []

    def test_a_freed_number_still_rests(self, cli: Cli, server: Sandbox, book: Path, tmp_path: Path) -> None:
        """The deleted user's number goes to nobody new; to a machine that knows nothing of it, it is free."""
        (rests,) = {text for text in cells_on_disk(cli) if re.fullmatch(r"[0-9]{4}", text)}
        path = write_csv(tmp_path / "next.csv", people(20, CHIRURGIE, prefix="Next"))
        assert f"number {rests} (assigned)" not in cli("plan", path, code=None).output
        assert f"number {rests} (assigned)" in cli("plan", path, code=None, state=tmp_path / "elsewhere").output


def test_keys_are_still_known(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """A list whose runs were forgotten, with new names: each person is renamed by the key, nobody is made."""
    rows = [{**row, "Matricule": f"00{n}"} for n, row in enumerate(people(2, CHIRURGIE))]
    cli("import", write_csv(tmp_path / "a.csv", rows), *KEY, "--yes")
    time.sleep(1)  # ages are counted in seconds
    cli(*FORGET, "0d", "--yes")
    server.clear_calls()
    renamed = [{**row, "last_name": f"Prune {n}"} for n, row in enumerate(rows)]
    said = cli("import", write_csv(tmp_path / "b.csv", renamed), *KEY, "--yes").output
    assert "this row is Person 0 Testchi0, id 61, by its Matricule" in said.replace("\n", " ")
    assert [method for method, _ in writes(server)] == ["PUT", "PUT"]
    assert live_user(server, 61)["last_name"] == "Prune 0"


@pytest.mark.parametrize("code", ["made_then_deleted", "already_made", "row_made_other", "key_of_other"])
def test_sentences_read_well_without_a_name(code: str) -> None:
    """Where a label was forgotten the sentence says so, with the id that is left."""
    said = message(
        problem(code, label=FORGOTTEN, other=FORGOTTEN, value="9", id="5", other_id="5", key="Matricule", number="")
    )
    assert "a record whose name was forgotten" in said and "***" not in said and "5" in said and "  " not in said
