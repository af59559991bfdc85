"""Servers, and proxies before them, that show lists late, lie about ids, or say yes and do nothing."""

from __future__ import annotations

import json
import time
from collections import Counter
from pathlib import Path

import pytest
from reliability.relay import Answer, Call, Relay
from reliability.stories import (
    HERE,
    QUICK,
    SEND,
    THERE,
    exported,
    list_of,
    resume,
    run,
    statuses,
    twice,
    users,
)
from support import Cli, people, write_csv, writes

from xcu_sheets.history import History
from xcu_sheets.sandbox import Fault, Sandbox

LIST = f"/entities/{HERE}/users"


def unreadable(code: int) -> Fault:
    """Return the fault of a list of one entity that cannot be read from the second time on."""
    return Fault("status", method="GET", path=LIST, nth=2, times=None, code=code)


def report_of(cli: Cli, book: Path, folder: Path, *options: object, code: int = 0) -> dict[str, object]:
    """Import a book and return its report."""
    report = folder / "r.json"
    cli("import", book, "--yes", "--settle", QUICK, "--report", report, *options, code=code)
    return json.loads(report.read_text())


class LateList:
    """Carries the first create out and answers 504; the list shows new people `seconds` after they were made."""

    def __init__(self, seconds: float) -> None:
        self._seconds, self._made = seconds, {}

    def __call__(self, call: Call, answer: Answer) -> Answer | None:
        if call.what == ("POST", "/users") and answer.status < 300:
            self._made[call.json["internalNumber"]] = time.monotonic()
            return Answer(504, b"gateway time-out") if len(self._made) == 1 else None
        if call.what == ("GET", LIST):
            shown = [user for user in answer.json["items"] if not self._is_late(user["internalNumber"])]
            return Answer.of({"items": shown})
        return None

    def _is_late(self, number: str) -> bool:
        return number in self._made and time.monotonic() - self._made[number] < self._seconds


def test_a_refused_repeat_whom_the_list_does_not_show_yet_is_not_made_again(
    server: Sandbox, history: History, tmp_path: Path
) -> None:
    """The refusal of the second attempt is the first one's doing, even where the list shows nobody for a while."""
    with Relay(server.url, after=LateList(0.5)) as relay:
        result = run(relay.url, list_of(tmp_path, 1), history, settle_seconds=0.1)
    assert len(users(server, "Person ")) == 1, (statuses(result), writes(server))


def test_the_id_of_a_new_record_is_taken_from_the_list(server: Sandbox, history: History, tmp_path: Path) -> None:
    """The answer to each create names another record: rows bear the ids and codes of their own people."""

    def after(call: Call, answer: Answer) -> Answer | None:
        made = call.what == ("POST", "/users")
        return Answer.of({"id": answer.json["id"] + 1}) if made else None

    server.set_switches(post_answer="id")
    with Relay(server.url, after=after) as relay:
        result = run(relay.url, list_of(tmp_path, 3), history)
    told = {o.id: o.provisioning_number for o in result.outcomes if o.status == "created"}
    assert told == {str(user["id"]): user["provisioning_number"] for user in users(server, "Person ")}
    assert len(told) == 3


def test_a_list_that_names_a_record_twice_is_read_as_if_once(server: Sandbox, tmp_path: Path) -> None:
    """A page boundary shows one user twice while lists are read again: the report has one end for each row."""
    asked: Counter[str] = Counter()

    def after(call: Call, answer: Answer) -> Answer | None:
        asked[call.path] += call.method == "GET"
        again = call.what == ("GET", LIST) and asked[LIST] > 2
        return Answer.of({"items": [*answer.json["items"], answer.json["items"][0]]}) if again else None

    with Relay(server.url, after=after) as relay:
        cli = Cli(relay.url, tmp_path / "own")
        body = report_of(cli, exported(cli, tmp_path, {3: {"last_name": "Nouveau"}}), tmp_path)
    rows = Counter((row["sheet"], row["row"]) for row in body["rows"])
    assert asked[LIST] > 2
    assert (max(rows.values()), body["counts"]["updated"]) == (1, 1)


@pytest.mark.parametrize("code", [404, 503])
def test_people_of_other_entities_are_made_where_one_list_is_gone(
    server: Sandbox, history: History, tmp_path: Path, code: int
) -> None:
    """From the second reading on the list of one entity cannot be read: the rows of the other are made and proved."""
    book = write_csv(tmp_path / "people.csv", [*people(2, HERE), *people(2, THERE, prefix="Other")])
    server.add_fault(unreadable(code))
    result = run(server.url, book, history)
    ends = {o.row: o.status for o in result.outcomes}
    assert [ends[4], ends[5]] == ["created", "created"], (ends, result.stopped, result.failure)
    assert {ends[2], ends[3]} <= {"unknown", "not_sent"}


@pytest.mark.parametrize("code", [404, 503])
def test_a_run_with_a_list_that_is_gone_goes_on_to_its_later_stages(
    server: Sandbox, history: History, tmp_path: Path, code: int
) -> None:
    """The typed number's stage cannot be looked up; the others' is sent all the same, and the list's return ends it."""
    typed = {**people(1, HERE)[0], "internal_number": "2190"}
    book = write_csv(tmp_path / "people.csv", [typed, *people(2, THERE, prefix="Other")])
    server.add_fault(unreadable(code))
    first = run(server.url, book, history)
    assert len(users(server, "Other ")) == 2, (statuses(first), first.failure)
    assert first.resumable
    server.clear_faults()
    assert statuses(resume(server.url, history)) == {"created": 3}
    assert (twice(server), twice(server, "Other ")) == ({}, {})


def test_an_edit_that_the_server_did_not_make_is_not_reported_as_updated(
    server: Sandbox, cli: Cli, tmp_path: Path
) -> None:
    """PUT answers 200 and does nothing."""
    book = exported(cli, tmp_path, {3: {"last_name": "Nouveau"}})
    server.add_fault(Fault("status", method="PUT", path="/users/3", times=None, code=200))
    body = report_of(cli, book, tmp_path, code=1)
    assert "updated" not in body["counts"]
    (row,) = [row for row in body["rows"] if row["status"] != "unchanged"]
    assert (row["status"], row["id"]) == ("unknown", "3")


def test_a_row_in_doubt_stays_resumable_whatever_its_later_attempts_met(
    server: Sandbox, history: History, tmp_path: Path
) -> None:
    """The first call is lost and every repeat is a 429: the row is `unknown`, and a resume makes its person."""
    server.add_fault(Fault("drop_before_commit", method="POST", path="/users"))
    now = {"Retry-After": "0"}
    server.add_fault(Fault("status", method="POST", path="/users", nth=2, times=None, code=429, headers=now))
    result = run(server.url, list_of(tmp_path, 1), history)
    assert statuses(result) == {"unknown": 1}
    assert (result.resumable, history.run("r1").status) == (True, "interrupted")
    server.clear_faults()
    assert statuses(resume(server.url, history)) == {"created": 1}


def test_a_refusal_after_the_commit_names_who_is_there_twice(server: Sandbox, cli: Cli, tmp_path: Path) -> None:
    """A proxy that repeats our call gets a refusal for us: the row gets another number, and tells of its namesake."""
    server.add_fault(Fault("status_after_commit", method="POST", path="/users", code=400, body="number taken"))
    body = report_of(cli, list_of(tmp_path, 2), tmp_path, code=1)
    first, second = body["rows"]
    ids = [str(user["id"]) for user in users(server, "Person 0")]
    (other,) = set(ids) - {first["id"]}
    assert f"was also made as id {other}" in first["message"], first
    assert "also made" not in second["message"]


def in_capitals(call: Call, answer: Answer) -> Answer | None:
    """Show every last name in capitals, as a server that changes what it stores."""
    if call.method != "GET" or not call.path.endswith("/users"):
        return None
    return Answer.of({"items": [{**user, "lastName": user["lastName"].upper()} for user in answer.json["items"]]})


def test_a_name_that_the_server_stores_otherwise_is_told_of_its_row(server: Sandbox, tmp_path: Path) -> None:
    """Not only exit code 1: each row whose proof failed says why."""
    book, report = list_of(tmp_path, 2), tmp_path / "r.json"
    with Relay(server.url, after=in_capitals) as relay:
        said = Cli(relay.url, tmp_path / "own")("import", book, *SEND, "--report", report, code=None)
    assert len(users(server, "Person ")) == 2
    assert said.exit_code == 1, said.output
    assert "users!2" in said.output, said.output
    assert all(row["message"] for row in json.loads(report.read_text())["rows"])
