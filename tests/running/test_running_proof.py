"""The proof at the end of a run: what the lists say against the report, and people whom no row claims."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from support import Cli, people, write_csv, writes

from xcu_sheets.sandbox import Fault, Sandbox, SandboxConfig, Switches

HERE = "chirurgie@192.168.29.220"


def imported(cli: Cli, folder: Path, *options: object, code: int = 0, number: str = "") -> dict[str, Any]:
    """Import one new person and return the report."""
    row = {**people(1, HERE)[0], "internal_number": number}
    report = folder / "r.json"
    cli("import", write_csv(folder / "p.csv", [row]), "--yes", "--report", report, *options, code=code)
    return json.loads(report.read_text())


def test_a_chosen_number_goes_to_a_stranger_of_the_same_names(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """A clean refusal is not ours: the row gets another number, and the namesake whom nobody claims is told."""
    server.add_fault(Fault("rival", method="POST", path="/users", same_names=True))
    body = imported(cli, tmp_path, code=1)
    (row,) = body["rows"]
    assert (row["status"], row["internal_number"], row["id"]) == ("created", "2105", "62")
    assert "reassigned 2102 -> 2105" in row["message"]
    assert "was also made as id 61 (2102), which no row of this run claims" in row["message"]
    assert (body["facts"]["verified"], body["facts"]["foreign"]) == (1, 1)


def test_a_typed_number_that_a_namesake_has_is_left_to_a_person(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """It may be a proxy that repeated our call, or a colleague: the row is unknown, and nobody is made twice."""
    server.add_fault(Fault("rival", method="POST", path="/users", same_names=True))
    body = imported(cli, tmp_path, code=1, number="2150")
    (row,) = body["rows"]
    assert row["status"] == "unknown"
    assert "2150 belongs to Person 0 Testchi0 (id 61" in row["message"]
    assert "is it the same person, made twice by a proxy or a colleague" in row["message"]
    assert len(writes(server)) == 1


def test_a_typed_number_that_somebody_took_is_refused_with_who_has_it(
    cli: Cli, server: Sandbox, tmp_path: Path
) -> None:
    """A number that a person typed is never changed."""
    server.add_fault(Fault("rival", method="POST", path="/users"))
    (row,) = imported(cli, tmp_path, code=1, number="2150")["rows"]
    assert (row["status"], row["id"]) == ("failed", "")
    assert "2150 belongs to Rival Rival 1 (id 61" in row["message"]


def test_a_number_is_chosen_again_three_times(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """A rival who is always quicker wins in the end: four numbers were tried, and the row says who has the last."""
    server.add_fault(Fault("rival", method="POST", path="/users", times=None))
    (row,) = imported(cli, tmp_path, code=1)["rows"]
    assert row["status"] == "failed"
    assert "belongs to Rival Rival 4" in row["message"]
    assert len(writes(server)) == 4


def test_a_commit_that_comes_too_late_is_told_where_numbers_may_be_taken_twice(tmp_path: Path) -> None:
    """Later than --settle on a server that does not refuse: the second person is there, and the report says so."""
    with Sandbox(SandboxConfig(switches=Switches(number_unique="no"))) as server:
        server.add_fault(Fault("late_commit", method="POST", path="/users", ms=400))
        # The next write takes a while, so that the late one lands before the list is read.
        server.add_fault(Fault("latency", method="POST", path="/users", nth=2, ms=600))
        body = imported(Cli(server.url, tmp_path / "s"), tmp_path, "--settle", 0.05, code=1)
        (row,) = body["rows"]
        assert row["status"] == "unknown"
        assert "several new records are what this row asked for (ids 61, 62)" in row["message"]
        made = [u for u in map(server.user_row, (61, 62)) if u]
        assert [u["internal_number"] for u in made] == ["2102", "2102"]
        assert len(writes(server)) == 2
