"""A disk that is full: from any commit of a run on, and for a report or a book that is to be written."""

from __future__ import annotations

import os
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from reliability.processes import Commands, Ended, Server, Servers
from support import people, write_csv

from xcu_sheets.history import History, RunSummary, default_path
from xcu_sheets.running.clock import utc_now

pytestmark = pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="processes are forked on Linux only")

CHIRURGIE, ELSEWHERE = "chirurgie@192.168.29.220", "default@192.168.29.221"
COMMITS = 30  # of the run, at each of which the disk is full once
OPTIONS = ("--yes", "--settle", "0.02")


@dataclass(frozen=True)
class Scene:
    """Where runs take place: the list to import, and what an undisturbed run makes of it."""

    servers: Servers
    commands: Commands
    book: Path
    people: list[tuple[str, ...]]

    def run(self, server: Server, folder: Path, command: str, full_at: int = 0, batch: int = 1) -> Ended:
        """Import the list, or resume its run."""
        what = ("import", self.book) if command == "import" else (command,)
        options = (*OPTIONS, "--batch-size", batch, "--report", folder / "report.csv")
        return self.commands(server, folder, *what, *options, full_at=full_at)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("scene")
    book = write_csv(folder / "people.csv", [*people(8, CHIRURGIE), *people(7, ELSEWHERE)])
    with Servers() as servers, Commands(folder) as commands:
        server = servers.fresh()
        scene = Scene(servers, commands, book, [])
        whole = scene.run(server, folder, "import")
        assert whole.code == 0, whole.said
        yield Scene(servers, commands, book, server.people())


def runs_in(state: Path) -> list[RunSummary]:
    with History.open(default_path(str(state)), now=utc_now) as history:
        return history.runs()


def calls_on_record(state: Path) -> int | None:
    """Return how many calls the run on record holds; None where no run began."""
    return next((run.calls for run in runs_in(state)), None)


def posts(server: Server) -> int:
    return sum(method == "POST" for method, _, _ in server.writes())


@pytest.mark.parametrize("full_at", range(1, COMMITS + 1))
def test_a_full_disk_stops_a_run_and_resume_finishes_it(scene: Scene, tmp_path: Path, full_at: int) -> None:
    """Not a call leaves that is not on record; exit code 2 and a line says what to do; then nobody is made twice."""
    server = scene.servers.fresh()
    stopped = scene.run(server, tmp_path, "import", full_at)
    assert stopped.code == 2, stopped.said
    assert f"{default_path(str(tmp_path))} cannot be read or written: " in stopped.said
    assert "xcu-sheets resume" in stopped.said
    recorded = calls_on_record(tmp_path)
    assert posts(server) <= (recorded or 0)
    assert (recorded is None) == (full_at == 1)
    finished = scene.run(server, tmp_path, "import" if recorded is None else "resume")
    assert finished.code == 0, finished.said
    assert server.people() == scene.people


def test_calls_do_leave_before_the_disk_is_full(scene: Scene, tmp_path: Path) -> None:
    """The run gets as far as its record: at the last of these commits most people are made."""
    server = scene.servers.fresh()
    scene.run(server, tmp_path, "import", COMMITS)
    assert posts(server) > 10


@pytest.mark.parametrize("full_at", [4, 7, 10])
def test_calls_on_record_do_not_leave_either_once_it_is_full(scene: Scene, tmp_path: Path, full_at: int) -> None:
    """A whole batch was on record in one commit: no call of it follows the one whose end could not be written.

    The commits before are the start, a batch of each XiVO, and the ends of calls; the other XiVO's call is in flight.
    """
    server = scene.servers.fresh()
    stopped = scene.run(server, tmp_path, "import", full_at, batch=50)
    assert (stopped.code, calls_on_record(tmp_path)) == (2, 15)
    assert 0 < posts(server) <= (full_at - 1 - 3) + 2
    assert scene.run(server, tmp_path, "resume").code == 0
    assert server.people() == scene.people


class TestFilesThatWereThereBefore:
    """A report or book that cannot be written whole leaves the older file at its name as it was."""

    @pytest.mark.parametrize("name", ["out.xlsx", "folder"])
    def test_an_export(self, scene: Scene, tmp_path: Path, name: str) -> None:
        """Book and CSV folder: one line, exit code 2, the same bytes, no litter."""
        server, out = scene.servers.fresh(), tmp_path / "books" / name
        out.parent.mkdir()
        assert scene.commands(server, tmp_path, "export", out).code == 0
        before = bytes_in(out.parent)
        assert max(map(len, before.values())) > 4000
        failed = scene.commands(server, tmp_path, "export", out, room=2000)
        assert failed.code == 2
        assert re.fullmatch(r".*: cannot be written \(.*\); the file that was there is unchanged\n", failed.said)
        assert bytes_in(out.parent) == before

    @pytest.mark.parametrize("ending", ["xlsx", "csv"])
    def test_a_report(self, scene: Scene, tmp_path: Path, ending: str) -> None:
        """The run itself is finished and on record; the older report stays; `resume RUN` writes the new one."""
        report = tmp_path / "reports" / f"r.{ending}"
        report.parent.mkdir()
        first, *others = people(300, CHIRURGIE)
        rows = [{**first, "action": ""}, *({**row, "action": "skip"} for row in others)]
        book = write_csv(tmp_path / "long.csv", [{**row, "remark": chance_text(n)} for n, row in enumerate(rows)])
        server = scene.servers.fresh()
        assert scene.commands(server, tmp_path / "whole", "import", book, *OPTIONS, "--report", report).code == 0
        sizes = default_path(str(tmp_path / "whole")).stat().st_size, report.stat().st_size
        assert sizes[0] < sizes[1]
        report.write_text("the older one")
        server, room = scene.servers.fresh(), sum(sizes) // 2
        failed = scene.commands(server, tmp_path, "import", book, *OPTIONS, "--report", report, room=room)
        assert failed.code == 2 and "Result: 1 created" in failed.said
        assert "cannot be written" in failed.said.splitlines()[-1]
        assert bytes_in(report.parent) == {report: b"the older one"}
        assert posts(server) == calls_on_record(tmp_path) == 1
        run_id = re.search(r"Plan ([0-9a-f-]+):", failed.said)[1]
        again = scene.commands(server, tmp_path, "resume", run_id, "--report", report)
        assert again.code == 0 and report.stat().st_size > room
        assert posts(server) == 1

    @pytest.mark.parametrize("ending", ["xlsx", "csv", "json"])
    def test_a_report_that_is_written_again(self, scene: Scene, tmp_path: Path, ending: str) -> None:
        """`resume RUN` of a finished run: the older file is as it was, the exit code says so."""
        server, report = scene.servers.fresh(), tmp_path / "reports" / f"r.{ending}"
        report.parent.mkdir()
        assert scene.run(server, tmp_path, "import").code == 0
        report.write_text("the older one")
        (run_id,) = (run.run_id for run in runs_in(tmp_path))
        failed = scene.commands(server, tmp_path, "resume", run_id, "--report", report, room=1500)
        assert failed.code == 2 and "cannot be written" in failed.said.splitlines()[-1]
        assert bytes_in(report.parent) == {report: b"the older one"}


def chance_text(seed: int) -> str:
    """Return a text that takes its whole length in a workbook, too."""
    return random.Random(seed).randbytes(500).hex()


def bytes_in(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
