"""What an earlier run sent without learning its end: looked for as long as a list may still show it. Nobody twice."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from reliability.relay import Answer, Call, LateLists, Relay
from reliability.stories import (
    HERE,
    SEND,
    THERE,
    client_of,
    creating,
    exported,
    ids_of,
    number_of,
    open_history,
    run,
    run_killed,
    statuses,
    twice,
    users,
)
from support import Cli, add_rows, edit, live_user, row_of, start, write_csv, writes

from xcu_sheets.files import read_book
from xcu_sheets.running.preparing import prepare
from xcu_sheets.sandbox import Fault, Sandbox

LIST = f"/entities/{HERE}/users"
NEWCOMER = creating(1, prefix="Newcomer")


def test_people_whom_the_list_showed_late_are_known_by_the_next_import(server: Sandbox, tmp_path: Path) -> None:
    """The run ends without seeing them; the list has caught up, a row was added: that one only is made."""
    book, late = write_csv(tmp_path / "people.csv", creating(3)), LateLists()
    with Relay(server.url, after=late) as relay:
        cli = Cli(relay.url, tmp_path / "s")
        cli("import", book, *SEND, code=1)
        late.caught_up = True
        write_csv(book, [*creating(3), *NEWCOMER])
        said = cli("import", book, *SEND).output
    assert (twice(server), len(users(server, "Person ")), len(users(server, "Newcomer"))) == ({}, 3, 1), said


def test_a_look_up_that_saw_nobody_is_repeated_by_the_next_import(server: Sandbox, tmp_path: Path) -> None:
    """Killed; one import only looks up, for nobody says yes, and the list is late; the next one finds them."""
    book, late = write_csv(tmp_path / "people.csv", creating(3)), LateLists()
    with Relay(server.url, after=late) as relay:
        cli = Cli(relay.url, tmp_path / "s")
        run_killed(cli, book, after=3)
        write_csv(book, [*creating(3), *NEWCOMER])
        said = cli("import", book, "--settle", 0.05, code=2).output
        assert "3 of them were answered with yes and are not in the lists yet" in said
        late.caught_up = True
        said = cli("import", book, *SEND).output
    assert (twice(server), len(users(server, "Person ")), len(users(server, "Newcomer"))) == ({}, 3, 1), said


def test_rows_that_were_answered_with_yes_and_are_not_listed_are_held_back(server: Sandbox, tmp_path: Path) -> None:
    """Of six rows four were answered; the list shows none of these: the other two are made, the four never again."""
    book, late, rows = tmp_path / "people.csv", LateLists(), creating(6)
    with Relay(server.url, after=late) as relay:
        cli = Cli(relay.url, tmp_path / "s")
        run_killed(cli, write_csv(book, rows), after=4)
        write_csv(book, [*rows[:5], {**rows[5], "last_name": "Corrected"}])
        said = cli("import", book, *SEND, code=1).output
        assert said.count("run r1 sent this row and the server said yes") >= 4
        assert (twice(server), len(users(server, "Person "))) == ({}, 6), said
        late.caught_up = True
        server.clear_calls()
        cli("import", book, *SEND, code=None)  # the book as it was: its own run is finished first
        said = cli("import", book, *SEND).output
    assert writes(server) == [], said


@pytest.mark.parametrize(("minutes", "made"), [(50, 0), (70, 3)])
def test_a_row_that_no_list_shows_is_held_back_for_an_hour(
    server: Sandbox, tmp_path: Path, minutes: int, made: int
) -> None:
    """Counted from the last look; after that it is a new row again."""
    book = write_csv(tmp_path / "people.csv", creating(3))
    with Relay(server.url, after=LateLists()) as relay:
        cli = Cli(relay.url, tmp_path / "s")
        run_killed(cli, book, after=3)
        write_csv(book, [*creating(3), *NEWCOMER])
        cli("import", book, "--settle", 0.05, code=2)
        later = datetime.now(UTC) + timedelta(minutes=minutes)
        with open_history(cli.state) as history, client_of(relay.url) as client:
            plan = prepare(read_book(book), client, run_id="r2", made_at=later.isoformat(), history=history).plan
    people = [change for change in plan.to_send if change.label.startswith("Person ")]
    assert (len(people), plan.blocked) == (made, ())


def test_a_create_that_took_effect_after_its_run_is_found_by_the_next_import(
    server: Sandbox, cli: Cli, tmp_path: Path
) -> None:
    """Answered 504 and carried out after --settle, its repeats lost: the run ends `unknown`, the book goes on."""
    book = write_csv(tmp_path / "people.csv", creating(1))
    server.add_fault(Fault("late_status", method="POST", path="/users", code=504, ms=700))
    server.add_fault(Fault("drop_before_commit", method="POST", path="/users", nth=2, times=5))
    with open_history(cli.state) as history:
        assert statuses(run(server.url, book, history)) == {"unknown": 1}
    assert users(server, "Person ") == []
    server.finish_late()
    server.clear_faults()
    assert len(users(server, "Person ")) == 1
    write_csv(book, [*creating(1), *NEWCOMER])
    said = cli("import", book, *SEND).output
    assert (twice(server), len(users(server, "Newcomer"))) == ({}, 1), said


def test_an_edit_of_a_killed_run_is_no_conflict_with_itself(server: Sandbox, cli: Cli, tmp_path: Path) -> None:
    """Killed after two edits; one of the cells is edited again: what the server shows there is ours."""
    one, other = ids_of(server, HERE)[:2]
    book = exported(cli, tmp_path, {one: {"last_name": "First"}, other: {"last_name": "Other"}})
    run_killed(cli, book, after=2)
    edit(book, "users", {(row_of(book, "users", "id", str(one)), "last_name"): "Second"})
    cli("import", book, *SEND)
    assert [live_user(server, user)["last_name"] for user in (one, other)] == ["Second", "Other"]


def test_a_number_that_a_killed_run_freed_rests(server: Sandbox, cli: Cli, tmp_path: Path) -> None:
    """It is the lowest of its entity, and given to no new person all the same."""
    one = min(ids_of(server, HERE), key=lambda user: number_of(server, user))
    freed = number_of(server, one)
    book = exported(cli, tmp_path, {one: {"internal_number": "2190"}})
    run_killed(cli, book, after=1)
    add_rows(book, "users", creating(1))
    cli("import", book, *SEND)
    (made,) = users(server, "Person ")
    assert made["internal_number"] > freed != number_of(server, one)


class Interrupting:
    """Given as `before`: sends Ctrl-C to a command while it reads a list for the second time, and then answers."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[str] | None = None
        self.asked = 0

    def __call__(self, call: Call) -> Answer | None:
        self.asked += call.what == ("GET", LIST)
        if self.process and self.asked == 2 and call.what == ("GET", LIST):
            self.process.send_signal(signal.SIGINT)
            time.sleep(0.3)
        return None


@pytest.mark.skipif(os.name != "posix", reason="signals are sent to a process")
@pytest.mark.parametrize("what", ["import", "undo"])
def test_ctrl_c_while_it_is_looked_up_ends_the_command(server: Sandbox, tmp_path: Path, what: str) -> None:
    """Even with --yes nothing is sent after it: `import` makes nobody, `undo` deletes nobody.

    The stage of the typed number has been looked up by then, the one after it is being looked up.
    """
    typed = {**creating(1, THERE, prefix="Typed")[0], "internal_number": "1190"}
    book, ctrl_c = write_csv(tmp_path / "people.csv", [typed, *creating(3)]), Interrupting()
    with Relay(server.url, before=ctrl_c) as relay:
        run_killed(Cli(relay.url, tmp_path / "s"), book, after=4)
        write_csv(book, [typed, *creating(1, THERE, prefix="Later")])
        server.clear_calls()
        ctrl_c.asked = 0
        command = {"import": ("import", book), "undo": ("undo", "r1")}[what]
        ctrl_c.process = start(relay.url, tmp_path / "s", *command, *SEND, "--report", tmp_path / "r.json")
        said = ctrl_c.process.communicate(timeout=60)[0]
    assert ctrl_c.asked >= 2
    assert (ctrl_c.process.returncode, writes(server)) == (130, []), said


def test_nothing_is_sent_where_an_earlier_run_could_not_be_looked_up(server: Sandbox, cli: Cli, tmp_path: Path) -> None:
    """The login is lost meanwhile: one line says so."""
    book = write_csv(tmp_path / "people.csv", creating(3))
    run_killed(cli, book, after=3)
    write_csv(book, [*creating(3), *NEWCOMER])
    server.clear_calls()
    server.add_fault(Fault("status", method="GET", path=LIST, nth=2, times=None, code=200, body="<html>login</html>"))
    said = cli("import", book, *SEND, code=None)
    assert said.exit_code not in (0, 1), said.output
    assert "could not be looked up, so nothing was sent" in said.output
    assert writes(server) == []
