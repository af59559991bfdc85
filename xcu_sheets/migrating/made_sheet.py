"""A sheet of a book that nobody typed, as a reader would have delivered it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from ..model.book import Sheet
from ..model.fields import Resource
from ..model.snapshot import text_frame

Cells = Mapping[str, str]


def make_sheet(resource: Resource, rows: Mapping[int, Cells], origins: Sequence[Cells]) -> Sheet:
    """Return a sheet of the book; what its report shows beside the rows is where people come from."""
    index = pd.Index(list(rows), dtype="int64")
    frame = text_frame({name: [cells.get(name, "") for cells in rows.values()] for name in resource.columns}, index)
    shown = dict(_own_columns(origins)) if origins else {}
    shown |= {f.label: list(frame[f.name]) for f in resource.writable if not f.secret}
    headers = {f.name: f.label for f in resource.writable}
    return Sheet(resource, resource.name, frame, text_frame(shown, index), {}, headers)


def _own_columns(origins: Sequence[Cells]) -> Iterator[tuple[str, list[str]]]:
    for header, name in (("Source id", "id"), ("Source entity", "entity"), ("Source number", "internal_number")):
        yield header, [cells[name] for cells in origins]
