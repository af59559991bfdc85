"""The baseline inside a book: what the server said, packed as text, and unpacked as input from a stranger."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

import pandas as pd

from ..model.book import BASELINE_FORMAT, Baseline
from ..model.errors import BookError
from ..model.fields import Resource
from ..model.resources import RESOURCES
from ..model.snapshot import FIRST_ROW, TEXT, text_frame
from ..model.text import Said, clean_text
from .canonical import tidy_column
from .csv_text import RaggedLine, parse_csv, render_csv

SHEET = "_baseline"
CHUNK = 30_000
LIMIT = 256 * 1024**2
_MARK = re.compile(r"xcu-sheets baseline ([0-9]{1,6})\Z")


class Damaged(ValueError):
    """The baseline is not what was written: the book is handled as hand-made."""


def without_secrets(baseline: Baseline) -> Baseline:
    """Return the baseline with the table's columns only, secret ones blank (DESIGN rule 14)."""
    frames = {name: _safe(RESOURCES[name], frame) for name, frame in baseline.frames.items() if name in RESOURCES}
    return replace(baseline, frames=frames)


def _safe(resource: Resource, frame: pd.DataFrame) -> pd.DataFrame:
    known = [name for name in resource.columns if name in frame]
    blank = {field.name: "" for field in resource.secrets if field.name in known}
    return frame[known].assign(**blank).astype(TEXT)


def pack(baseline: Baseline) -> list[str]:
    """Return the cells of the baseline sheet, top to bottom: mark, digest, compressed text in pieces."""
    payload = payload_of(baseline.about(), sheet_texts(baseline))
    packed = base64.b64encode(zlib.compress(payload, 6)).decode("ascii")
    pieces = [packed[start : start + CHUNK] for start in range(0, len(packed), CHUNK)]
    return [f"xcu-sheets baseline {baseline.format}", digest(payload), *pieces]


def unpack(cells: Sequence[str]) -> Baseline:
    """Return the baseline that `pack` wrote.

    Raises Damaged where it is none, BookError where a newer version of this program wrote it.
    """
    mark = _MARK.match(cells[0]) if cells else None
    if not mark:
        raise Damaged(Said("no format mark"))
    check_format(int(mark[1]))
    try:
        packed = base64.b64decode("".join(cells[2:]), validate=True)
        inflate = zlib.decompressobj()
        payload = inflate.decompress(packed, LIMIT)
        if not inflate.eof or digest(payload) != cells[1].strip():
            raise Damaged(Said("cut short, too large or changed"))
        members = json.loads(payload)
        return make_baseline(members["about"], members["sheets"])
    except (binascii.Error, zlib.error, LookupError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise Damaged(type(error).__name__) from error


def check_format(number: int) -> None:
    """Refuse a baseline of a format that this version does not know."""
    if number > BASELINE_FORMAT:
        raise BookError(
            "this book was written by a newer xcu-sheets (baseline format {format}, known: {known}): "
            "update xcu-sheets, or export again with this version",
            format=number,
            known=BASELINE_FORMAT,
        )


def payload_of(about: Mapping[str, Any], sheets: Mapping[str, str]) -> bytes:
    """Return a baseline's description and the CSV text of its sheets as the bytes that the digest covers."""
    return json.dumps({"about": about, "sheets": sheets}, sort_keys=True).encode("ascii")


def digest(payload: bytes) -> str:
    """Return the SHA-256 of a baseline's canonical text."""
    return hashlib.sha256(payload).hexdigest()


def sheet_texts(baseline: Baseline) -> dict[str, str]:
    """Return the sheets of a baseline as CSV text."""
    return {name: render_csv(frame) for name, frame in baseline.frames.items()}


def make_baseline(about: Mapping[str, Any], sheets: Mapping[str, str]) -> Baseline:
    """Return a baseline from its description and the CSV text of its sheets; unknown members are left out."""
    frames = {name: _frame(RESOURCES[name], text) for name, text in sheets.items() if name in RESOURCES}
    unreadable = {str(name): str(why) for name, why in islice(about.get("unreadable", {}).items(), 10_000)}
    return Baseline(
        book_id=str(about["book_id"]),
        server=str(about["server"]),
        login=str(about["login"]),
        taken_at=str(about["taken_at"]),
        frames=frames,
        xivo_uuids=tuple(str(uuid) for uuid in about.get("xivo_uuids", ())),
        tool_version=str(about.get("tool_version", "")),
        unreadable=unreadable,
        format=int(about.get("format", BASELINE_FORMAT)),
        contact=clean_text(str(about.get("contact", ""))),
        fill=_fill(about.get("fill", {})),
    )


def _fill(said: Mapping[str, Any]) -> dict[str, str]:
    """Return what blank cells mean: of columns that name a record only, so that no name or number comes from here."""
    named = (field.name for field in RESOURCES["users"].writable if field.ref)
    return {name: clean_text(str(said[name])) for name in named if said.get(name)}


def _frame(resource: Resource, text: str) -> pd.DataFrame:
    try:
        header, rows = parse_csv(text)
    except RaggedLine as error:
        raise Damaged(str(error)) from error
    if len(set(header)) != len(header):
        raise Damaged(Said("a column twice"))
    columns = dict(zip(header, zip(*rows, strict=True), strict=True)) if rows else dict.fromkeys(header, ())
    index = pd.RangeIndex(FIRST_ROW, FIRST_ROW + len(rows))
    known = {f.name: _canonical(f.name, resource, columns[f.name]) for f in resource.fields if f.name in columns}
    return text_frame(known, index)


def _canonical(name: str, resource: Resource, cells: Sequence[str]) -> list[str]:
    field = resource.by_name[name]
    return [""] * len(cells) if field.secret else tidy_column(field, cells)
