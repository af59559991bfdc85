"""Faults, rivals and kills together: whatever happens on the way, every row is made once and no number twice."""

from __future__ import annotations

import json
import os
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from reliability.processes import Commands, Server, Servers, run_of
from support import people, write_csv

pytestmark = pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="processes are forked and killed on Linux only")

SEED = 20261124
ENTITIES = ("chirurgie@192.168.29.220", "default@192.168.29.221")
EACH = 12
SETTLE = 0.4  # longer than the latest commit below: that is what `--settle` promises
OPTIONS = ("--yes", "--workers", "4", "--batch-size", "8", "--settle", SETTLE)

# One POST in three is struck: 33 % in all, 5 % more lose their number to a rival at the last moment.
FAULTS = (
    {"kind": "drop_before_commit", "share": 0.06},
    {"kind": "drop_after_commit", "share": 0.06},
    {"kind": "status_after_commit", "code": 500, "share": 0.05},
    {"kind": "status", "code": 503, "share": 0.04},
    {"kind": "status", "code": 429, "headers": {"Retry-After": "0"}, "share": 0.03},
    {"kind": "html_after_commit", "share": 0.03},
    {"kind": "truncated", "share": 0.03},
    {"kind": "late_commit", "ms": 150, "share": 0.03},
    {"kind": "late_status", "code": 504, "ms": 150, "share": 0.02},
)
RIVAL = {"kind": "rival", "share": 0.05}


@dataclass(frozen=True)
class Lab:
    servers: Servers
    commands: Commands
    book: Path


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    folder = tmp_path_factory.mktemp("lab")
    book = write_csv(folder / "people.csv", [row for e in ENTITIES for row in people(EACH, e)])
    with Servers() as servers, Commands(folder) as commands:
        yield Lab(servers, commands, book)


def trial(lab: Lab, folder: Path, seed: int, *, unique: str = "xivo", kills: bool = True) -> Counter[str]:
    """Import under faults, killed now and then, resume until it is done, and hold the server against the report."""
    chance = random.Random(seed)
    server = lab.servers.fresh(users=40, switches={"number_unique": unique})
    for n, fault in enumerate((RIVAL, *FAULTS) if unique == "xivo" else FAULTS):
        server.fault(method="POST", path="/users", times=None, seed=seed + n, **fault)
    report, story, told = folder / "report.json", [], Counter[str]()
    command: tuple[object, ...] = ("import", lab.book)
    for _ in range(20):
        kill_at = chance.randint(1, 120) if kills and chance.random() < 0.5 else 0
        ended = lab.commands(server, folder, *command, *OPTIONS, "--report", report, kill_at=kill_at)
        story.append(f"{ended.code}: {ended.said[-1200:]}")
        told["kills"] += ended.code == -9
        if ended.code in (0, 1) and "Go on with" not in ended.said:
            break
        run_id = run_of(folder)
        command = ("resume", run_id) if run_id else command
    check(server, report, "\n".join(story))
    told["runs"], told["trials"] = len(story), 1
    told["faults"] = sum(status not in (201, 400) for _, _, status in server.writes())
    told["rivals"] = sum(first == "Rival" for _, _, first, *_ in server.people())
    return told


def check(server: Server, report: Path, story: str) -> None:
    """Every row ended as created, with an id of its own; nobody is there twice, no number on a XiVO twice."""
    assert report.exists(), story
    rows = json.loads(report.read_text())["rows"]
    assert Counter(row["status"] for row in rows) == {"created": 2 * EACH}, story
    assert len({row["id"] for row in rows}) == 2 * EACH, story
    everybody = server.people()
    ours = [person for person in everybody if person[2].startswith("Person ")]
    assert len(ours) == len({(p[0], p[2], p[3]) for p in ours}) == 2 * EACH, story
    assert sorted((row["internal_number"]) for row in rows) == sorted(p[1] for p in ours), story
    numbers = Counter((p[0].rpartition("@")[2], p[1]) for p in everybody)
    assert [number for number, count in numbers.items() if count > 1] == [], story


def test_a_few_trials(lab: Lab, tmp_path: Path) -> None:
    """Four trials with faults, rivals and kills."""
    for seed in range(4):
        folder = tmp_path / str(seed)
        folder.mkdir()
        trial(lab, folder, SEED + 1000 * seed)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("part", range(8))
def test_many_trials(lab: Lab, tmp_path: Path, part: int, record_testsuite_property) -> None:
    """A hundred trials in all; the figures are printed for RELIABILITY.md."""
    told = Counter[str]()
    for turn in range(12):
        folder = tmp_path / str(turn)
        folder.mkdir()
        told += trial(lab, folder, SEED + 1000 * (100 + 12 * part + turn))
    print(f"experiment part {part}: {dict(told)}")
    assert told["faults"] > 50
    assert told["kills"] > 0


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_server_that_lets_numbers_be_taken_twice(lab: Lab, tmp_path: Path) -> None:
    """Without unique numbers the wait before the second look is what keeps late commits from making somebody twice."""
    for turn in range(6):
        folder = tmp_path / str(turn)
        folder.mkdir()
        trial(lab, folder, SEED + 77_000 + 1000 * turn, unique="no", kills=False)
