"""Numbers that were not given up, that a rival took, or that a stopped run had chosen: nobody's twice."""

from __future__ import annotations

from pathlib import Path

import pytest
from reliability.relay import Answer, Call, Relay
from reliability.stories import (
    HERE,
    exported,
    ids_of,
    list_of,
    number_of,
    numbers_twice,
    resume,
    run,
    statuses,
    twice,
)
from support import Cli, add_rows, people, writes

from xcu_sheets.history import History
from xcu_sheets.planning.plan import Options
from xcu_sheets.running.preparing import Prepared
from xcu_sheets.sandbox import Fault, Sandbox


@pytest.mark.parametrize("unique", ["no", "entity"])
def test_a_number_that_was_not_given_up_is_given_to_nobody_else(
    server: Sandbox, cli: Cli, history: History, tmp_path: Path, unique: str
) -> None:
    """One keeps his number, because his edit is refused: the row that takes it fails, whatever the server allows."""
    server.set_switches(number_unique=unique)
    one, other = ids_of(server, HERE)[:2]
    wanted = {one: {"internal_number": "2190"}, other: {"internal_number": number_of(server, one)}}
    book, before = exported(cli, tmp_path, wanted), numbers_twice(server)
    server.add_fault(Fault("status", method="PUT", path=f"/users/{one}", times=None, code=400, body="no"))
    result = run(server.url, book, history)
    assert numbers_twice(server) == before, statuses(result)
    assert statuses(result) == {"failed": 2}


def test_the_number_of_a_user_who_was_not_deleted_is_given_to_nobody(
    server: Sandbox, cli: Cli, history: History, tmp_path: Path
) -> None:
    """The deletion is refused; a new row has typed the number that it was to free, and the server would take it."""
    server.set_switches(number_unique="no")
    book, before = exported(cli, tmp_path, {3: {"action": "delete"}}), numbers_twice(server)
    add_rows(book, "users", [{**people(1, HERE)[0], "internal_number": number_of(server, 3)}])
    server.add_fault(Fault("status", method="DELETE", path="/users/3", times=None, code=400, body="no"))
    result = run(server.url, book, history, options=Options(allow_delete=True))
    assert numbers_twice(server) == before, statuses(result)
    assert statuses(result) == {"failed": 2}


def test_a_lost_create_whose_number_a_rival_took_is_waited_for(
    server: Sandbox, history: History, tmp_path: Path
) -> None:
    """Numbers may be taken twice; the call takes effect within --settle, and meanwhile a rival has its number."""
    server.set_switches(number_unique="no")
    server.add_fault(Fault("rival", method="POST", path="/users"))
    server.add_fault(Fault("late_commit", method="POST", path="/users", ms=200))
    result = run(server.url, list_of(tmp_path, 1), history, settle_seconds=0.5)
    server.finish_late()
    assert twice(server) == {}, (statuses(result), writes(server))
    assert statuses(result) == {"created": 1}


def test_a_stop_between_two_rounds_loses_no_row(server: Sandbox, history: History, tmp_path: Path) -> None:
    """A rival took a number, and the run is stopped when the free ones were asked for again: resume gives one."""
    server.add_fault(Fault("rival", method="POST", path="/users"))

    def stop() -> str:
        return "interrupted" if sum(c.path.endswith("available_numbers") for c in server.calls) >= 2 else ""

    assert run(server.url, list_of(tmp_path, 2), history, stop=stop).stopped == "interrupted"
    assert statuses(resume(server.url, history)) == {"created": 2}
    assert (twice(server), numbers_twice(server)) == ({}, {})


class Rivals:
    """Answers every create with a 500 and does nothing, but for a rival who takes the first row's number at once."""

    def __init__(self, server: Sandbox) -> None:
        self.server, self.planned, self.stopped = server, [], ""

    def look(self, made: Prepared) -> None:
        self.planned = [change.number for change in made.plan.to_send]

    def take(self, number: str, user: int) -> None:
        """Give a number to a user who was there before."""
        self.server.edit_user(user, internal_number=number)

    def before(self, call: Call) -> Answer | None:
        if call.what != ("POST", "/users"):
            return None
        number = call.json["internalNumber"]
        if number == self.planned[0]:
            self.take(number, ids_of(self.server, HERE)[2])
        elif number not in self.planned:  # the first row's other number is on its way
            self.stopped = "interrupted"
        return Answer(500, b"boom")


def test_a_number_chosen_again_before_a_stop_is_nobody_elses_after_it(
    server: Sandbox, history: History, tmp_path: Path
) -> None:
    """Row 1 was given another number and stopped; row 2 loses its own to a rival meanwhile: resume gives it a third."""
    server.set_switches(number_unique="no")
    rivals = Rivals(server)
    with Relay(server.url, before=rivals.before) as relay:
        book = list_of(tmp_path, 2)
        first = run(relay.url, book, history, between=rivals.look, stop=lambda: rivals.stopped)
        assert first.stopped == "interrupted"
        rivals.take(rivals.planned[1], ids_of(server, HERE)[3])
        was, relay.before = numbers_twice(server), lambda call: None
        result = resume(relay.url, history)
    assert statuses(result) == {"created": 2}
    assert numbers_twice(server) == was
