"""One loader for whatever shows a server: an exported book, a folder of CSVs, a snapshot, or the server itself."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from ..comparing.edits import CellEdit, edited_view, edits_of
from ..files import read_book
from ..files.digests import sha256_of
from ..files.snapshot_file import read_snapshot_file
from ..model.book import Book, digest_of
from ..model.errors import BookError
from ..model.snapshot import FIRST_ROW, Snapshot
from ..model.view import View
from .exporting import export_frames, is_snapshot

LIVE = "live"


@dataclass(frozen=True)
class Input:
    """One server as something shows it, and the facts by which that can be proved.

    `name` is the path as it was given, or `live`; `sha256` is of a file's bytes, of a folder as `sha256_of` says, of a
    live reading `Book.digest` of what an export would write. `view` is what the server said, or with `edited` what a
    book's cells make of it; then and without a baseline `by_cells` is True. `edits` are the cells of a book that
    people have changed since it was written. `version` is of the program that wrote the file.
    """

    name: str
    sha256: str
    view: View
    version: str = ""
    book: Book | None = None
    edits: tuple[CellEdit, ...] = ()
    by_cells: bool = False
    snapshot: Snapshot | None = None

    @property
    def note(self) -> str:
        """What a reader should know: `no_baseline`, `baseline_damaged`, `edited`, or nothing."""
        if not self.by_cells or not self.book:
            return ""
        if self.book.baseline:
            return "edited"
        damaged = any(p.code == "baseline_damaged" for p in self.book.problems)
        return "baseline_damaged" if damaged else "no_baseline"


def load_input(path: Path | str, *, edited: bool = False) -> Input:
    """Read a file or folder that shows a server; a name that ends in .json is a snapshot.

    A book is what the server said when it was written: its baseline, whatever its cells say now; `edited` asks for its
    cells instead. A book without a baseline is what its cells say. Raises BookError, one sentence, where it is none of
    these, or a list of people without ids, which shows no server.
    """
    if is_snapshot(Path(path)):
        read = read_snapshot_file(path)
        return Input(str(path), read.sha256, View.of_snapshot(read.snapshot), read.tool_version, snapshot=read.snapshot)
    digest, book = sha256_of(path), read_book(path)
    if not book.baseline:
        _check_ids(book)
        return Input(str(path), digest, edited_view(book), book=book, by_cells=True)
    view = edited_view(book) if edited else View.of_baseline(book.baseline)
    found = Input(str(path), digest, view, book.baseline.tool_version, book, by_cells=edited)
    return replace(found, edits=() if edited else edits_of(book))


def live_input(snapshot: Snapshot, *, version: str = "") -> Input:
    """Return the input that a server is which was read just now."""
    frames = {n: f.set_axis(range(FIRST_ROW, FIRST_ROW + len(f))) for n, f in export_frames(snapshot).items()}
    return Input(LIVE, digest_of(frames), View.of_snapshot(snapshot), version, snapshot=snapshot)


def _check_ids(book: Book) -> None:
    """Raise BookError for a book that shows no server: no row in it says which record it is."""
    if not any("id" in sheet.frame and (sheet.frame["id"] != "").any() for sheet in book.sheets.values()):
        raise BookError(
            "{path}: shows no server: it is no export, for it has neither a hidden copy nor ids", path=book.path
        )
