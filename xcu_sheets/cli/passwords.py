"""Where the password comes from: a private file, the profile's command, the environment, the keyring, a prompt."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from ..model.errors import LoginFailed, XcuError
from ..model.text import Said, safe_text
from ..words import translate

COMMAND_SECONDS = 60.0


def find_password(password_file: str | None, settings: Mapping[str, Any], url: str, login: str) -> str:
    """Return the password from the first source that has one (DESIGN section 4). Raises LoginFailed where none has."""
    if password_file:
        return password_from_file(Path(password_file))
    if settings.get("password_command"):
        return password_from_command(settings["password_command"])
    given = os.environ.get("XCU_PASSWORD") or _from_keyring(url, login)
    if given:
        return given
    if not sys.stdin.isatty():
        raise LoginFailed(
            "No password: use --password-file, XCU_PASSWORD or the keyring; there is no terminal to ask on."
        )
    question = translate("Password of {login}: ", login=login)
    answer: str = click.prompt(question, prompt_suffix="", hide_input=True, err=True)
    return answer


def password_from_file(path: Path) -> str:
    """Return what a file holds, its last line end apart. Raises XcuError where others can read it, or it holds none."""
    if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise XcuError("{path} can be read by others: run chmod 600 {path} first.", path=path)
    return _password_in(path.read_bytes(), str(path))


def password_from_command(command: str, *, seconds: float = COMMAND_SECONDS) -> str:
    """Return what a command prints. Its stderr is the person's to see; its stdout is shown to nobody.

    Raises LoginFailed where that is no password. Only the program's name is ever repeated: a secret may stand in its
    arguments.
    """
    import subprocess

    arguments = _split(command)
    who = Said("The profile's password_command ({program})", program=safe_text(Path(arguments[0]).name))
    try:
        done = subprocess.run(  # noqa: S603 - the user's own profile; Windows splits a command line itself
            arguments if os.name == "posix" else command, stdout=subprocess.PIPE, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        raise LoginFailed(
            "{who} gave no password within {seconds} s: run it by hand to see why.", who=who, seconds=f"{seconds:g}"
        ) from None
    except (OSError, ValueError) as failed:  # ValueError: a NUL in the command
        raise LoginFailed(
            "{who} cannot be run: {reason}.",
            who=who,
            reason=getattr(failed, "strerror", "") or Said("it makes no sense"),
        ) from None
    if done.returncode:
        raise LoginFailed("{who} ended with code {code}: run it by hand to see why.", who=who, code=done.returncode)
    return _password_in(done.stdout, who)


def _split(command: str) -> list[str]:
    import shlex

    try:
        arguments = shlex.split(command, posix=os.name == "posix")
    except ValueError:
        raise XcuError("The profile's password_command has a quote that is not closed.") from None
    if not arguments:
        raise XcuError("The profile's password_command is blank: name a program, or take the line out.")
    return arguments


def _password_in(content: bytes, source: str) -> str:
    try:
        password = content.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        raise LoginFailed("{source} gave something that is not UTF-8 text: no password.", source=source) from None
    if not password:
        raise LoginFailed("{source} gave an empty password.", source=source)
    return password


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
