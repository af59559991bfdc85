"""A migration that is killed on the way and resumed: everybody once, the numbers list whole, all of it taken back."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from unicodedata import normalize

import pytest
from cli.moving import append, fill, read_list, write_profiles
from reliability.processes import Commands, Ended, Server, Servers

from xcu_sheets.history import History, RunSummary, default_path

pytestmark = pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="processes are forked and killed on Linux only")

SIEGE, ERABLES = "default@192.168.29.220", "default@192.168.29.221"
SURGERY, ANALOGUE = "chirurgie@192.168.29.220", "default_analogique@192.168.29.221"
THERE = "chirurgie@192.168.29.222"
OPTIONS = ("--yes", "--workers", "4", "--batch-size", "12", "--settle", "0.02")


@dataclass(frozen=True)
class Scene:
    """Two servers, and the command line that moves people from one to the other."""

    source: Server
    target: Server
    commands: Commands
    folder: Path

    @property
    def mapping(self) -> Path:
        return self.folder / "mapping.xlsx"

    def __call__(self, *arguments: object, kill_at: int = 0) -> Ended:
        """Run a command whose state is the scene's own."""
        return self.commands(self.target, self.folder, *arguments, kill_at=kill_at)

    def migrate(self, kill_at: int = 0) -> Ended:
        """Move everybody by the mapping."""
        given = ("--mapping", self.mapping, "--without-passwords")
        return self("migrate", "old", "--to", "new", *given, *OPTIONS, kill_at=kill_at)

    def resume(self, kill_at: int = 0) -> Ended:
        """Finish the last run."""
        return self("resume", "--profile", "new", *OPTIONS, kill_at=kill_at)

    def runs(self) -> list[RunSummary]:
        """Return the runs on record."""
        with History.open(default_path(str(self.folder)), now=lambda: "2026-11-24T00:00:00Z") as history:
            return history.runs()

    def draft(self) -> None:
        """Draft the mapping and fill it in: numbers kept, assigned, shifted, and an entity made anew."""
        assert self("migrate", "old", "--to", "new", "--draft", self.mapping).code == 0
        rows = {
            SIEGE: {"Target entity": SIEGE, "Numbers": "keep where free"},
            ERABLES: {"Target entity": ERABLES, "Numbers": "assign"},
            SURGERY: {"Target entity": THERE, "Numbers": self.shift},
            ANALOGUE: {"Target entity": "create", "Numbers": "keep where free"},
        }
        template = {"Target template": "Poste standard"}
        fill(self.mapping, "move entities", {entity: {**cells, **template} for entity, cells in rows.items()})
        fill(self.mapping, "people there", {"names": {"Meaning": "create"}})
        if self.stays:
            append(self.mapping, "exceptions", {"User id": "1", "Move": "leave"})

    shift: str = "2xxx -> 52xxx"
    stays: bool = True


def everybody(server: Server) -> Counter[tuple[str, str]]:
    """Return how many people have each pair of names."""
    return Counter((person[2], person[3]) for person in server.people())


def prepare(server: Server, intervals: list[dict[str, str]]) -> None:
    """Give the target another template and other intervals than the source has, over its own API."""
    found = next(e for e in server.get("/entities")["items"] if e["combinedId"] == THERE)
    put(server, f"/entities/{THERE}", {**_writable(found), "xivoId": found["xivo"]["id"], "intervals": intervals})
    template = server.get("/templates")[0]
    put(server, f"/templates/{template['id']}", {**template, "name": "Poste standard"})


def _writable(entity: dict[str, object]) -> dict[str, object]:
    return {name: entity[name] for name in ("name", "displayName", "presentedNumber")}


def put(server: Server, path: str, body: object) -> None:
    answer = server._session.put(f"{server.url}/api/1.0{path}", json=body, timeout=30)
    assert answer.ok, answer.text


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[Servers, Servers, Commands]]:
    with Servers() as one, Servers() as other, Commands(tmp_path) as commands:
        yield one, other, commands


def check_moved(scene: Scene, before: Counter[tuple[str, str]], number: int) -> None:
    """Everybody who moves is at the target once, and stands in the list with the number and code that they have."""
    wanted = everybody(scene.source)
    if scene.stays:
        stays = next(u for u in scene.source.get(f"/entities/{SIEGE}/users")["items"] if u["id"] == 1)
        wanted[stays["firstName"].strip(), stays["lastName"]] -= 1
    assert sum(wanted.values()) == number
    rows = read_list(scene.folder / "mapping.numbers.csv")
    assert _plain(everybody(scene.target) - before) == _plain(wanted)
    assert {row["State"] for row in rows} == {"moved"}
    people = {str(u["id"]): u for e in scene.target.get("/entities")["items"] for u in _users(scene.target, e)}
    numbers = Counter((u["entity"]["xivo"]["id"], u["internalNumber"]) for u in people.values())
    assert max(numbers.values()) == 1
    assert len(rows) == len({row["Source id"] for row in rows}) == number
    for row in rows:
        user = people[row["Target id"]]
        assert (row["New number"], row["Provisioning code"]) == (user["internalNumber"], user["provisioningNumber"])
        assert row["First name"] == normalize("NFC", user["firstName"])


def _plain(people: Counter[tuple[str, str]]) -> dict[tuple[str, str], int]:
    return {(normalize("NFC", first), normalize("NFC", last)): n for (first, last), n in people.items() if n}


def _users(server: Server, entity: dict[str, object]) -> list[dict[str, object]]:
    return server.get(f"/entities/{entity['combinedId']}/users")["items"]


def start(
    two: tuple[Servers, Servers, Commands], folder: Path, source: dict[str, int], target: dict[str, int]
) -> Scene:
    one, other, commands = two
    scene = Scene(one.fresh(**source), other.fresh(**target), commands, folder)
    write_profiles(folder / "config", old=scene.source.url, new=scene.target.url)
    forget_odd_people(scene)
    return scene


def forget_odd_people(scene: Scene) -> None:
    """Take from the target those of the sandbox's odd people who are on every server, login and all."""
    logins = {person[4] for person in scene.source.people()} - {""}
    for user in [u for e in scene.target.get("/entities")["items"] for u in _users(scene.target, e)]:
        if user["ctiLogin"] in logins:
            scene.target._session.delete(f"{scene.target.url}/api/1.0/users/{user['id']}", timeout=30)


@pytest.mark.parametrize(("first", "second"), [(40, 60), (120, 9)])
def test_a_migration_killed_twice_moves_everybody_once(
    two: tuple[Servers, Servers, Commands], tmp_path: Path, first: int, second: int
) -> None:
    """Killed, resumed, killed again, begun anew by the same command: lists are whole, and undo empties the target."""
    scene = start(two, tmp_path, {"users": 80}, {"users": 40, "entities": 3, "xivos": 3, "seed": 7})
    prepare(scene.target, [{"start": "52000", "end": "52999"}])
    before, templates = everybody(scene.target), scene.target.templates()
    scene.draft()
    assert scene.migrate(kill_at=first).code < 0
    assert scene.resume(kill_at=second).code < 0
    end = scene.migrate()
    assert end.code == 0, end.said
    assert [run.status for run in scene.runs()] == ["finished"]
    check_moved(scene, before, 79)
    writes = len(scene.target.writes())
    assert scene.migrate().code == 0
    assert len(scene.target.writes()) == writes
    check_moved(scene, before, 79)
    undo = scene("undo", scene.runs()[-1].run_id, "--profile", "new", *OPTIONS, "--report", tmp_path / "undo.json")
    assert undo.code == 0, undo.said
    assert everybody(scene.target) == before
    assert scene.target.templates() == templates
    assert ANALOGUE not in {e["combinedId"] for e in scene.target.get("/entities")["items"]}
    assert scene.source.writes() == []


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_two_thousand_people_killed_twice(two: tuple[Servers, Servers, Commands], tmp_path: Path) -> None:
    """2,000 people move to a server of other entities, intervals and templates, through two kills, none twice."""
    scene = start(two, tmp_path, {"users": 2000}, {"users": 1000, "entities": 3, "xivos": 3, "seed": 7})
    scene = Scene(scene.source, scene.target, scene.commands, tmp_path, "2xxxx -> 52xxxx", stays=False)
    prepare(scene.target, [{"start": "520000", "end": "529999"}])
    before = everybody(scene.target)
    scene.draft()
    assert scene.migrate(kill_at=1500).code < 0
    assert scene.resume(kill_at=2000).code < 0
    end = scene.resume()
    assert end.code == 0, end.said[-3000:]
    check_moved(scene, before, 2000)
    writes = len(scene.target.writes())
    again = scene.migrate()
    assert again.code == 0, again.said[-3000:]
    assert len(scene.target.writes()) == writes
    check_moved(scene, before, 2000)
    first = scene.runs()[0].run_id
    undo = scene("undo", first, "--profile", "new", *OPTIONS, "--report", tmp_path / "undo.json")
    assert undo.code == 0, undo.said[-3000:]
    assert json.loads((tmp_path / "undo.json").read_text())["counts"]["deleted"] == 2001
    assert everybody(scene.target) == before


@pytest.mark.parametrize("kill_at", [12, 31, 62, 90, 120])
def test_a_move_inside_one_server_killed_on_the_way(
    two: tuple[Servers, Servers, Commands], tmp_path: Path, kill_at: int
) -> None:
    """Whoever had made way by then has a successor with number and login in the end, and nobody has two."""
    one, _, commands = two
    server = one.fresh(users=100)
    scene = Scene(server, server, commands, tmp_path)
    write_profiles(tmp_path / "config", site=server.url)
    surgery = next(e for e in server.get("/entities")["items"] if e["combinedId"] == SURGERY)
    ranges = [{"start": "1100", "end": "1199"}, {"start": "2100", "end": "2199"}]
    put(server, f"/entities/{SURGERY}", {**_writable(surgery), "xivoId": surgery["xivo"]["id"], "intervals": ranges})
    before = [person for person in server.people() if person[0] == SIEGE]
    others = [person for person in server.people() if person[0] == SURGERY]
    assert scene("migrate", "site", "--to", "site", "--draft", scene.mapping).code == 0
    row = {"Target entity": SURGERY, "Numbers": "keep", "Target template": "Modèle standard"}
    fill(scene.mapping, "move entities", {SIEGE: row})
    order = ("migrate", "site", "--to", "site", "--mapping", scene.mapping, "--without-passwords", *OPTIONS)
    assert scene(*order, kill_at=kill_at).code < 0
    end = scene("resume", "--profile", "site", *OPTIONS) if kill_at % 60 else scene(*order)
    assert end.code == 0, end.said
    made = [person for person in server.people() if person[0] == SURGERY and person not in others]
    assert sorted(person[1:] for person in made) == sorted(_tidy(person) for person in before)
    left = [person for person in server.people() if person[0] == SIEGE]
    assert len(left) == len(before)
    assert {person[4] for person in left} == {""}
    assert len(read_list(tmp_path / "mapping.numbers.csv")) == len(before)
    undo = scene("undo", scene.runs()[-1].run_id, "--profile", "site", *OPTIONS, "--report", tmp_path / "undo.json")
    assert undo.code == 0, undo.said
    assert [person for person in server.people() if person[0] == SIEGE] == before


def _tidy(person: tuple[str, ...]) -> tuple[str, ...]:
    """Return number, names and login as a sheet writes them."""
    return tuple(normalize("NFC", text) for text in person[1:])
