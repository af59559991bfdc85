"""Entities that a run makes or renames itself, or that a colleague deletes while it is interrupted."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from reliability.processes import Commands, Servers, run_of
from reliability.relay import Answer, Call, Relay
from reliability.stories import (
    HERE,
    QUICK,
    SEND,
    creating,
    exported,
    resume,
    run,
    run_killed,
    statuses,
    stop_after,
    twice,
    users,
)
from support import Cli, add_rows, edit, live_user, people, row_of, write_csv, writes

from xcu_sheets.history import History
from xcu_sheets.planning.plan import Options
from xcu_sheets.sandbox import Fault, Sandbox

WITH_ENTITIES = Options(include=("entities",))
NEW = {
    "name": "neuro",
    "display_name": "Neuro",
    "xivo": "xivo-220",
    "intervals": "7000-7099",
    "presented_number": "0240997000",
}
OPTIONS = ("--yes", "--settle", QUICK, "--workers", 3)


@pytest.mark.parametrize("lost", [False, True], ids=["never sent", "in doubt"])
def test_an_entity_that_a_colleague_deleted_stops_no_resume(
    server: Sandbox, history: History, tmp_path: Path, lost: bool
) -> None:
    """Ctrl-C between the edits of two entities, and the second is deleted meanwhile: the users' rows are still sent."""
    first, second = server.world.store.all("SELECT id, combined_id FROM entities ORDER BY id")[:2]
    hidden: set[str] = set()

    def after(call: Call, answer: Answer) -> Answer | None:
        if call.what != ("GET", "/entities"):
            return None
        return Answer.of({"items": [e for e in answer.json["items"] if e["combinedId"] not in hidden]})

    with Relay(server.url, after=after) as relay:
        book = exported(Cli(relay.url, tmp_path / "s"), tmp_path, {3: {"last_name": "Nouveau"}})
        rows = [row_of(book, "entities", "id", str(entity["id"])) for entity in (first, second)]
        edit(book, "entities", {(row, "display_name"): f"new {row}" for row in rows})
        if lost:
            server.add_fault(Fault("drop_before_commit", method="PUT", path="/entities/.*", nth=2))
        stop = stop_after(server, 1 + lost)
        assert run(relay.url, book, history, options=WITH_ENTITIES, stop=stop).stopped == "interrupted"
        hidden.add(second["combined_id"])
        result = resume(relay.url, history)
    assert result.stopped == "", (result.failure, statuses(result))
    ends = {(outcome.sheet, outcome.row): outcome.status for outcome in result.outcomes}
    assert ends["entities", rows[0]] == "updated"
    assert ends["entities", rows[1]] in ("conflict", "failed", "refused"), ends
    assert live_user(server, 3)["last_name"] == "Nouveau"


def test_people_of_an_entity_that_the_run_renames_are_looked_for_under_its_new_name(
    server: Sandbox, cli: Cli, tmp_path: Path
) -> None:
    """A new name is a new combinedId: an edit of a user there is settled under that one."""
    book = exported(cli, tmp_path, {3: {"last_name": "Nouveau"}})
    edit(book, "entities", {(row_of(book, "entities", "combined_id", HERE), "name"): "surgery"})
    report = tmp_path / "r.json"
    cli("import", book, "--include", "entities", "--yes", "--settle", QUICK, "--report", report)
    assert json.loads(report.read_text())["counts"]["updated"] == 2
    assert live_user(server, 3)["last_name"] == "Nouveau"


def test_people_of_a_renamed_entity_are_known_by_its_old_name_too(server: Sandbox, cli: Cli, tmp_path: Path) -> None:
    """A book renames an entity and adds people under the name that it had: imported again there is nothing to do."""
    book = exported(cli, tmp_path)
    edit(book, "entities", {(row_of(book, "entities", "combined_id", HERE), "name"): "surgery"})
    add_rows(book, "users", people(2, HERE))
    cli("import", book, "--include", "entities", *SEND)
    server.clear_calls()
    said = cli("import", book, "--include", "entities", *SEND).output
    assert writes(server) == [], said
    assert len(users(server, "Person ")) == 2


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_an_entity_that_is_written_otherwise_is_the_same_entity(
    server: Sandbox, cli: Cli, tmp_path: Path, kind: str
) -> None:
    """Killed; the same rows name it by its name instead of its combinedId: those that were made are known again."""
    book = exported(cli, tmp_path) if kind == "xlsx" else write_csv(tmp_path / "people.csv", creating(4))
    rows = add_rows(book, "users", creating(4)) if kind == "xlsx" else []
    run_killed(cli, book, after=3)
    if kind == "xlsx":
        edit(book, "users", {(row, "entity"): "chirurgie" for row in rows})
    else:
        write_csv(book, [{**row, "entity": "chirurgie"} for row in creating(4)])
    said = cli("import", book, *SEND).output
    assert (twice(server), len(users(server, "Person "))) == ({}, 4), said


def test_a_plan_beside_a_killed_run_that_made_the_entity_is_blocked(server: Sandbox, cli: Cli, tmp_path: Path) -> None:
    """The run knew the entity by its name, the plan of the edited book by its combinedId: it is looked up first."""
    book, plan = exported(cli, tmp_path), tmp_path / "plan.json"
    add_rows(book, "entities", [NEW])
    rows = add_rows(book, "users", creating(4, "neuro"))
    run_killed(cli, book, after=4, options=WITH_ENTITIES)
    edit(book, "users", {(rows[3], "last_name"): "Corrected"})
    server.clear_calls()
    said = cli("plan", book, "-o", plan, "--include", "entities", code=None).output
    assert "import looks them up first" in said
    cli("apply", plan, "--book", book, *SEND, code=2)
    assert writes(server) == []
    cli("import", book, "--include", "entities", *SEND, code=None)
    assert (twice(server), len(users(server, "Person "))) == ({}, 4)


@dataclass(frozen=True)
class Scene:
    """A book with a new entity and four people in it, and how many moments its undisturbed import passes."""

    servers: Servers
    commands: Commands
    book: Path
    people: list[tuple[str, ...]]
    moments: int

    def ends_alike(self, folder: Path, kill_at: int) -> None:
        """Import, killed at a moment, and go on: the people are those of an undisturbed run."""
        server = self.servers.fresh(users=10)
        report = ("--report", folder / "r.json")
        imported = ("import", self.book, "--include", "entities", *OPTIONS, *report)
        ended = self.commands(server, folder, *imported, kill_at=kill_at)
        if ended.code:
            run_id = run_of(folder)
            ended = self.commands(server, folder, *(("resume", run_id, *OPTIONS, *report) if run_id else imported))
        assert (ended.code, server.people()) == (0, self.people), f"killed at {kill_at}: {ended.said[-1500:]}"


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("scene")
    with Servers() as servers, Commands(folder) as commands:
        server, book = servers.fresh(users=10), folder / "book.xlsx"
        commands(server, folder / "s0", "export", book)
        add_rows(book, "entities", [NEW])
        add_rows(book, "users", people(4, "neuro"))
        whole = commands(server, folder / "s1", "import", book, "--include", "entities", *OPTIONS)
        assert whole.code == 0, whole.said
        made = server.people()
        assert sum(person[2].startswith("Person ") for person in made) == 4
        yield Scene(servers, commands, book, made, whole.moments)


needs_forks = pytest.mark.skipif(
    not hasattr(os, "memfd_create"), reason="processes are forked and killed on Linux only"
)


@needs_forks
@pytest.mark.parametrize("part", [1, 2, 3])
def test_people_of_an_entity_made_in_the_same_run_survive_a_kill(scene: Scene, tmp_path: Path, part: int) -> None:
    """Killed after a quarter, the half and three quarters of the run: the quick look at the matrix."""
    scene.ends_alike(tmp_path, scene.moments * part // 4)


@needs_forks
@pytest.mark.slow
def test_people_of_an_entity_made_in_the_same_run_survive_every_kill(scene: Scene, tmp_path: Path) -> None:
    """Every moment of the run."""
    for moment in range(1, scene.moments + 1):
        folder = tmp_path / str(moment)
        folder.mkdir()
        scene.ends_alike(folder, moment)
