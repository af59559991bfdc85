"""A server as something shows it, back as the records of its API: what a sandbox begins with to rehearse on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..comparing.names import labels_of
from ..model.fields import Field, Resource
from ..model.kinds import BadCell
from ..model.records import Record, Secret
from ..model.resources import RESOURCES
from ..model.snapshot import text_rows
from ..model.text import split_list
from ..model.view import View
from .inputs import Input


def records_of(source: Input) -> dict[str, list[Record]]:
    """Return the records that an input shows, by sheet, as the API would; secrets are left out.

    Rows without an id, new in a book, are no records yet and left out.
    """
    if source.snapshot:
        return {name: [_open(record) for record in listed] for name, listed in source.snapshot.records.items()}
    return {
        name: list(_records(RESOURCES[name], source.view)) for name in source.view.frames if RESOURCES[name].listing
    }


def _open(record: Record) -> Record:
    return {key: value for key, value in record.items() if not isinstance(value, Secret)}


def _records(resource: Resource, view: View) -> Iterator[Record]:
    fields = [field for field in resource.fields if field.read]
    ids = {field.ref.resource: labels_of(view, field.ref.resource) for field in fields if field.ref}
    for row in text_rows(view.frame(resource.name)):
        if row.get("id", "").isdecimal():
            yield {f.read: _value(f, row[f.name], ids) for f in fields if row.get(f.name)}


def _value(field: Field, text: str, ids: Mapping[str, Mapping[str, str]]) -> Any:
    if field.ref:
        items = split_list(text) if field.kind.many else [text]
        keys = [_key(field, item, ids[field.ref.resource]) for item in items]
        return keys if field.kind.many else keys[0]
    if field.name == "id":
        return int(text)
    try:
        return field.kind.parse(text)
    except BadCell:
        return _odd_intervals(text) if field.kind.many else text


def _key(field: Field, label: str, ids: Mapping[str, str]) -> Any:
    """Return the key by which the API refers to a record: its combinedId, which is its label, or its id."""
    if not field.ref or field.ref.key != "id":
        return label
    id_ = ids.get(label, label.removeprefix("#"))
    return int(id_) if id_.isdecimal() else id_


def _odd_intervals(text: str) -> list[dict[str, str]]:
    """Return intervals as they are where one of them is none that XiVO takes."""
    pairs = (item.partition("-") for item in split_list(text))
    return [{"start": start.strip(), "end": end.strip()} for start, _, end in pairs]
