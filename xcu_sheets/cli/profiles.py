"""The profile file: what a person settled once about a server."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from typing import Any

from ..model.errors import XcuError
from ..model.text import Said
from .known_servers import config_folder

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
    "key": str,
    "login_pattern": str,
    "password_length": int,
}


class NoSuchProfile(XcuError):
    """There is no profile of this name."""


def read_profile(name: str | None) -> Mapping[str, Any]:
    """Return one profile of `profiles.toml` in the user's config folder; [default] where none is named."""
    path = config_folder() / "profiles.toml"
    if not path.exists():
        if name:
            raise NoSuchProfile(
                "There is no profile file {path}: create it with a section [{name}] holding url and login.",
                path=path,
                name=name,
            )
        return {}
    try:
        sections = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as failed:
        raise XcuError("{path} is not readable as TOML: {failed}", path=path, failed=failed) from failed
    if name and name not in sections:
        raise NoSuchProfile(
            "{path} has no profile [{name}]: it has {sections}.",
            path=path,
            name=name,
            sections=", ".join(sections) or Said("none"),
        )
    section: dict[str, Any] = sections.get(name or "default", {})
    for key, value in section.items():
        if key not in _KEYS or not isinstance(value, _KEYS[key]):
            raise XcuError(
                "{path} [{name}]: {key} is not a setting of the right kind ({settings}).",
                path=path,
                name=name or "default",
                key=key,
                settings=_settings(),
            )
    return section


def _settings() -> str:
    return ", ".join(f"{key}: {kind.__name__}" for key, kind in _KEYS.items())


def usual_contact() -> str:
    """Return whom the usual profile names for questions: for commands without a server, which no profile may stop."""
    try:
        return str(read_profile(os.environ.get("XCU_PROFILE")).get("contact", ""))
    except XcuError:
        return ""
