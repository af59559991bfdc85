"""What a reader delivers: plain text cells with their row numbers, before anyone asks what they mean.

It is all that the child process that reads workbooks sends back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..model.text import safe_text

Place = tuple[int, int]
"""A cell: the row number the person sees, the column from 0."""

LAST_ROW, LAST_COLUMN = 1_048_576, 16_384
"""How far a sheet reaches in Excel and LibreOffice."""


@dataclass(frozen=True)
class Limits:
    """How much a file may hold before it is refused; bytes, rows, columns and so on as named.

    `cells` are those of a workbook that hold a value and `text` their characters; `cell_elements` are the cells written
    down in one sheet, blank ones too, `elements` what stands beside them in one part. `memory_bytes` (where the system
    can hold a process to it) and `seconds` bound the reading as a whole.
    """

    file_bytes: int = 256 * 1024**2
    unpacked_bytes: int = 256 * 1024**2
    part_ratio: int = 200
    ratio_from_bytes: int = 4 * 1024**2
    members: int = 2000
    rows: int = 200_000
    columns: int = 512
    cells: int = 3_000_000
    text: int = 128 * 1024**2
    cell_elements: int = 10_000_000
    elements: int = 1_000_000
    faults: int = 100_000
    memory_bytes: int = 512 * 1024**2
    seconds: float = 120


@dataclass(frozen=True)
class Fault:
    """A cell that shows no value of its own: `code` is a Problem's code, `text` what the person sees."""

    code: str
    text: str


@dataclass(frozen=True)
class Traits:
    """What a sheet shows beside its values: what is hidden (rows that hold a value only), filtered and merged.

    `merged` are ranges as (first row, first column, last row, last column), columns from 0 and both ends included.
    """

    hidden: bool = False
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    filtered: bool = False
    merged: tuple[tuple[int, int, int, int], ...] = ()


@dataclass(frozen=True)
class RawSheet:
    """A sheet's rows that are not blank, as (number the person sees, cells from column A on)."""

    name: str
    rows: Sequence[tuple[int, Sequence[str]]]
    faults: Mapping[Place, Fault] = field(default_factory=dict)
    title: str = ""
    traits: Traits = Traits()

    @property
    def shown(self) -> str:
        """The name to show: the sheet's, or the file's."""
        return self.title or self.name

    @property
    def said(self) -> str:
        """The same, fit for a message."""
        return safe_text(self.shown)


@dataclass(frozen=True)
class RawBook:
    """A workbook's sheets; `links` tells that it takes values from other files."""

    sheets: Sequence[RawSheet]
    links: bool = False


@dataclass
class Scan:
    """What a look through a sheet found before a reader opened it.

    `rows`, `cells` count those with a value, `row_elements`, `cell_elements` every one written down; `last_row` and
    `width` tell how far values reach. `padded` are numbers shown with leading zeros, as digits by place; `seen` are
    cells that the person sees otherwise than the reader would say.
    """

    hidden: bool = False
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    filtered: bool = False
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    faults: dict[Place, Fault] = field(default_factory=dict)
    padded: dict[Place, int] = field(default_factory=dict)
    seen: dict[Place, str] = field(default_factory=dict)
    rows: int = 0
    cells: int = 0
    row_elements: int = 0
    cell_elements: int = 0
    last_row: int = 0
    width: int = 0

    @property
    def traits(self) -> Traits:
        """What goes with the sheet."""
        rows, columns = frozenset(self.hidden_rows), frozenset(self.hidden_columns)
        return Traits(self.hidden, rows, columns, self.filtered, tuple(self.merged))
