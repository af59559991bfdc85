"""What one server held at one time, and the same as sheets of text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pandas as pd

from .directory import Directory, make_directory
from .fields import Field, Resource
from .records import Record, Secret
from .resources import RESOURCES
from .text import join_list

# One text storage everywhere, with or without pyarrow; a blank cell is "", never NA (DESIGN rule 21).
TEXT = pd.StringDtype("python", na_value=float("nan"))
FIRST_ROW = 2  # a sheet's first data row, below its header


@dataclass(frozen=True)
class Snapshot:
    """What the server said: raw records by resource name, secrets sealed.

    `unreadable` gives, by entity combinedId (or resource name), why it could not be read. `taken_at` is UTC ISO 8601.
    """

    server: str
    login: str
    taken_at: str
    records: Mapping[str, Sequence[Record]]
    unreadable: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def directory(self) -> Directory:
        """The names by which these records are referred to."""
        return make_directory(self.records)

    @cached_property
    def frames(self) -> dict[str, pd.DataFrame]:
        """The resource sheets as text, indexed by record id (text), in the server's order, secrets blank."""
        return {name: self._frame(RESOURCES[name], records) for name, records in self.records.items()}

    @cached_property
    def xivo_uuids(self) -> tuple[str, ...]:
        """The identities of the server's XiVOs, sorted."""
        return tuple(sorted(str(x.get("uuid") or "") for x in self.records.get("xivos", ())))

    def _frame(self, resource: Resource, records: Sequence[Record]) -> pd.DataFrame:
        columns = {f.name: self._column(f, records) for f in resource.fields}
        index = pd.Index([str(r.get("id", "")) for r in records], dtype=TEXT)
        return text_frame(columns, index)

    def _column(self, field: Field, records: Sequence[Record]) -> list[str]:
        """Return a column's cells; each different value is turned into text once."""
        known: dict[Any, str] = {}
        texts = []
        for value in (record.get(field.read) for record in records):
            key = _memo(field, value)
            if key not in known:
                known[key] = _text(field, value, self.directory)
            texts.append(known[key])
        return texts


def cell_text(field: Field, record: Mapping[str, Any], directory: Directory) -> str:
    """Return what a cell shows of a record; blank for a field the server never shows."""
    return _text(field, record.get(field.read), directory)


def _text(field: Field, value: Any, directory: Directory) -> str:
    if not field.read:
        return ""
    if not field.ref:
        return field.kind.tidy(field.kind.render(value))
    labels = directory.label_of(field.ref, value)
    return join_list(sorted(labels)) if field.kind.many else "".join(labels)


def _memo(field: Field, value: Any) -> Any:
    """Return a key under which equal values are found: a nested record is known by the key that refers to it."""
    if field.ref and isinstance(value, Mapping):
        return str(value.get(field.ref.key))
    return value if isinstance(value, str | bool | None) else repr(value)


def text_frame(columns: Mapping[str, Sequence[str]], index: pd.Index | None = None) -> pd.DataFrame:
    """Return a frame of text, one column per entry."""
    return pd.DataFrame(
        {name: pd.Series(list(values), dtype=TEXT, index=index) for name, values in columns.items()}, index=index
    )


def natural_order(resource: Resource, frame: pd.DataFrame) -> pd.DataFrame:
    """Sort a sheet by its natural key, numbers by length then value, so that two exports compare well."""
    keys = [k for k in resource.natural_key if k in frame] or list(frame.columns[:1])
    order = pd.DataFrame(index=frame.index)
    for key in keys:
        if resource.by_name[key].kind.name == "number":
            order[f"{key} length"] = frame[key].str.len()
        order[key] = frame[key]
    if "id" in frame:
        order["id length"], order["id"] = frame["id"].str.len(), frame["id"]
    return frame.loc[order.sort_values(list(order.columns), kind="stable").index]


def secret_frame(snapshot: Snapshot, resource: Resource) -> dict[str, list[str]]:
    """Return the clear text of a sheet's secret columns, for `export --with-secrets` only."""
    return {
        f.name: [_reveal(r.get(f.write)) for r in snapshot.records.get(resource.name, ())] for f in resource.secrets
    }


def _reveal(value: Any) -> str:
    return value.reveal() if isinstance(value, Secret) else ""


def text_cells(row: Mapping[Any, Any] | pd.Series) -> dict[str, str]:
    """Return a row of a frame of text as plain cells by column."""
    return {str(column): str(text) for column, text in row.items()}


def text_rows(frame: pd.DataFrame) -> list[dict[str, str]]:
    """Return the rows of a frame of text as plain cells by column."""
    return [text_cells(row) for row in frame.to_dict("records")]
