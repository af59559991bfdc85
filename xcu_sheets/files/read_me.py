"""The first sheet of a book: where it comes from and how to edit it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..model.text import Label, Said
from ..words import told

SHEET = Label("Read me", "Lisez-moi")
HEADING, FACT = "heading", "fact"


@dataclass(frozen=True)
class ReadMe:
    """What a book says of itself; `unreadable` gives, by entity or sheet, why it is missing; `facts` are more lines.

    `guide` stands in place of how to edit an export, in rows as `read_me_rows` gives them.
    """

    server: str
    login: str
    taken_at: str
    unreadable: Mapping[str, str] = field(default_factory=dict)
    tool_version: str = ""
    contact: str = ""
    facts: Sequence[tuple[str, str]] = ()
    title: str = ""
    guide: Sequence[tuple[str, str, str]] = ()


def read_me_rows(read_me: ReadMe, *, has_baseline: bool) -> list[tuple[str, str, str]]:
    """Return the rows of the sheet as (style, first cell, second cell), in the language of this context."""
    facts = [
        (Said("Server"), read_me.server),
        (Said("Login"), read_me.login),
        (Said("Taken at (UTC)"), read_me.taken_at),
        (Said("Written by"), f"xcu-sheets {read_me.tool_version}".strip()),
        (Said("Questions to"), read_me.contact),
        *read_me.facts,
    ]
    rows = [
        (HEADING, read_me.title or Said("XCU in a workbook"), ""),
        *((FACT, name, text) for name, text in facts if text),
        *_missing(read_me.unreadable),
        *(read_me.guide or _guide(has_baseline)),
    ]
    return [(style, told(name), told(text)) for style, name, text in rows]


def _guide(has_baseline: bool) -> list[tuple[str, str, str]]:
    return [
        (HEADING, Said("How to edit"), ""),
        *((FACT, *line) for line in _EDITING),
        (HEADING, Said("Before you hand this book on"), ""),
        *((FACT, *line) for line in (_WITH_BASELINE if has_baseline else _WITHOUT_BASELINE)),
    ]


def _missing(unreadable: Mapping[str, str]) -> list[tuple[str, str, str]]:
    if not unreadable:
        return []
    rows = [(FACT, name, why) for name, why in unreadable.items()]
    return [(HEADING, Said("Not readable, so not in this book"), ""), *rows]


_EDITING = (
    (
        Said("Change, then import"),
        Said(
            "Change cells in the sheets users and templates, or add rows below; then run: xcu-sheets check BOOK, and "
            "xcu-sheets import BOOK. Nothing reaches the server before you have seen the plan and said yes."
        ),
    ),
    (
        Said("Blank and <clear>"),
        Said(
            "A blank cell leaves the server's value as it is. To empty a value, write <clear>. On a new row a blank "
            "cell is not sent."
        ),
    ),
    (
        Said("New people"),
        Said(
            "Leave id blank, fill in entity, template and the names. Leave the internal number blank (or write auto) "
            "and a free number is chosen."
        ),
    ),
    (
        Said("Deleting"),
        Said(
            "Deleting a row here deletes nothing on the server. To delete a record, write delete in its action cell; "
            "skip leaves a row out."
        ),
    ),
    (Said("Ids and sorting"), Said("Never change an id. Sort whole rows only, never one column alone.")),
    (
        Said("Grey columns"),
        Said("They are read-only: what is typed there is not sent. Point at a header to read what its column holds."),
    ),
    (Said("Your own columns"), Said("A staff number, a department: they are kept and come back in the report.")),
    (Said("Numbers"), Said("All cells are text, so that 0612 keeps its zero.")),
)
_WITH_BASELINE = (
    (
        Said("Hidden copy"),
        Said(
            "Deleting rows does not remove people from this file: a hidden sheet (_baseline) still holds everything "
            "that was exported. For a book to hand on, export one entity (xcu-sheets export --entity E OUT.xlsx) or "
            "leave the hidden copy out (--no-baseline)."
        ),
    ),
)
_WITHOUT_BASELINE = (
    (
        Said("No hidden copy"),
        Said(
            "This book holds no hidden copy of the export. Without it an import cannot tell your edits from what "
            "others changed on the server since, and says so."
        ),
    ),
)
