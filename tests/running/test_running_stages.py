"""The order of work: nothing is asked for before it is free, nothing is sent before what it needs."""

from __future__ import annotations

import threading
import time

import pytest

from xcu_sheets.planning.plan import Change, Edit, Options, Plan
from xcu_sheets.running.lanes import make_lanes, run_lanes
from xcu_sheets.running.sending import Sent
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


def test_lanes_are_by_xivo_or_one() -> None:
    """By default one lane per XiVO; with workers one lane for all."""
    changes = [Change("users", n, "create", entity=f"e{n % 2}") for n in range(4)]
    assert [[c.row for c in lane] for lane in make_lanes(changes, lambda e: e, 0)] == [[0, 2], [1, 3]]
    assert [[c.row for c in lane] for lane in make_lanes(changes, lambda e: e, 3)] == [[0, 1, 2, 3]]


@pytest.mark.parametrize(("lanes", "workers", "most"), [(2, 0, 2), (6, 0, 4), (2, 5, 5)])
def test_no_more_calls_in_flight_than_allowed(lanes: int, workers: int, most: int) -> None:
    """One write at a time per XiVO and at most four XiVOs side by side; with workers N in all."""
    changes = [Change("users", n, "create", entity=f"e{n % lanes}") for n in range(24)]
    flying, seen, guard = [0], [0], threading.Lock()
    by_entity: dict[str, int] = {}

    def call(change: Change, _intent: int) -> Sent:
        with guard:
            flying[0] += 1
            by_entity[change.entity] = by_entity.get(change.entity, 0) + 1
            seen[0] = max(seen[0], flying[0])
            assert workers or by_entity[change.entity] == 1
        time.sleep(0.01)
        with guard:
            flying[0] -= 1
            by_entity[change.entity] -= 1
        return Sent(change, "done")

    sent = run_lanes(
        make_lanes(changes, lambda e: e, workers),
        workers or 1,
        batch_size=3,
        record=lambda batch: range(len(batch)),
        call=call,
        stopped=lambda: False,
    )
    assert sorted(s.change.row for s in sent) == list(range(24))
    assert seen[0] <= most


def test_intents_of_a_batch_are_recorded_before_its_first_call() -> None:
    """The record of a batch is whole before any of its calls leaves; a stop leaves later batches unrecorded."""
    events: list[str] = []
    changes = [Change("users", n, "create", entity="e") for n in range(6)]

    def record(batch) -> range:
        events.append("record " + " ".join(str(c.row) for c in batch))
        return range(len(batch))

    def call(change: Change, _intent: int) -> Sent:
        events.append(f"call {change.row}")
        return Sent(change, "done")

    run_lanes([changes], 1, batch_size=2, record=record, call=call, stopped=lambda: "call 2" in events)
    assert events == ["record 0 1", "call 0", "call 1", "record 2 3", "call 2"]


def test_a_failing_record_stops_every_call() -> None:
    """Where an intent cannot be recorded its call never leaves, and the failure is raised."""
    calls: list[int] = []

    def record(batch) -> range:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        run_lanes(
            [[Change("users", 1, "create")]],
            1,
            batch_size=1,
            record=record,
            call=lambda change, intent: calls.append(change.row),
            stopped=lambda: False,
        )
    assert calls == []
