"""xcu-sheets runs: the list, one run row by row and call by call."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from support import Cli, add_rows, edit, people, row_of, write_csv

from xcu_sheets.history import CallOutcome, History, Intent, RunStart, default_path
from xcu_sheets.model.outcomes import Outcome
from xcu_sheets.model.problems import Problem, problem
from xcu_sheets.planning.plan import Plan
from xcu_sheets.running.recording import run_start
from xcu_sheets.sandbox import Fault, Sandbox

CHIRURGIE = "chirurgie@192.168.29.220"
NOW = "2026-02-01T12:00:00Z"


def listed(cli: Cli) -> list[dict]:
    return json.loads(cli("runs", "--json").stdout)["runs"]


@contextmanager
def history_of(cli: Cli) -> Iterator[History]:
    with History.open(default_path(str(cli.state)), now=lambda: NOW) as history:
        yield history


@pytest.fixture
def plan(cli: Cli, tmp_path: Path) -> Plan:
    """A plan of six new people and one update, not sent yet."""
    book = tmp_path / "book.xlsx"
    cli("export", book)
    edit(book, "users", {(row_of(book, "users", "id", "6"), "first_name"): "Shaun"})
    add_rows(book, "users", people(6, CHIRURGIE))
    cli("plan", book, "-o", tmp_path / "plan.json")
    return Plan.from_json(json.loads((tmp_path / "plan.json").read_text()))


def record(history: History, plan: Plan, calls: list[tuple[int, str, CallOutcome | None]]) -> None:
    """Start the run of a plan and put calls on record: the how manieth change, the number sent, what came of it."""
    history.start_run(run_start(plan, {}))
    for nth, number, outcome in calls:
        change = plan.to_send[nth]
        intent = Intent(change.sheet, change.row, "POST", number, after=change.cells, action=change.action)
        (call,) = history.record_intents(plan.run_id, [intent])
        if outcome:
            history.record_outcomes([(call, outcome)])


def noted(code: str, **members: str) -> tuple[dict, ...]:
    return (problem(code, sheet="users", row=1, **members).to_json(),)


def test_the_list_has_a_line_for_each_run_with_its_book(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """Run, status, time, server and login, calls, and the path of the book; --json holds the same."""
    assert "No run yet" in cli("runs").output
    path = write_csv(tmp_path / "p é.csv", people(2, CHIRURGIE))
    cli("import", path, "--yes")
    (run,) = listed(cli)
    assert (run["status"], run["calls"], run["unanswered"], run["book_path"]) == ("finished", 2, 0, str(path))
    (line,) = cli("runs").output.splitlines()
    assert line.split("  ")[-3:] == [f"{server.url} as admin", "2 calls", str(path)]
    assert "there is no run 20991231-0000-beef" in cli("runs", "20991231-0000-beef", code=2).output


def test_the_list_says_what_was_no_import(cli: Cli) -> None:
    """An undo and a probe are named, with what they were about; what came from outside cannot steer the terminal."""
    start = RunStart("a", "http://x:1", "root\x1b[2J", ("u1",), "b", "", "", "{}", "0", {"undo": "20260101-0800-abcd"})
    with history_of(cli) as history:
        for run in (start, replace(start, run_id="b", book_id="probe", options={"probe": CHIRURGIE, "numbers": ["1"]})):
            history.memory(run.server, run.xivo_uuids, run.book_id)
            history.start_run(run)
            history.end_run(run.run_id, "finished" if run is start else "interrupted")
    undo, probe = cli("runs").output.splitlines()
    assert undo.endswith("0 calls  undo of 20260101-0800-abcd") and "root\\x1b[2J" in undo
    assert probe.endswith(f"0 calls  probe of {CHIRURGIE}")
    assert cli("runs", "a").output.splitlines()[1:] == ["Result: no rows."]
    assert cli("runs", "b").output.splitlines()[-1] == "This probe did not finish: xcu-sheets probe"


def test_a_run_is_shown_row_by_row(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """Each row that was to be sent: where, what, who, number, id, how it ended, when and why; the counts at the end."""
    server.add_fault(Fault("status", method="POST", path="/users", nth=2, code=400, body="no such ringing"))
    rows = people(3, CHIRURGIE)
    cli("import", write_csv(tmp_path / "p.csv", rows), "--yes", "--batch-size", "1", code=1)
    run_id = listed(cli)[0]["run_id"]
    body = json.loads(cli("runs", run_id, "--json").stdout)
    first, second, third = body["rows"]
    assert (first["sheet"], first["row"], first["action"], first["label"]) == (
        "users",
        2,
        "create",
        "Person 0 Testchi0",
    )
    assert (first["status"], first["id"], first["number"], first["attempts"]) == ("done", "61", "2102", 1)
    assert first["at"] == body["calls"][0]["answered"] and first["planned"] == first["message"] == ""
    assert (second["status"], second["id"]) == ("refused", "") and "no such ringing" in second["message"]
    assert third["status"] == "done"
    _, *lines, end = cli("runs", run_id).output.splitlines()
    assert lines[0].split() == [
        "users!2",
        "create",
        "Person",
        "0",
        "Testchi0",
        "number",
        "2102",
        "id",
        "61",
        "done",
        first["at"],
    ]
    assert lines[1].endswith(f"refused  {second['at']}  {second['message']}")
    assert "the server refused (400): no such ringing" in lines[1]
    assert end == "Result: 2 done, 1 refused."


def test_calls_are_shown_one_by_one_where_asked(cli: Cli, tmp_path: Path) -> None:
    """--calls is the record itself: each call with what it meant."""
    cli("import", write_csv(tmp_path / "p.csv", people(2, CHIRURGIE)), "--yes")
    run_id = listed(cli)[0]["run_id"]
    calls = json.loads(cli("runs", run_id, "--json").stdout)["calls"]
    assert [(c["internal_number"], c["status"], c["attempt"]) for c in calls] == [
        ("2102", "done", 1),
        ("2105", "done", 1),
    ]
    text = cli("runs", run_id, "--calls").output
    assert "users!2 create number 2102 id 61" in text and "Result: 2 done." in text
    assert "name it" in cli("runs", "--calls", code=2).output


def test_an_unfinished_run_says_what_is_left(cli: Cli, plan: Plan) -> None:
    """Done, refused, without answer, never sent: one word each; the last line tells how to go on."""
    creates = [n for n, c in enumerate(plan.to_send) if c.action == "create"]
    numbers = {n: plan.to_send[n].number for n in creates}
    one, two, three, four, five, _ = creates
    with history_of(cli) as history:
        record(
            history,
            plan,
            [
                (one, numbers[one], CallOutcome("refused", notes=noted("number_taken", value="2102", label="Eve"))),
                (
                    one,
                    "2199",
                    CallOutcome("done", "61", noted("number_reassigned", before="2102", now="2199"), {}, True),
                ),
                (two, numbers[two], None),
                (three, numbers[three], CallOutcome("unknown", notes=noted("outcome_unknown", detail="timeout"))),
                (
                    four,
                    numbers[four],
                    CallOutcome("refused", notes=noted("server_refused", status="400"), settled=True),
                ),
                (five, numbers[five], CallOutcome("not_sent")),
            ],
        )
    body = json.loads(cli("runs", plan.run_id, "--json").stdout)
    rows = {row["row"]: row for row in body["rows"]}
    assert [row["row"] for row in body["rows"]] == sorted(rows) and len(rows) == 7
    got = [rows[plan.to_send[n].row] for n in creates]
    assert [r["status"] for r in got] == ["done", "unanswered", "unknown", "refused", "not_sent", "not_sent"]
    assert [r["attempts"] for r in got] == [2, 1, 1, 1, 1, 0]
    assert (got[0]["number"], got[0]["planned"], got[0]["id"]) == ("2199", numbers[one], "61")
    assert (got[1]["at"], got[1]["message"], got[5]["at"]) == (NOW, "", "")
    update = next(row for row in body["rows"] if row["action"] == "update")
    assert (update["status"], update["id"], update["label"]) == ("not_sent", "6", "Sean O'Brien")
    shown = cli("runs", plan.run_id).output
    assert f"number 2199 (planned {numbers[one]})  id 61" in shown and "2 attempts  " in shown
    assert "reassigned 2102 -> 2199" in shown and "no answer came" in shown and "not sent" in shown
    assert shown.splitlines()[-1] == (
        f"1 row is done, 1 was refused, 2 have no answer, 3 were not sent: xcu-sheets resume {plan.run_id}"
    )


def test_a_run_that_was_stopped_says_why_rows_were_left(cli: Cli, plan: Plan) -> None:
    """Rows without a call end as the run put on record at its end, conflicts that resuming found included."""
    last, other, third = plan.to_send[-1], plan.to_send[-2], plan.to_send[-3]
    ends = [
        Outcome(
            last.sheet, last.row, "create", "not_sent", notes=(Problem("time_is_up", sheet="users", row=last.row),)
        ),
        Outcome(other.sheet, other.row, "create", "failed", notes=(Problem("number_taken", sheet="users"),)),
        Outcome(third.sheet, third.row, "conflict", "conflict", notes=(Problem("conflict", sheet="users"),)),
    ]
    with history_of(cli) as history:
        record(history, plan, [])
        history.end_run(plan.run_id, "interrupted", ends)
    rows = {row["row"]: row for row in json.loads(cli("runs", plan.run_id, "--json").stdout)["rows"]}
    assert [rows[c.row]["status"] for c in (last, other, third)] == ["not_sent", "refused", "conflict"]
    assert rows[last.row]["message"] == "not sent: the time given by --stop-at came first"
    with history_of(cli) as history:
        history.continue_run(plan.run_id)  # what was said at the first end is not the last word then
    rows = {row["row"]: row for row in json.loads(cli("runs", plan.run_id, "--json").stdout)["rows"]}
    assert rows[last.row]["message"] == "" and {row["status"] for row in rows.values()} == {"not_sent"}
