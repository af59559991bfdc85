"""One server as a JSON file, from which one works without it: what a book holds of it, as the server's own values."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from ..model.errors import BookError
from ..model.fields import Field, Resource
from ..model.kinds import INTERVALS, interval_order
from ..model.records import Record, each_once
from ..model.resources import RESOURCES
from ..model.snapshot import Snapshot, natural_order
from .csv_folder import write_bytes

KIND, FORMAT = "xcu-sheets snapshot", 1
LIMIT = 128 * 1024**2
_FACTS = ("server", "login", "taken_at", "tool_version")
_NAMED = ("id", "uuid", "combinedId", "name")  # what is kept of a record inside another one: enough to know it by


class _Misshapen(ValueError):
    """A member is not what a snapshot holds there."""


@dataclass(frozen=True)
class SnapshotFile:
    """A snapshot as read from a file, which version of this program wrote it, and the SHA-256 of the file's bytes."""

    snapshot: Snapshot
    tool_version: str
    sha256: str


def write_snapshot(path: Path | str, snapshot: Snapshot, *, tool_version: str = "") -> Path:
    """Write a snapshot as JSON, readable by its owner only; return where it was saved."""
    return write_bytes(Path(path), snapshot_bytes(snapshot, tool_version=tool_version), beside=True)


def snapshot_bytes(snapshot: Snapshot, *, tool_version: str = "") -> bytes:
    """Return a snapshot's file: a line per record, in natural order, members sorted; secrets and unknown keys left out.

    The same records in another order give the same bytes. Raises BookError where a text holds half a character.
    """
    facts = {"server": snapshot.server, "login": snapshot.login, "taken_at": snapshot.taken_at}
    head = {"kind": KIND, "format": FORMAT, **facts, "tool_version": tool_version}
    lines = [f"{_json(name)}: {_json(value)}" for name, value in head.items()]
    lines.append(f'"unreadable": {_json(dict(snapshot.unreadable))}')
    sheets = ",\n".join(_sheet_lines(snapshot))
    try:
        return ("{\n" + ",\n".join(lines) + ',\n"records": {\n' + sheets + "\n}\n}\n").encode()
    except UnicodeEncodeError as error:
        raise BookError("the server shows half a character (a lone surrogate), which no file can hold") from error


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _sheet_lines(snapshot: Snapshot) -> Iterator[str]:
    for name, resource in RESOURCES.items():
        if name in snapshot.records:
            records = ",\n".join(_json(_shown(resource, record)) for record in _in_order(resource, snapshot))
            yield f'"{name}": [\n{records}\n]' if records else f'"{name}": []'


def _in_order(resource: Resource, snapshot: Snapshot) -> list[Record]:
    records, frame = snapshot.records[resource.name], snapshot.frames[resource.name]
    order = natural_order(resource, frame.set_axis(pd.RangeIndex(len(frame)), axis=0)).index
    return [records[int(at)] for at in order]


def _shown(resource: Resource, record: Mapping[str, Any]) -> Record:
    """Return the members of a record that a sheet shows: a secret has no field that reads it, so it is never there."""
    fields = {field.read: field for field in resource.fields if field.read}
    return {key: _member(fields[key], value) for key, value in record.items() if key in fields}


def _member(field: Field, value: Any) -> Any:
    """Return a member with its lists sorted, and of records inside it what they are known by."""
    if field.kind is INTERVALS and isinstance(value, list) and all(isinstance(item, Mapping) for item in value):
        return sorted(value, key=interval_order)
    if not field.ref:
        return value
    if isinstance(value, list):
        return sorted((_member(field, item) for item in value), key=_json)
    return {key: value[key] for key in _NAMED if key in value} if isinstance(value, Mapping) else value


def read_snapshot_file(path: Path | str) -> SnapshotFile:
    """Read a snapshot's file: input from a stranger, so only the table's members are taken, and their shape is checked.

    Raises BookError, one sentence, where it is none, too large, damaged or of a newer version.
    """
    path = Path(path)
    content = _content(path)
    try:
        found = json.loads(content, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise BookError(
            "{path}: is not a snapshot: it is no JSON ({reason})", path=path, reason=type(error).__name__
        ) from error
    _check_kind(path, found)
    try:
        snapshot = _snapshot(found)
    except _Misshapen as wrong:
        raise BookError("{path}: is not a whole snapshot ({place}): export it again", path=path, place=wrong) from wrong
    return SnapshotFile(snapshot, found["tool_version"], hashlib.sha256(content).hexdigest())


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(LIMIT + 1)
    except FileNotFoundError as error:
        raise BookError("{path}: there is no such file", path=path) from error
    except OSError as error:
        raise BookError("{path}: cannot be read ({strerror})", path=path, strerror=error.strerror or error) from error
    if len(content) > LIMIT:
        raise BookError("{path}: larger than the {limit} MiB of a snapshot", path=path, limit=LIMIT // 1024**2)
    return content


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _check_kind(path: Path, found: Any) -> None:
    if not isinstance(found, dict) or found.get("kind") != KIND:
        raise BookError("{path}: is not a snapshot: make one with `xcu-sheets export FILE.json`", path=path)
    number = found.get("format")
    if not isinstance(number, int) or isinstance(number, bool):
        raise BookError("{path}: is not a whole snapshot ({place}): export it again", path=path, place="format")
    if number > FORMAT:
        raise BookError(
            "{path}: was written by a newer xcu-sheets (snapshot format {number}, known: {known}): update xcu-sheets",
            path=path,
            number=number,
            known=FORMAT,
        )


def _snapshot(found: Mapping[str, Any]) -> Snapshot:
    server, login, taken_at, _ = (_checked(found.get(name), str, name) for name in _FACTS)
    unreadable = _checked(found.get("unreadable"), dict, "unreadable")
    sheets = _checked(found.get("records"), dict, "records")
    unknown = [name for name in sheets if name not in RESOURCES or not RESOURCES[name].listing]
    if unknown or not {"xivos", "entities"} & set(sheets):
        raise _Misshapen("records")
    records = {n: _records(r, _checked(sheets[n], list, n)) for n, r in RESOURCES.items() if n in sheets}
    reasons = {name: _checked(why, str, "unreadable") for name, why in unreadable.items()}
    return Snapshot(server, login, taken_at, records, reasons)


def _checked(value: Any, kind: type, name: str) -> Any:
    if not isinstance(value, kind):
        raise _Misshapen(name)
    return value


def _records(resource: Resource, listed: Sequence[Any]) -> list[Record]:
    records = [_record(resource, item, f"{resource.name} {at}") for at, item in enumerate(listed, start=1)]
    if len(each_once(records)) != len(records):
        raise _Misshapen(f"{resource.name}, an id twice")
    return records


def _record(resource: Resource, item: Any, place: str) -> Record:
    record = _shown(resource, _checked(item, dict, place))
    for key in {"id", resource.key}:
        if not isinstance(record.get(key), str | int) or isinstance(record[key], bool) or record[key] == "":
            raise _Misshapen(f"{place}, {key}")
    for field in resource.fields:
        if field.read in record and not _fits(field, record[field.read]):
            raise _Misshapen(f"{place}, {field.read}")
    return record


def _fits(field: Field, value: Any) -> bool:
    """Tell whether a member has the shape that is looked into: a list, of objects where it is one of intervals."""
    if value is None:
        return True
    if field.kind.many:
        return isinstance(value, list) and (field.ref is not None or all(isinstance(item, dict) for item in value))
    return field.ref is None or isinstance(value, dict)
