"""An empty book for new people of one server, made from its entities and templates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pandas as pd

from ..files import ReadMe, write_sheets
from ..files.in_words import shown_names
from ..files.onboarding import people_guide, people_sheet
from ..model.book import Baseline
from ..model.directory import Unresolved
from ..model.errors import XcuError
from ..model.resources import RESOURCES
from ..model.snapshot import Snapshot
from ..model.text import fold_name, safe_text, split_list
from ..model.view import directory_of
from ..words import speaking, translate

Frames = Mapping[str, pd.DataFrame]


def onboarding_book(
    path: Path | str,
    snapshot: Snapshot,
    *,
    book_id: str,
    entity: str = "",
    template: str = "",
    rows: int = 200,
    lang: str = "en",
    contact: str = "",
    tool_version: str = "",
) -> Path:
    """Write an empty book for new people of the server that was read; return where it was saved.

    Its users are not needed. With `entity` or `template` (any of their names) a blank cell means that one; with
    `entity` no other is offered or named in the book, and no template that is not for it. Raises XcuError for a name
    that means none, or several, and for a template that the entity is not offered.
    """
    frames: dict[str, pd.DataFrame] = {
        name: snapshot.frames[name] for name in ("entities", "templates", "xivos") if name in snapshot.frames
    }
    preset = {name: _label(snapshot, name, given) for name, given in _given(entity, template).items()}
    if "entity" in preset:
        frames = _narrowed(frames, preset["entity"])
    names = shown_names(directory_of(frames))
    if template and preset["template"] not in names["templates"]:
        raise XcuError("--template {template} is not offered to {entity}.", template=template, entity=entity)
    baseline = _identity(snapshot, frames, book_id, tool_version)
    said = {name: names[_resource(name)][label] for name, label in preset.items()}
    lists = {name: sorted(known.values(), key=fold_name) for name, known in names.items()}
    with speaking(lang):
        return write_sheets(
            path,
            [people_sheet(said, rows)],
            baseline=replace(baseline, fill=preset, contact=contact),
            read_me=_read_me(snapshot, said, contact, tool_version),
            choices=lists,
        )


def _given(entity: str, template: str) -> dict[str, str]:
    return {name: given for name, given in (("entity", entity), ("template", template)) if given}


def _resource(name: str) -> str:
    ref = RESOURCES["users"].by_name[name].ref
    return ref.resource if ref else ""


def _label(snapshot: Snapshot, name: str, given: str) -> str:
    resource = _resource(name)
    try:
        return snapshot.directory.resolve(resource, given).label
    except Unresolved as failed:
        known = failed.params.get("candidates") or ", ".join(snapshot.directory.shown(resource).values())
        raise XcuError(
            "--{option} {given} is not one of the {resource}: write one of {known}.",
            option=name,
            given=safe_text(given),
            resource=resource,
            known=safe_text(known, 300),
        ) from None


def _narrowed(frames: Frames, entity: str) -> dict[str, pd.DataFrame]:
    """Return what concerns one entity: itself, its XiVO, and the templates that either is offered (U3)."""
    own = frames["entities"][frames["entities"]["combined_id"] == entity]
    xivos = set(own["xivo"])
    kept = {**frames, "entities": own}
    if "xivos" in frames:
        kept["xivos"] = frames["xivos"][frames["xivos"]["name"].isin(list(xivos))]
    if "templates" in frames:
        listed = frames["templates"]
        offered = [
            entity in split_list(entities) or bool(xivos.intersection(split_list(places)))
            for places, entities in zip(listed["xivos"], listed["entities"], strict=True)
        ]
        # Which other entities a template is for is not told.
        kept["templates"] = listed[offered].assign(entities=entity)
    return kept


def _identity(snapshot: Snapshot, frames: Frames, book_id: str, tool_version: str) -> Baseline:
    """Return a baseline without people: which book of which server this is, and the names that its lists show."""
    return Baseline(
        book_id=book_id,
        server=snapshot.server,
        login=snapshot.login,
        taken_at=snapshot.taken_at,
        frames=frames,
        xivo_uuids=snapshot.xivo_uuids,
        tool_version=tool_version,
    )


def _read_me(snapshot: Snapshot, preset: Mapping[str, str], contact: str, tool_version: str) -> ReadMe:
    return ReadMe(
        server=snapshot.server,
        login="",
        taken_at=snapshot.taken_at,
        unreadable=snapshot.unreadable,
        tool_version=tool_version,
        contact=contact,
        title=translate("New people for the telephones"),
        guide=people_guide(preset, contact),
    )
