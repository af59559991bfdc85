"""Which resource a sheet is, where its header stands and what each column means."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import takewhile

from ..model.errors import BookError
from ..model.fields import Field, Resource
from ..model.resources import RESOURCES, RESULT_FIELDS
from ..model.text import Said, clean_text, fold, joined, safe_text
from .raw import RawSheet

HEADER_ROWS = 20
_ENOUGH: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "users": (("id",), ("first_name", "last_name")),
    "templates": (("id",), ("name",)),
    "entities": (("id",), ("name",)),
}
PROBLEMS_HEADERS = {"en": "Problems found", "fr": "Problèmes trouvés"}  # the first column of a problems copy
_PROBLEMS = re.compile(
    rf"(?:{'|'.join(map(fold, PROBLEMS_HEADERS.values()))})(?:[0-9a-f]{{8}})?\Z"
)  # a CSV's has a digest
_RESULT_NAMES = {fold(field.name) for field in RESULT_FIELDS}
_RESULT_HEADERS = _RESULT_NAMES | {fold(label) for field in RESULT_FIELDS for label in (field.label, field.label_fr)}
_RESULT_FIRST = {fold(text) for text in ("result", "Résultat")}
_BARE = re.compile(r"\([A-Z]{1,3}\)\Z")
_NOTE = re.compile(
    r"[(\[]\s*(?:(?:champ )?obligatoire|facultatif|optionnel|texte|required|mandatory|optional|text"
    r"|\d+ (?:chiffres|caractères|digits|characters)|max\D{0,3}\d+[^)\]]*)\s*[)\]]",
    re.IGNORECASE,
)  # what a form says behind a header: `Nom (obligatoire)`
_SHEET_NAMES = {fold(text): r for r in RESOURCES.values() for text in (r.label_fr, r.label, r.name)}


@dataclass(frozen=True)
class Column:
    """One column of a sheet: its place from 0, its header as written, and the field it means, if any."""

    at: int
    header: str
    field: Field | None = None

    @property
    def letter(self) -> str:
        """The column's letters in Excel."""
        return column_letter(self.at)


@dataclass(frozen=True)
class Header:
    """A header row: its place in the sheet's rows, its number, and the columns it names, result columns left out."""

    position: int
    row: int
    columns: tuple[Column, ...]
    results: frozenset[int]

    @property
    def known(self) -> set[str]:
        """The machine names of the columns that the table knows."""
        return {column.field.name for column in self.columns if column.field}


def column_letter(at: int) -> str:
    """Return the Excel letters of a column counted from 0."""
    letters = ""
    number = at + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def resource_named(name: str) -> Resource | None:
    """Return the resource whose sheet has this name, in either language."""
    return _SHEET_NAMES.get(fold(name))


def fold_header(text: str) -> str:
    """Return the form in which a header is compared, without a note about what may stand under it."""
    return fold(_NOTE.sub("", text) if "(" in text or "[" in text else text)


def read_header(resource: Resource, position: int, row: int, cells: Sequence[str]) -> Header:
    """Return what a row means as the header of a resource."""
    folded = [fold_header(cell) for cell in cells]
    results = _result_columns(folded)
    columns = tuple(
        Column(at, clean_text(cell), resource.by_header.get(folded[at]))
        for at, cell in enumerate(cells)
        if at not in results and cell.strip()
    )
    return Header(position, row, columns, frozenset(results))


def _result_columns(folded: Sequence[str]) -> set[int]:
    """Return the places of a report's columns: by machine name anywhere, by label only where they lead the row.

    `Message` or `Provisioning code` further on is the person's own.
    """
    named = {at for at, text in enumerate(folded) if text in _RESULT_NAMES - _RESULT_FIRST or _PROBLEMS.match(text)}
    if not folded or folded[0] not in _RESULT_FIRST:
        return named
    seen: set[str] = set()
    leading = takewhile(lambda text: text in _RESULT_HEADERS and text not in seen and not seen.add(text), folded)  # type: ignore[func-returns-value]
    return named | set(range(len(list(leading))))


def find_header(sheet: RawSheet, resource: Resource, *, least: int = 2) -> Header | None:
    """Return the one of the first rows that names most columns of the resource, None where none names `least`.

    A title may hold a word or two that are headers elsewhere (`Site: Lyon`); of equals the first counts.
    """
    rows = enumerate(sheet.rows[:HEADER_ROWS])
    headers = (read_header(resource, position, row, cells) for position, (row, cells) in rows)
    header = max(headers, key=lambda header: len(header.known), default=None)
    return header if header and len(header.known) >= least else None


def best_fit(sheet: RawSheet) -> tuple[Resource, Header] | None:
    """Return the resource that a sheet's header fits best, None where it fits none.

    Two known columns make users (people's lists are short); another sheet takes three: `Id` and `Name` mean anything.
    """
    fits = []
    for resource in RESOURCES.values():
        header = find_header(sheet, resource, least=2 if resource.name == "users" else 3)
        if header and not missing_columns(resource, header):
            fits.append((resource, header))
    return max(fits, key=lambda fit: len(fit[1].known), default=None)


def score(rows: Iterable[Sequence[str]], also: Collection[str] = ()) -> int:
    """Return how many columns of any one resource the best of these rows names: what makes a delimiter right.

    `also` are folded headers that mean something to the person who reads this file.
    """
    folded = [{folded for cell in cells for folded in (fold(cell), fold_header(cell))} for cells in rows]
    return max(
        (len(headers & {*resource.by_header, *also}) for headers in folded for resource in RESOURCES.values()),
        default=0,
    )


def missing_columns(resource: Resource, header: Header) -> tuple[str, ...]:
    """Return the machine names of which a column must be added, none where the header has enough."""
    ways = _ENOUGH.get(resource.name, ())
    if not ways or any(header.known.issuperset(way) for way in ways):
        return ()
    return tuple(name for name in ways[-1] if name not in header.known)


def check_header(resource: Resource, header: Header, place: str) -> None:
    """Refuse a header that names one column twice or lacks a column without which no row means anything."""
    seen: dict[str, Column] = {}
    for column in header.columns:
        key = column.field.name if column.field else fold(column.header) or column.header
        first = seen.setdefault(key, column)
        if first is not column:
            raise _twice(place, header.row, first, column)
    missing = missing_columns(resource, header)
    if missing:
        near = [c for c in header.columns if not c.field and nearest_field(resource, c.header) in missing]
        raise _lacking(place, header.row, [resource.by_name[name] for name in missing], near)


def _twice(place: str, row: int, first: Column, second: Column) -> BookError:
    told = {"place": place, "row": row, "first": _quoted(first), "second": _quoted(second)}
    if second.field:
        name = second.field.name
        return BookError(
            "{place}, row {row}: columns {first} and {second} both mean {name}: rename one", **told, name=name
        )
    return BookError("{place}, row {row}: columns {first} and {second} have the same header: rename one", **told)


def _lacking(place: str, row: int, fields: Sequence[Field], near: Sequence[Column]) -> BookError:
    labels = joined([Said("{label} ({name})", label=field.called, name=field.name) for field in fields])
    told = {"place": place, "row": row, "labels": labels}
    if not near:
        return BookError("{place}, row {row}: no column {labels}, nor Id: add it to the header", **told)
    return BookError(
        "{place}, row {row}: no column {labels}, nor Id: add it to the header, or rename {near}",
        **told,
        near=joined(list(map(_quoted, near))),
    )


def _quoted(column: Column) -> Said:
    return Said('{letter} "{header}"', letter=column.letter, header=safe_text(column.header))


def is_bare_letter(header: str) -> bool:
    """Tell whether a header is the name that a column without one goes by: its letters in brackets."""
    return _BARE.match(header) is not None


def nearest_field(resource: Resource, header: str) -> str:
    """Return the machine name of the column that an unknown header may mean, blank where none is near."""
    near = get_close_matches(fold(header), resource.by_header, n=1, cutoff=0.75)
    return resource.by_header[near[0]].name if near else ""
