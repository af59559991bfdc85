"""What was learned of a server: kept, merged, private, and never read past damage."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from xcu_sheets.cli.known_servers import key_of, known_path, learn, read_known
from xcu_sheets.model.errors import XcuError

HERE = "http://127.0.0.1:9001"


def test_nothing_is_known_of_a_server_never_met() -> None:
    """No file, and a file without that server, are both {}."""
    assert read_known(HERE) == {}
    learn("profile:site", passwords_survive=True)
    assert read_known(HERE) == {}


def test_facts_are_merged_server_by_server(tmp_path: Path) -> None:
    """A new fact joins the old ones, a newer one replaces its own kind, other servers keep theirs."""
    learn(HERE, xivo_uuids=["a"], passwords_survive=True)
    learn("profile:site", xivo_uuids=["b"])
    learn(HERE, xivo_uuids=["a", "c"])
    assert read_known(HERE) == {"xivo_uuids": ["a", "c"], "passwords_survive": True}
    assert read_known("profile:site") == {"xivo_uuids": ["b"]}
    assert [p.name for p in (tmp_path / "config").iterdir()] == ["known_servers.json"]


def test_a_profile_has_facts_of_its_own() -> None:
    """The key is the profile's where one was named, else the origin."""
    assert key_of("site", HERE) == "profile:site"
    assert key_of("", HERE) == key_of(None, HERE) == HERE


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")
def test_the_file_is_private_again_after_each_write() -> None:
    """Mode 0600, also where somebody had opened it up."""
    learn(HERE, allow_http=[HERE])
    known_path().chmod(0o644)
    learn(HERE, allow_http=[])
    assert stat.S_IMODE(known_path().stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b"{}",
        b'{"format": 1, "servers": []}',
        b'{"format": 1, "servers": {"x": 1}}',
        b'{"format": 1, "servers": {"x": {"xivo_uuids": "abc"}}}',
        b'{"format": 1, "servers": {"x": {"allow_http": [1]}}}',
        b"[" * 100_000,
    ],
)
def test_a_damaged_file_is_named_and_left_alone(content: bytes) -> None:
    """Reading and learning stop with one line that names the file; its bytes stay as they are."""
    known_path().parent.mkdir()
    known_path().write_bytes(content)
    with pytest.raises(XcuError, match="is damaged"):
        read_known(HERE)
    with pytest.raises(XcuError, match="is damaged"):
        learn(HERE, xivo_uuids=["a"])
    assert known_path().read_bytes() == content


def test_a_newer_format_is_refused() -> None:
    """A file of a later version is not read as if it were ours."""
    known_path().parent.mkdir()
    known_path().write_text(json.dumps({"format": 2, "servers": {}}))
    with pytest.raises(XcuError, match="newer xcu-sheets"):
        read_known(HERE)


def test_what_cannot_be_written_is_said() -> None:
    """A config folder that is a file: one line with its name."""
    known_path().parent.write_text("")
    with pytest.raises(XcuError, match="cannot be"):
        learn(HERE, xivo_uuids=["a"])
