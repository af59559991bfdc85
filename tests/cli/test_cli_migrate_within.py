"""People moved between entities of one server: anew while the old record makes way, or by a PUT that probe proved."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pytest
from cli.moving import change_entity, fill, read_list, write_profiles
from cli.test_cli_migrate import last_run
from reliability.stories import users
from support import Cli, writes

from xcu_sheets.cli.known_servers import learn
from xcu_sheets.sandbox import Fault, Sandbox

HERE, THERE = "default@192.168.29.220", "chirurgie@192.168.29.220"
ELSEWHERE = "default@192.168.29.221"
COUNT = 15

pytestmark = pytest.mark.usefixtures("own_folder")  # the report of an undo is written where the command is typed

Move = Callable[..., Any]


@pytest.fixture
def mapping(cli: Cli, server: Sandbox, tmp_path: Path) -> Path:
    """Everybody of one entity goes to another one of the same XiVO, which has room for their numbers too."""
    ranges = [{"start": "1100", "end": "1199"}, {"start": "2100", "end": "2199"}]
    change_entity(server, THERE, intervals=json.dumps(ranges))
    write_profiles(tmp_path / "config", site=server.url)
    path = tmp_path / "mapping.xlsx"
    cli("migrate", "site", "--to", "site", "--draft", path)
    row = {"Target entity": THERE, "Numbers": "keep", "Target template": "Modèle standard"}
    fill(path, "move entities", {HERE: row})
    return path


@pytest.fixture
def move(cli: Cli, mapping: Path) -> Move:
    """The move as mapped."""

    def run(*arguments: object, code: int | None = 0) -> Any:
        given = ("--mapping", mapping, "--yes", "--without-passwords", "--settle", "0.05")
        return cli("migrate", "site", "--to", "site", *given, *arguments, code=code)

    return run


def of(server: Sandbox, entity: str) -> dict[int, tuple[str, str, str, str | None]]:
    """Return an entity's users by id: names, number, login."""
    row = server.world.store.one("SELECT id FROM entities WHERE combined_id = ?", entity)
    mine = [u for u in users(server) if u["entity_id"] == row["id"]]
    names = {u["id"]: (normalize("NFC", u["first_name"]), u["last_name"]) for u in mine}
    return {u["id"]: (*names[u["id"]], u["internal_number"], u["cti_login"]) for u in mine}


def test_a_draft_for_one_server_lets_everybody_stay(cli: Cli, mapping: Path, server: Sandbox, tmp_path: Path) -> None:
    """Who moves is written in by hand: of the others nobody is asked."""
    said = cli("migrate", "site", "--to", "site", "--mapping", mapping, "--dry-run", code=None).output
    assert "In entities that stay where they are: 45 people" in said
    assert writes(server) == []


def test_numbers_and_logins_move_while_the_old_record_makes_way(
    move: Move, cli: Cli, server: Sandbox, tmp_path: Path
) -> None:
    """The new record has number and login, the old one another number and no login; then it is deleted."""
    before, others = of(server, HERE), of(server, THERE)
    move()
    made = {id_: cells for id_, cells in of(server, THERE).items() if id_ not in others}
    assert sorted(made.values()) == sorted(before.values())
    left = of(server, HERE)
    assert left.keys() == before.keys()
    assert all(cells[3] is None for cells in left.values())
    assert not {cells[2] for cells in left.values()} & {cells[2] for cells in before.values()}
    rows = read_list(tmp_path / "mapping.numbers.csv")
    assert {(r["Source id"], r["Old number"]) for r in rows} == {(str(i), c[2]) for i, c in before.items()}
    assert all(r["Old number"] == r["New number"] for r in rows)
    sent = len(writes(server))
    assert "nothing to do" in move().output
    assert len(writes(server)) == sent
    numbers = tmp_path / "mapping.numbers.csv"
    options = ("--yes", "--allow-delete", "--allow-changes", COUNT)
    cli("migrate", "site", "--to", "site", "--delete-source", numbers, *options)
    assert of(server, HERE) == {}
    assert {id_: cells for id_, cells in of(server, THERE).items() if id_ not in others} == made


def test_undo_brings_everybody_back(move: Move, cli: Cli, server: Sandbox) -> None:
    """New records are deleted, old ones have number and login again."""
    before, others = of(server, HERE), of(server, THERE)
    move()
    cli("undo", last_run(cli.state), "--yes", "--settle", "0.05")
    assert of(server, HERE) == before
    assert of(server, THERE) == others


def test_a_fault_between_puts_the_source_back(move: Move, cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """Who cannot be made has number and login back; it is on record, and said where the others' new numbers are."""
    before, others = of(server, HERE), of(server, THERE)
    server.add_fault(Fault("status", method="POST", path="/users", code=400, body="no", nth=4, times=2))
    said = move(code=1).output
    assert said.count("has number and login back") == 2
    made = {id_: cells for id_, cells in of(server, THERE).items() if id_ not in others}
    assert len(made) == COUNT - 2
    back = {id_: cells for id_, cells in of(server, HERE).items() if cells == before[id_]}
    assert len(back) == 2
    assert sorted([*made.values(), *back.values()]) == sorted(before.values())
    stayed = [r for r in read_list(tmp_path / "mapping.not-moved.csv") if r["What"] == "Person"]
    assert {int(r["Source id"]) for r in stayed} == set(back)
    assert all("the server refused (400)" in r["Why"] for r in stayed)
    move()
    assert len(of(server, THERE)) == len(others) + COUNT
    cli("undo", last_run(cli.state), "--yes", "--settle", "0.05")
    assert {id_: cells for id_, cells in of(server, HERE).items() if id_ in back} == back


def test_nobody_makes_way_for_somebody_who_cannot_be_made(move: Move, mapping: Path, server: Sandbox) -> None:
    """A template that the new entity may not use: nothing is given up, nothing sent."""
    fill(mapping, "move entities", {HERE: {"Target template": "Analogique"}})
    server.world.store.run("UPDATE templates SET body = json_set(body, '$.entities', json('[]')) WHERE id = 6")
    said = move(code=1).output
    assert "is not offered to" in said
    assert writes(server) == []


def test_a_source_that_cannot_be_changed_is_said(move: Move, server: Sandbox) -> None:
    """A server known to take no edit without template: nobody is made, and the reason stands in the list."""
    learn("profile:site", findings={"put_needs_template": True})
    said = move(code=1).output
    assert "this server takes no edit of a user without template" in said
    assert "cannot make way" in said
    assert writes(server) == []


def test_put_needs_proof(move: Move, cli: Cli, server: Sandbox) -> None:
    """Not probed, and probed with no: one line, nothing sent."""
    assert "needs proof" in move("--move", "put", code=2).output
    learn("profile:site", findings={"put_moves_entity": False})
    assert "as probe found" in move("--move", "put", code=2).output
    assert writes(server) == []


def test_put_moves_the_very_record(move: Move, cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """Id, login, password and number go along; a number that does not fit is chosen anew; undo puts them back."""
    learn("profile:site", findings={"put_moves_entity": True, "passwords_survive": True})
    server.world.store.run("UPDATE users SET internal_number = '1600' WHERE id = 1")
    before, others = of(server, HERE), of(server, THERE)
    secrets = {u["id"]: u["cti_password"] for u in users(server)}
    said = move("--move", "put", code=1).output
    assert "the number 1600 lies outside" in said
    assert of(server, HERE) == {1: before[1]}
    fill(tmp_path / "mapping.xlsx", "move entities", {HERE: {"Numbers": "keep where free"}})
    move("--move", "put")
    after = {id_: cells for id_, cells in of(server, THERE).items() if id_ not in others}
    assert after.keys() == before.keys()
    assert {id_: cells for id_, cells in after.items() if id_ != 1} == {i: c for i, c in before.items() if i != 1}
    assert after[1][2] != "1600"
    assert {u["id"]: u["cti_password"] for u in users(server)} == secrets
    rows = {int(r["Source id"]): r for r in read_list(tmp_path / "mapping.numbers.csv")}
    assert rows[1]["Old number"] == "1600"
    assert rows[1]["New number"] == after[1][2]
    assert len(rows) == COUNT
    options = ("--yes", "--allow-delete", "--allow-changes", COUNT)
    sent = len(writes(server))
    cli("migrate", "site", "--to", "site", "--delete-source", tmp_path / "mapping.numbers.csv", *options)
    assert len(writes(server)) == sent
    cli("undo", last_run(cli.state), "--yes", "--settle", "0.05")
    assert of(server, HERE) == {1: before[1]}


def test_nobody_is_put_on_another_xivo(move: Move, mapping: Path, server: Sandbox) -> None:
    """A PUT moves within one XiVO; the others are moved without it."""
    learn("profile:site", findings={"put_moves_entity": True, "passwords_survive": True})
    fill(mapping, "move entities", {HERE: {"Target entity": ELSEWHERE, "Numbers": "assign"}})
    assert "nobody is put from one XiVO to another" in move("--move", "put", code=1).output
    assert writes(server) == []
    before = of(server, HERE)
    move()
    assert of(server, HERE) == before
    assert len(of(server, ELSEWHERE)) == 2 * COUNT


def test_a_run_that_stops_between_says_who_has_made_way(move: Move, cli: Cli, server: Sandbox) -> None:
    """They wait for the resume: it makes the others, and gives back what was given up for the one that failed."""
    before, others = of(server, HERE), of(server, THERE)
    server.add_fault(Fault("status", method="POST", path="/users", code=400, body="no"))
    said = move("--max-failures", "1", code=1).output
    assert said.count("has made way and the new one is not made yet: resume run") == COUNT - 1
    assert of(server, THERE) == others
    said = cli("resume", "--profile", "site", "--yes", "--settle", "0.05", code=1).output
    assert said.count("has number and login back") == 1
    made = {id_: cells for id_, cells in of(server, THERE).items() if id_ not in others}
    back = {id_: cells for id_, cells in of(server, HERE).items() if cells == before[id_]}
    assert (len(made), len(back)) == (COUNT - 1, 1)
    assert sorted([*made.values(), *back.values()]) == sorted(before.values())


def test_people_do_not_move_in_chains(move: Move, mapping: Path, server: Sandbox) -> None:
    """From A to B and from B to C at once: nobody could tell who came from who goes on."""
    row = {"Target entity": ELSEWHERE, "Numbers": "assign", "Target template": "Modèle standard"}
    fill(mapping, "move entities", {THERE: row})
    assert "move on in this mapping too" in move(code=2).output
    assert writes(server) == []
