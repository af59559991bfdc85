"""sandbox --load: a server with the content of a real export, to rehearse on with the commands of the night."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support import Cli, add_rows, edit, environment, people, row_of, writes

from xcu_sheets.running.inputs import load_input
from xcu_sheets.running.rehearsal import records_of
from xcu_sheets.sandbox import Sandbox, SandboxConfig

CHIRURGIE = "chirurgie@192.168.29.220"
EPOCH = {"SOURCE_DATE_EPOCH": "1700000000"}


@contextmanager
def loaded(path: Path, **more: object) -> Iterator[Sandbox]:
    """Run a sandbox that begins with an export."""
    with Sandbox(SandboxConfig(content=records_of(load_input(path)), **more)) as server:  # type: ignore[arg-type]
        yield server


def sheets(folder: Path) -> dict[str, bytes]:
    """Return the CSVs of a folder, baseline and all."""
    return {str(f.relative_to(folder)): f.read_bytes() for f in folder.rglob("*.csv")}


@pytest.mark.parametrize("name", ["a.xlsx", "a", "a.json"])
def test_export_load_export_is_the_same(cli: Cli, server: Sandbox, tmp_path: Path, name: str) -> None:
    """Whatever the form: ids, numbers, slots, uuids, combinedIds, codes, odd values; and diff says so."""
    server.edit_user(3, mail="a@b.fr", extra=json.dumps({"externalNumber": "0472000000"}), internal_number="0612")
    server.edit_user(4, extra=json.dumps({"externalNumber": None}), cti_login=None)
    cli("export", tmp_path / name)
    cli("export", tmp_path / "before", env=EPOCH)
    with loaded(tmp_path / name) as again:
        rehearsal = Cli(again.url, tmp_path / "rehearsal")
        rehearsal("export", tmp_path / "after", env=EPOCH)
        result = rehearsal("diff", tmp_path / name, "live", "--exit-code")
    assert sheets(tmp_path / "before") == sheets(tmp_path / "after")
    assert "No difference." in result.output


def test_a_snapshot_loaded_is_that_snapshot(cli: Cli, tmp_path: Path) -> None:
    """But for the address, byte by byte: nested lists and keys of intervals too."""
    cli("export", tmp_path / "a.json", env=EPOCH)
    with loaded(tmp_path / "a.json") as again:
        Cli(again.url, tmp_path / "state")("export", tmp_path / "b.json", env=EPOCH)
        texts = [(tmp_path / f"{name}.json").read_text(encoding="utf-8") for name in "ab"]
        assert texts[0].replace(cli.url, again.url) == texts[1]


def test_a_rehearsal_runs_the_commands_of_the_night(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """The book of the real server is imported into the rehearsal as it will be into the server: same numbers."""
    book = tmp_path / "book.xlsx"
    cli("export", book)
    cli("export", tmp_path / "s.json")
    add_rows(book, "users", people(3, CHIRURGIE))
    edit(book, "users", {(row_of(book, "users", "id", "6"), "last_name"): "Obrien"})
    plans = [json.loads(cli("plan", book, "--json").stdout)]
    with loaded(tmp_path / "s.json") as again:
        rehearsal = Cli(again.url, tmp_path / "rehearsal")
        plans.append(json.loads(rehearsal("plan", book, "--json").stdout))
        rehearsal("import", book, "--yes")
        assert len(writes(again)) == 4
        rehearsal("import", book, "--yes")
        assert len(writes(again)) == 4
    assert writes(server) == []
    numbers = [[c["cells"] for c in plan["changes"] if c["action"] == "create"] for plan in plans]
    assert numbers[0] == numbers[1] and len(numbers[0]) == 3


def test_slots_and_ids_go_on_from_where_they_were(cli: Cli, tmp_path: Path) -> None:
    """A new user takes one slot and the next id."""
    cli("export", tmp_path / "s.json")
    with loaded(tmp_path / "s.json") as again:
        rehearsal = Cli(again.url, tmp_path / "rehearsal")
        before = rehearsal_slots(rehearsal, tmp_path)
        (tmp_path / "new.csv").write_text(
            "Entity;Template;First name;Last name\n" + f"{CHIRURGIE};Modèle standard;Zoé;Petit\n", encoding="utf-8"
        )
        rehearsal("import", tmp_path / "new.csv", "--yes")
        after = rehearsal_slots(rehearsal, tmp_path)
        made = again.user_row(61)
    assert made and made["last_name"] == "Petit"
    assert sorted(before[name] - after[name] for name in before) == [0, 1]


def rehearsal_slots(rehearsal: Cli, tmp_path: Path) -> dict[str, int]:
    """Return the remaining slots by XiVO."""
    rehearsal("export", tmp_path / "slots.json")
    records = json.loads((tmp_path / "slots.json").read_text(encoding="utf-8"))["records"]
    return {xivo["name"]: xivo["remainingSlots"] for xivo in records["xivos"]}


def test_administrators_log_in_with_the_password_of_the_sandbox(cli: Cli, tmp_path: Path) -> None:
    """Each with the rights of the export, so that what they see is rehearsed too."""
    cli("export", tmp_path / "s.json")
    with loaded(tmp_path / "s.json") as again:
        telecom = Cli(again.url, tmp_path / "telecom")
        said = json.loads(telecom("export", tmp_path / "t.xlsx", "--login", "telecom", "--json").stdout)
    assert said["counts"]["entities"] == 1


def test_an_export_without_administrators_gets_one(cli: Cli, tmp_path: Path) -> None:
    """A limited login's export is rehearsed as admin; numbers that two users share are loaded as they are."""
    cli("export", tmp_path / "a", "--entity", CHIRURGIE)
    with loaded(tmp_path / "a") as again:
        said = json.loads(Cli(again.url, tmp_path / "x")("export", tmp_path / "b", "--json").stdout)
    assert said["counts"] == {"xivos": 2, "entities": 1, "templates": 6, "administrators": 1, "users": 15}


def test_faults_of_a_real_server_are_loaded_as_they_are(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """A number and a login used twice, an interval that XiVO calls wrong: the rehearsal has them too."""
    login = (server.user_row(1) or {})["cti_login"]
    server.edit_user(3, internal_number=(server.user_row(1) or {})["internal_number"], cti_login=login)
    server.world.store.run("UPDATE entities SET intervals = ? WHERE id = 19", '[{"start": "2799", "end": "2100"}]')
    for name in ("a.xlsx", "a.json"):
        cli("export", tmp_path / name)
        with loaded(tmp_path / name) as again:
            result = Cli(again.url, tmp_path / "x")("diff", tmp_path / name, "live")
            assert "No difference." in result.output
            assert (again.user_row(3) or {})["cti_login"] == login


def test_the_command_serves_it(cli: Cli, tmp_path: Path) -> None:
    """`sandbox --load FILE` in a process of its own, until Ctrl-C; a file that is none ends it at once."""
    cli("export", tmp_path / "s.json")
    command = [sys.executable, "-u", "-m", "xcu_sheets", "sandbox", "--port", "0", "--load", str(tmp_path / "s.json")]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment("", tmp_path / "state"))
    try:
        assert running.stdout
        url = running.stdout.readline().split(",")[0].rpartition(" ")[2]
        assert "No difference." in Cli(url, tmp_path / "x")("diff", tmp_path / "s.json", "live").output
    finally:
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=30)
    assert "there is no such file" in cli("sandbox", "--port", 0, "--load", tmp_path / "none.json", code=2).output


def test_what_does_not_go_together_is_one_sentence(cli: Cli, tmp_path: Path) -> None:
    """A user whose entity is missing, and a database that holds a server already."""
    cli("export", tmp_path / "s.json")
    body = json.loads((tmp_path / "s.json").read_text(encoding="utf-8"))
    body["records"]["entities"] = []
    (tmp_path / "bad.json").write_text(json.dumps(body), encoding="utf-8")
    said = cli("sandbox", "--port", 0, "--load", tmp_path / "bad.json", code=2).output
    assert "cannot be made so: the entity of user" in said
    with loaded(tmp_path / "s.json", database=str(tmp_path / "db.sqlite")):
        pass
    arguments = ("--port", 0, "--load", tmp_path / "s.json", "--database", tmp_path / "db.sqlite")
    assert "holds a server already" in cli("sandbox", *arguments, code=2).output
