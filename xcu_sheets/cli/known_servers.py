"""What was learned of each server, kept beside the profiles as ssh keeps its known hosts."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from ..files.replace_file import replace_file
from ..model.errors import XcuError
from ..words import translate

FORMAT = 1
_LISTS = ("xivo_uuids", "allow_http")  # facts that are lists of text


def config_folder() -> Path:
    """Return the folder of the profiles: `XCU_SHEETS_CONFIG`, else the user's config folder."""
    from platformdirs import user_config_dir

    return Path(os.environ.get("XCU_SHEETS_CONFIG") or user_config_dir("xcu-sheets"))


def known_path() -> Path:
    """Return where the facts lie."""
    return config_folder() / "known_servers.json"


def key_of(profile: str | None, origin: str) -> str:
    """Return under which key a server's facts lie: the profile's where one was named, else its origin."""
    return f"profile:{profile}" if profile else origin


def read_known(key: str) -> dict[str, Any]:
    """Return what was learned of a server, {} where nothing is known. Raises XcuError for a damaged file."""
    return dict(_read(known_path()).get(key, {}))


def learn(key: str, **facts: Any) -> None:
    """Put JSON values on record for a server, over those of the same names; the profile file is never touched.

    Raises XcuError where the file is damaged or cannot be written. Of two processes that learn in the same instant one
    may lose its facts, which are then learned at the next use.
    """
    path = known_path()
    servers = _read(path)
    servers[key] = {**servers.get(key, {}), **facts}
    text = json.dumps({"format": FORMAT, "servers": servers}, ensure_ascii=False, indent=1, allow_nan=False)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as failed:
        raise XcuError(
            "{folder} cannot be made ({strerror}).", folder=path.parent, strerror=failed.strerror
        ) from failed
    with replace_file(path, beside=False) as file:
        file.temporary.write_text(text + "\n", encoding="utf-8")


def learn_or_say(key: str, **facts: Any) -> None:
    """Learn, or say on stderr that it could not be kept: what the person allowed now holds now in any case."""
    try:
        learn(key, **facts)
    except XcuError as failed:
        click.echo(translate("Note: this will not be remembered: {error}", error=failed), err=True)


def _read(path: Path) -> dict[str, dict[str, Any]]:
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (ValueError, RecursionError) as failed:
        raise _damaged(path) from failed
    except OSError as failed:
        raise XcuError(
            "{path} cannot be read ({strerror}): it says which servers are known.", path=path, strerror=failed.strerror
        ) from failed
    if isinstance(body, dict) and isinstance(body.get("format"), int) and body["format"] > FORMAT:
        raise XcuError(
            "{path} was written by a newer xcu-sheets (format {format}): use that version.",
            path=path,
            format=body["format"],
        )
    servers = body.get("servers") if isinstance(body, dict) else None
    if not isinstance(servers, dict) or not all(_is_sound(facts) for facts in servers.values()):
        raise _damaged(path)
    return servers


def _is_sound(facts: object) -> bool:
    return isinstance(facts, Mapping) and all(_is_texts(facts.get(name, [])) for name in _LISTS)


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) for text in value)


def _damaged(path: Path) -> XcuError:
    return XcuError(
        "{path} is damaged: put it back from a copy, or delete it; each server then counts as met for the first time.",
        path=path,
    )
