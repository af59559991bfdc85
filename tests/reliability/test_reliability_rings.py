"""Two people who exchange their numbers, while calls are lost, refused, or take effect late."""

from __future__ import annotations

from pathlib import Path

import pytest
from reliability.stories import HERE, ids_of, number_of, resume, run, statuses, stop_after, swap
from support import Cli

from xcu_sheets.history import History
from xcu_sheets.running.preparing import Prepared
from xcu_sheets.sandbox import Fault, Sandbox


def numbers(server: Sandbox, people: dict[int, str]) -> dict[int, str]:
    return {user: number_of(server, user) for user in people}


def exchanged(had: dict[int, str]) -> dict[int, str]:
    return dict(zip(had, reversed(had.values()), strict=True))


def test_a_ring_whose_detour_was_taken_is_finished_by_resume(
    server: Sandbox, cli: Cli, history: History, tmp_path: Path
) -> None:
    """Another number is chosen to step aside to; the call after that is lost at a Ctrl-C."""
    book, had = swap(server, cli, tmp_path)
    aside: list[str] = []

    def take(made: Prepared) -> None:
        ((number, user),) = [(change.detour, change.id) for change in made.plan.changes if change.detour]
        aside.append(f"/users/{user}")
        server.edit_user(ids_of(server, HERE)[2], internal_number=number)
        server.add_fault(Fault("drop_before_commit", method="PUT", path=aside[0], nth=3))

    def stop() -> str:
        asked = [call for call in server.calls if (call.method, call.path) == ("PUT", aside[0])]
        return "interrupted" if len(asked) >= 3 else ""

    first = run(server.url, book, history, between=take, stop=stop)
    assert numbers(server, had) != exchanged(had)
    assert first.resumable
    assert statuses(resume(server.url, history)) == {"updated": 2}
    assert numbers(server, had) == exchanged(had)


@pytest.mark.parametrize("unique", ["xivo", "no"])
def test_a_step_aside_that_takes_effect_late_does_not_undo_the_row(
    server: Sandbox, cli: Cli, history: History, tmp_path: Path, unique: str
) -> None:
    """It is answered 504, and carried out within --settle after its repeat was answered: the run waits for it."""
    server.set_switches(number_unique=unique)
    book, had = swap(server, cli, tmp_path)
    server.add_fault(Fault("late_status", method="PUT", code=504, ms=300))
    result = run(server.url, book, history, settle_seconds=0.6)
    server.finish_late()
    assert (statuses(result), numbers(server, had)) == ({"updated": 2}, exchanged(had))


@pytest.mark.parametrize("writes", [1, 9], ids=["interrupted after the step aside", "not interrupted"])
def test_progress_never_exceeds_its_total(
    server: Sandbox, cli: Cli, history: History, tmp_path: Path, writes: int
) -> None:
    """A step aside is no row, and a row that goes on after it counts once."""
    book, had = swap(server, cli, tmp_path)
    told: list[tuple[int, int]] = []

    def during(done: int, total: int, undo: float) -> None:
        told.append((done, total))

    if run(server.url, book, history, stop=stop_after(server, writes), during=during).stopped:
        resume(server.url, history, during=during)
    assert numbers(server, had) == exchanged(had)
    assert told[-1] == (2, 2)
    assert all(done <= total == 2 for done, total in told), told
