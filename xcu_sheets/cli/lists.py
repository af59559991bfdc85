"""A book, or a list of a person's own read by the file of `--columns`."""

from __future__ import annotations

from pathlib import Path

from ..files import read_book
from ..files.columns import read_columns
from ..files.raw import Limits
from ..model.book import Book

USUAL = Limits()


def read_list(path: str, columns: str | None, limits: Limits = USUAL) -> Book:
    """Read a book, by the file of `--columns` where one is given. Raises BookError for either."""
    return read_book(path, columns=read_columns(columns) if columns else None, limits=limits)


def absolute(path: str | None) -> str:
    """Return a path that means the same in another folder, blank for none."""
    return str(Path(path).absolute()) if path else ""
