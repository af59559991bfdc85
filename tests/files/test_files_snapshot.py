"""Snapshot files: what is written is what is read, without secrets, in one order; a stranger's file is refused."""

from __future__ import annotations

import copy
import json
import random
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from files_samples import NASTY_NAMES, SECRET

from xcu_sheets.files import snapshot_file
from xcu_sheets.files.snapshot_file import read_snapshot_file, snapshot_bytes, write_snapshot
from xcu_sheets.model.errors import BookError
from xcu_sheets.model.records import Secret
from xcu_sheets.model.snapshot import Snapshot

XIVO = {"id": 1, "uuid": "c2f0", "name": "xivo1", "host": "10.0.0.1", "remainingSlots": 664}
ENTITY = {
    "id": 22,
    "combinedId": "default@10.0.0.1",
    "name": "default",
    "displayName": "Siège",
    "xivo": XIVO,
    "intervals": [{"start": "1700", "end": "1799", "routingMode": "x"}, {"start": "0961", "end": ""}],
    "presentedNumber": "inbNo",
}
TEMPLATE = {"id": 7, "name": "Standard", "xivos": [2, 1], "entities": ["b@x", "a@x"], "routedInbound": True}
ADMIN = {"id": 1, "login": "admin", "superAdmin": True, "ldap": False, "entities": [ENTITY], "password": Secret(SECRET)}


def user(id_: int, last_name: str) -> dict[str, Any]:
    """Return a user as the server shows it, with a password and a key that nobody knows."""
    return {
        "id": id_,
        "entity": ENTITY,
        "firstName": "Marie",
        "lastName": last_name,
        "internalNumber": f"0{id_}",
        "ctiLogin": None,
        "ctiPassword": Secret(SECRET),
        "sipPassword": SECRET,
        "provisioningNumber": "012345",
    }


def sample(*names: str) -> Snapshot:
    """Return a small server's snapshot."""
    return Snapshot(
        "http://xcu:9001",
        "admin",
        "2026-02-01T10:00:00Z",
        {
            "xivos": [XIVO],
            "entities": [ENTITY],
            "templates": [TEMPLATE],
            "administrators": [ADMIN],
            "users": [user(500 + at, name) for at, name in enumerate(names or ("Martin",))],
        },
        {"lost@x": "500 oops"},
    )


def test_what_is_written_is_what_is_read(tmp_path: Path) -> None:
    """Facts and the text of every sheet survive, hostile names too."""
    before = sample(*NASTY_NAMES, "\x1b]0;x\x07", "\u202eevil", "a\nb")
    path = write_snapshot(tmp_path / "s.json", before, tool_version="9.9")
    read = read_snapshot_file(path)
    after = read.snapshot
    assert (after.server, after.login, after.taken_at, dict(after.unreadable), read.tool_version) == (
        *(before.server, before.login, before.taken_at, dict(before.unreadable)),
        "9.9",
    )
    assert after.xivo_uuids == before.xivo_uuids
    for name, frame in before.frames.items():
        assert after.frames[name].loc[frame.index].equals(frame), name


def test_no_secret_is_in_the_file(tmp_path: Path) -> None:
    """Neither a password nor a key that the table does not know; the file is its owner's only."""
    path = write_snapshot(tmp_path / "s.json", sample())
    content = path.read_text(encoding="utf-8")
    assert SECRET not in content and "assword" not in content
    assert "012345" in content and "routingMode" in content
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_secret_in_a_strangers_file_is_not_taken(tmp_path: Path) -> None:
    """A member that the table does not read is left out on reading, too."""
    body = json.loads(snapshot_bytes(sample()))
    body["records"]["users"][0] |= {"ctiPassword": SECRET, "other": SECRET}
    (tmp_path / "s.json").write_text(json.dumps(body))
    assert SECRET not in repr(read_snapshot_file(tmp_path / "s.json").snapshot.records)


def test_the_bytes_do_not_depend_on_any_order() -> None:
    """Records, members of records and nested lists in another order: the same bytes."""
    one = sample("Martin", "Durand", "Petit")
    chance = random.Random(1)
    records = {name: copy.copy(list(listed)) for name, listed in reversed(one.records.items())}
    for name, listed in records.items():
        chance.shuffle(listed)
        records[name] = [dict(reversed(record.items())) for record in listed]
    records["templates"] = [{**TEMPLATE, "xivos": [1, 2], "entities": ["a@x", "b@x"]}]
    other = Snapshot(one.server, one.login, one.taken_at, records, one.unreadable)
    assert snapshot_bytes(other) == snapshot_bytes(one)


def test_a_record_is_a_line() -> None:
    """So that a snapshot in git shows one line for one changed person."""
    before = snapshot_bytes(sample("Martin", "Durand")).splitlines()
    after = snapshot_bytes(sample("Martin", "Dupont")).splitlines()
    assert sum(a != b for a, b in zip(before, after, strict=True)) == 1


def test_half_a_character_is_one_sentence() -> None:
    """A lone surrogate can be in no file: BookError, not a traceback."""
    with pytest.raises(BookError, match="half a character"):
        snapshot_bytes(sample("\ud83d"))


Edit = Callable[[dict[str, Any]], None]
EDITS: dict[str, tuple[Edit, str]] = {
    "another kind": (lambda b: b.update(kind="plan"), "is not a snapshot: make one with"),
    "a newer format": (lambda b: b.update(format=2), "newer xcu-sheets"),
    "no format": (lambda b: b.update(format=True), "is not a whole snapshot"),
    "no server": (lambda b: b.pop("server"), r"\(server\)"),
    "a login that is no text": (lambda b: b.update(login=3), r"\(login\)"),
    "no records": (lambda b: b.pop("records"), r"\(records\)"),
    "no entities": (lambda b: b.update(records={"users": []}), r"\(records\)"),
    "an unknown sheet": (lambda b: b["records"].update(phones=[]), r"\(records\)"),
    "a computed sheet": (lambda b: b["records"].update(numbers=[]), r"\(records\)"),
    "reasons that are no text": (lambda b: b.update(unreadable={"a": 1}), r"\(unreadable\)"),
    "a record that is none": (lambda b: b["records"].update(users=[3]), r"\(users 1\)"),
    "a record without id": (lambda b: b["records"]["users"][0].pop("id"), r"\(users 1, id\)"),
    "an id that is yes": (lambda b: b["records"]["users"][0].update(id=True), r"\(users 1, id\)"),
    "an id twice": (lambda b: b["records"]["users"].append(b["records"]["users"][0]), "an id twice"),
    "an entity without key": (lambda b: b["records"]["entities"][0].pop("combinedId"), "combinedId"),
    "intervals that are text": (lambda b: b["records"]["entities"][0].update(intervals="1"), "intervals"),
    "an interval that is text": (lambda b: b["records"]["entities"][0].update(intervals=["1"]), "intervals"),
    "a XiVO that is text": (lambda b: b["records"]["entities"][0].update(xivo="x"), "xivo"),
}


@pytest.mark.parametrize("name", EDITS)
def test_a_file_of_another_shape_is_refused(tmp_path: Path, name: str) -> None:
    """Each fault is one sentence that names the file and the place."""
    change, said = EDITS[name]
    body = json.loads(snapshot_bytes(sample()))
    change(body)
    path = tmp_path / "s.json"
    path.write_text(json.dumps(body))
    with pytest.raises(BookError, match=said) as refused:
        read_snapshot_file(path)
    assert str(refused.value).startswith(f"{path}: ") and "\n" not in str(refused.value)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"[" * 100_000, b'{"kind": NaN}', b"\xff\xfe", b"[]", b"null"])
def test_a_file_that_is_no_snapshot_is_refused(tmp_path: Path, content: bytes) -> None:
    """Nothing, a workbook, a nesting bomb, no JSON, no UTF-8, another JSON: one sentence each."""
    (tmp_path / "s.json").write_bytes(content)
    with pytest.raises(BookError, match="is not a snapshot"):
        read_snapshot_file(tmp_path / "s.json")


def test_a_file_too_large_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No more than the limit is ever read into memory."""
    path = write_snapshot(tmp_path / "s.json", sample())
    monkeypatch.setattr(snapshot_file, "LIMIT", 100)
    with pytest.raises(BookError, match="larger than"):
        read_snapshot_file(path)


def test_a_file_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    """As for any book."""
    with pytest.raises(BookError, match="there is no such file"):
        read_snapshot_file(tmp_path / "none.json")
