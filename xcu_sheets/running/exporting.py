"""One server written as a book, workbook or folder of CSVs, with its baseline, or as a snapshot."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

import pandas as pd

from ..files import ReadMe, write_book, write_folder
from ..files.in_words import shown_names
from ..files.snapshot_file import write_snapshot
from ..model.book import Baseline
from ..model.errors import BookError
from ..model.resources import RESOURCES
from ..model.snapshot import TEXT, Snapshot, natural_order, secret_frame
from ..model.view import View, directory_of
from ..rules.numbering import numbers_frame


def export_frames(
    snapshot: Snapshot, *, only: Collection[str] = (), with_secrets: bool = False
) -> dict[str, pd.DataFrame]:
    """Return the sheets of a snapshot as text, in natural order, the computed `numbers` sheet included.

    `only` names the sheets wanted, all where empty. Secrets are blank unless `with_secrets`.
    """
    frames = {}
    for name, resource in RESOURCES.items():
        if (only and name not in only) or (name not in snapshot.records and name != "numbers"):
            continue
        frame = numbers_frame(View.of_snapshot(snapshot)) if name == "numbers" else snapshot.frames[name]
        if with_secrets:
            frame = frame.assign(
                **{
                    column: pd.Series(texts, index=frame.index, dtype=TEXT)
                    for column, texts in secret_frame(snapshot, resource).items()
                }
            )
        frames[name] = natural_order(resource, frame)
    return frames


def make_baseline(
    snapshot: Snapshot, frames: Mapping[str, pd.DataFrame], book_id: str, tool_version: str, contact: str = ""
) -> Baseline:
    """Return the copy of an export that its book carries: every sheet shown, and those that names refer to."""
    names = [n for n in ("entities", "templates", "xivos") if n in snapshot.records]
    named = {n: natural_order(RESOURCES[n], snapshot.frames[n]) for n in names}
    return Baseline(
        book_id=book_id,
        server=snapshot.server,
        login=snapshot.login,
        taken_at=snapshot.taken_at,
        frames={**named, **frames},
        xivo_uuids=snapshot.xivo_uuids,
        tool_version=tool_version,
        unreadable=snapshot.unreadable,
        contact=contact,
    )


def export_book(
    path: Path | str,
    snapshot: Snapshot,
    *,
    book_id: str,
    only: Collection[str] = (),
    baseline: bool = True,
    with_secrets: bool = False,
    lang: str = "en",
    contact: str = "",
    tool_version: str = "",
) -> Path:
    """Write a snapshot as `OUT.xlsx`, `OUT.json` or, for a path without an ending, a folder of CSVs; return where.

    The same records, in whatever order the server lists them, give the same sheets. A workbook is for people: entities
    by display name, words in `lang`. CSV files are for git and programs: their cells are canonical in every language
    (combined ids, English words). Raises BookError for another ending, or where the place cannot be written.
    """
    path = Path(path)
    if is_snapshot(path):
        return write_snapshot(path, _kept(snapshot, only), tool_version=tool_version)
    frames = export_frames(snapshot, only=only, with_secrets=with_secrets)
    shown = make_baseline(snapshot, frames, book_id, tool_version, contact) if baseline else None
    if is_folder(path):
        return write_folder(path, frames, baseline=shown)
    about = ReadMe(snapshot.server, snapshot.login, snapshot.taken_at, snapshot.unreadable, tool_version, contact)
    names = shown_names(directory_of(shown.frames) if shown else snapshot.directory)
    choices = {name: sorted(known.values()) for name, known in names.items()}
    return write_book(path, frames, baseline=shown, read_me=about, lang=lang, choices=choices, names=names)


def _kept(snapshot: Snapshot, only: Collection[str]) -> Snapshot:
    """Return the snapshot with the sheets wanted and those that say whose server it is and what names mean."""
    always = ("xivos", "entities", *(["users"] if "numbers" in only else []))  # free numbers are counted from users
    kept = {n: listed for n, listed in snapshot.records.items() if not only or n in (*only, *always)}
    return replace(snapshot, records=kept)


def is_snapshot(path: Path) -> bool:
    """Tell whether an export goes to a snapshot file."""
    return path.suffix.lower() == ".json" and not path.is_dir()


def is_folder(path: Path) -> bool:
    """Tell whether an export goes to a folder of CSVs. Raises BookError for an ending that is none of the three."""
    if path.suffix.lower() == ".xlsx" or is_snapshot(path):
        return False
    if path.suffix and not path.is_dir():
        raise BookError(
            "{path}: export writes OUT.xlsx, OUT.json (a snapshot), or a folder of CSV files (a name without an "
            "ending).",
            path=path,
        )
    return True
