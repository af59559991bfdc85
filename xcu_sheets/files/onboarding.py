"""An empty book for new people: the columns that a person fills in, hints on their cells, an example, a guide."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ..model.fields import Field
from ..model.resources import RESOURCES
from ..model.snapshot import text_frame
from ..words import spoken, translate
from .example import example_cells
from .read_me import FACT, HEADING
from .sheets import SheetSpec, resource_sheet

_USERS = RESOURCES["users"]
_MARK = " *"


def columns_to_fill() -> list[Field]:
    """Return the columns that who announces new people fills in: their names, then what is needed, then the rest.

    No id and no action, for all rows are new; nothing that the server makes; no password, for such a book goes round.
    """
    asked = [field for field in _USERS.writable if not field.secret]
    return sorted(asked, key=lambda f: (f.name not in _USERS.person_key, not f.required))


def people_sheet(preset: Mapping[str, str], rows: int) -> SheetSpec:
    """Return the sheet in the language of this context: the example, then `rows` rows with dropdowns and hints.

    `preset` gives, by column, what a blank cell means there: such a column need not be filled in.
    """
    lang, fields = spoken(), columns_to_fill()
    example = example_cells(lang, preset)
    frame = text_frame({field.name: [example.get(field.name, "")] for field in fields})
    sheet = resource_sheet(_USERS, frame, lang=lang, spare_rows=rows)
    columns = []
    for field, column in zip(fields, sheet.columns, strict=True):
        needed, hint = field.required and field.name not in preset, _hint(field, preset)
        header = f"{column.header}{_MARK if needed else ''}"
        must = translate("Must be filled in.")
        comment = f"{must}\n{hint}" if needed else hint
        columns.append(replace(column, header=header, comment=comment, needed=needed, prompt=hint))
    return replace(sheet, columns=tuple(columns), example=True)


def _hint(field: Field, preset: Mapping[str, str]) -> str:
    if field.name in preset:
        return translate("Leave it blank: that means {value}.", value=preset[field.name])
    return translate(field.hint or field.doc)


def people_guide(preset: Mapping[str, str], contact: str) -> list[tuple[str, str, str]]:
    """Return what the book says of itself, in rows as `read_me_rows` gives them."""
    blank = [(_label(name), translate("Leave it blank: that means {value}.", value=v)) for name, v in preset.items()]
    lines = [*_filling_in(), *blank]
    return [
        (HEADING, translate("How to fill it in"), ""),
        *((FACT, *line) for line in lines),
        (HEADING, translate("When it is filled in"), ""),
        *((FACT, *line) for line in _handing_in(contact)),
    ]


def _label(name: str) -> str:
    field = _USERS.by_name[name]
    return field.label_fr if spoken() == "fr" else field.label


def _filling_in() -> list[tuple[str, str]]:
    return [
        (
            translate("A row for each person"),
            translate("On the next sheet, below the example, without titles between."),
        ),
        (
            translate("Red headers with *"),
            translate("These columns must be filled in for each person. Those with a blue header may stay blank."),
        ),
        (
            translate("Lists"),
            translate(
                "Where a cell has a list, an arrow beside it opens it. Whatever cell you choose, a note says what "
                "goes there."
            ),
        ),
        (
            translate("The example"),
            translate(
                "The grey row is left out as long as it is exactly as it is. Leave it there, delete it, or write over "
                "all of its cells."
            ),
        ),
        (translate("Numbers"), translate("All cells are text, so that 0612 keeps its zero.")),
        (
            translate("More columns"),
            translate(
                "Columns of your own to the right, a staff number for example, do no harm: they come back in the "
                "report."
            ),
        ),
    ]


def _handing_in(contact: str) -> list[tuple[str, str]]:
    to = translate("Save it as .xlsx and send it to {contact}.", contact=contact)
    return [
        (translate("Hand it in"), to if contact else translate("Save it as .xlsx and send it back.")),
        (
            translate("More people later"),
            translate("Add them to the same file and send it again: nobody in it is created twice."),
        ),
        (
            translate("For who imports it"),
            translate(
                "xcu-sheets check BOOK, then xcu-sheets import BOOK: the plan is shown before anything is sent. The "
                "book fits the server above and no other."
            ),
        ),
        (
            translate("Hidden sheets"),
            translate("They hold the names for the lists and what the book needs to be known again: nobody's data."),
        ),
    ]
