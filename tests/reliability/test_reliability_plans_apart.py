"""Plans, resumes and undos of the same people that pass each other, and books of one history applied in turn."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from reliability.stories import (
    HERE,
    SEND,
    exported,
    ids_of,
    list_of,
    open_history,
    resume,
    run,
    statuses,
    stop_after,
    twice,
    undo,
    users,
)
from support import Cli, add_rows, edit, live_user, people, row_of, write_csv, writes

from xcu_sheets.history import History, default_path
from xcu_sheets.model.errors import HistoryError
from xcu_sheets.planning.plan import Plan
from xcu_sheets.sandbox import Sandbox

NEWCOMER = people(1, HERE, prefix="Newcomer")
LONG_AGO, FAR_AHEAD = "2020-01-01T00:00:00Z", "2036-01-01T00:00:00Z"


def planned(cli: Cli, book: Path, name: str = "plan.json", *, made_at: str = "", options: tuple[str, ...] = ()) -> Path:
    """Write the plan of a book, made at a moment by another machine's clock."""
    path = book.with_name(name)
    cli("plan", book, "-o", path, *options, code=None)
    if made_at:
        plan = Plan.from_json(json.loads(path.read_text()))
        path.write_text(json.dumps(replace(plan, made_at=made_at).to_json()))
    return path


def in_another_file(folder: Path, count: int = 6) -> Path:
    """Write the same people as `list_of` does, in a file of another name with one more row above them."""
    return write_csv(folder / "people v2.csv", [*NEWCOMER, *people(count, HERE)])


def test_a_resume_after_the_same_people_came_in_another_file_makes_nobody(
    server: Sandbox, cli: Cli, tmp_path: Path
) -> None:
    """Ctrl-C in one list; another one with the same people is imported, and all of them are there."""
    with open_history(cli.state) as history:
        run(server.url, list_of(tmp_path, 6), history, stop=stop_after(server, 2))
    cli("import", in_another_file(tmp_path), *SEND)
    assert (twice(server), len(users(server, "Person "))) == ({}, 6)
    server.clear_calls()
    said = cli("resume", *SEND, code=None).output
    assert writes(server) == [], said


def test_a_plan_whose_people_came_in_another_file_is_refused(server: Sandbox, cli: Cli, tmp_path: Path) -> None:
    """Their numbers are others than planned: they are known by their names, each row says who has come."""
    plan = planned(cli, list_of(tmp_path, 3))
    cli("import", in_another_file(tmp_path, 3), *SEND)
    server.clear_calls()
    said = cli("apply", plan, *SEND, code=None)
    assert said.exit_code != 0
    assert writes(server) == [], said.output


def test_a_person_whom_a_colleague_made_after_the_plan_is_not_made_again(
    server: Sandbox, cli: Cli, tmp_path: Path
) -> None:
    """On another machine, with another number: the row is refused as `plan` would now, the row beside it is made."""
    mine, other = people(2, HERE)
    plan = planned(cli, write_csv(tmp_path / "people.csv", [mine, other]))
    colleague = Cli(server.url, tmp_path / "elsewhere")
    colleague("import", write_csv(tmp_path / "own.csv", [{**mine, "internal_number": "2190"}]), *SEND)
    said = cli("apply", plan, *SEND, code=1).output
    assert "has come to" in said
    assert (twice(server), len(users(server, "Person "))) == ({}, 2)


@pytest.mark.parametrize("made_at", [LONG_AGO, FAR_AHEAD])
def test_a_plan_is_compared_with_the_server_whatever_its_machines_clock_says(
    server: Sandbox, cli: Cli, tmp_path: Path, made_at: str
) -> None:
    """Planned elsewhere, dated before or after the run that it missed: its people are there, and not made again."""
    plan = planned(Cli(server.url, tmp_path / "elsewhere"), list_of(tmp_path, 3), made_at=made_at)
    cli("import", in_another_file(tmp_path, 3), *SEND)
    server.clear_calls()
    said = cli("apply", plan, *SEND, code=None).output
    assert writes(server) == [], said


def test_a_run_while_the_clock_was_wrong_blocks_nothing(server: Sandbox, cli: Cli, tmp_path: Path) -> None:
    """It is dated years ahead; set right, the edited book is imported as ever."""
    one, other = ids_of(server, HERE)[:2]
    book = exported(cli, tmp_path, {one: {"last_name": "First"}})
    with History.open(default_path(str(cli.state)), now=lambda: FAR_AHEAD) as history:
        assert statuses(run(server.url, book, history)) == {"updated": 1}
    edit(book, "users", {(row_of(book, "users", "id", str(other)), "last_name"): "Second"})
    cli("import", book, *SEND)
    assert live_user(server, other)["last_name"] == "Second"


def test_plans_of_two_copies_of_a_book_are_applied_in_turn(server: Sandbox, cli: Cli, tmp_path: Path) -> None:
    """Both reviewed before either was applied; they touch different people."""
    one, other = ids_of(server, HERE)[:2]
    book = exported(cli, tmp_path)
    copy = Path(shutil.copy(book, tmp_path / "copy.xlsx"))
    edit(book, "users", {(row_of(book, "users", "id", str(one)), "last_name"): "First"})
    edit(copy, "users", {(row_of(copy, "users", "id", str(other)), "last_name"): "Second"})
    plans = [planned(cli, path, f"{path.stem}.json", made_at=LONG_AGO) for path in (book, copy)]
    for plan in plans:
        cli("apply", plan, *SEND)
    assert [live_user(server, user)["last_name"] for user in (one, other)] == ["First", "Second"]


def test_plans_of_a_book_without_and_with_its_entities_are_applied_in_turn(
    server: Sandbox, cli: Cli, tmp_path: Path
) -> None:
    """What the first one did is done already for the second."""
    (one,) = ids_of(server, HERE)[:1]
    book = exported(cli, tmp_path, {one: {"last_name": "First"}})
    edit(book, "entities", {(2, "display_name"): "Display"})
    options = {"users.json": (), "all.json": ("--include", "entities")}
    plans = [planned(cli, book, name, made_at=LONG_AGO, options=chosen) for name, chosen in options.items()]
    server.clear_calls()
    for plan in plans:
        cli("apply", plan, *SEND)
    assert [method for method, _ in writes(server)] == ["PUT", "PUT"]
    assert live_user(server, one)["last_name"] == "First"
    assert "Display" in [row["display_name"] for row in server.world.store.all("SELECT * FROM entities")]


def test_an_undo_that_waited_deletes_nobody_who_was_edited_meanwhile(server: Sandbox, cli: Cli, tmp_path: Path) -> None:
    """A run makes a person; while its undo waits for a yes, the same book renames that person: nothing is sent."""
    book = exported(cli, tmp_path)
    (row,) = add_rows(book, "users", people(1, HERE))
    with open_history(cli.state) as history:
        run(server.url, book, history)
        (made,) = users(server, "Person ")
        edit(book, "users", {(row, "id"): str(made["id"]), (row, "first_name"): "Kept"})

        def meanwhile() -> None:
            with open_history(cli.state) as own:
                run(server.url, book, own, run_id="r2")

        with pytest.raises(HistoryError, match="run r2 began after this plan was made"):
            undo(server.url, history, between=meanwhile)
    assert live_user(server, made["id"])["first_name"] == "Kept"


@pytest.fixture
def interrupted(server: Sandbox, cli: Cli, tmp_path: Path) -> None:
    """Run r1: six people, Ctrl-C after two."""
    book = exported(cli, tmp_path)
    add_rows(book, "users", people(6, HERE))
    with open_history(cli.state) as history:
        run(server.url, book, history, stop=stop_after(server, 2))
    assert 0 < len(users(server, "Person ")) < 6


@pytest.mark.usefixtures("interrupted")
def test_an_undo_that_waited_while_the_run_was_resumed_is_refused(server: Sandbox, cli: Cli) -> None:
    """It knows of two people, and six are there by now: they all stay."""

    def meanwhile() -> None:
        with open_history(cli.state) as own:
            resume(server.url, own)

    with open_history(cli.state) as history:
        with pytest.raises(HistoryError, match="run r1 went on after this plan was made"):
            undo(server.url, history, between=meanwhile)
        assert not history.run("r1").undone_by
    assert len(users(server, "Person ")) == 6


@pytest.mark.usefixtures("interrupted")
def test_a_resume_that_waited_while_the_run_was_taken_back_is_refused(server: Sandbox, cli: Cli) -> None:
    """Half of a run that counts as taken back would be made."""

    def meanwhile() -> None:
        with open_history(cli.state) as own:
            undo(server.url, own)

    refused = pytest.raises(HistoryError, match="run r1 was taken back by run undo-r1 since it was read")
    with open_history(cli.state) as history, refused:
        resume(server.url, history, between=meanwhile)
    assert users(server, "Person ") == []


def test_a_book_imported_again_after_its_undo_does_its_edits_again(server: Sandbox, cli: Cli, tmp_path: Path) -> None:
    """The cells that the undo restored are what the book last saw."""
    (one,) = ids_of(server, HERE)[:1]
    was = live_user(server, one)["last_name"]
    book = exported(cli, tmp_path, {one: {"last_name": "First"}})
    with open_history(cli.state) as history:
        run(server.url, book, history)
        undo(server.url, history)
    assert live_user(server, one)["last_name"] == was
    cli("import", book, *SEND)
    assert live_user(server, one)["last_name"] == "First"
