"""Numbers that go round: one user of each ring steps aside to a free number first (DESIGN rule 10)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from planning.worlds import C1, D1, D2, change_of, edited, exported, planned, said, user, world
from planning.worlds import CHIRURGIE_1 as CHIRURGIE
from planning.worlds import DEFAULT_1 as DEFAULT

from xcu_sheets.planning.numbers import choose_again, entities_needing_numbers
from xcu_sheets.planning.plan import Change, Edit, Plan
from xcu_sheets.planning.rings import number_rings

XIVOS = {D1: "xivo1", C1: "xivo1", D2: "xivo2"}


def move(row: int, before: str, after: str, entity: str = D1) -> Change:
    return Change("users", row, "update", str(row), entity=entity, edits=(Edit("internal_number", before, after),))


@pytest.mark.parametrize(
    ("moves", "expected"),
    [
        ([move(2, "1", "2"), move(3, "2", "1")], [[2, 3]]),
        ([move(4, "3", "1"), move(2, "1", "2"), move(3, "2", "3")], [[4, 2, 3]]),
        ([move(2, "1", "2"), move(3, "2", "1"), move(4, "5", "6"), move(5, "6", "5")], [[2, 3], [4, 5]]),
        ([move(2, "1", "2"), move(3, "2", "3"), move(4, "3", "2")], [[3, 4]]),
        ([move(2, "1", "2"), move(3, "2", "3")], []),
        ([move(2, "1", "2"), move(3, "2", "1", D2)], []),
        ([move(2, "1", "2"), move(3, "2", "1", C1)], [[2, 3]]),
        ([move(2, "1", "2"), Change("users", 3, "delete", "3", entity=D1, cells={"internal_number": "2"})], []),
    ],
)
def test_rings_are_found_and_chains_are_none(moves: list[Change], expected: list[list[int]]) -> None:
    """A ring is on one XiVO, whatever the entities; what hangs on to it is no part of it."""
    assert [[c.row for c in ring] for ring in number_rings(moves, XIVOS.__getitem__)] == expected


def ring_plan(available: list[str] | None, size: int = 2) -> Plan:
    """Return the plan of a book in which the first users of an entity pass their numbers on to the next."""
    people = [user(n + 1, DEFAULT, f"First{n}", f"Last{n}", f"170{n}") for n in range(size)]
    live = world([*people, user(90, DEFAULT, "Other", "One", "1709"), user(91, CHIRURGIE, "X", "Y", "2100")])
    turned = {(2 + n, "internal_number"): f"170{(n + 1) % size}" for n in range(size)}
    return planned(edited(exported(live), "users", turned), live, available={D1: available} if available else {})


@pytest.mark.parametrize("size", [2, 3, 5])
def test_one_of_a_ring_gets_a_free_number_meanwhile(size: int) -> None:
    """The plan shows and pins it; it is the lowest free one that nobody in the book takes."""
    plan = ring_plan(["1707", "1708"], size)
    assert [(c.row, c.number, c.detour) for c in plan.to_send] == [
        (2 + n, f"170{(n + 1) % size}", "1707" if n == 0 else "") for n in range(size)
    ]
    assert Plan.from_json(plan.to_json()) == replace(plan, reserved={"xivo1": plan.reserved["xivo1"]})


def test_the_free_numbers_of_a_ring_are_asked_for_once() -> None:
    """One call for the entity of the one who steps aside, though no cell is blank."""
    assert entities_needing_numbers(ring_plan(None)) == [D1]


def test_a_ring_without_a_free_number_is_refused_with_the_reason() -> None:
    """Nobody can step aside: every row of the ring says so and names the others."""
    full = [user(n + 1, DEFAULT, f"First{n}", f"Last{n}", f"170{n}") for n in range(10)]
    live = world([*full, user(20, DEFAULT, "Last", "Of All", "1961")])
    turned = {(2, "internal_number"): "1701", (3, "internal_number"): "1700"}
    plan = planned(edited(exported(live), "users", turned), live, available={})
    assert said(plan, 2) == said(plan, 3) == ("refused", ["number_ring"])
    assert [p.params["rows"] for p in plan.problems if p.code == "number_ring"] == ["3", "2"]


def test_a_lost_number_is_chosen_again_from_what_is_free_now() -> None:
    """Not one that another row has, that was tried, that was typed, or that this book frees while another is free."""
    live = world()
    rows = [
        Change("users", 5, "create", entity=D1, cells={"internal_number": "1703"}, auto="any", assigned=True),
        Change("users", 6, "create", entity=D1, cells={"internal_number": "1704"}, auto="any", assigned=True),
        move(7, "1701", "1705"),
    ]
    plan = replace(ring_plan(None), changes=tuple(rows), reserved={"xivo1": frozenset({"1706"})})
    free = {D1: ["1701", "1704", "1705", "1706", "1707", "1708"]}
    (again,) = choose_again(plan, rows[:1], live, free, {"xivo1": ["1703", "1707"]})
    assert (again.number, again.assigned, again.action) == ("1708", True, "create")
    (last,) = choose_again(plan, rows[:1], live, {D1: ["1701", "1961"]}, {"xivo1": ["1703", "1961"]})
    assert last.number == "1701"
    (none,) = choose_again(plan, rows[:1], live, {D1: ["1706", "1961"]}, {"xivo1": ["1701", "1703", "1961"]})
    assert none.action == "refused"


def test_the_ring_is_shown_in_the_plan() -> None:
    """Both ends of the change stay what the person asked for."""
    assert change_of(ring_plan(["1707"]), 2).edits == (Edit("internal_number", "1700", "1701"),)
