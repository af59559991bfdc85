"""Servers that are down, restarted or unwilling: a run ends early rather than failing row by row, and goes on later."""

from __future__ import annotations

import json
import re
import threading
import time
from pathlib import Path

import pytest
from reliability.stories import list_of, numbers_twice, resume, run, statuses, twice, users
from support import Cli, writes

from xcu_sheets.history import History
from xcu_sheets.sandbox import Fault, Sandbox, SandboxConfig

COUNT = 60


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return list_of(tmp_path, COUNT)


def made(server: Sandbox) -> int:
    assert (twice(server), numbers_twice(server)) == ({}, {})
    return len(users(server, "Person "))


def test_a_server_that_goes_away_ends_the_run(book: Path, history: History) -> None:
    """Five rows find nobody, the rest is not tried; what was made is on record, and nothing is in doubt for long."""
    server = Sandbox(SandboxConfig(users=30))
    server.start()
    stopper = threading.Thread(target=server.stop)

    def during(done: int, total: int, undo: float) -> None:
        if done == 10:
            stopper.start()
            stopper.join()

    result = run(server.url, book, history, during=during)
    assert (result.stopped, result.proof) == ("server", None)
    counts = statuses(result)
    assert counts["not_sent"] >= COUNT - 10 - 6
    assert counts["failed"] <= 5
    assert sum(counts.values()) == COUNT


def test_a_server_that_is_restarted_is_waited_for(book: Path, history: History, tmp_path: Path) -> None:
    """Down for a second and a half in the middle of a run: every row is made, once, in the same run."""
    config = {"users": 30, "database": str(tmp_path / "server.sqlite3")}
    servers = [Sandbox(SandboxConfig(**config))]
    servers[0].start()
    port = int(servers[0].url.rpartition(":")[2])

    def restart() -> None:
        servers[0].stop()
        time.sleep(1.5)
        servers.append(Sandbox(SandboxConfig(**config, port=port)))
        servers[1].start()

    def during(done: int, total: int, undo: float) -> None:
        if done == 15:
            restarting.start()

    restarting = threading.Thread(target=restart)
    result = run(servers[0].url, book, history, during=during, jitter=1.0)
    restarting.join()
    assert (statuses(result), result.stopped) == ({"created": COUNT}, ""), result.failure
    assert result.figures.retries > 0
    assert made(servers[1]) == COUNT
    servers[1].stop()


def test_a_server_that_is_not_there_is_said_at_once(book: Path, tmp_path: Path) -> None:
    """At the start nobody waits for a mistyped address: exit code 3, no run on record."""
    with Sandbox(SandboxConfig(users=5)) as server:
        url = server.url
    cli, asked = Cli(url, tmp_path / "s"), time.monotonic()
    assert f"cannot reach {url} (connection refused)" in cli("import", book, "--yes", code=3).output
    assert time.monotonic() - asked < 10
    assert "No run yet" in cli("runs").output


@pytest.mark.parametrize("workers", [0, 8])
def test_the_same_refusal_again_and_again_ends_the_run(book: Path, history: History, workers: int) -> None:
    """Twenty clean refusals alike, and what is in flight then: the rest would be refused too, and a resume makes it."""
    with Sandbox(SandboxConfig(users=30)) as server:
        server.add_fault(Fault("status", method="POST", path="/users", nth=6, times=None, code=403, body="quota"))
        result = run(server.url, book, history, workers=workers)
        counts = statuses(result)
        assert 20 <= counts["failed"] <= 20 + workers
        assert counts == {"created": 5, "failed": counts["failed"], "not_sent": COUNT - 5 - counts["failed"]}
        assert result.stopped == "failures"
        assert result.failure.endswith("calls in a row ended alike: 403 quota")
        assert made(server) == 5
        server.clear_faults()
        again = statuses(resume(server.url, history, workers=workers))
        assert again == {"created": COUNT - counts["failed"], "failed": counts["failed"]}
        assert made(server) == COUNT - counts["failed"]


@pytest.mark.parametrize("workers", [0, 4])
def test_max_failures_ends_the_run(book: Path, history: History, workers: int) -> None:
    """Three failures are allowed: no new row begins after the third, those in flight end."""
    with Sandbox(SandboxConfig(users=30)) as server:
        server.add_fault(Fault("status", method="POST", path="/users", nth=10, times=None, code=400, body="no"))
        result = run(server.url, book, history, workers=workers, max_failures=3)
        counts = statuses(result)
        assert result.stopped == "failures"
        assert "--max-failures" in result.failure
        assert counts["created"] == 9 == made(server)
        assert 3 <= counts["failed"] <= 3 + workers
        assert counts["not_sent"] == COUNT - 9 - counts["failed"]


def test_answers_that_are_always_lost_harm_nobody(book: Path, history: History) -> None:
    """Every POST is carried out and answered with a 500: all people are made once, and adopted from the lists."""
    with Sandbox(SandboxConfig(users=30)) as server:
        server.add_fault(Fault("status_after_commit", method="POST", path="/users", times=None, code=500))
        result = run(server.url, book, history, workers=4)
        assert statuses(result) == {"created": COUNT}
        assert result.proof is not None and (result.proof.verified, result.proof.of) == (COUNT, COUNT)
        assert made(server) == COUNT == len(writes(server))


def test_a_server_that_only_fails_ends_the_run_and_resume_makes_it_whole(book: Path, tmp_path: Path) -> None:
    """Every POST is a 500 without effect: a few rows are unknown, the rest not sent; well again, all are made once."""
    with Sandbox(SandboxConfig(users=30)) as server:
        cli, report = Cli(server.url, tmp_path / "s"), tmp_path / "r.json"
        server.add_fault(Fault("status", method="POST", path="/users", times=None, code=500, body="boom"))
        said = cli("import", book, "--yes", "--settle", 0.05, "--report", report, code=3).output
        counts = json.loads(report.read_text())["counts"]
        assert counts["unknown"] + counts["not_sent"] == COUNT
        assert counts["unknown"] <= 10
        assert "calls in a row ended alike: 500 boom" in said
        server.clear_faults()
        cli("resume", re.search(r"resume (\S+)", said)[1], "--yes", "--settle", 0.05, "--report", report)
        assert json.loads(report.read_text())["counts"] == {"created": COUNT}
        assert made(server) == COUNT
