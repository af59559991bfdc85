"""Free numbers against brute force, and intervals of millions without expanding them."""

from __future__ import annotations

import time
from itertools import islice, pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from planning.worlds import C1, D1, D2, MARTIN, X1, entity, user, world

from xcu_sheets.model.view import View
from xcu_sheets.rules.numbering import (
    NumberPool,
    Range,
    contains,
    make_pool,
    make_ranges,
    number_order,
    numbers_frame,
    overlap,
    used_numbers,
)


@st.composite
def part(draw: Any) -> tuple[str, str]:
    length = draw(st.integers(1, 3))
    ends = sorted(draw(st.integers(0, min(30, 10**length - 1))) for _ in range(2))
    return f"{ends[0]:0{length}d}", f"{ends[1]:0{length}d}"


def expand(parts: list[tuple[str, str]]) -> set[str]:
    """Return every number of the intervals, the slow way."""
    return {f"{n:0{len(start)}d}" for start, end in parts for n in range(int(start), int(end) + 1)}


def cell(parts: list[tuple[str, str]]) -> str:
    """Return intervals as a cell."""
    return ", ".join(f"{a}-{b}" for a, b in parts)


numbers = st.integers(1, 3).flatmap(lambda n: st.integers(0, min(40, 10**n - 1)).map(lambda v: f"{v:0{n}d}"))


@given(st.lists(part(), max_size=5), st.sets(numbers, max_size=15))
def test_a_pool_is_its_numbers_less_the_used_ones(parts: list[tuple[str, str]], used: set[str]) -> None:
    """Overlaps count once, lengths stay apart, order is length then value, blocks are maximal."""
    pool, everything = NumberPool(make_ranges(cell(parts)), used), expand(parts)
    free = sorted(everything - used, key=number_order)
    assert list(pool.numbers()) == free
    assert (pool.capacity, pool.used, pool.free) == (len(everything), len(everything & used), len(free))
    blocks = list(pool.blocks())
    assert [b.text(v) for b in blocks for v in range(b.first, b.last + 1)] == free
    assert all(a.length < b.length or a.last + 1 < b.first for a, b in pairwise(blocks))


@given(st.lists(part(), max_size=4), numbers)
def test_contains_is_membership(parts: list[tuple[str, str]], number: str) -> None:
    """0100 and 100 differ."""
    assert contains(make_ranges(cell(parts)), number) is (number in expand(parts))


@given(st.lists(part(), max_size=3), st.lists(part(), max_size=3))
def test_overlap_is_intersection(one: list[tuple[str, str]], other: list[tuple[str, str]]) -> None:
    """A shared range holds shared numbers only, and there is one where anything is shared."""
    shared, both = overlap(make_ranges(cell(one)), make_ranges(cell(other))), expand(one) & expand(other)
    assert (shared is None) is (not both)
    if shared:
        assert {shared.text(v) for v in range(shared.first, shared.last + 1)} <= both


@pytest.mark.parametrize("number", ["", "x", "١٧٠٠", "²", "17 00", "1700\n", "-1700"])
def test_what_is_no_number_lies_in_no_interval(number: str) -> None:
    """ASCII digits only."""
    assert not contains(make_ranges("1700-1799"), number)


def test_touching_ranges_are_one_block() -> None:
    """1700-1749, 1750-1799 is one run of a hundred; 99 and 100 are not neighbours."""
    assert make_ranges("1750-1799, 1700-1749") == [Range(4, 1700, 1799)]
    assert make_ranges("99, 100") == [Range(2, 99, 99), Range(3, 100, 100)]
    assert make_ranges("99-1") == []


def test_millions_of_numbers_cost_nothing() -> None:
    """A mistyped interval of 10^16 numbers is counted and its first numbers taken at once."""
    began = time.perf_counter()
    pool = NumberPool(make_ranges("0000000000000000-9999999999999999"), {"0000000000000001"})
    assert pool.free == 10**16 - 1
    assert list(islice(pool.numbers(), 2)) == ["0" * 16, "0" * 15 + "2"]
    assert time.perf_counter() - began < 0.5


def test_numbers_in_use_are_those_of_the_whole_xivo() -> None:
    """A number is taken on its XiVO, whichever entity holds it; another XiVO has its own."""
    people = [user(1, world().records["entities"][1], "A", "B", "1700"), user(2, MARTIN["entity"], "C", "D", None)]
    view = View.of_snapshot(world(people))
    used = used_numbers(view)
    assert next(make_pool(view, D1, used).numbers()) == "1701"
    assert next(make_pool(view, D2, used).numbers()) == "1700"


def test_the_numbers_sheet() -> None:
    """Capacity, used, free, the next one, the longest block; a user outside the intervals uses none of them."""
    home = entity(11, "default", X1, "1700-1704, 0100")
    people = [user(n, home, "A", "B", number) for n, number in enumerate(["1701", "6260", "0100"])]
    empty = entity(12, "empty", X1, "")
    frame = numbers_frame(View.of_snapshot(world(people, entities=[home, empty])))
    assert frame.to_dict("records") == [
        {
            "entity": D1,
            "capacity": "6",
            "used": "2",
            "free": "4",
            "next_free_number": "1700",
            "longest_free_block": "1702-1704",
        },
        {
            "entity": "empty@10.0.0.1",
            "capacity": "0",
            "used": "0",
            "free": "0",
            "next_free_number": "",
            "longest_free_block": "",
        },
    ]
    assert C1 not in set(frame["entity"])
