"""What people changed in a book since it was written, and what the server would be with that."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import pandas as pd
import pytest

from xcu_sheets.comparing.edits import edited_view, edits_of
from xcu_sheets.model.book import Baseline, Book, Sheet
from xcu_sheets.model.resources import RESOURCES
from xcu_sheets.model.snapshot import TEXT, text_frame

Rows = list[dict[str, str]]

ENTITY = {"id": "17", "combined_id": "default@10.0.0.1", "name": "default", "display_name": "Siège", "xivo": "xivo1"}
MARIE = {
    "id": "1",
    "entity": "default@10.0.0.1",
    "first_name": "Marie",
    "last_name": "Martin",
    "internal_number": "1001",
    "cti_login": "mm",
    "provisioning_number": "111111",
}
PAUL = {**MARIE, "id": "2", "first_name": "Paul", "internal_number": "1002", "cti_login": ""}


def frame(name: str, rows: Rows) -> pd.DataFrame:
    """Return the frame of a sheet as it is read, rows counted from 2."""
    columns = {column: [row.get(column, "") for row in rows] for column in RESOURCES[name].columns}
    return text_frame(columns, pd.RangeIndex(2, 2 + len(rows)))


def book(users: Rows, *, baseline: bool = True, **sheets: Rows) -> Book:
    """Return a book of Marie and Paul whose users sheet now reads as given."""
    known: Mapping[str, Rows] = {"users": [MARIE, PAUL], "entities": [ENTITY], "xivos": [{"id": "1", "name": "xivo1"}]}
    written = {"users": users, **sheets}
    shown = {n: Sheet(RESOURCES[n], n, frame(n, rows), frame(n, rows), {}) for n, rows in written.items()}
    before = Baseline("b", "http://xcu", "admin", "then", {n: frame(n, rows) for n, rows in known.items()})
    return Book("a.xlsx", shown, before if baseline else None)


def with_cells(**cells: str) -> Rows:
    """Return the rows with some of Marie's cells changed."""
    return [{**MARIE, **cells}, PAUL]


def test_an_unedited_book_has_no_edits() -> None:
    """Sorted or not; entities called by their display name or not."""
    assert edits_of(book([MARIE, PAUL])) == ()
    assert edits_of(book([{**PAUL, "entity": "Siège"}, {**MARIE, "entity": "default"}])) == ()
    assert edits_of(book([MARIE], baseline=False)) == ()


def test_each_edited_cell_is_listed() -> None:
    """Row, column, before and after; in the order of the sheet."""
    listed = edits_of(book(with_cells(first_name="Anne", internal_number="1500")))
    assert [(e.row, e.id, e.name, e.column, e.before, e.after) for e in listed] == [
        (2, "1", "Marie Martin", "first_name", "Marie", "Anne"),
        (2, "1", "Marie Martin", "internal_number", "1001", "1500"),
    ]


def test_a_password_typed_is_not_shown() -> None:
    """That there is one is said, its text nowhere."""
    (listed,) = edits_of(book(with_cells(cti_password="Canary-99")))
    assert (listed.column, listed.shown) == ("cti_password", False)
    assert "Canary-99" not in repr(listed) and "Canary-99" not in str(listed.to_json())


def test_rows_that_are_new_or_gone_are_listed() -> None:
    """A new row by its number, a row that is gone by its id."""
    new = {"entity": "Siège", "first_name": "Zoé", "last_name": "Petit"}
    assert [(e.kind, e.row, e.id, e.name) for e in edits_of(book([MARIE, new]))] == [
        ("new row", 3, "", "Zoé Petit"),
        ("row gone", 0, "2", "Paul Martin"),
    ]


def cell(view: object, id_: str, column: str) -> str:
    """Return a user's cell."""
    return str(view.frame("users").at[id_, column])  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("cells", "column", "wanted"),
    [
        ({"last_name": "Petit"}, "last_name", "Petit"),
        ({"cti_login": ""}, "cti_login", "mm"),
        ({"cti_login": "<clear>"}, "cti_login", ""),
        ({"provisioning_number": "999999"}, "provisioning_number", "111111"),
        ({"cti_password": "Canary-99"}, "cti_password", ""),
        ({"last_name": "Petit", "action": "skip"}, "last_name", "Martin"),
        ({"entity": "Siège"}, "entity", "default@10.0.0.1"),
    ],
    ids=["edit", "blank", "clear", "read-only", "secret", "skip", "alias"],
)
def test_cells_mean_what_an_import_makes_of_them(cells: dict[str, str], column: str, wanted: str) -> None:
    """Blank leaves, <clear> empties, read-only and skipped cells do not count, no password is taken."""
    assert cell(edited_view(book(with_cells(**cells))), "1", column) == wanted


@pytest.mark.parametrize(
    ("change", "ids"),
    [
        (lambda rows: rows[:1], ["1", "2"]),
        (lambda rows: [{**rows[0], "action": "delete"}, rows[1]], ["2"]),
        (lambda rows: [*rows, {"first_name": "Zoé"}], ["1", "2", "row 4"]),
        (lambda rows: [rows[0], rows[0]], ["1", "2", "row 2", "row 3"]),
    ],
    ids=["gone", "delete", "new", "twice"],
)
def test_rows_mean_what_an_import_makes_of_them(change: Callable[[Rows], Rows], ids: list[str]) -> None:
    """A row that is gone touches nothing, delete deletes, a new one is there by its number."""
    view = edited_view(book(change([MARIE, PAUL])))
    assert sorted(view.frame("users").index) == ids
    assert list(view.frame("users")["id"]) == list(view.frame("users").index)


def test_a_book_without_baseline_is_what_its_cells_say() -> None:
    """Its rows are all there is; the XiVOs on its sheet say whose server it is."""
    shown = book([MARIE], baseline=False, xivos=[{"id": "1", "uuid": "c2f0", "name": "xivo1"}], entities=[ENTITY])
    view = edited_view(shown)
    assert (list(view.frame("users").index), view.xivo_uuids, view.known) == (["1"], ("c2f0",), True)
    assert view.directory.resolve("entities", "Siège").label == "default@10.0.0.1"


def test_every_text_is_of_the_one_storage() -> None:
    """Frames of edits compare with frames of servers."""
    view = edited_view(book(with_cells(last_name="Petit")))
    assert {str(dtype) for dtype in view.frame("users").dtypes} == {str(TEXT)}
    assert replace(view, frames={}).frame("users").empty
