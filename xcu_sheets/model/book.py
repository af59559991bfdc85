"""A book as a value: the sheets a person edited, and the baseline of what the server said when it was made."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from .fields import Resource
from .problems import Problem
from .resources import RESOURCES

BASELINE_FORMAT = 1


@dataclass(frozen=True)
class Baseline:
    """What the server said when the book was written: frames of text indexed as in the sheet, and its origin.

    It is input from a stranger (DESIGN rule 2): it says only what a cell held, never an address, id or right.
    `contact` is whom to ask; `fill` gives, by column that names a record, what blank cells of new rows mean.
    """

    book_id: str
    server: str
    login: str
    taken_at: str
    frames: Mapping[str, pd.DataFrame]
    xivo_uuids: tuple[str, ...] = ()
    tool_version: str = ""
    unreadable: Mapping[str, str] = field(default_factory=dict)
    format: int = BASELINE_FORMAT
    contact: str = ""
    fill: Mapping[str, str] = field(default_factory=dict)

    def about(self) -> dict[str, Any]:
        """Return everything but the frames, as JSON values."""
        return {
            "format": self.format,
            "book_id": self.book_id,
            "server": self.server,
            "login": self.login,
            "taken_at": self.taken_at,
            "xivo_uuids": list(self.xivo_uuids),
            "tool_version": self.tool_version,
            "unreadable": dict(self.unreadable),
            "contact": self.contact,
            "fill": dict(self.fill),
        }


@dataclass(frozen=True)
class Sheet:
    """One sheet as read: `frame` holds canonical text under machine names, `original` every cell as the person sees it.

    Both are indexed by the row number the person sees. `letters` gives the Excel column of each machine name;
    `headers` its header as the person wrote it; `title` is the sheet's own name. `above` are the rows over the header,
    title lines as (row, cells), and `header_row` is the header's own number.
    `headers` its header as the person wrote it; `title` is the sheet's own name. `hidden_rows` and `hidden_columns`
    (machine names) are those that the person does not see; of a sheet that is hidden (`hidden`) these are all rows.
    """

    resource: Resource
    title: str
    frame: pd.DataFrame
    original: pd.DataFrame
    letters: Mapping[str, str]
    headers: Mapping[str, str] = field(default_factory=dict)
    header_row: int = 1
    above: tuple[tuple[int, tuple[str, ...]], ...] = ()
    hidden: bool = False
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[str] = frozenset()

    @property
    def unknown(self) -> list[str]:
        """The person's own columns that the table does not know (Matricule, Service)."""
        return [header for header in self.original.columns if header not in set(self.headers.values())]


@dataclass(frozen=True)
class Book:
    """A file as read: its sheets by resource name, its baseline if it has one, and what was wrong with it."""

    path: str
    sheets: Mapping[str, Sheet]
    baseline: Baseline | None = None
    problems: tuple[Problem, ...] = ()

    @property
    def book_id(self) -> str:
        """The random id given to the book when it was written, empty for a hand-made file."""
        return self.baseline.book_id if self.baseline else ""

    @property
    def contact(self) -> str:
        """Whom to ask about the book, as it says itself."""
        return self.baseline.contact if self.baseline else ""

    @property
    def fill(self) -> Mapping[str, str]:
        """What blank cells of new rows mean in this book, by column of the users sheet."""
        return self.baseline.fill if self.baseline else {}

    @property
    def letters(self) -> dict[str, Mapping[str, str]]:
        """By sheet, the Excel column of each machine name."""
        return {name: sheet.letters for name, sheet in self.sheets.items()}

    def digest(self) -> str:
        """Return the SHA-256 of the canonical text of the resource sheets, secrets left out.

        It does not change when Excel rewrites the file (DESIGN section 4).
        """
        return digest_of({name: sheet.frame for name, sheet in self.sheets.items()})


def digest_of(frames: Mapping[str, pd.DataFrame]) -> str:
    """Return the SHA-256 of sheets of text by resource name, indexed by row number; secrets are left out."""
    sha = hashlib.sha256()
    for name in sorted(frames):
        shown = frames[name]
        shown = shown[sorted(set(shown.columns) - {f.name for f in RESOURCES[name].secrets})]
        sha.update(f"{name}\x1d{chr(31).join(shown.columns)}\x1e".encode())
        for row, cells in zip(shown.index, shown.itertuples(index=False), strict=True):
            sha.update(f"{row}\x1f{chr(31).join(cells)}\x1e".encode(errors="surrogatepass"))
    return sha.hexdigest()
