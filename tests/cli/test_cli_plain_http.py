"""Plain http to another machine: settled before a byte leaves (DESIGN rule 16).

The sandbox plays the proxy on the way to a host that does not exist, so that what is sent there can be counted.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from support import Cli
from terminal import on_a_terminal

from xcu_sheets.cli.known_servers import known_path, read_known
from xcu_sheets.cli.plain_http import travels_in_clear
from xcu_sheets.sandbox import Sandbox

FAR = "http://xcu.invalid:9001"
on_posix = pytest.mark.skipif(os.name != "posix", reason="pseudo-terminals are POSIX")


@pytest.fixture
def far(server: Sandbox, tmp_path: Path) -> Cli:
    """The command line against a machine that is not this one."""
    return Cli(FAR, tmp_path / "state")


def export(far: Cli, server: Sandbox, *more: object, **kwargs: object):
    """Export through the proxy."""
    return far("export", far.state.parent / "x.xlsx", "--proxy", server.url, *more, **kwargs)


def profile(text: str) -> None:
    """Write the profile file."""
    known_path().parent.mkdir(exist_ok=True)
    (known_path().parent / "profiles.toml").write_text(text)


def test_it_is_refused_where_nobody_can_be_asked(far: Cli, server: Sandbox) -> None:
    """Exit code 2, one line that names host and option, and not one call."""
    result = export(far, server, code=2)
    assert len(result.output.splitlines()) == 1
    assert FAR in result.output and "--allow-http" in result.output
    assert server.calls == [] and read_known(FAR) == {}


def test_no_password_is_even_looked_for(far: Cli, server: Sandbox, tmp_path: Path) -> None:
    """The profile's password_command does not run before the question is settled."""
    profile(f'[default]\npassword_command = "touch {tmp_path / "ran"}"\n')
    export(far, server, code=2)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("how", ["option", "environment"])
def test_allowed_once_is_remembered(far: Cli, server: Sandbox, how: str) -> None:
    """--allow-http or XCU_ALLOW_HTTP=1: said aloud, then known; another host is not allowed by that."""
    if how == "option":
        result = export(far, server, "--allow-http")
    else:
        result = export(far, server, env={"XCU_ALLOW_HTTP": "1"})
    assert "passwords travel in clear" in result.stderr
    assert read_known(FAR)["allow_http"] == [FAR]
    assert "clear" not in export(far, server).stderr
    export(far, server, "--url", "http://other.invalid:9001", code=2)


def test_a_profile_allows_its_own_address_only(far: Cli, server: Sandbox) -> None:
    """What was allowed for a profile's address is not allowed for another one given beside it."""
    profile(f'[site]\nurl = "{FAR}"\n')
    export(far, server, "--profile", "site", "--allow-http", env={"XCU_URL": ""})
    assert read_known("profile:site")["allow_http"] == [FAR]
    export(far, server, "--profile", "site", env={"XCU_URL": ""})
    server.clear_calls()
    export(far, server, "--profile", "site", "--url", "http://other.invalid:9001", code=2)
    assert server.calls == []


def test_the_profile_has_the_last_word_over_what_was_learned(far: Cli, server: Sandbox) -> None:
    """allow_http = true needs no option and says nothing; false refuses what was once allowed."""
    profile("[default]\nallow_http = true\n")
    assert "clear" not in export(far, server).stderr
    profile("")
    export(far, server, "--allow-http")
    profile("[default]\nallow_http = false\n")
    export(far, server, code=2)
    export(far, server, "--allow-http")


@on_posix
@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("n\n", 2)])
def test_on_a_terminal_it_asks_once(far: Cli, server: Sandbox, tmp_path: Path, answer: str, code: int) -> None:
    """Yes goes on and is remembered; no sends nothing."""
    arguments = ["export", tmp_path / "x.xlsx", "--url", FAR, "--proxy", server.url]
    got, shown = on_a_terminal(arguments, [("Go on, and remember that?", answer)], {"XCU_PASSWORD": "superpass"})
    assert got == code, shown
    assert bool(server.calls) == (code == 0)
    assert read_known(FAR).get("allow_http", []) == ([FAR] if code == 0 else [])


@on_posix
def test_a_profile_that_forbids_it_is_not_asked_about(server: Sandbox, tmp_path: Path) -> None:
    """allow_http = false refuses on a terminal too."""
    profile("[default]\nallow_http = false\n")
    got, shown = on_a_terminal(["export", tmp_path / "x.xlsx", "--url", FAR, "--proxy", server.url], [])
    assert got == 2 and "--allow-http" in shown and server.calls == []


@pytest.mark.parametrize(
    ("origin", "clear"),
    [
        ("http://127.0.0.1:9001", False),
        ("http://127.9.9.9:80", False),
        ("http://[::1]:9001", False),
        ("http://localhost:9001", False),
        ("https://xcu.invalid:443", False),
        ("http://10.0.0.1:9001", True),
        ("http://[fe80::1]:9001", True),
        ("http://localhost.invalid:9001", True),
        ("http://127.0.0.1.invalid:9001", True),
        ("http://0.0.0.0:9001", True),
    ],
)
def test_what_travels_in_clear(origin: str, clear: bool) -> None:
    """Plain http to anything but this machine itself."""
    assert travels_in_clear(origin) is clear
