"""What the history tells of a sheet's rows: by what a row is known again, and what it made (DESIGN rule 6)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from ..model.book import Sheet
from ..model.fields import Resource
from ..model.memory import Made, Memory, keyed_digest
from ..model.text import fold_name

Cells = Mapping[str, str]


@dataclass
class RowMemory:
    """The memory of the rows of one sheet; `rows` are those without id, by number, none where nothing is remembered.

    `raw` holds the rows as they were written: a row is known again by what it says, for an entity that the book creates
    is called otherwise once it exists.
    """

    resource: Resource
    sheet: Sheet
    raw: pd.DataFrame
    memory: Memory
    book_id: str
    rows: Mapping[int, Cells]

    def identity(self, row: int, cells: Cells) -> str:
        """Return the keyed digest by which this row is known again (DESIGN rule 6, row memory)."""
        name = self.resource.name
        written = self.raw.loc[row]
        cells = {**cells, **{f.name: str(written[f.name]) for f in self.resource.fields if f.ref}}
        if self.book_id:
            return keyed_digest(self.memory.key, self.book_id, name, *person_of(self.resource, cells))
        secret = {f.name for f in self.resource.secrets}
        shown = [f"{k}={v}" for k, v in sorted(cells.items()) if v and k not in secret]
        own = [f"{h}={self.sheet.original.at[row, h]}" for h in self.sheet.unknown]
        return keyed_digest(self.memory.key, name, *shown, *own)

    @cached_property
    def identities(self) -> dict[int, str]:
        """The identities of all rows of the book that have no id."""
        return {row: self.identity(row, cells) for row, cells in self.rows.items()}

    @cached_property
    def made(self) -> dict[int, Made]:
        """What each row is known to have made; of rows with one identity each has its own, as far as there are any."""
        rows: dict[str, list[int]] = defaultdict(list)
        for row, identity in sorted(self.identities.items()):
            rows[identity].append(row)
        made = self.memory.made
        return {row: one for id_, same in rows.items() for row, one in _share_out(same, made.get(id_, ()))}

    @cached_property
    def at_row(self) -> dict[int, Made]:
        """What rows of this very book made, by the row number that they had."""
        made = (one for of_rows in self.memory.made.values() for one in of_rows) if self.book_id else ()
        return {one.row: one for one in made if one.sheet == self.resource.name}

    def other_secrets(self, id_: str, cells: Cells) -> list[str]:
        """Return the labels of secrets that differ from those sent for a record, as far as these are known."""
        sent = self.memory.sent.get((self.resource.name, id_), {})
        typed = {f: cells.get(f.name, "") for f in self.resource.secrets if f.name in sent}
        return [f.label for f, text in typed.items() if text and keyed_digest(self.memory.key, text) != sent[f.name]]


def person_of(resource: Resource, cells: Cells) -> tuple[str, ...]:
    """Return what a row or record is called: entity and names, or its name (and XiVO)."""
    if not resource.person_key:
        return tuple(fold_name(cells[name]) for name in ("xivo", "name") if name in cells)
    return (cells["entity"], *(fold_name(cells[name]) for name in resource.person_key))


def _share_out(rows: list[int], made: Sequence[Made]) -> Iterator[tuple[int, Made]]:
    """Yield rows of one identity with what each made: its own row's first, the latest of the rest in order."""
    by_row = {one.row: one for one in made}
    own = {row: by_row.pop(row) for row in rows if row in by_row}
    left = [row for row in rows if row not in own]
    yield from own.items()
    yield from zip(left, list(by_row.values())[-len(left) :], strict=False)
