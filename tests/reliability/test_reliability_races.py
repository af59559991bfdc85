"""Two imports at once, from two machines that know nothing of each other: no number twice, every row accounted for."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from reliability.processes import Server, Servers
from support import people, start, write_csv

ENTITIES = ("chirurgie@192.168.29.220", "default@192.168.29.221")
EACH = 30


def importing(server: Server, folder: Path, name: str, prefix: str) -> subprocess.Popen[str]:
    rows = [row for entity in ENTITIES for row in people(EACH // 2, entity, prefix=prefix)]
    book = write_csv(folder / f"{name}.csv", rows)
    options = ("--yes", "--settle", 0.1, "--report", folder / f"{name}.json")
    return start(server.url, folder / name, "import", book, *options)


@pytest.mark.parametrize("same_names", [False, True], ids=["other people", "people of the same names"])
def test_two_machines_at_once(tmp_path: Path, same_names: bool) -> None:
    """Both choose the same free numbers; who comes second gets others. Nobody is adopted by the wrong machine."""
    with Servers() as servers:
        server = servers.fresh(users=60, latency=15)
        before = Counter(server.people())
        runs = [importing(server, tmp_path, name, "Same" if same_names else name) for name in ("one", "two")]
        said = [run.communicate(timeout=90)[0] for run in runs]
        new = list((Counter(server.people()) - before).elements())
    reports = [json.loads((tmp_path / f"{name}.json").read_text()) for name in ("one", "two")]
    rows = [row for report in reports for row in report["rows"]]
    assert Counter(row["status"] for row in rows) == {"created": 2 * EACH}, "\n".join(said)
    assert len(new) == 2 * EACH
    assert max(Counter((person[0].rpartition("@")[2], person[1]) for person in new).values()) == 1
    assert len({row["id"] for row in rows}) == 2 * EACH
    assert any("reassigned" in row["message"] for row in rows), "\n".join(said)
    told = [report["facts"]["foreign"] for report in reports]
    assert max(told) > 0, "the one who ended last has seen the other's people"
