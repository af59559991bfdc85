"""migrate --draft: a first mapping book, from what both servers call their entities, templates and XiVOs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import click
import pandas as pd

from ..files.mapping_book import write_mapping
from ..migrating.draft import draft_mapping
from ..model.problems import Problem
from ..model.view import View
from ..reports.wording import message
from ..words import spoken, translate, translate_n
from .connection import Connection
from .look_up import read_server
from .pins import check_pins
from .sources import Source


def write_draft(side: Source, session: Connection, path: Path) -> int:
    """Read the target, write the mapping book, and return the exit code."""
    snapshot = read_server(session.client)
    check_pins(session, snapshot.xivo_uuids, writes=False)
    target = View.of_snapshot(snapshot)
    draft = draft_mapping(side.view, target)
    words = _words(draft.notes)
    frames = {name: _with_notes(frame, words.get(name, {})) for name, frame in draft.frames.items()}
    saved = write_mapping(
        path,
        frames,
        marks={name: {(n.row, n.column) for n in draft.notes if n.sheet == name} for name in frames},
        choices={name: target.directory.labels(name) for name in ("entities", "templates", "xivos")},
        about=_about(side, target),
        lang=spoken(),
    )
    said = translate_n(
        "Mapping: {path} ({n} cell wants a look; it is amber)",
        "Mapping: {path} ({n} cells want a look; they are amber)",
        len(draft.notes),
        path=saved,
    )
    click.echo(said, err=True)
    return 0


def _words(notes: Sequence[Problem]) -> dict[str, dict[int, str]]:
    """Return the notes as sentences, by sheet and row."""
    found: dict[str, dict[int, str]] = {}
    for note in notes:
        rows = found.setdefault(note.sheet, {})
        rows[note.row] = "; ".join(filter(None, (rows.get(note.row, ""), message(note))))
    return found


def _with_notes(frame: pd.DataFrame, words: Mapping[int, str]) -> pd.DataFrame:
    return frame.assign(note=[words.get(row, "") for row in frame.index]) if "note" in frame else frame


def _about(side: Source, target: View) -> list[tuple[str, str]]:
    """Return the first sheet: what the book is for, and what each of the others says."""
    people = translate("{source}, {n} people", source=side.view.server or side.path, n=len(side.view.frame("users")))
    said = [
        (translate("Source"), people),
        (translate("Target"), target.server),
        (
            translate("What to do"),
            translate("Look at the cells in amber, fill in what is blank, save, and run migrate with --mapping."),
        ),
    ]
    sheets = {
        "move entities": translate("A line for each entity: where its people go, by which numbers, template and wave."),
        "exceptions": translate("A line for each person for whom something else holds, by the id at the source."),
        "move xivos": translate("On which XiVO of the target the entities are made that say create."),
        "move templates": translate("What stands for a template, where a list names people's templates."),
        "people there": translate("What it means that somebody of the target has the same number, login or names."),
    }
    return [*said, *sheets.items()]
