"""What the history tells of a sheet's rows: by what a row is known again, and what it made (DESIGN rule 6)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from ..model.book import Sheet
from ..model.fields import Field, Resource
from ..model.memory import Made, Memory, keyed_digest
from ..model.text import asks_auto, fold_name, is_left_out

Cells = Mapping[str, str]


@dataclass
class RowMemory:
    """The memory of the rows of one sheet; `rows` are those without id, by number, none where nothing is remembered.

    `refs` are the records that reference cells mean, by column and text (see `Resolved`).
    A row is known again by what it says and means, whatever its action: the entity and template by their ids, however
    they are written. One that the book creates itself has no id at first: then it is what `raw` has, as written. What
    `--set` fills is no part of it.
    """

    resource: Resource
    sheet: Sheet
    raw: pd.DataFrame
    memory: Memory
    book_id: str
    rows: Mapping[int, Cells]
    refs: Mapping[str, Mapping[str, tuple[str, ...]]]

    def identity(self, row: int, cells: Cells) -> str:
        """Return the keyed digest by which this row is known again (DESIGN rule 6, row memory)."""
        meant = {f.name: self._meaning(f, row, cells[f.name]) for f in self.resource.fields if f.ref}
        return self._digest(row, {**cells, **meant, "action": ""})

    def _known_as(self, row: int, cells: Cells) -> list[str]:
        """Return the digests under which a row may be on record: as it is, as before its entity lived, as of 0.1.0."""
        written = {**cells, **{f.name: self._written(f, row) for f in self.resource.fields if f.ref}}
        before = [self._digest(row, {**written, "action": action}) for action in ("", "create")]
        return [self.identity(row, cells), *before]

    def _digest(self, row: int, cells: Cells) -> str:
        name = self.resource.name
        filled = {f.name: "" for f in self.resource.writable if not self._written(f, row)}
        cells = {**cells, **filled}
        if self.book_id:
            return keyed_digest(self.memory.key, self.book_id, name, *person_of(self.resource, cells))
        secret = {f.name for f in self.resource.secrets}
        shown = [f"{k}={v}" for k, v in sorted(cells.items()) if v and k not in secret]
        own = [f"{h}={self.sheet.original.at[row, h]}" for h in self.sheet.unknown]
        return keyed_digest(self.memory.key, name, *shown, *own)

    def _written(self, field: Field, row: int) -> str:
        return str(self.raw.at[row, field.name])

    def _meaning(self, field: Field, row: int, label: str) -> str:
        """Return the ids of the records that a cell refers to, else the cell as it is written."""
        ids = self.refs.get(field.name, {}).get(label, ())
        living = ids and all(id_.startswith("id:") for id_ in ids)
        return " ".join(ids) if living else self._written(field, row)

    @cached_property
    def known_as(self) -> dict[int, list[str]]:
        """The digests under which each row of the book without id may be on record."""
        return {row: self._known_as(row, cells) for row, cells in self.rows.items()}

    @cached_property
    def identities(self) -> frozenset[str]:
        """The digests of all rows of the book that have no id."""
        return frozenset(digest for digests in self.known_as.values() for digest in digests)

    @cached_property
    def made(self) -> dict[int, Made]:
        """What each row is known to have made; of rows with one identity each has its own, as far as there are any."""
        rows: dict[str, list[int]] = defaultdict(list)
        made: dict[str, dict[str, Made]] = defaultdict(dict)
        for row, digests in sorted(self.known_as.items()):
            rows[digests[0]].append(row)
            found = (one for digest in digests for one in self.memory.made.get(digest, ()))
            made[digests[0]].update({one.record_id: one for one in found})
        numbers = {row: cells.get("internal_number", "") for row, cells in self.rows.items()}
        shared = (_share_out(same, list(made[identity].values()), numbers) for identity, same in rows.items())
        return {row: one for pairs in shared for row, one in pairs}

    @cached_property
    def at_row(self) -> dict[int, Made]:
        """What rows of this very book made, by the row number that they had."""
        made = (one for of_rows in self.memory.made.values() for one in of_rows) if self.book_id else ()
        return {one.row: one for one in made if one.sheet == self.resource.name}

    def other_secrets(self, id_: str, cells: Cells) -> list[str]:
        """Return the labels of secrets that differ from those sent for a record, as far as these are known."""
        sent = self.memory.sent.get((self.resource.name, id_), {})
        typed = {f: cells.get(f.name, "") for f in self.resource.secrets if f.name in sent}
        return [
            f.label for f, text in typed.items() if _typed(text) and keyed_digest(self.memory.key, text) != sent[f.name]
        ]


def _typed(text: str) -> bool:
    return bool(text) and not asks_auto(text) and not is_left_out(text)


def person_of(resource: Resource, cells: Cells) -> tuple[str, ...]:
    """Return what a row or record is called: entity and names, or its name (and XiVO)."""
    if not resource.person_key:
        return tuple(fold_name(cells[name]) for name in ("xivo", "name") if name in cells)
    return (cells["entity"], *(fold_name(cells[name]) for name in resource.person_key))


def _share_out(rows: list[int], made: list[Made], numbers: Mapping[int, str]) -> Iterator[tuple[int, Made]]:
    """Yield rows of one identity with what each made: by its typed number, else by its row, else in order."""
    left, rest = list(rows), list(made)
    tests: list[Callable[[int, Made], bool]] = [
        lambda row, one: numbers[row] == one.internal_number != "",
        lambda row, one: row == one.row,
    ]
    for fits in tests:
        for row in list(left):
            own = next((one for one in reversed(rest) if fits(row, one)), None)
            if own:
                left.remove(row)
                rest.remove(own)
                yield row, own
    if left:
        yield from zip(left, rest[-len(left) :], strict=False)
