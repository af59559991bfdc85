"""Rows, columns and sheets that are hidden are not sent unless somebody says so; what they leave alone is no matter."""

from __future__ import annotations

from dataclasses import replace

import pytest
from planning.worlds import edited, exported, hand_made, person, planned, statuses, with_rows, world

from xcu_sheets.planning.make import check

ADA, BOB = person("Ada", "Lovelace"), person("Bob", "Byron", "1709")


def hiding(book, **traits):
    """Return the book with something hidden in its users sheet."""
    sheet = book.sheets["users"]
    return replace(book, sheets={**book.sheets, "users": replace(sheet, **traits)})


def list_with_hidden_row():
    """A list of two new people, the second of whom is filtered out."""
    return hiding(hand_made("users", ADA, BOB), hidden_rows=frozenset({3}))


@pytest.mark.parametrize(
    ("hidden", "expected", "said"),
    [
        ("refuse", ["create", "refused"], ["row_hidden"]),
        ("include", ["create", "create"], ["hidden_included"]),
        ("skip", ["create", "skipped"], ["hidden_skipped"]),
    ],
)
def test_a_hidden_row_that_would_create(hidden, expected, said):
    """Refused by default, and both ways out are the person's to name."""
    plan = planned(list_with_hidden_row(), world(), hidden=hidden)
    assert statuses(plan, "users") == expected
    assert [p.code for p in plan.problems if "hidden" in p.code] == said


def test_a_skipped_row_takes_no_number_from_another():
    """Two rows that ask for 1709 are one where the other is left out."""
    rows = (person("Ada", "Lovelace", "1709"), BOB)
    book = hiding(hand_made("users", *rows), hidden_rows=frozenset({3}))
    assert statuses(planned(book, world(), hidden="skip"), "users") == ["create", "skipped"]


def test_hidden_rows_of_an_export_that_change_nothing_are_no_matter():
    """A filter left on an exported sheet refuses nothing but the row that was edited beneath it."""
    book = exported(world(), "users")
    rows = frozenset(map(int, book.sheets["users"].frame.index))
    assert planned(hiding(book, hidden_rows=rows), world()).problems == ()
    changed = hiding(edited(book, "users", {(2, "last_name"): "Curie"}), hidden_rows=rows)
    plan = planned(changed, world())
    assert [(p.code, p.row, p.params["action"]) for p in plan.problems] == [("row_hidden", 2, "update")]
    assert [p.code for p in check(changed)] == ["row_hidden"]


def test_a_hidden_delete_is_refused():
    """Deleting needs to be seen, even where it is allowed."""
    book = hiding(edited(exported(world(), "users"), "users", {(2, "action"): "delete"}), hidden_rows=frozenset({2}))
    plan = planned(book, world(), allow_delete=True, allow_changes=9)
    assert [p.params["action"] for p in plan.problems if p.code == "row_hidden"] == ["delete"]
    assert [c.action for c in plan.changes] == ["refused"]


def test_a_hidden_sheet_says_so():
    """The sentence names the sheet, not its rows, as what is to be shown."""
    book = hiding(hand_made("users", ADA), hidden=True, hidden_rows=frozenset({2}))
    assert [p.params["what"] for p in planned(book, world()).problems if p.code == "row_hidden"] == ["sheet"]


def test_a_hidden_column_refuses_what_its_cells_would_send():
    """An edit under a hidden column is refused; a hidden id, and a row that the column does not change, are not."""
    book = edited(exported(world(), "users"), "users", {(2, "cti_login"): "root", (3, "last_name"): "Curie"})
    book = hiding(book, hidden_columns=frozenset({"id", "cti_login"}))
    plan = planned(book, world(), allow_changes=9)
    assert [(p.code, p.row, p.column, p.cell) for p in plan.problems if p.code == "column_hidden"] == [
        ("column_hidden", 2, "cti_login", "J2")
    ]
    assert [c.action for c in plan.changes] == ["refused", "update"]
    kept = planned(book, world(), allow_changes=9, hidden="skip")
    assert [(c.row, c.action) for c in kept.changes] == [(3, "update")]


def test_a_hidden_action_is_refused():
    """`delete` in a hidden column deletes nobody."""
    book = with_rows(exported(world(), "users"), "users")
    book = hiding(edited(book, "users", {(2, "action"): "delete"}), hidden_columns=frozenset({"action"}))
    assert [c.action for c in planned(book, world(), allow_delete=True, allow_changes=9).changes] == ["refused"]
