"""Where address, login and password come from, and the questions on a terminal."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
from support import Cli, people, write_csv, writes
from terminal import on_a_terminal

from xcu_sheets.cli.connection import connect
from xcu_sheets.cli.known_servers import learn
from xcu_sheets.cli.options import connection_options
from xcu_sheets.model.errors import LoginFailed, Unavailable
from xcu_sheets.sandbox import Fault, Sandbox, SandboxConfig


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The folder of the profile file; see `clean_environment`."""
    (tmp_path / "config").mkdir()
    return tmp_path / "config" / "profiles.toml"


@pytest.mark.parametrize("suffix", ["", "/", "/api/1.0", "/api/1.0/"])
def test_an_address_with_or_without_the_api_path(server: Sandbox, tmp_path: Path, suffix: str) -> None:
    """`http://host:9001`, with or without `/api/1.0`, is the same server."""
    Cli(server.url + suffix, tmp_path)("export", tmp_path / "x.xlsx")


def test_a_profile_gives_address_login_and_password(server: Sandbox, config: Path, cli: Cli, tmp_path: Path) -> None:
    """[site] with url, login and password_command is all that is needed; read_only refuses the import."""
    command = f"{sys.executable} -c 'print(chr(115) + \\\"uperpass\\\")'"
    config.write_text(
        f'[site]\nurl = "{server.url}"\nlogin = "admin"\npassword_command = "{command}"\nread_only = true\n'
    )
    environment = {"XCU_URL": "", "XCU_PASSWORD": ""}
    cli("export", tmp_path / "x.xlsx", "--profile", "site", env=environment)
    path = write_csv(tmp_path / "p.csv", people(1, "chirurgie@192.168.29.220"))
    cli("import", path, "--profile", "site", "--yes", code=2, env=environment)
    assert writes(server) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[other]\n", "no profile [site]"),
        ("[site]\nurll = 'x'\n", "urll"),
        ("[site\n", "TOML"),
        ("[site]\nurl = 1\n", "url"),
    ],
)
def test_a_wrong_profile_is_one_line(config: Path, cli: Cli, tmp_path: Path, text: str, said: str) -> None:
    """A missing profile, an unknown setting, no TOML, a wrong kind: exit code 2, with the file named."""
    config.write_text(text)
    result = cli("export", tmp_path / "x.xlsx", "--profile", "site", code=2)
    assert said in result.output and str(config) in result.output


def test_never_assigned_numbers_are_left_out(server: Sandbox, config: Path, cli: Cli, tmp_path: Path) -> None:
    """The profile's never_assign takes numbers out of what is chosen."""
    config.write_text('[default]\nnever_assign = ["2102", "2105"]\n')
    path = write_csv(tmp_path / "p.csv", people(1, "chirurgie@192.168.29.220"))
    assert "number 2108 (assigned)" in cli("plan", path).output


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")
def test_a_password_file_is_private(cli: Cli, tmp_path: Path) -> None:
    """A password file that others can read is refused with the command that mends it; 0600 is taken."""
    secret = tmp_path / "secret"
    secret.write_text("superpass\n")
    secret.chmod(0o644)
    environment = {"XCU_PASSWORD": ""}
    result = cli("export", tmp_path / "x.xlsx", "--password-file", secret, code=2, env=environment)
    assert f"chmod 600 {secret}" in result.output
    secret.chmod(0o600)
    cli("export", tmp_path / "x.xlsx", "--password-file", secret, env=environment)


@pytest.mark.skipif(os.name != "posix", reason="pseudo-terminals are POSIX")
@pytest.mark.parametrize(("answer", "code", "created"), [("y\n", 0, 1), ("n\n", 1, 0)])
def test_on_a_terminal_it_asks(server: Sandbox, tmp_path: Path, answer: str, code: int, created: int) -> None:
    """Password (not echoed), then the plan with server, login and counts; no sends nothing."""
    path = write_csv(tmp_path / "p.csv", people(1, "chirurgie@192.168.29.220"))
    questions = [("Password of admin", "superpass\n"), ("Send 1 row?", answer)]
    got, shown = on_a_terminal(["import", str(path), "--url", server.url], questions, {})
    assert got == code, shown
    assert server.url in shown and "1 to create" in shown and "superpass" not in shown
    assert len(writes(server)) == created


def test_the_sandbox_command_takes_the_switches(tmp_path: Path) -> None:
    """`sandbox --switch` starts a server of that kind; an unknown switch or value is one line and exit code 2."""
    run = Cli("", tmp_path)
    for wrong in ("post_answer=maybe", "colour=red", "put_needs_template=perhaps"):
        assert "--switch" in run("sandbox", "--port", 0, "--switch", wrong, code=2).output
    command = [sys.executable, "-u", "-m", "xcu_sheets", "sandbox", "--port", "0", "--switch", "unauthorised=html"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        assert process.stdout
        line = process.stdout.readline().decode()
        url = line.split(" on ")[1].split(",")[0]
        result = Cli(url, tmp_path)("export", tmp_path / "x.xlsx", code=3, env={"XCU_PASSWORD": "wr0ng"})
        process.terminate()
        process.stdout.read()
    assert "admin" in result.output


def test_time_outs_are_options(server: Sandbox, cli: Cli, tmp_path: Path) -> None:
    """A server slower than --timeout is given up on, with a line that says so."""
    server.add_fault(Fault("latency", path="/login", times=None, ms=3000))
    result = cli("export", tmp_path / "x.xlsx", "--timeout", "0.5", "--read-timeout", "0.4", code=3)
    assert len(result.output.strip().splitlines()) == 1


@pytest.mark.parametrize("where", ["option", "profile"])
def test_a_password_in_the_address_is_refused(
    server: Sandbox, config: Path, cli: Cli, tmp_path: Path, where: str
) -> None:
    """One line that does not repeat it, and nothing sent."""
    url = server.url.replace("//", "//admin:superpass@")
    config.write_text(f'[default]\nurl = "{url}"\n')
    options = ["--url", url] if where == "option" else []
    result = cli("export", tmp_path / "x.xlsx", *options, code=2, env={"XCU_URL": ""})
    assert "--login" in result.output and "superpass" not in result.output
    assert len(result.output.splitlines()) == 1 and server.calls == []


@pytest.mark.parametrize("where", ["option", "profile"])
def test_read_only_refuses_what_writes_before_anything_else(
    server: Sandbox, config: Path, cli: Cli, tmp_path: Path, where: str
) -> None:
    """import, apply and sync-config: one line, no call, no history; export, check, plan and a dry run work."""
    path, plan = write_csv(tmp_path / "p.csv", people(1, "chirurgie@192.168.29.220")), tmp_path / "plan.json"
    config.write_text(f"[default]\nread_only = {str(where == 'profile').lower()}\n")
    options = ["--read-only"] if where == "option" else []
    cli("export", tmp_path / "x.xlsx", *options)
    cli("check", tmp_path / "x.xlsx")
    cli("plan", path, "-o", plan, *options)
    cli("import", path, "--dry-run", *options)
    assert writes(server) == []
    server.clear_calls()
    for arguments in (["import", path, "--yes"], ["apply", plan, "--yes"], ["sync-config", "--yes"]):
        result = cli(*arguments, *options, code=2, state=tmp_path / "untouched", env={"XCU_PASSWORD": ""})
        assert "read-only" in result.output and len(result.output.splitlines()) == 1
    assert server.calls == [] and server.syncs == 0
    assert not (tmp_path / "untouched").exists()


def test_defaults_count_last(server: Sandbox, config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Option, environment, profile, then the address and login that the caller knows of."""
    monkeypatch.setenv("XCU_PASSWORD", "superpass")

    @click.command()
    @connection_options
    def command(**options: Any) -> tuple[str, str, str]:
        with connect(url_default=server.url, login_default="admin", **options).client as client:
            return client.origin, client.login_name, "ok"

    def run(*arguments: str) -> tuple[str, str, str]:
        return command.main(arguments, standalone_mode=False)

    assert run() == (server.url, "admin", "ok")
    config.write_text('[default]\nlogin = "other"\n')
    with pytest.raises(LoginFailed, match="other"):
        run()
    assert run("--login", "admin") == (server.url, "admin", "ok")
    config.write_text('[default]\nurl = "http://127.0.0.1:1"\n')
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1:1 "):
        run()
    monkeypatch.setenv("XCU_URL", server.url)
    assert run() == (server.url, "admin", "ok")


def test_a_connection_knows_its_server(server: Sandbox, config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`key` and `known` are the profile's where one is named, else the origin's, however the address is written."""
    monkeypatch.setenv("XCU_PASSWORD", "superpass")
    config.write_text(f'[site]\nurl = "{server.url}"\n')
    learn(server.url, fact=1)
    learn("profile:site", fact=2)

    @click.command()
    @connection_options
    def command(**options: Any) -> tuple[str, Any]:
        session = connect(**options)
        session.client.close()
        return session.key, session.known["fact"]

    assert command.main(["--url", f"{server.url}/api/1.0/"], standalone_mode=False) == (server.url, 1)
    assert command.main(["--profile", "site"], standalone_mode=False) == ("profile:site", 2)


def test_the_proxy_and_the_certificates_may_come_from_the_environment(tmp_path: Path) -> None:
    """XCU_PROXY and XCU_CA_FILE count like their options: the one is called, the other must be there."""
    with Sandbox(SandboxConfig(users=3)) as server:
        cli = Cli("http://xcu.invalid:9001", tmp_path / "state")
        found = {"XCU_PROXY": server.url, "XCU_ALLOW_HTTP": "1"}
        cli("export", tmp_path / "book.xlsx", env=found)
        assert server.calls
        said = cli(
            "export", tmp_path / "book.xlsx", code=2, env={**found, "XCU_CA_FILE": str(tmp_path / "none")}
        ).output
        assert "none" in said and "does not exist" in said
