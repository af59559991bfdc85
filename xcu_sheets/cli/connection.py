"""Which server, which login, which password: options, environment, profile file, keyring, prompt."""

from __future__ import annotations

import os
import stat
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from ..model.errors import LoginFailed, XcuError
from ..server import Client, Timeouts

DEFAULT_LOGIN = "admin"
_KEYS = {
    "url": str,
    "login": str,
    "password_command": str,
    "ca_file": str,
    "proxy": str,
    "read_only": bool,
    "allow_http": bool,
    "contact": str,
    "never_assign": list,
    "quarantine_days": int,
    "passwords_survive": bool,
}


@dataclass(frozen=True)
class Connection:
    """A connected client and the profile it came from."""

    client: Client
    profile: str
    settings: Mapping[str, Any]


def connect(
    *,
    url: str | None,
    login: str | None,
    profile: str | None,
    password_file: str | None,
    ca_file: str | None,
    proxy: str | None,
    read_only: bool,
    connect_timeout: float,
    read_timeout: float,
    timeout: float,
) -> Connection:
    """Return a client that is logged in. Raises LoginFailed, Unavailable, or XcuError for a wrong setting."""
    settings = read_profile(profile)
    address = url or settings.get("url", "")
    if not address:
        raise XcuError("No server given: use --url http://HOST:9001, XCU_URL, or url in a profile.")
    name = login or settings.get("login", DEFAULT_LOGIN)
    _say_plain_http(address, settings)
    client = Client(
        address,
        name,
        find_password(password_file, settings, address, name),
        timeouts=Timeouts(connect_timeout, read_timeout, timeout),
        ca_file=ca_file or settings.get("ca_file"),
        proxy=proxy or settings.get("proxy"),
        read_only=read_only or bool(settings.get("read_only")),
    )
    try:
        client.log_in()
    except BaseException:
        client.close()
        raise
    return Connection(client, profile or "", settings)


def read_profile(name: str | None) -> Mapping[str, Any]:
    """Return one profile of `profiles.toml` in the user's config folder; [default] where none is named."""
    from platformdirs import user_config_dir

    path = Path(os.environ.get("XCU_SHEETS_CONFIG") or user_config_dir("xcu-sheets")) / "profiles.toml"
    if not path.exists():
        if name:
            raise XcuError(f"There is no profile file {path}: create it with a section [{name}] holding url and login.")
        return {}
    try:
        sections = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as failed:
        raise XcuError(f"{path} is not readable as TOML: {failed}") from failed
    if name and name not in sections:
        raise XcuError(f"{path} has no profile [{name}]: it has {', '.join(sections) or 'none'}.")
    section: dict[str, Any] = sections.get(name or "default", {})
    for key, value in section.items():
        if key not in _KEYS or not isinstance(value, _KEYS[key]):
            raise XcuError(f"{path} [{name or 'default'}]: {key} is not a setting of the right kind ({_known()}).")
    return section


def _known() -> str:
    return ", ".join(f"{key}: {kind.__name__}" for key, kind in _KEYS.items())


def find_password(password_file: str | None, settings: Mapping[str, Any], url: str, login: str) -> str:
    """Return the password from the first source that has one (DESIGN section 4). Raises LoginFailed where none has."""
    if password_file:
        return _from_file(Path(password_file))
    if settings.get("password_command"):
        return _from_command(settings["password_command"])
    given = os.environ.get("XCU_PASSWORD") or _from_keyring(url, login)
    if given:
        return given
    if not sys.stdin.isatty():
        raise LoginFailed(
            "No password: use --password-file, XCU_PASSWORD or the keyring; there is no terminal to ask on."
        )
    answer: str = click.prompt(f"Password of {login}", hide_input=True, err=True)
    return answer


def _from_file(path: Path) -> str:
    if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise XcuError(f"{path} can be read by others: run chmod 600 {path} first.")
    return path.read_text(encoding="utf-8").rstrip("\r\n")


def _from_command(command: str) -> str:
    import shlex
    import subprocess

    done = subprocess.run(shlex.split(command), capture_output=True, check=False)  # noqa: S603 - the user's own profile
    if done.returncode:
        raise LoginFailed(f"The profile's password_command ended with code {done.returncode}.")
    return done.stdout.decode("utf-8").rstrip("\r\n")


def _from_keyring(url: str, login: str) -> str:
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        return ""
    try:
        return keyring.get_password(f"xcu-sheets {url.rstrip('/')}", login) or ""
    except KeyringError:  # no usable backend on this machine
        return ""


def _say_plain_http(url: str, settings: Mapping[str, Any]) -> None:
    parts = urlsplit(url)
    if parts.scheme == "http" and not _is_loopback(parts.hostname or "") and not settings.get("allow_http"):
        click.echo(
            f"Note: {parts.hostname} is reached over plain http: passwords travel in clear. "
            "allow_http = true in the profile silences this.",
            err=True,
        )


def _is_loopback(host: str) -> bool:
    from ipaddress import ip_address

    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
