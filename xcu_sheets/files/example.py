"""The example row of a book for new people: how it is written, and how it is known again wherever it stands.

It says of itself, in the cells that name a record, that it is none. So it is known in any book, as CSV and in any
language, and whoever overwrites only a part of it is told which cells are left.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from ..model.resources import RESOURCES
from ..model.text import clean_text, fold_name
from .recognition import Header

NAMES = {
    "en": {"first_name": "Jane", "last_name": "Example"},
    "fr": {"first_name": "Marie", "last_name": "Exemple"},
}
TO_CHOOSE = {"en": "(choose in the list)", "fr": "(choisir dans la liste)"}
TO_LEAVE = {"en": "(leave blank)", "fr": "(laisser vide)"}
_USERS = RESOURCES["users"]
_NAMED = tuple(field.name for field in _USERS.writable if field.ref)
_FIRST, _LAST = _USERS.person_key


def example_cells(lang: str, preset: Collection[str]) -> dict[str, str]:
    """Return the cells of the example by column; those that are `preset` may stay blank."""
    said = {name: (TO_LEAVE if name in preset else TO_CHOOSE)[lang] for name in _NAMED}
    return {**NAMES[lang], **said}


def example_rows(header: Header, rows: Sequence[tuple[int, Sequence[str]]]) -> Iterator[int]:
    """Yield the numbers of the rows that are the example exactly as it was written, and nothing beside it."""
    at = {column.field.name: column.at for column in header.columns if column.field}
    if not {_FIRST, _LAST} <= set(at) or not at.keys() & set(_NAMED):
        return
    first_names = {names[_FIRST] for names in NAMES.values()}
    for number, cells in rows:
        if at[_FIRST] < len(cells) and clean_text(cells[at[_FIRST]]) in first_names and _is_example(at, cells):
            yield number


def example_left(header: Header, rows: Sequence[tuple[int, Sequence[str]]]) -> Iterator[tuple[int, str, str]]:
    """Yield (row number, column, text) of what is left of the example in rows that were begun over it.

    A row that still bears its names is nobody, unless it has an id or its action says so; neither is its cell that asks
    for a choice a value.
    """
    at = {column.field.name: column.at for column in header.columns if column.field}
    if not {_FIRST, _LAST} <= set(at) or not at.keys() & set(_NAMED):
        return
    names = {tuple(fold_name(text) for text in said.values()) for said in NAMES.values()}
    asking = {*TO_CHOOSE.values(), *TO_LEAVE.values()}
    for number, cells in rows:
        told = {name: clean_text(cells[place]) for name, place in at.items() if place < len(cells)}
        known = told.get("id") or told.get("action")
        if not known and (fold_name(told.get(_FIRST, "")), fold_name(told.get(_LAST, ""))) in names:
            yield number, _FIRST, told[_FIRST]
        yield from ((number, name, told[name]) for name in _NAMED if told.get(name) in asking)


def _is_example(at: Mapping[str, int], cells: Sequence[str]) -> bool:
    filled = {place: cleaned for place, text in enumerate(cells) if (cleaned := clean_text(text))}
    told = {name: filled.pop(place, "") for name, place in at.items()}
    own = (told.pop(_FIRST), told.pop(_LAST))
    named = [told.pop(name) for name in _NAMED if name in told]
    if filled or any(told.values()):
        return False
    return any(own == tuple(NAMES[lang].values()) and {*named} <= {TO_CHOOSE[lang], TO_LEAVE[lang]} for lang in NAMES)
