"""What a reader delivers: plain text cells with their row numbers, before anyone asks what they mean.

It is all that a reader in a child process would have to send back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Limits:
    """How much a file may hold before it is refused; bytes, rows, columns and so on as named."""

    file_bytes: int = 256 * 1024**2
    unpacked_bytes: int = 256 * 1024**2
    part_ratio: int = 200
    ratio_from_bytes: int = 4 * 1024**2
    members: int = 2000
    rows: int = 200_000
    columns: int = 512


@dataclass(frozen=True)
class Fault:
    """A cell that shows no value of its own: `code` is a Problem's code, `text` what the person sees."""

    code: str
    text: str


@dataclass(frozen=True)
class RawSheet:
    """A sheet's rows that are not blank, as (number the person sees, cells from column A on)."""

    name: str
    rows: Sequence[tuple[int, Sequence[str]]]
    faults: Mapping[tuple[int, int], Fault] = field(default_factory=dict)
    title: str = ""

    @property
    def shown(self) -> str:
        """The name to show: the sheet's, or the file's."""
        return self.title or self.name
