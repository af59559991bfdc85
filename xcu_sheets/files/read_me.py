"""The first sheet of a book: where it comes from and how to edit it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

SHEET = "Read me"
HEADING, FACT = "heading", "fact"


@dataclass(frozen=True)
class ReadMe:
    """What a book says of itself; `unreadable` gives, by entity or sheet, why it is missing; `facts` are more lines."""

    server: str
    login: str
    taken_at: str
    unreadable: Mapping[str, str] = field(default_factory=dict)
    tool_version: str = ""
    contact: str = ""
    facts: Sequence[tuple[str, str]] = ()


def read_me_rows(read_me: ReadMe, *, has_baseline: bool) -> list[tuple[str, str, str]]:
    """Return the rows of the sheet as (style, first cell, second cell)."""
    facts = [
        ("Server", read_me.server),
        ("Login", read_me.login),
        ("Taken at (UTC)", read_me.taken_at),
        ("Written by", f"xcu-sheets {read_me.tool_version}".strip()),
        ("Questions to", read_me.contact),
        *read_me.facts,
    ]
    return [
        (HEADING, "XCU in a workbook", ""),
        *((FACT, name, text) for name, text in facts if text),
        *_missing(read_me.unreadable),
        (HEADING, "How to edit", ""),
        *((FACT, *line) for line in _EDITING),
        (HEADING, "Before you hand this book on", ""),
        *((FACT, *line) for line in (_WITH_BASELINE if has_baseline else _WITHOUT_BASELINE)),
    ]


def _missing(unreadable: Mapping[str, str]) -> list[tuple[str, str, str]]:
    if not unreadable:
        return []
    rows = [(FACT, name, why) for name, why in unreadable.items()]
    return [(HEADING, "Not readable, so not in this book", ""), *rows]


_EDITING = (
    (
        "Change, then import",
        "Change cells in the sheets users and templates, or add rows below; then run: xcu-sheets check BOOK, and "
        "xcu-sheets import BOOK. Nothing reaches the server before you have seen the plan and said yes.",
    ),
    (
        "Blank and <clear>",
        "A blank cell leaves the server's value as it is. To empty a value, write <clear>. On a new row a blank "
        "cell is not sent.",
    ),
    (
        "New people",
        "Leave id blank, fill in entity, template and the names. Leave the internal number blank (or write auto) and "
        "a free number is chosen.",
    ),
    (
        "Deleting",
        "Deleting a row here deletes nothing on the server. To delete a record, write delete in its action cell; skip "
        "leaves a row out.",
    ),
    ("Ids and sorting", "Never change an id. Sort whole rows only, never one column alone."),
    (
        "Grey columns",
        "They are read-only: what is typed there is not sent. Point at a header to read what its column holds.",
    ),
    ("Your own columns", "A staff number, a department: they are kept and come back in the report."),
    ("Numbers", "All cells are text, so that 0612 keeps its zero."),
)
_WITH_BASELINE = (
    (
        "Hidden copy",
        "Deleting rows does not remove people from this file: a hidden sheet (_baseline) still holds everything that "
        "was exported. For a book to hand on, export one entity (xcu-sheets export --entity E OUT.xlsx) or leave the "
        "hidden copy out (--no-baseline).",
    ),
)
_WITHOUT_BASELINE = (
    (
        "No hidden copy",
        "This book holds no hidden copy of the export. Without it an import cannot tell your edits from what others "
        "changed on the server since, and says so.",
    ),
)
