"""Cells to request bodies: what a create and an update send, derived from the table."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..model.directory import Directory, Unresolved
from ..model.fields import Field, Ref, Resource
from ..model.kinds import INTERVALS, BadCell, render_text
from ..model.records import Record, Secret
from ..model.text import clean_text, is_clear, split_list

_EMPTY: Mapping[str, Any] = {"null": None, "empty": []}
_HASH = re.compile(r"[0-9a-fA-F]{32,}|[0-9a-fA-F]{2,}:[0-9a-fA-F]{16,}|\$[0-9a-z]+\$.*|[A-Za-z0-9+/]{40,}={0,2}")


def create_payload(
    resource: Resource, cells: Mapping[str, str], directory: Directory, secrets: Mapping[str, Secret]
) -> dict[str, Any]:
    """Return the body that creates a record from a row's canonical texts; blank cells are not sent, but for lists.

    The API document calls no list optional, so a blank one is sent empty.

    `secrets` are by column; they stay sealed in the body, the client opens them on sending. Raises BadCell or
    Unresolved for a cell that validation would have refused.
    """
    payload: dict[str, Any] = {}
    for field in resource.writable:
        text = cells.get(field.name, "")
        if field.secret:
            payload.update(_given_secret(field, secrets))
        elif text and not is_clear(text):
            payload[field.write] = _to_api(field, text, directory)
        elif field.clear == "empty":
            payload[field.write] = []
    return payload


def update_payload(
    resource: Resource,
    live: Record,
    edits: Mapping[str, str],
    directory: Directory,
    secrets: Mapping[str, Secret],
    listed: Record | None,
) -> dict[str, Any]:
    """Return the body that replaces the record `live`, just read, by itself with `edits` (DESIGN rule 3).

    Keys unknown to the table go back as they came; keys the server only shows are left out. `listed` is the same
    record as the list showed it. A secret that was not given goes back only where it is surely the secret itself.
    """
    known = {"id", *resource.read_only_keys, *resource.hidden, *(f.write for f in resource.writable)}
    payload = {key: value for key, value in live.items() if key not in known}
    for field in resource.writable:
        text = edits.get(field.name, "")
        if field.secret:
            payload.update(_given_secret(field, secrets) or _kept_secret(field, live, listed))
        elif not text:
            payload.update(_kept(field, live, directory))
        elif not is_clear(text):
            payload[field.write] = _to_api(field, text, directory, live.get(field.read))
        elif field.clear in _EMPTY:
            payload[field.write] = _EMPTY[field.clear]
        elif not field.clear:
            raise BadCell("cannot_clear")
    return payload


def _to_api(field: Field, text: str, directory: Directory, live: Any = None) -> Any:
    if field.ref:
        names = split_list(text) if field.ref.many else [text]
        keys = [_number(field.ref, directory.resolve(field.ref.resource, name).keys[field.ref.key]) for name in names]
        return keys if field.ref.many else keys[0]
    value = field.kind.parse(text)
    return _same_intervals(value, live) if field.kind is INTERVALS else value


def _number(ref: Ref, key: Any) -> Any:
    is_digits = ref.key == "id" and isinstance(key, str) and re.fullmatch(r"[0-9]+", key)
    return int(key) if is_digits else key


def _same_intervals(wanted: list[dict[str, str]], live: Any) -> list[dict[str, Any]]:
    """Return the wanted intervals with the keys unknown to us of the live ones they are, or were: same start."""
    records = [interval for interval in live or () if isinstance(interval, dict)]
    same = {_bounds(interval): interval for interval in records}
    begun = {_bounds(interval)[0]: interval for interval in records}
    return [same.get(_bounds(i)) or {**begun.get(i["start"], {}), **i} for i in wanted]


def _bounds(interval: Mapping[str, Any]) -> tuple[str, str]:
    start = render_text(interval.get("start"))
    return start, render_text(interval.get("end")) or start


def _kept(field: Field, live: Record, directory: Directory) -> dict[str, Any]:
    """Return an unedited member as a write wants it: an absent key stays absent, a null stays null."""
    shown = field.read if field.read in live else field.write
    if shown not in live:
        return {}
    value = live[shown]
    if not field.ref or value is None:
        return {field.write: value}
    if isinstance(value, list):
        return {field.write: [_key_of(field.ref, item, directory) for item in value]}
    return {field.write: _key_of(field.ref, value, directory)}


def _key_of(ref: Ref, item: Any, directory: Directory) -> Any:
    """Return the key of a reference, whichever form the server used: the record, its key or its other key."""
    members = item if isinstance(item, Mapping) else {ref.key: item, "id": item}
    if isinstance(item, Mapping) and members.get(ref.key) is not None:
        return members[ref.key]
    for name in (ref.key, "id"):
        entry = directory.find(ref.resource, name, members.get(name))
        if entry:
            return entry.keys[ref.key]
    if isinstance(item, Mapping) or item is None:
        raise Unresolved("reference_unknown", resource=ref.resource, known="")
    return item


def _given_secret(field: Field, secrets: Mapping[str, Secret]) -> dict[str, Any]:
    given = secrets.get(field.name)
    return {field.write: given} if given and given.reveal() else {}


def _kept_secret(field: Field, live: Record, listed: Record | None) -> dict[str, Any]:
    """Return a secret as it was read, if list and record agree on it and it is no placeholder and no hash."""
    read, other = live.get(field.write), (listed or {}).get(field.write)
    if not isinstance(read, Secret) or not isinstance(other, Secret) or read.reveal() != other.reveal():
        return {}
    value = read.reveal()
    fits = all(re.fullmatch(rule.pattern, value) for rule in field.rules if rule.error)
    is_itself = fits and len(set(value)) > 1 and clean_text(value) == value and not _HASH.fullmatch(value)
    return {field.write: read} if is_itself else {}
