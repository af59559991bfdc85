"""export: the same server, the same files, with their SHA-256; and a snapshot to work on without the server."""

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path

import pytest
from openpyxl import load_workbook
from reordering import mirror_of
from support import Cli, add_rows, edit, people, row_of, writes

from xcu_sheets.sandbox import Fault, Sandbox, SandboxConfig

CHIRURGIE = "chirurgie@192.168.29.220"
EPOCH = {"SOURCE_DATE_EPOCH": "1700000000"}


def cells(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return every cell of a workbook by sheet, but for what names the export: Read me and the hidden copy."""
    book = load_workbook(path)
    return {
        sheet.title: list(sheet.iter_rows(values_only=True))
        for sheet in book
        if sheet.title not in ("Read me", "_baseline")
    }


def files(folder: Path) -> dict[str, bytes]:
    """Return the files of a folder by name."""
    return {str(f.relative_to(folder)): f.read_bytes() for f in folder.rglob("*") if f.is_file()}


@pytest.mark.parametrize("more", [(), ("--only", "users"), ("--no-baseline",)])
def test_the_order_of_the_servers_lists_changes_nothing(server: Sandbox, tmp_path: Path, more: tuple[str, ...]) -> None:
    """The other way round, every list gives the same folder but for book.json, the same cells and the same snapshot."""
    with mirror_of(server.url) as mirror:
        cli = Cli(mirror.url, tmp_path / "state")
        for name in ("straight", "turned"):
            mirror.turned = name == "turned"
            for ending in ("", ".xlsx", ".json"):
                cli("export", tmp_path / f"{name}{ending}", *more, env=EPOCH)
    one, other = files(tmp_path / "straight"), files(tmp_path / "turned")
    assert set(one) == set(other) and len(one) > 1
    assert [name for name in one if one[name] != other[name]] == ["baseline/book.json"] * ("--no-baseline" not in more)
    assert cells(tmp_path / "straight.xlsx") == cells(tmp_path / "turned.xlsx")
    assert "_lists" in cells(tmp_path / "turned.xlsx")
    assert (tmp_path / "straight.json").read_bytes() == (tmp_path / "turned.json").read_bytes()


def test_the_time_is_that_of_source_date_epoch(cli: Cli, tmp_path: Path) -> None:
    """Where it is set, the time written is its time; where it is no time, that is said."""
    cli("export", tmp_path / "one.json", env=EPOCH)
    assert json.loads((tmp_path / "one.json").read_text(encoding="utf-8"))["taken_at"] == "2023-11-14T22:13:20Z"
    said = cli("export", tmp_path / "two.json", code=2, env={"SOURCE_DATE_EPOCH": "noon"}).output
    assert "SOURCE_DATE_EPOCH is not a time" in said


@pytest.mark.parametrize("name", ["book.xlsx", "book.json"])
def test_export_prints_the_sha_256_of_its_file(cli: Cli, tmp_path: Path, name: str) -> None:
    """The last line is the digest of the file's bytes; --json has it too."""
    said = cli("export", tmp_path / name).output
    assert said.splitlines()[-1] == f"SHA-256 {hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()}"
    shown = json.loads(cli("export", tmp_path / name, "--json").stdout)
    assert shown["sha256"] == hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()


def test_the_sha_256_of_a_folder_is_what_sha256sum_says(cli: Cli, tmp_path: Path) -> None:
    """It is the digest of the list of its files' digests, which --json shows; a file of another name is not in it."""
    folder = tmp_path / "book"
    folder.mkdir()
    (folder / "notes.txt").write_text("mine")
    shown = json.loads(cli("export", folder, "--json").stdout)
    listed = subprocess.run(
        "sha256sum *.csv baseline/*", shell=True, cwd=folder, capture_output=True, text=True, check=True
    ).stdout
    lines = sorted(listed.splitlines(), key=lambda line: line[66:])
    assert [f"{sha}  {name}" for name, sha in shown["files"].items()] == lines
    assert shown["sha256"] == hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()


def test_a_snapshot_exports_what_the_server_would(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """Books made from the server and from its snapshot are the same, without a call; --entity narrows both alike."""
    for more in ((), ("--entity", "Chirurgie"), ("--only", "users")):
        stem = "-".join(more) or "all"
        cli("export", tmp_path / f"{stem}.json", env=EPOCH)
        cli("export", tmp_path / f"{stem}-server", *more, env=EPOCH)
        server.clear_calls()
        cli("export", tmp_path / f"{stem}-file", *more, "--snapshot", tmp_path / f"{stem}.json", env={"XCU_URL": ""})
        assert server.calls == []
        one, other = files(tmp_path / f"{stem}-server"), files(tmp_path / f"{stem}-file")
        assert set(one) == set(other)
        assert [name for name in one if one[name] != other[name]] == ["baseline/book.json"]
    assert files(tmp_path / "--entity-Chirurgie-file")["users.csv"].count(b"\n") == 16


def test_a_snapshot_remembers_what_could_not_be_read(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """An entity that failed is named again when a book is made from the snapshot, and the exit code says so."""
    server.add_fault(Fault("status", "GET", "/entities/chirurgie.*/users", code=500, times=None))
    cli("export", tmp_path / "s.json", code=1)
    said = cli("export", tmp_path / "book.xlsx", "--snapshot", tmp_path / "s.json", code=1).output
    assert f"Not readable: {CHIRURGIE}" in said


def test_passwords_are_refused_with_a_snapshot(cli: Cli, tmp_path: Path) -> None:
    """--with-secrets goes with no snapshot, neither written nor read: it never holds one."""
    assert "never holds passwords" in cli("export", tmp_path / "s.json", "--with-secrets", code=2).output
    assert not (tmp_path / "s.json").exists()
    cli("export", tmp_path / "s.json")
    cli("export", tmp_path / "b.xlsx", "--with-secrets", "--snapshot", tmp_path / "s.json", code=2)


def test_a_plan_against_a_snapshot_needs_no_server_and_says_so(cli: Cli, server: Sandbox, tmp_path: Path) -> None:
    """Numbers come from intervals less users, lowest first, with a warning; the plan can be applied."""
    book, snapshot, plan = tmp_path / "book.xlsx", tmp_path / "s.json", tmp_path / "plan.json"
    cli("export", book)
    cli("export", snapshot)
    add_rows(book, "users", people(2, CHIRURGIE))
    edit(book, "users", {(row_of(book, "users", "id", "1"), "last_name"): "Nul-Part"})
    online = cli("plan", book, "--json").stdout
    server.clear_calls()
    offline = cli("plan", book, "--snapshot", snapshot, "-o", plan, env={"XCU_URL": ""})
    assert server.calls == []
    said = offline.output.replace("\n", " ")
    assert f"planned against {server.url} as it was on" in said
    assert f"the free numbers of {CHIRURGIE} follow from their intervals" in said
    wanted = [c["cells"]["internal_number"] for c in json.loads(online)["changes"] if c["action"] == "create"]
    numbers = [
        c["cells"]["internal_number"]
        for c in json.loads(plan.read_text(encoding="utf-8"))["changes"]
        if c["action"] == "create"
    ]
    assert numbers == wanted and len(set(numbers)) == 2
    cli("apply", plan, "--book", book, "--yes")
    assert len([call for call in writes(server) if call[0] == "POST"]) == 2


def test_a_plan_of_edits_says_nothing_of_numbers(cli: Cli, tmp_path: Path) -> None:
    """Where no number is given, there is nothing to warn of; what was read when is said all the same."""
    cli("export", tmp_path / "book.xlsx")
    cli("export", tmp_path / "s.json")
    said = cli("plan", tmp_path / "book.xlsx", "--snapshot", tmp_path / "s.json").output
    assert "planned against" in said and "free numbers of" not in said


def test_a_book_of_another_server_is_refused_against_a_snapshot(cli: Cli, tmp_path: Path) -> None:
    """A snapshot's server counts as the server itself does."""
    cli("export", tmp_path / "s.json")
    with Sandbox(SandboxConfig(seed=2)) as other:
        Cli(other.url, tmp_path / "other")("export", tmp_path / "book.xlsx")
    cli("plan", tmp_path / "book.xlsx", "--snapshot", tmp_path / "s.json", code=2)


def test_a_snapshot_is_no_book(cli: Cli, tmp_path: Path) -> None:
    """Given where a book is wanted, it is named for what it is."""
    cli("export", tmp_path / "s.json")
    assert "is JSON, not a book: a snapshot goes with --snapshot" in cli("check", tmp_path / "s.json", code=2).output
