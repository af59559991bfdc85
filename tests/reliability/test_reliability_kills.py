"""kill -9 at every moment that matters, then resume: the server ends exactly as an undisturbed run leaves it."""

from __future__ import annotations

import json
import os
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from reliability.processes import Commands, Ended, Server, Servers, run_of
from support import add_rows, edit, people, read_sheet

pytestmark = pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="processes are forked and killed on Linux only")

SEED = 20261124
CONFIG = {"users": 120, "entities": 4, "xivos": 2}
OPTIONS = ("--yes", "--allow-delete", "--workers", "4", "--batch-size", "12", "--settle", "0.02")
CREATES, UPDATES, DELETES = 60, 20, 5


def write_book(path: Path) -> None:
    """Fill an exported book with 60 new people, a template of theirs, 20 edits (a swap of numbers too), 5 deletions."""
    rows = {row["Id"]: n for n, row in enumerate(read_sheet(path, "users"), start=2)}
    users = sorted((r for r in read_sheet(path, "users") if r["Id"]), key=lambda r: int(r["Id"]))
    here = [u for u in users if u["Entity"] == users[0]["Entity"]]
    first, second = here[0], here[1]
    edits = {(rows[u["Id"]], "last_name"): f"Renamed {n}" for n, u in enumerate(users[20 : 20 + UPDATES - 2])}
    edits |= {(rows[first["Id"]], "internal_number"): second["Internal number"]}
    edits |= {(rows[second["Id"]], "internal_number"): first["Internal number"]}
    edits |= {(rows[u["Id"]], "action"): "delete" for u in users[60 : 60 + DELETES]}
    edit(path, "users", edits)
    template = {**read_sheet(path, "templates")[0], "Id": "", "Action": "", "Name": "Nouveau"}
    add_rows(path, "templates", [{_machine(k): v for k, v in template.items()}])
    entities = [e["Combined id"] for e in read_sheet(path, "entities")][:3]
    new = [row for n, e in enumerate(entities) for row in people(20, e, ("Modèle standard", "Nouveau")[n == 2])]
    add_rows(path, "users", new)


def _machine(label: str) -> str:
    from xcu_sheets.model.resources import TEMPLATES

    return next(f.name for f in TEMPLATES.fields if f.label == label)


@dataclass(frozen=True)
class Scene:
    """What all trials share: the book, an undisturbed run's end, and how many moments it passed."""

    servers: Servers
    commands: Commands
    book: Path
    people: list[tuple[str, ...]]
    templates: list[str]
    moments: int

    def trial(self, folder: Path, *kills: int) -> tuple[list[Ended], Server]:
        """Import, killed at the first moment, then resume, killed at the others, until it is done."""
        server = self.servers.fresh(**CONFIG)
        report = ("--report", folder / "report.json")
        ends = [self.commands(server, folder, "import", self.book, *OPTIONS, *report, kill_at=kills[0])]
        for kill_at in (*kills[1:], 0):
            if ends[-1].code == 0:
                break
            run_id = run_of(folder)
            again = ("resume", run_id) if run_id else ("import", self.book, "--allow-delete")
            ends.append(self.commands(server, folder, *again, "--yes", *OPTIONS[2:], *report, kill_at=kill_at))
        return ends, server


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("scene")
    with Servers() as servers, Commands(folder) as commands:
        server = servers.fresh(**CONFIG)
        book = folder / "book.xlsx"
        assert commands(server, folder / "s0", "export", book).code == 0
        write_book(book)
        report = folder / "report.json"
        whole = commands(server, folder / "s1", "import", book, *OPTIONS, "--report", report)
        assert whole.code == 0, whole.said
        counts = json.loads(report.read_text())["counts"]
        assert counts["created"] == CREATES + 1
        assert (counts["updated"], counts["deleted"]) == (UPDATES, DELETES)
        yield Scene(servers, commands, book, server.people(), server.templates(), whole.moments)


def check(scene: Scene, folder: Path, kills: tuple[int, ...]) -> None:
    """The end is that of an undisturbed run, and the report has one end for each row and proves all of them."""
    ends, server = scene.trial(folder, *kills)
    story = "\n".join(f"{e.code}: {e.said[-1500:]}" for e in ends)
    assert ends[-1].code == 0, f"killed at {kills}\n{story}"
    people = server.people()
    numbers = Counter((p[0].rpartition("@")[2], p[1]) for p in people)
    assert [n for n, count in numbers.items() if count > 1] == [], f"a number twice, killed at {kills}\n{story}"
    assert people == scene.people, f"killed at {kills}: {set(people) ^ set(scene.people)}\n{story}"
    assert server.templates() == scene.templates, f"killed at {kills}\n{story}"
    body = json.loads((folder / "report.json").read_text())
    rows = Counter((r["sheet"], r["row"]) for r in body["rows"])
    assert set(rows.values()) == {1}
    wanted = Counter(r["action"] for r in body["rows"])
    assert wanted["create"] + wanted["update"] + wanted["delete"] + wanted["unchanged"] == len(rows)
    ended = Counter(r["status"] for r in body["rows"])
    assert not set(ended) - {"created", "updated", "deleted", "unchanged"}, f"killed at {kills}: {ended}\n{story}"
    assert body["facts"]["verified"] == body["facts"]["of"]


def moments_of(scene: Scene, count: int) -> list[int]:
    """Return `count` moments spread over the whole run, chosen by the seed."""
    return sorted(random.Random(SEED).sample(range(1, scene.moments + 1), min(count, scene.moments)))


def test_there_are_enough_moments(scene: Scene) -> None:
    """More than 200 places at which a run can be killed: around every commit, and inside every write; -s shows them."""
    print(f"moments of the run: {scene.moments}")
    assert scene.moments > 200


@pytest.mark.parametrize("part", range(8))
def test_a_killed_run_is_finished_exactly(scene: Scene, tmp_path: Path, part: int) -> None:
    """One moment from each eighth of the run, the quick look at the matrix."""
    kill_at = moments_of(scene, 8)[part]
    check(scene, tmp_path, (kill_at,))


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("part", range(20))
def test_the_whole_matrix(scene: Scene, tmp_path: Path, part: int) -> None:
    """Every moment of the run, in twenty parts."""
    for kill_at in range(1 + part, scene.moments + 1, 20):
        folder = tmp_path / str(kill_at)
        folder.mkdir()
        check(scene, folder, (kill_at,))


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("part", range(4))
def test_runs_that_are_killed_again_and_again(scene: Scene, tmp_path: Path, part: int) -> None:
    """Killed at a random moment, and while it is resumed, up to four times more."""
    chance = random.Random(SEED + part)
    for turn in range(6):
        folder = tmp_path / str(turn)
        folder.mkdir()
        kills = tuple(chance.randint(1, scene.moments // (1 + n)) for n in range(chance.randint(2, 5)))
        check(scene, folder, kills)
