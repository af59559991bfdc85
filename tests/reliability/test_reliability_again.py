"""The same work begun again: runs beside runs, books edited after a stop or a kill, rows known again. Nobody twice."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest
from reliability.processes import Commands, Servers
from reliability.stories import (
    HERE,
    SEND,
    creating,
    exported,
    list_of,
    open_history,
    resume,
    run,
    run_killed,
    statuses,
    stop_after,
    twice,
    users,
)
from support import Cli, add_rows, edit, people, row_of, write_csv, writes

from xcu_sheets.history import History
from xcu_sheets.model.errors import HistoryError
from xcu_sheets.sandbox import Fault, Sandbox


def test_the_second_of_two_resumes_sends_nothing_of_what_the_first_sent(
    server: Sandbox, history: History, tmp_path: Path
) -> None:
    """Its record was read before another process went on with the run, and was interrupted itself."""
    run(server.url, list_of(tmp_path, 6), history, stop=stop_after(server, 2))

    def first() -> None:
        with open_history(tmp_path / "h") as own:
            resume(server.url, own, stop=stop_after(server, 5))

    with pytest.raises(HistoryError, match="went on in another process since it was read"):
        resume(server.url, history, between=first)
    assert twice(server) == {}
    assert statuses(resume(server.url, history)) == {"created": 6}
    assert twice(server) == {}


def test_a_plan_made_before_a_resume_is_not_sent_after_it(server: Sandbox, history: History, tmp_path: Path) -> None:
    """The import of the edited book waits for a yes while the interrupted run of it is finished elsewhere."""
    book = list_of(tmp_path, 6)
    run(server.url, book, history, stop=stop_after(server, 2))
    write_csv(book, [*people(1, HERE, prefix="Newcomer"), *people(6, HERE)])
    with pytest.raises(HistoryError, match="run r1 went on after this plan was made"):
        run(server.url, book, history, run_id="r2", between=lambda made: resume(server.url, history))
    assert twice(server) == {}
    assert len(users(server, "Person ")) == 6


def test_a_run_is_not_finished_after_a_later_import_of_the_exported_book(
    server: Sandbox, cli: Cli, tmp_path: Path
) -> None:
    """A book with an id is known by it: interrupted, edited, imported from elsewhere, and the old run resumed."""
    book = exported(cli, tmp_path)
    add_rows(book, "users", people(6, HERE))
    with open_history(cli.state) as history:
        run(server.url, book, history, stop=stop_after(server, 2))
    edit(book, "users", {(row_of(book, "users", "first_name", "Person 2"), "internal_number"): "2190"})
    cli("import", book.rename(tmp_path / "moved.xlsx"), *SEND)
    assert (twice(server), len(users(server, "Person "))) == ({}, 6)
    assert "of the same book came after it" in cli("resume", "r1", *SEND, code=2).output
    assert (twice(server), len(users(server, "Person "))) == ({}, 6)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_killed_run_and_then_the_edited_book_make_nobody_twice(
    server: Sandbox, cli: Cli, tmp_path: Path, kind: str
) -> None:
    """Rows say `create`, four were answered and none was looked for; another row is edited, the book imported again."""
    rows = creating(6)
    book = exported(cli, tmp_path) if kind == "xlsx" else write_csv(tmp_path / "people.csv", rows)
    if kind == "xlsx":
        add_rows(book, "users", rows)
    run_killed(cli, book, after=4)
    assert len(writes(server)) == 4
    if kind == "xlsx":
        edit(book, "users", {(row_of(book, "users", "first_name", "Person 5"), "last_name"): "Corrected"})
    else:
        write_csv(book, [*rows[:5], {**rows[5], "last_name": "Corrected"}])
    said = cli("import", book, *SEND).output
    assert (twice(server), len(users(server, "Person "))) == ({}, 6), said


@pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="processes are forked and killed on Linux only")
def test_kill_9_and_then_the_edited_book_make_nobody_twice(tmp_path: Path) -> None:
    """The command itself, killed in the middle; a typo in another row is corrected and the list imported again."""
    rows = creating(12)
    book, state = write_csv(tmp_path / "people.csv", rows), tmp_path / "s"
    options = ("import", book, *SEND, "--report", tmp_path / "r.json")
    with Servers() as servers, Commands(tmp_path) as commands:
        server = servers.fresh(users=30)
        killed = commands(server, state, *options, kill_at=20)
        assert killed.code < 0
        assert 0 < len(names_of(server.people())) < 12
        write_csv(book, [*rows[:-1], {**rows[-1], "last_name": "Corrected"}])
        said = commands(server, state, *options).said
        assert names_of(server.people()) == Counter({f"Person {n}": 1 for n in range(12)}), said


def names_of(found: list[tuple[str, ...]]) -> Counter[str]:
    """Count the first names of new people."""
    return Counter(person[2] for person in found if person[2].startswith("Person "))


def test_a_second_row_of_the_same_names_is_not_taken_for_the_first(server: Sandbox, cli: Cli, tmp_path: Path) -> None:
    """Two rows of an exported book `create` the same names, one is refused: imported again it is made."""
    book = exported(cli, tmp_path)
    add_rows(book, "users", creating(1) * 2)
    server.add_fault(Fault("status", method="POST", path="/users", nth=2, code=400, body="no"))
    cli("import", book, *SEND, code=1)
    assert twice(server) == {}
    said = cli("import", book, *SEND, code=None).output
    assert twice(server) == {"Person 0": 2}, said


@pytest.mark.parametrize("added", [1, 0], ids=["another row too", "nothing else"])
def test_a_password_that_was_changed_after_a_lost_answer_is_named(
    server: Sandbox, cli: Cli, tmp_path: Path, added: int
) -> None:
    """The person was made with the first password, the book says another: the row asks for `update`, which sets it."""
    row = {**people(1, HERE)[0], "cti_login": "new.login", "cti_password": "first-word"}
    book = write_csv(tmp_path / "people.csv", [row])
    server.add_fault(Fault("drop_after_commit", method="POST", path="/users"))
    server.add_fault(Fault("status", method="GET", path=f"/entities/{HERE}/users", nth=2, times=2, code=404))
    cli("import", book, *SEND, code=None)
    write_csv(book, [{**row, "cti_password": "second-word"}, *people(added, HERE, prefix="Newcomer")])
    said = cli("import", book, *SEND, code=1).output
    (user,) = users(server, "Person ")
    assert server.password_of(user["id"]) == "first-word"
    assert "write update in action" in said
    assert "CTI password" in said or "cti_password" in said
    write_csv(book, [{**row, "cti_password": "second-word", "action": "update"}])
    cli("import", book, *SEND)
    assert server.password_of(user["id"]) == "second-word"


TWIN = creating(1)[0]
ONE = {**TWIN, "internal_number": "2190", "cti_login": "twin.one"}
OTHER = {**TWIN, "internal_number": "2191", "cti_login": "twin.two"}
BETWEEN = {**creating(1, prefix="New")[0], "internal_number": "2192", "cti_login": "new.c"}


@pytest.mark.parametrize(
    ("rows", "made"), [([OTHER, ONE], 0), ([BETWEEN, ONE, OTHER], 1)], ids=["sorted", "a row inserted"]
)
def test_namesakes_are_known_by_their_typed_numbers(
    server: Sandbox, cli: Cli, tmp_path: Path, rows: list[dict[str, str]], made: int
) -> None:
    """Two people of one name were made by a book whose rows then change places: both are unchanged."""
    book = exported(cli, tmp_path)
    first, _ = add_rows(book, "users", [ONE, OTHER])
    cli("import", book, *SEND)
    edit(book, "users", {(first + n, column): row[column] for n, row in enumerate(rows) for column in row})
    server.clear_calls()
    said = cli("import", book, *SEND).output
    assert writes(server) == [("POST", "/users")] * made, said


def test_namesakes_whose_rows_say_update_after_sorting_keep_their_numbers(
    server: Sandbox, cli: Cli, tmp_path: Path
) -> None:
    """Where a row would be taken for the other's, `update` would exchange the two."""
    book = exported(cli, tmp_path)
    rows = add_rows(book, "users", [{**row, "cti_login": ""} for row in (ONE, OTHER)])
    cli("import", book, *SEND)
    had = {user["id"]: user["internal_number"] for user in users(server, "Person ")}
    typed = zip(rows, ("2191", "2190"), strict=True)
    edit(book, "users", {(row, "internal_number"): number for row, number in typed})
    edit(book, "users", {(row, "action"): "update" for row in rows})
    said = cli("import", book, *SEND, code=None).output
    assert {user["id"]: user["internal_number"] for user in users(server, "Person ")} == had, said
