"""Free numbers for blank cells (DESIGN rule 10)."""

from __future__ import annotations

from typing import Any

import pytest
from planning.worlds import (
    C1,
    D1,
    D2,
    DEFAULT_1,
    KEY,
    USERS,
    change_of,
    codes,
    edited,
    exported,
    hand_made,
    numbers_given,
    person,
    planned,
    said,
    status,
    statuses,
    user,
    with_rows,
    world,
    xivo,
)

from xcu_sheets.model.memory import Memory
from xcu_sheets.planning.numbers import entities_needing_numbers

ALL = {D1: [f"170{n}" for n in range(2, 10)] + ["1961"], C1: [f"210{n}" for n in range(1, 5)]}


def onboard(*rows: dict[str, str], live: Any = None, available: Any = None, memory: Any = None, **options: Any):
    """Return the plan of a hand-made list, numbers assigned."""
    return planned(
        hand_made("users", *rows), live or world(), memory, ALL if available is None else available, **options
    )


def test_the_lowest_listed_numbers_are_given_in_row_order() -> None:
    """Blank and `auto` mean the same; the plan pins each number and says that it chose it."""
    plan = onboard(person("A", "A"), person("B", "B", "auto"), person("C", "C", "", C1))
    assert numbers_given(plan) == {2: "1702", 3: "1703", 4: "2101"}
    assert all(c.assigned for c in plan.to_send)


def test_only_entities_with_blanks_are_asked_for() -> None:
    """One call for each, none for the others, none for refused rows."""
    rows = [person("A", "A"), person("B", "B", "2101", C1), person("Marie", "Martin"), person("D", "D", "auto", D2)]
    assert entities_needing_numbers(planned(hand_made("users", *rows), world())) == [D1, D2]


def test_only_listed_numbers_in_the_intervals_that_no_user_has() -> None:
    """The server's list is intersected with intervals and users, and sorted by length and value."""
    assert numbers_given(onboard(person("A", "A"), available={D1: ["9999", "1961", "1701", "1709"]})) == {2: "1709"}


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (person("X", "X", "1702"), "create"),
        ({**person("X", "X", "1702"), "action": "skip"}, "skipped"),
        ({**person("X", "X", "1702"), "first_name": ""}, "refused"),
        (person("X", "X", "1702", "Bloc"), "refused"),
        (person("X", "X", "1702", "nowhere"), "refused"),
        ({**person("X", "X", "1702"), "action": "remove"}, "refused"),
        ({"id": "99", "internal_number": "1702"}, "refused"),
        ({"id": "1", "internal_number": "1702"}, "update"),
    ],
)
def test_typed_numbers_are_reserved_whatever_becomes_of_their_rows(row: dict[str, str], expected: str) -> None:
    """Skipped, refused, wrong: nobody else gets the number."""
    plan = onboard(person("A", "A"), row)
    assert (status(plan, 3), numbers_given(plan)[2]) == (expected, "1703")


def test_typed_numbers_of_another_xivo_are_not_reserved_here() -> None:
    """Intervals may overlap between XiVOs."""
    assert numbers_given(onboard(person("A", "A"), person("B", "B", "1702", D2)))[2] == "1702"


def test_never_assign() -> None:
    """The profile's list, even where nothing else is free."""
    assert numbers_given(onboard(person("A", "A"), never_assign=("1702", "1703"))) == {2: "1704"}
    plan = onboard(person("A", "A"), available={D1: ["1961"]}, never_assign=("1961",))
    assert said(plan, 2) == ("refused", ["no_number_left"])


def test_a_freed_number_is_given_last() -> None:
    """Freed by this book, or by us within the quarantine: only when nothing else is free."""
    live = world([user(1, DEFAULT_1, "Marie", "Martin", "1700")])
    book = edited(exported(live), "users", {(2, "action"): "delete"})
    options = {"allow_delete": True}
    one = planned(with_rows(book, "users", person("A", "A")), live, None, {D1: ["1961"]}, **options)
    assert numbers_given(one) == {3: "1961"}
    two = with_rows(book, "users", person("A", "A"), person("B", "B"))
    assert numbers_given(planned(two, live, None, {D1: ["1961"]}, **options)) == {3: "1961", 4: "1700"}


def test_a_number_in_quarantine_is_given_last() -> None:
    """By XiVO: the same number elsewhere is not in quarantine."""
    memory = Memory(KEY, freed=frozenset({("xivo1", "1702"), ("xivo2", "1703")}))
    assert numbers_given(onboard(person("A", "A"), memory=memory)) == {2: "1703"}
    rows = [person("A", "A"), person("B", "B")]
    assert numbers_given(onboard(*rows, memory=memory, available={D1: ["1702", "1961"]})) == {2: "1961", 3: "1702"}


def test_a_typed_number_may_be_one_in_quarantine() -> None:
    """A person decides."""
    memory = Memory(KEY, freed=frozenset({("xivo1", "1702")}))
    assert numbers_given(onboard(person("A", "A", "1702"), memory=memory)) == {2: "1702"}


@pytest.mark.parametrize("available", [{}, {D1: None}, {D1: ["1", "2", "0"]}])
def test_without_a_usable_list_intervals_less_users_serve(available: dict[str, Any]) -> None:
    """The call failed, or listed junk: the plan says so, once."""
    plan = onboard(person("A", "A"), person("B", "B"), available=available)
    assert numbers_given(plan) == {2: "1702", 3: "1703"}
    assert codes(plan, 0) == ["numbers_not_listed"]


def test_a_list_that_looks_capped_is_completed() -> None:
    """It stops before the last free number and is shorter than what should be free."""
    rows = [person(name, "X") for name in "ABC"]
    plan = onboard(*rows, available={D1: ["1702", "1703"]})
    assert numbers_given(plan) == {2: "1702", 3: "1703", 4: "1704"}
    assert codes(plan, 0) == ["numbers_capped"]


def test_a_list_with_gaps_is_not_capped() -> None:
    """It reaches the last number, so what it leaves out is in use by something else."""
    plan = onboard(person("A", "X"), person("B", "X"), person("C", "X"), available={D1: ["1703", "1961"]})
    assert numbers_given(plan) == {2: "1703", 3: "1961"}
    assert said(plan, 4) == ("refused", ["no_number_left"])


def test_an_empty_list_means_that_nothing_is_free() -> None:
    """U13: the row is refused, the others go on."""
    plan = onboard(person("A", "A"), person("B", "B", "", C1), available={D1: [], C1: ["2101"]})
    assert statuses(plan) == ["refused", "create"]
    assert codes(plan, 2) == ["no_number_left"]


def test_a_full_entity() -> None:
    """No number is made up outside of the intervals."""
    people = [user(n, DEFAULT_1, f"F{n}", "L", f"170{n}") for n in range(10)]
    plan = onboard(person("A", "A"), person("B", "B"), live=world(people), available={D1: ["1961"]})
    assert numbers_given(plan) == {2: "1961"}
    (found,) = plan.notes_of("users", 3)
    assert (found.code, found.params["asking"]) == ("no_number_left", "2")


def test_a_stated_range() -> None:
    """`auto 1705-1706` gives from there only."""
    rows = [person(name, "X", "auto 1705-1706") for name in "ABC"]
    plan = onboard(*rows, person("D", "X"))
    assert numbers_given(plan) == {2: "1705", 3: "1706", 5: "1702"}
    assert said(plan, 4) == ("refused", ["no_number_left_in_range"])
    assert said(onboard(person("A", "X", "auto 26-")), 2) == ("refused", ["not_an_interval"])


@pytest.mark.parametrize(
    ("has", "asks", "gets"),
    [
        ("1700", "auto", None),
        ("1700", "auto 1700-1703", None),
        ("1700", "auto 1705-1709", "1705"),
        ("6260", "auto", "1700"),
        ("6260", "", None),
    ],
)
def test_auto_on_an_existing_row(has: str, asks: str, gets: str | None) -> None:
    """It keeps a number that fits interval and range, else one is chosen; a blank cell keeps in any case."""
    live = world([user(1, DEFAULT_1, "A", "B", has)])
    book = edited(exported(live), "users", {(2, "internal_number"): asks})
    plan = planned(book, live, None, {})
    assert status(plan, 2) == ("unchanged" if gets is None else "update")
    if gets:
        change = change_of(plan, 2)
        assert (change.number, change.old_number, change.assigned) == (gets, has, True)


def test_a_typed_number_that_the_server_does_not_list() -> None:
    """U10: a group or a queue has it; checked where the list was fetched."""
    rows = [person("A", "A"), person("B", "B", "1706")]
    assert said(onboard(*rows, available={D1: ["1702", "1961"]}), 3) == ("refused", ["number_not_available"])
    assert status(onboard(*rows, available={D1: ["1702", "1706", "1961"]}), 3) == "create"
    assert status(onboard(*rows, available={D1: None}), 3) == "create"
    beyond = onboard(person("A", "A"), person("B", "B", "1961"), available={D1: ["1702", "1703"]})
    assert status(beyond, 3) == "create"


def test_numbers_in_an_entity_that_this_book_creates() -> None:
    """From its intervals, typed ones left out, unique on the XiVO it will be on."""
    entity = {
        "name": "neuf",
        "display_name": "Neuf",
        "xivo": "xivo1",
        "intervals": "1700-1703, 3000-3001",
        "presented_number": "inbNo",
    }
    template = {(2, "entities"): ""}
    book = with_rows(edited(exported(world()), "templates", template), "entities", entity)
    people = [person("A", "A", "1702", "neuf"), person("B", "B", "", "neuf"), person("C", "C", "", D1)]
    plan = planned(
        with_rows(book, "users", *people), world(), None, {D1: ["1702", "1703", "1704"]}, include=("entities",)
    )
    assert numbers_given(plan) == {6: "1702", 7: "1703", 8: "1704"}
    assert entities_needing_numbers(plan) == [D1]
    assert change_of(plan, 7).refs["entity"] == ("row:entities!5",)


def test_a_row_may_take_what_the_book_frees_by_name() -> None:
    """Typed numbers: A moves away, B takes its number, C takes B's."""
    cells = {(2, "internal_number"): "1704", (3, "internal_number"): "1700"}
    book = with_rows(edited(exported(world()), "users", cells), "users", person("C", "C", "1701"))
    plan = planned(book, world(), None, {})
    assert numbers_given(plan) == {2: "1704", 3: "1700", 6: "1701"}


def test_a_newcomer_takes_the_number_of_a_leaver() -> None:
    """The commonest of all: one deleted, one created, one number; without leave to delete it stays taken."""
    book = with_rows(edited(exported(world()), "users", {(2, "action"): "delete"}), "users", person("A", "A", "1700"))
    assert statuses(planned(book, world(), None, {}, allow_delete=True))[::4] == ["delete", "create"]
    plan = planned(book, world(), None, {})
    assert (codes(plan, 2), codes(plan, 6)) == (["delete_not_allowed"], ["number_taken"])


def test_a_refused_row_frees_nothing() -> None:
    """Its number stays taken, and so on down the chain."""
    cells = {(2, "internal_number"): "9999", (3, "internal_number"): "1700"}
    book = with_rows(edited(exported(world()), "users", cells), "users", person("C", "C", "1701"))
    plan = planned(book, world(), None, {})
    assert [said(plan, row) for row in (3, 6)] == [("refused", ["number_taken"])] * 2
    assert "number_outside" in codes(plan, 2)


def test_places_are_counted_over_the_book() -> None:
    """U14: ten places, eleven people: the last one is refused."""
    rows = [person(f"A{n}", "B") for n in range(3)]
    assert statuses(onboard(*rows, live=world(xivos=[xivo(1, 2), xivo(2)]))) == ["create", "create", "refused"]
    assert len(USERS) == 4
