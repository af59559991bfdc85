"""Where people come from who are to be moved: an exported book, a CSV folder, or a live server by its profile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from ..files import Limits, read_book
from ..model.book import Baseline, Book
from ..model.directory import Unresolved
from ..model.errors import BookError, XcuError
from ..model.fields import Resource
from ..model.problems import has_errors
from ..model.resources import RESOURCES
from ..model.snapshot import TEXT, text_frame
from ..model.text import is_left_out, safe_text
from ..model.view import View
from .connection import Connection, connect
from .lists import USUAL
from .look_up import read_server
from .pins import check_pins
from .profiles import NoSuchProfile

LIVE = "profile:"
_READ = ("users", "templates", "entities", "xivos")


@dataclass(frozen=True)
class Source:
    """One side that is only read. `path` is the book's, blank for a live server, whose profile is `profile`.

    `passwords` are those that a book holds in clear text, by user id; `strangers` counts rows of an exported book that
    have no id, and so are nobody of that server.
    """

    view: View
    path: str = ""
    profile: str = ""
    passwords: Mapping[str, str] = field(default_factory=dict)
    strangers: int = 0


def load_source(text: str, wire: Mapping[str, Any], limits: Limits = USUAL) -> Source:
    """Return what `text` names: a file or folder that is there, else a profile (`profile:NAME` is never a file).

    `wire` are the options of a connection, `limits` those of a file. Raises XcuError where it is neither.
    """
    if _is_file(text):
        return _of_book(read_book(text, limits=limits))
    session = connect_source(text, {**wire, "read_only": True})
    with session.client as client:
        snapshot = read_server(client)
        check_pins(session, snapshot.xivo_uuids, writes=False)
    return Source(View.of_snapshot(snapshot), profile=session.profile)


def connect_source(text: str, wire: Mapping[str, Any], *, writes: bool = False) -> Connection:
    """Return a connection to the server whose profile `text` names. Raises XcuError where that is none."""
    name = text.removeprefix(LIVE)
    if _is_file(text):
        raise XcuError("{source} is a file: name the profile of the server itself.", source=safe_text(text))
    try:
        return connect(writes=writes, url=None, login=None, profile=name, **wire)
    except NoSuchProfile as failed:
        if text.startswith(LIVE):
            raise
        raise XcuError(
            "{source} is no file, no folder and no profile: give one of these.", source=safe_text(text)
        ) from failed


def _is_file(text: str) -> bool:
    return not text.startswith(LIVE) and Path(text).exists()


def _check_book(book: Book) -> None:
    """Raise BookError for a book of which nobody can tell who is meant to move."""
    users = book.sheets.get("users")
    if users and users.hidden_rows:
        raise BookError(
            "{path}: {n} rows of people are hidden or filtered out: show them, or delete them, so that it is clear who "
            "moves",
            path=book.path,
            n=len(users.hidden_rows),
        )
    ids = users.frame.get("id") if users else None
    if ids is None or (ids == "").all():
        raise BookError(
            "{path}: its people have no id, so nobody could tell them apart later: migrate an export of their server, "
            "or import this list",
            path=book.path,
        )
    twice = ids[(ids != "") & ids.duplicated(keep=False)]
    if len(twice):
        raise BookError(
            "{path}: rows {rows} have the same id: clear it where the row was copied",
            path=book.path,
            rows=", ".join(map(str, twice.index[:10])),
        )
    if has_errors(book.problems):
        raise BookError(
            "{path} has cells that cannot be read: run xcu-sheets check on it, and mend them", path=book.path
        )


def _of_book(book: Book) -> Source:
    """Return what the sheets of a book show, edits too; what it has no sheet of is taken from its baseline."""
    _check_book(book)
    said = dict(book.baseline.frames) if book.baseline else {}
    said |= {name: sheet.frame for name, sheet in book.sheets.items()}
    frames = {name: _complete(RESOURCES[name], said[name]) for name in _READ if name in said}
    users = frames.get("users", text_frame({name: [] for name in RESOURCES["users"].columns}))
    if "entities" not in frames:
        frames["entities"] = _entities_of(users)
    made = book.baseline or Baseline("", "", "", "", {})
    passwords = {
        id_: text
        for id_, text in zip(users["id"], users["cti_password"], strict=True)
        if text and not is_left_out(text)
    }
    view = View.of_baseline(replace(made, frames={**frames, "users": users}))
    strangers = int((users["id"] == "").sum())
    return Source(_resolved(view), str(Path(book.path).absolute()), passwords=passwords, strangers=strangers)


def _complete(resource: Resource, frame: pd.DataFrame) -> pd.DataFrame:
    """Return a sheet with all columns; where no row has an id, its row number is one."""
    full = frame.reindex(columns=resource.columns, fill_value="").astype(TEXT)
    if (full["id"] == "").all():
        full["id"] = pd.Series([str(row) for row in full.index], index=full.index, dtype=TEXT)
    return full


def _entities_of(users: pd.DataFrame) -> pd.DataFrame:
    """Return the entities that a list of people names, of which nothing else is known."""
    names = [name for name in dict.fromkeys(users["entity"]) if name]
    own = {"id": [str(n) for n in range(1, len(names) + 1)], "combined_id": names, "name": names, "display_name": names}
    return text_frame({name: own.get(name, [""] * len(names)) for name in RESOURCES["entities"].columns})


def _resolved(view: View) -> View:
    """Return the view with the entities of its users by their canonical names."""
    users = view.frame("users")
    labels = {}
    for text in users["entity"].unique():
        try:
            labels[text] = view.directory.resolve("entities", text).label
        except Unresolved:
            labels[text] = text
    frame = users.assign(entity=users["entity"].map(labels).astype(TEXT))
    return replace(view, frames={**view.frames, "users": frame})
