"""The overview counts what an export counts, live or from a book."""

from __future__ import annotations

from pathlib import Path

import pytest
from seeded import CHIRURGIE, add_interval, audit_of, copy_names, fill_xivo, known, make_clean, read
from support import Cli

from xcu_sheets.auditing.audit import make_audit
from xcu_sheets.files import read_book
from xcu_sheets.model.view import View
from xcu_sheets.rules.numbering import numbers_frame
from xcu_sheets.sandbox import Sandbox, SandboxConfig


@pytest.mark.parametrize("config", [SandboxConfig(), SandboxConfig(users=500, entities=9, xivos=3, seed=4)])
def test_entities_count_as_the_numbers_sheet_does(config: SandboxConfig) -> None:
    """Capacity, taken, free, the next free number and the longest free block are those of the export's sheet."""
    with Sandbox(config) as server:
        snapshot = read(server)
    frame = numbers_frame(View.of_snapshot(snapshot)).set_index("entity")
    lines = audit_of(snapshot).entities
    assert {line.member.entity for line in lines} == set(frame.index)
    for line in lines:
        row = frame.loc[line.member.entity]
        assert (str(line.capacity), str(line.used), str(line.free)) == (row["capacity"], row["used"], row["free"])
        assert (line.next_free[0], line.longest_free) == (row["next_free_number"], row["longest_free_block"])
    assert sum(line.users for line in lines) == config.users
    assert sum(line.outside for line in lines) == 1


def test_slots_used_and_left(server: Sandbox) -> None:
    """Users and free places add up to what the XiVO can hold; a full one is full."""
    fill_xivo(server, 2)
    lines = audit_of(read(server)).xivos
    assert [(line.entities, line.users, line.slots_left) for line in lines] == [(2, 30, 970), (2, 30, 0)]
    assert [line.share for line in lines] == [0.03, 1.0]


def test_a_malformed_interval_leaves_the_others_counted(server: Sandbox) -> None:
    """The entity is as large as what can be read of it, and its cell shows all of it."""
    before = {line.member.id: line for line in audit_of(read(server)).entities}[str(CHIRURGIE)]
    add_interval(server, CHIRURGIE, "2700", "27")
    after = {line.member.id: line for line in audit_of(read(server)).entities}[str(CHIRURGIE)]
    assert (after.capacity, after.used, after.outside) == (before.capacity, before.used, before.outside)
    assert "2700-27" in after.intervals


def test_the_next_free_numbers_are_three(server: Sandbox) -> None:
    """They are free on the whole XiVO, in order."""
    line = {line.member.id: line for line in audit_of(read(server)).entities}[str(CHIRURGIE)]
    taken = {u["internalNumber"] for u in read(server).records["users"]}
    assert len(line.next_free) == 3
    assert list(line.next_free) == sorted(line.next_free)
    assert not set(line.next_free) & taken


def test_an_exported_book_is_audited_alike(server: Sandbox, cli: Cli, tmp_path: Path) -> None:
    """The baseline of a book says what the server said: the same findings, ids and rows."""
    make_clean(server)
    copy_names(server)
    cli("export", tmp_path / "book.xlsx")
    offline = make_audit(View.of_baseline(read_book(tmp_path / "book.xlsx").baseline))
    live = audit_of(read(server))
    assert offline.findings == live.findings
    assert (offline.entities, offline.xivos) == (live.entities, live.xivos)
    assert "same_person_twice" in {rule for rule, _, _ in map(known, live.findings)}


def test_rows_are_those_of_the_export(server: Sandbox, cli: Cli, tmp_path: Path) -> None:
    """Who opens the export at the row that a finding names sees that record there."""
    server.edit_user(7, internal_number="9999", last_name="Unique")
    cli("export", tmp_path / "book.xlsx")
    users = read_book(tmp_path / "book.xlsx").sheets["users"].frame
    finding = next(f for f in audit_of(read(server)).findings if f.members[0].id == "7")
    assert users.at[finding.members[0].row, "last_name"] == "Unique"


def test_a_server_without_anything_is_audited() -> None:
    """No users: nothing is full, nobody is outside."""
    with Sandbox(SandboxConfig(users=0, entities=1, xivos=1)) as server:
        audit = audit_of(read(server))
    assert audit.users == 0
    assert [line.share for line in audit.entities] == [0.0]
