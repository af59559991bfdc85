"""What all tests share: an environment without the person's own settings, and a real server on the loopback."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support import Cli

from xcu_sheets.sandbox import Sandbox, SandboxConfig


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of the person who runs the tests reaches them."""
    names = ("URL", "LOGIN", "PASSWORD", "PROFILE", "ALLOW_HTTP", "CA_FILE", "PROXY", "SHEETS_DEBUG")
    for name in names:
        monkeypatch.delenv(f"XCU_{name}", raising=False)
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setenv("XCU_SHEETS_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("XCU_SHEETS_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")


@pytest.fixture
def server() -> Iterator[Sandbox]:
    """A sandbox of 60 people, fresh for each test."""
    with Sandbox(SandboxConfig()) as sandbox:
        yield sandbox


@pytest.fixture
def cli(server: Sandbox, tmp_path: Path) -> Cli:
    """The command line against the `server` fixture."""
    return Cli(server.url, tmp_path / "state")


@pytest.fixture
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder in which a command is typed is the test's own: some reports are written there."""
    monkeypatch.chdir(tmp_path)
