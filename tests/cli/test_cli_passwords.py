"""Passwords that are no passwords: one line each, and nothing of what was printed as one is ever shown."""

from __future__ import annotations

import os
import shlex
import sys
import time
from pathlib import Path

import pytest
from support import Cli

from xcu_sheets.cli.known_servers import config_folder
from xcu_sheets.cli.passwords import COMMAND_SECONDS, password_from_command
from xcu_sheets.model.errors import LoginFailed
from xcu_sheets.sandbox import Sandbox

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the commands are written for a POSIX shell")


def python(code: str) -> str:
    """Return a command that runs some Python."""
    return f"{sys.executable} -c {shlex.quote(code)}"


def export(cli: Cli, command: str, code: int):
    """Export with a profile whose password comes from a command."""
    config_folder().mkdir(exist_ok=True)
    (config_folder() / "profiles.toml").write_text(f"[default]\npassword_command = '''{command}'''\n")
    return cli("export", cli.state.parent / "x.xlsx", code=code, env={"XCU_PASSWORD": ""})


def test_what_the_command_complains_of_is_seen(cli: Cli, capfd: pytest.CaptureFixture[str]) -> None:
    """Its stderr goes to the person, also where all goes well; its stdout to nobody."""
    export(cli, python("import sys; print('superpass'); print('locked: touch the key', file=sys.stderr)"), 0)
    shown = capfd.readouterr()
    assert "touch the key" in shown.err and "superpass" not in shown.out + shown.err


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        (python("print('t0p-secret'); raise SystemExit(7)"), 3, "code 7"),
        (python("print()"), 3, "empty password"),
        (python("import sys; sys.stdout.buffer.write(b't0p-secret\\xff')"), 3, "not UTF-8"),
        ("no-such-program t0p-secret", 3, "no-such-program) cannot be run"),
        ("/ t0p-secret", 3, "cannot be run"),
        ("  ", 2, "blank"),
        ('echo "t0p-secret', 2, "quote"),
    ],
)
def test_a_command_that_gives_no_password(
    cli: Cli, server: Sandbox, capfd: pytest.CaptureFixture[str], command: str, code: int, said: str
) -> None:
    """One line that says why; neither its output nor its arguments are repeated, and nothing is sent."""
    result = export(cli, command, code)
    assert said in result.output and len(result.output.splitlines()) == 1
    shown = capfd.readouterr()
    assert "t0p-secret" not in result.output + shown.out + shown.err
    assert server.calls == []


def test_a_command_that_hangs_is_given_up_on() -> None:
    """It is ended when its time is over, with the program named; a minute is what it gets."""
    start = time.monotonic()
    with pytest.raises(LoginFailed, match=r"gave no password within 0\.2 s"):
        password_from_command(python("import time; time.sleep(15)"), seconds=0.2)
    assert time.monotonic() - start < 10
    assert COMMAND_SECONDS == 60


@pytest.mark.parametrize(("content", "said"), [(b"", "empty"), (b"\n", "empty"), (b"\xff\xfe", "not UTF-8")])
def test_a_password_file_without_password(cli: Cli, tmp_path: Path, server: Sandbox, content: bytes, said: str) -> None:
    """Exit code 3 and one line that names the file."""
    secret = tmp_path / "secret"
    secret.write_bytes(content)
    secret.chmod(0o600)
    result = cli("export", tmp_path / "x.xlsx", "--password-file", secret, code=3)
    assert said in result.output and str(secret) in result.output and len(result.output.splitlines()) == 1
    assert server.calls == []
