"""A sheet about to be written: its columns as a person will see them, and its rows of text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from ..model.fields import Field, Resource
from ..model.problems import Severity
from ..model.resources import RESOURCES, RESULT_FIELDS, RESULT_WORDS
from ..model.text import fold
from ..model.view import directory_of
from ..words import speaking, spoken, told, translate
from .in_words import shown_names

GREEN, AMBER, RED, GREY = "#D5EBD2", "#FCE8B2", "#F6C7C3", "#E6E6E6"
SEVERITY_COLOURS = {Severity.ERROR: RED, Severity.WARNING: AMBER, Severity.INFO: GREY}

_COLOURS = {
    "created": GREEN,
    "updated": GREEN,
    "deleted": GREEN,
    "unchanged": GREY,
    "skipped": GREY,
    "not_sent": GREY,
    "conflict": AMBER,
    "refused": AMBER,
    "unknown": AMBER,
    "failed": RED,
}
# The colour of a row's result, by its word in either language.
STATUS_COLOURS = {
    word: colour for status, colour in _COLOURS.items() for word in (RESULT_WORDS[status], RESULT_WORDS[status].french)
}
_RESULTS = {field.name: field for field in RESULT_FIELDS}
_OWN_WIDTH = 18


@dataclass(frozen=True)
class ColumnSpec:
    """One column as written: `choices` names a list of allowed words; `firm` asks before any other word is kept.

    `needed` marks the header of a column that must be filled in; `prompt` is shown beside a cell that is chosen.
    """

    header: str
    width: int = 16
    shaded: bool = False
    comment: str = ""
    choices: str = ""
    firm: bool = False
    wrap: bool = False
    needed: bool = False
    prompt: str = ""


@dataclass(frozen=True)
class SheetSpec:
    """One sheet as written: a ColumnSpec for each column of `frame`, in its order.

    `status` names the frame's column whose words colour its cells, by `colours`; `spare_rows` below the data get
    dropdowns too. `example` tells that the first row is no record, which is seen.
    `amber` are the places (row of the frame and column, both from 0) of cells that want a look.
    """

    name: str
    columns: tuple[ColumnSpec, ...]
    frame: pd.DataFrame
    status: str = ""
    spare_rows: int = 2000
    colours: Mapping[str, str] = field(default_factory=lambda: STATUS_COLOURS)
    example: bool = False
    amber: frozenset[tuple[int, int]] = frozenset()


def resource_sheet(resource: Resource, frame: pd.DataFrame, *, lang: str = "en", spare_rows: int = 2000) -> SheetSpec:
    """Return the sheet of a resource.

    Columns may be machine names, result columns, or a person's own headers: those keep their wording, with the
    width, comment and dropdown of the field they mean.
    """
    with speaking(lang):
        columns = tuple(_column(resource, str(name)) for name in frame.columns)
    status = "result" if "result" in frame.columns else ""
    name = resource.tab.french if lang == "fr" else str(resource.tab)
    return SheetSpec(name, columns, frame, status, spare_rows if resource.sheet_writes != "never" else 0)


def _column(resource: Resource, name: str) -> ColumnSpec:
    if name in _RESULTS:
        result = _RESULTS[name]
        return ColumnSpec(
            told(result.called), result.width, comment=translate(result.doc), wrap=name == "result_message"
        )
    field = resource.by_name.get(name)
    if field:
        return _field_column(resource, field, told(field.called))
    meant = resource.by_header.get(fold(name))
    return _field_column(resource, meant, name) if meant else ColumnSpec(name, _OWN_WIDTH)


def _field_column(resource: Resource, field: Field, header: str) -> ColumnSpec:
    editable = field.editable and resource.sheet_writes != "never"
    words = field.kind.words_in(spoken())
    said = [
        translate(field.doc),
        translate("Words: {words}.", words=", ".join(words)) if words else "",
        "" if editable else translate("Read-only: what is typed here is not sent."),
    ]
    return ColumnSpec(
        header,
        field.width,
        shaded=not editable,
        comment="\n".join(filter(None, said)),
        choices=_list_name(field) if editable else "",
        firm=bool(words),
    )


def _list_name(field: Field) -> str:
    """Return the name of the list a column's dropdown shows: a resource's records, or the words of its kind."""
    if field.ref:
        return field.ref.resource
    return "/".join(field.kind.words)


def word_lists(resources: Sequence[Resource], *, lang: str = "en") -> dict[str, tuple[str, ...]]:
    """Return the lists of words that the table's dropdowns show, by list name."""
    fields = (field for resource in resources for field in resource.fields if field.editable)
    return {_list_name(field): field.kind.words_in(lang) for field in fields if field.kind.words}


def record_lists(frames: Mapping[str, pd.DataFrame]) -> dict[str, tuple[str, ...]]:
    """Return the names by which cells refer to each sheet's records, by resource name."""
    keys = {name: RESOURCES[name].natural_key[0] for name in ("entities", "templates", "xivos")}
    listed = {name: frames[name] for name, key in keys.items() if name in frames and key in frames[name]}
    shown = shown_names(directory_of(listed))
    return {name: tuple(filter(None, shown[name].values())) for name in listed}
