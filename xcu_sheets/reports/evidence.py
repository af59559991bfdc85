"""What an audit or a comparison rests on: its inputs, when they were taken, by whom, and by which command."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..running.inputs import LIVE, Input
from ..words import translate


@dataclass(frozen=True)
class Source:
    """One input: a file by its path as it was given, or `live`.

    `sha256` is of a file's bytes; of a live reading it is `Book.digest` of what an export would write. `taken_at` is
    UTC ISO 8601; `version` is of the program that wrote the file.
    """

    name: str
    sha256: str
    server: str = ""
    login: str = ""
    taken_at: str = ""
    version: str = ""


@dataclass(frozen=True)
class Evidence:
    """Who can make the same again, and how: the command as typed, the program's version, UTC time, and the inputs."""

    command: str
    version: str
    made_at: str
    inputs: tuple[Source, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the evidence as JSON values."""
        return {**asdict(self), "inputs": [asdict(source) for source in self.inputs]}


def source_of(one: Input) -> Source:
    """Return a side that was loaded or read as what it is in evidence."""
    return Source(one.name, one.sha256, one.view.server, one.view.login, one.view.taken_at, one.version)


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file's bytes. Raises OSError where it cannot be read."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def evidence_lines(evidence: Evidence) -> list[tuple[str, str]]:
    """Return the evidence as lines of name and text, for a sheet, a page or a terminal."""
    several = len(evidence.inputs) > 1
    inputs = [
        (translate("{name} ({number})", name=name, number=number) if several else name, text)
        for number, source in enumerate(evidence.inputs, 1)
        for name, text in _source_lines(source)
    ]
    return [
        *inputs,
        (translate("Command"), evidence.command),
        (translate("Made at (UTC)"), evidence.made_at),
        (translate("Made by"), f"xcu-sheets {evidence.version}"),
    ]


def _source_lines(source: Source) -> Iterator[tuple[str, str]]:
    lines = [
        (translate("Input"), translate("the server as it was read") if source.name == LIVE else source.name),
        (translate("Server"), source.server),
        (translate("Login"), source.login),
        (translate("Taken at (UTC)"), source.taken_at),
        (translate("Written by"), f"xcu-sheets {source.version}" if source.version else ""),
        ("SHA-256", source.sha256),
    ]
    yield from ((name, text) for name, text in lines if text)
