"""The order of work: nothing is asked for before it is free, nothing is sent before what it needs."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import pytest

from xcu_sheets.planning.plan import Change, Edit, Options, Plan
from xcu_sheets.running.lanes import Lane, make_lanes, run_lanes
from xcu_sheets.running.sending import Ticket
from xcu_sheets.running.stages import make_stages


def make_plan(*changes: Change) -> Plan:
    return Plan("r", "", "", "", (), "", "", "", "", Options(), changes, {}, (), {})


def update(row: int, before: str, after: str) -> Change:
    edits = (Edit("internal_number", before, after),)
    return Change("users", row, "update", str(row), entity="e", edits=edits)


def delete(row: int, number: str) -> Change:
    return Change("users", row, "delete", str(row), entity="e", cells={"internal_number": number})


def order(*changes: Change) -> list[list[int]]:
    return [[c.row for c in stage.changes] for stage in make_stages(make_plan(*changes), lambda entity: entity)]


def test_stages_follow_the_order_of_work() -> None:
    """Entities, templates, user updates, deletes, typed creates, chosen creates, then the other deletes."""
    changes = [
        Change("users", 1, "create", entity="e", cells={"internal_number": "3"}, assigned=True),
        Change("users", 2, "create", entity="e", cells={"internal_number": "2"}),
        delete(3, "9"),
        Change("users", 4, "update", "4", entity="e", edits=(Edit("first_name", "a", "b"),)),
        Change("templates", 5, "delete", "5"),
        Change("templates", 6, "create"),
        Change("entities", 7, "create"),
        Change("entities", 8, "delete", "8"),
        Change("users", 9, "refused"),
    ]
    assert order(*changes) == [[7], [6], [4], [3], [2], [1], [5], [8]]


def test_a_chain_of_numbers_goes_from_its_free_end() -> None:
    """A 1->2, B 2->3, C 3->4 are sent C, B, A, whatever the order of the rows."""
    assert order(update(1, "1", "2"), update(2, "2", "3"), update(3, "3", "4")) == [[3], [2], [1]]


def test_logins_are_handed_on_like_numbers() -> None:
    """Who takes a login waits for who gives it up, whatever its case."""

    def login(row: int, before: str, after: str) -> Change:
        return Change("users", row, "update", str(row), entity="e", edits=(Edit("cti_login", before, after),))

    assert order(login(1, "a", "B"), login(2, "b", "c"), login(3, "x", "y")) == [[2, 3], [1]]
    assert order(login(1, "a", "b"), login(2, "b", "a")) == [[1, 2]]


def test_who_takes_a_deleted_number_comes_after_the_delete() -> None:
    """The delete of 9 comes before the update that takes 9, and before whoever takes that one's number."""
    assert order(update(1, "1", "9"), update(2, "2", "1"), delete(3, "9"), update(4, "4", "5")) == [[4], [3], [1], [2]]


def test_a_ring_of_numbers_begins_with_one_who_steps_aside() -> None:
    """A 1->2, B 2->1 with 7 free: A takes 7, B takes 1, A takes 2; each call says what it expects to find."""
    ring = [replace(update(1, "1", "2"), detour="7"), update(2, "2", "1")]
    stages = make_stages(make_plan(*ring, update(3, "5", "6")), lambda entity: entity)
    calls = [[(c.row, c.old_number, c.number, c.step) for c in stage.changes] for stage in stages]
    assert calls == [[(1, "1", "7", "aside")], [(2, "2", "1", ""), (3, "5", "6", "")], [(1, "7", "2", "")]]


def tickets(count: int, entities: int = 1) -> list[Ticket]:
    return [Ticket(Change("users", n, "create", entity=f"e{n % entities}")) for n in range(count)]


def entity_of(change: Change) -> str:
    return change.entity


def test_lanes_are_by_xivo_or_one() -> None:
    """By default one lane per XiVO; with workers one lane for all."""
    given = tickets(4, 2)
    assert [[t.change.row for t in lane] for lane in make_lanes(given, entity_of, 0)] == [[0, 2], [1, 3]]
    assert [[t.change.row for t in lane] for lane in make_lanes(given, entity_of, 3)] == [[0, 1, 2, 3]]


@pytest.mark.parametrize(("lanes", "workers", "most"), [(2, 0, 2), (6, 0, 4), (2, 5, 5)])
def test_no_more_calls_in_flight_than_allowed(lanes: int, workers: int, most: int) -> None:
    """One write at a time per XiVO and at most four XiVOs side by side; with workers N in all."""
    flying, seen, guard = [0], [0], threading.Lock()
    by_entity: dict[str, int] = {}
    sent: list[int] = []

    def call(ticket: Ticket) -> None:
        entity = ticket.change.entity
        with guard:
            flying[0] += 1
            by_entity[entity] = by_entity.get(entity, 0) + 1
            seen[0] = max(seen[0], flying[0])
            assert workers or by_entity[entity] == 1
        time.sleep(0.01)
        with guard:
            flying[0] -= 1
            by_entity[entity] -= 1
            sent.append(ticket.change.row)

    def intend(batch) -> range:
        return range(len(batch))

    made = [Lane(lane, 3, intend, lambda: False) for lane in make_lanes(tickets(24, lanes), entity_of, workers)]
    run_lanes(made, workers or 1, call, threading.Event(), lambda: None)
    assert sorted(sent) == list(range(24))
    assert seen[0] <= most


def test_intents_of_a_batch_are_recorded_before_its_first_call() -> None:
    """The record of a batch is whole before any of its calls leaves; a stop leaves the rest where it can be found."""
    events: list[str] = []

    def intend(batch) -> range:
        events.append("record " + " ".join(str(t.change.row) for t in batch))
        return range(100, 100 + len(batch))

    lane = Lane(tickets(6), 2, intend, lambda: "call 2" in events)
    run_lanes([lane], 1, lambda t: events.append(f"call {t.change.row}"), threading.Event(), lambda: None)
    assert events == ["record 0 1", "call 0", "call 1", "record 2 3", "call 2"]
    assert [(t.change.row, t.call) for t in lane.ready] == [(3, 101)]
    assert [t.change.row for t in lane.waiting] == [4, 5]


def test_a_failing_record_stops_every_call() -> None:
    """Where an intent cannot be recorded its call never leaves, the failure is raised, and nothing is lost."""
    calls: list[int] = []

    def intend(batch) -> range:
        raise OSError("disk full")

    broken = threading.Event()
    lane = Lane(tickets(1), 1, intend, broken.is_set)
    with pytest.raises(OSError, match="disk full"):
        run_lanes([lane], 1, lambda ticket: calls.append(ticket.change.row), broken, lambda: None)
    assert (calls, len(lane.waiting), broken.is_set()) == ([], 1, True)
