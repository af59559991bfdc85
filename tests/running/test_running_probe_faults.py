"""Whatever happens to a probe, nothing of it is left on the server; what cannot be removed is named."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest
from probing import CHIRURGIE, USUAL, connected, known, left_over, probe, share_numbers, state

from xcu_sheets.history import History
from xcu_sheets.model.errors import ApiError, LoginFailed
from xcu_sheets.running.clock import new_run_id, utc_now
from xcu_sheets.running.probing.probe import plan_probe, run_probe
from xcu_sheets.sandbox import Fault, Sandbox
from xcu_sheets.server import Timeouts

# With each, the findings that this very answer may truly mean: a single refusal looks the same whatever its cause.
SINGLE = [
    (Fault("drop_after_commit"), set()),
    (Fault("status", code=500), set()),
    (Fault("status", code=503), set()),
    (Fault("status", code=400), {"expired_session", "put_moves_entity"}),
    (Fault("expire"), set()),
]


@pytest.mark.parametrize(("fault", "may_mislead"), SINGLE, ids=[f"{f.kind}-{f.code}" for f, _ in SINGLE])
def test_a_fault_at_any_call_leaves_nothing(
    server: Sandbox, tmp_path: Path, fault: Fault, may_mislead: set[str]
) -> None:
    """Whichever call it strikes: the server is as before, and what is found is true or unknown."""
    share_numbers(server)
    before = state(server)
    for nth in count(1):
        server.clear_calls()
        server.clear_faults()
        server.add_fault(Fault(fault.kind, nth=nth, code=fault.code))
        try:
            result = probe(server, tmp_path / str(nth))  # so many runs in a minute may share a name
        except (ApiError, LoginFailed):  # the reads before anything is written
            assert nth <= 6
            assert all(call.method == "GET" for call in server.calls if call.path != "/login")
            result = None
        made = len(server.calls)
        assert state(server) == before, f"{fault.kind} at call {nth}"
        if result:
            assert not result.remains and result.failure is None
            found = known(result.findings)
            wrong = {name for name, value in found.items() if value != USUAL[name]}
            assert not wrong - may_mislead, f"{fault.kind} at call {nth}"
        if made < nth:
            break
    assert nth > 28


def test_lost_answers_leave_nothing_on_a_server_that_refuses_nothing(server: Sandbox, tmp_path: Path) -> None:
    """Numbers may be taken twice there, so that a create that was sent again made two users: both go."""
    share_numbers(server)
    server.set_switches(number_unique="no", put_needs_template=True)
    before = state(server)
    for nth in range(1, 8):
        server.clear_faults()
        server.add_fault(Fault("drop_after_commit", "POST", nth=nth))
        assert not probe(server, tmp_path / str(nth)).remains
        assert state(server) == before, f"at POST {nth}"


def test_what_cannot_be_removed_is_named_and_removed_by_the_next_probe(server: Sandbox, tmp_path: Path) -> None:
    """A server that deletes nothing: each record is named with its id; the next probe finds and removes them."""
    before = state(server)
    server.add_fault(Fault("status", "DELETE", times=None))
    first = probe(server, tmp_path)
    assert first.failure is None and not first.remains.unread
    sheets = sorted(sheet for sheet, _, _ in first.remains.records)
    assert sheets == ["templates", "users", "users"]
    assert all(id_ and "may be deleted" in name for _, id_, name in first.remains.records)
    assert first.findings.number_unique_in_entity is None
    server.clear_faults()
    second = probe(server, tmp_path)
    assert sorted(second.removed[0].records) == sorted(first.remains.records)
    assert not second.remains and state(server) == before
    assert not probe(server, tmp_path).removed
    with History.open(tmp_path / "history.sqlite3", now=utc_now) as history:
        assert {run.status for run in history.runs()} == {"finished"}


def test_lists_that_cannot_be_read_again_are_named(server: Sandbox, tmp_path: Path) -> None:
    """Where the lists fail in the end nobody can say that nothing is left; the next probe can."""
    before = state(server)
    server.add_fault(Fault("status", "GET", "/entities/chirurgie@[^/]+/users", nth=2, times=None, code=503))
    result = probe(server, tmp_path)
    assert result.remains.unread == (f"users of {CHIRURGIE}",)
    assert result.findings.creates_at_once is None
    server.clear_faults()
    assert probe(server, tmp_path).removed and state(server) == before


def test_a_create_carried_out_after_its_time_out_is_found(server: Sandbox, tmp_path: Path) -> None:
    """The server makes a user long after the answer was given up: the lists are read once more after a while."""
    before = state(server)
    # The number that was taken is free by then, and the template was there before.
    server.add_fault(Fault("latency", "POST", "/users", nth=3, ms=900))
    telecom = {"login": "telecom", "password": "telecom-pass", "timeouts": Timeouts(read=0.3)}
    result = probe(server, tmp_path, "default", settle=1.2, sleep=time.sleep, **telecom)
    assert not result.remains and "0.3 s" in result.reasons["number_unique_in_entity"]
    assert [c.status for c in server.calls if (c.method, c.path) == ("POST", "/users")] == [201, 201, 201]
    assert state(server) == before


@pytest.mark.parametrize("asked", range(9))
def test_an_interrupted_probe_cleans_up(server: Sandbox, tmp_path: Path, asked: int) -> None:
    """Stopped before any of its questions: no further one is asked, and every trace goes."""
    before = state(server)
    turns = iter([*[False] * asked, *[True] * 20])
    result = probe(server, tmp_path, cancelled=lambda: next(turns))
    assert result.interrupted and not result.remains
    assert "interrupted" in result.reasons["number_unique_in_xivo"] or asked > 7
    assert state(server) == before


@pytest.mark.parametrize("asked", range(2, 8))
def test_a_second_interruption_ends_it_and_cleans_up(server: Sandbox, tmp_path: Path, asked: int) -> None:
    """KeyboardInterrupt between two questions ends the probe, clean-up included."""
    before = state(server)

    def stop(turns: list[int]) -> Callable[[], bool]:
        def asks() -> bool:
            turns.append(1)
            if len(turns) > asked:
                raise KeyboardInterrupt
            return False

        return asks

    with pytest.raises(KeyboardInterrupt):
        probe(server, tmp_path, cancelled=stop([]))
    assert state(server) == before


def test_a_login_that_is_lost_names_what_is_left(server: Sandbox, tmp_path: Path) -> None:
    """The administrator's password changes in the middle: the probe ends and names what it could not remove."""
    with connected(server, tmp_path) as (client, history):
        plan = plan_probe(client, history, "chirurgie", run_id=new_run_id(utc_now()))
        server.add_fault(Fault("expire", "GET", "/users/[0-9]+"))
        server.add_fault(Fault("status", "POST", "/login", code=401, times=None))
        result = run_probe(plan, client, history, settle=0, sleep=lambda _: None)
    assert isinstance(result.failure, LoginFailed)
    assert len(result.remains.records) == 3 and len(result.remains.unread) == 2
    server.clear_faults()
    probe(server, tmp_path)
    assert not left_over(server)


def test_a_history_that_is_lost_stops_the_questions_but_not_the_clean_up(server: Sandbox, tmp_path: Path) -> None:
    """When nothing more can be put on record no question is asked; what was made is removed all the same."""
    before = state(server)
    with connected(server, tmp_path) as (client, history):
        plan = plan_probe(client, history, "chirurgie", run_id=new_run_id(utc_now()))
        seal = tmp_path / "history.seq"

        def spoil(done: int, _total: int) -> None:
            if done == 4:
                seal.unlink()
                seal.mkdir()

        result = run_probe(plan, client, history, settle=0, sleep=lambda _: None, progress=spoil)
    assert result.failure and "history" in str(result.failure)
    assert not result.remains and state(server) == before


def test_only_what_is_on_record_is_taken_for_a_leftover(server: Sandbox, tmp_path: Path) -> None:
    """A person who happens to be named like a probe, and a probe of another machine, are left alone."""
    for id_, last_name in ((6, "probe 20260101-0000-beef, may be deleted"), (7, "probe")):
        server.edit_user(id_, first_name="xcu-sheets", last_name=last_name)
    before = state(server)
    server.add_fault(Fault("status", "DELETE", times=None))
    probe(server, tmp_path)
    server.clear_faults()
    assert len(probe(server, tmp_path).removed[0].records) == 3
    assert state(server) == before
