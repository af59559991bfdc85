"""A problems copy about to be written: a person's sheets with their marks, and the list of what is wrong."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from .sheets import SheetSpec

AUTHOR = "xcu-sheets"
# Written as the time of creation and of the last change: who edits the file changes the second.
UNTOUCHED = datetime(2000, 1, 1)
_PART_TIME = (1980, 1, 31, 0, 0, 0)  # XlsxWriter's for every part; no program that saves a workbook has the same
_PROPERTIES_LIMIT = 64 * 1024


@dataclass(frozen=True)
class Mark:
    """How a cell is marked: its colour, and the comment that says why."""

    colour: str
    comment: str = ""


@dataclass(frozen=True)
class MarkedSheet:
    """A person's sheet as written: `spec.frame` is indexed by the row numbers that the person sees.

    `above` are the title rows over the header as (row, cells); `marks` are by row and place of the column, from 0.
    What the person does not see is hidden here too: the whole sheet (`hidden`), rows, and columns by place.
    """

    spec: SheetSpec
    header_row: int = 1
    above: Sequence[tuple[int, Sequence[str]]] = ()
    marks: Mapping[tuple[int, int], Mark] = field(default_factory=dict)
    hidden: bool = False
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Listed:
    """One problem on the first sheet; `place` is the row and column (from 0) of its cell, to which it links."""

    severity: str
    sheet: str
    place: tuple[int, int] | None
    column: str
    value: str
    message: str
    colour: str = ""


def untouched(path: Path) -> bool:
    """Tell whether a file is a problems copy that nobody has saved since it was written, and so may be replaced."""
    try:
        with zipfile.ZipFile(path) as archive, archive.open("docProps/core.xml") as part:
            if any(member.date_time != _PART_TIME for member in archive.infolist()):
                return False
            properties = part.read(_PROPERTIES_LIMIT).decode("utf-8", "replace")
    except (OSError, KeyError, zipfile.BadZipFile, NotImplementedError, RuntimeError, zlib.error):
        return False
    return f"<dc:creator>{AUTHOR}</dc:creator>" in properties and properties.count(f"{UNTOUCHED:%Y-%m-%dT}") == 2
