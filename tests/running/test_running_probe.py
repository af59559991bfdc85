"""A probe finds the truth whatever the server's manners, and leaves nothing behind."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from probing import CHIRURGIE, USUAL, known, left_over, probe, share_numbers, state

from xcu_sheets.history import History
from xcu_sheets.model.errors import XcuError
from xcu_sheets.running.clock import utc_now
from xcu_sheets.sandbox import Fault, Sandbox, SandboxConfig, Switches
from xcu_sheets.sandbox.settings import SWITCH_CHOICES

# Each manner, and in what the findings then differ from the usual ones; None cannot be found out.
MANNERS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"post_answer": "nothing"}, {}),
    ({"post_answer": "id"}, {"post_answer": "id", "put_answer": "id"}),
    ({"post_answer": "object"}, {"post_answer": "object", "put_answer": "object"}),
    ({"put_needs_template": True}, {"put_needs_template": True}),
    ({"put_password": "clears"}, {"passwords_survive": False}),
    ({"get_password": "masked"}, {"list_shows_password": "masked", "get_shows_password": "masked"}),
    (
        {"get_password": "masked", "put_password": "clears"},
        {"list_shows_password": "masked", "get_shows_password": "masked", "passwords_survive": False},
    ),
    (
        {"get_password": "null"},
        {"list_shows_password": "null", "get_shows_password": "null", "passwords_survive": None},
    ),
    (
        {"get_password": "null", "put_password": "clears"},
        {"list_shows_password": "null", "get_shows_password": "null", "passwords_survive": None},
    ),
    ({"unauthorised": "redirect"}, {"expired_session": "redirect"}),
    ({"unauthorised": "html"}, {"expired_session": "html"}),
    ({"unauthorised": "403"}, {"expired_session": "403"}),
    ({"number_unique": "entity"}, {"number_unique_in_xivo": False}),
    ({"number_unique": "no"}, {"number_unique_in_entity": False, "number_unique_in_xivo": False}),
    ({"put_optional": "keeps"}, {"put_clears_omitted": False}),
    ({"put_entity": "never"}, {"put_moves_entity": False, "move_keeps_number": None}),
    ({"parallel": "no"}, {"creates_at_once": False}),
]
SWITCHES = [(switches, truth) for switches, truth in MANNERS if switches.keys() <= SWITCH_CHOICES.keys()]


@pytest.mark.parametrize(("switches", "truth"), SWITCHES, ids=lambda value: "-".join(map(str, value.values())))
def test_it_finds_the_truth(server: Sandbox, tmp_path: Path, switches: dict[str, Any], truth: dict[str, Any]) -> None:
    """Each manner of the server is found; what cannot be seen stays unknown, with a reason; nothing is left."""
    share_numbers(server)
    server.set_switches(**switches)
    server.add_fault(Fault("latency", "POST", "/users", times=None, ms=30))  # two at once meet, as on a real server
    before = state(server)
    result = probe(server, tmp_path)
    expected = {name: value for name, value in (USUAL | truth).items() if value is not None}
    assert known(result.findings) == expected
    assert set(result.reasons) == {name for name, value in truth.items() if value is None}
    assert not result.remains and result.failure is None
    assert state(server) == before


def test_it_takes_few_calls_and_never_more_than_two_users(server: Sandbox, tmp_path: Path) -> None:
    """About 28 calls, the login included; no third user is there at any moment."""
    share_numbers(server)
    probe(server, tmp_path)
    calls = server.calls
    assert len(calls) <= 29
    users = 0
    for call in calls:
        users += (call.method, call.path, call.status) == ("POST", "/users", 201)
        users -= call.method == "DELETE" and call.path.startswith("/users/") and call.status == 204
        assert users <= 2


@pytest.mark.parametrize(("struck", "finding"), [((2,), True), ((2, 5), False), ((1, 2, 3), None)])
def test_two_creates_at_once_fail_only_where_they_fail_twice(
    server: Sandbox, tmp_path: Path, struck: tuple[int, ...], finding: bool | None
) -> None:
    """A trouble that passes is tried again; two creates that fail at once twice, and not alone, are no good."""
    for nth in struck:
        server.add_fault(Fault("status", "POST", "/users", nth=nth, code=503))
    result = probe(server, tmp_path)
    assert result.findings.creates_at_once is finding
    assert ("503" in result.reasons.get("creates_at_once", "")) is (finding is None)
    assert result.findings.post_answer == "nothing"
    assert not left_over(server)


def test_a_server_that_refuses_the_login_is_asked_the_rest(server: Sandbox, tmp_path: Path) -> None:
    """A password or login policy that nobody knows: the user is made without, and what needs one stays open."""
    for nth in (1, 2, 3):
        server.add_fault(Fault("status", "POST", "/users", nth=nth, code=400, body="password too weak"))
    result = probe(server, tmp_path)
    needs_login = {"list_shows_password", "get_shows_password", "passwords_survive", "put_clears_omitted"}
    assert needs_login <= set(result.reasons)
    assert "CTI login" in result.reasons["passwords_survive"]
    assert result.findings.put_needs_template is False and result.findings.number_unique_in_entity is True
    assert result.findings.creates_at_once is True
    assert not left_over(server)


def test_a_user_that_cannot_be_made_says_why(server: Sandbox, tmp_path: Path) -> None:
    """Every question that needs a user gives the server's own words as its reason."""
    server.add_fault(Fault("status", "POST", "/users", times=None, code=400, body="no such luck"))
    result = probe(server, tmp_path)
    asked = ("post_answer", "put_needs_template", "put_moves_entity", "number_unique_in_entity", "creates_at_once")
    assert all("no such luck" in result.reasons[name] for name in asked)
    assert result.failure is None and not left_over(server)


def test_times_are_measured(tmp_path: Path) -> None:
    """The median and the longest of its writes, in seconds."""
    with Sandbox(SandboxConfig(latency=20)) as server:
        server.add_fault(Fault("latency", "PUT", ms=200))
        findings = probe(server, tmp_path).findings
    assert findings.write_median and 0.02 <= findings.write_median < 0.2
    assert findings.write_longest and findings.write_longest >= 0.22


def test_the_questions_of_a_second_entity_stay_open_without_one(server: Sandbox, tmp_path: Path) -> None:
    """Without numbers in common a refusal would not tell its reason; a login with one entity cannot move anybody."""
    result = probe(server, tmp_path)
    assert result.findings.number_unique_in_xivo is None
    assert "same numbers" in result.reasons["number_unique_in_xivo"]
    alone = probe(server, tmp_path, "default", login="telecom", password="telecom-pass").findings
    assert (alone.put_moves_entity, alone.move_keeps_number) == (None, None)


def test_without_the_right_to_make_templates_it_takes_one_that_is_offered(server: Sandbox, tmp_path: Path) -> None:
    """The users are made with an existing template, and that is said; without any, nothing is tried."""
    before = state(server)
    result = probe(server, tmp_path, "default", login="telecom", password="telecom-pass")
    assert result.findings.put_needs_template is False and result.findings.passwords_survive is True
    (note,) = result.notes
    assert "403" in note and "Modèle standard" in note
    assert state(server) == before
    server.world.store.run("DELETE FROM templates")
    refused = probe(server, tmp_path, "default", login="telecom", password="telecom-pass")
    assert isinstance(refused.failure, XcuError) and "ask for the right" in str(refused.failure)
    assert known(refused.findings) == {"expired_session": "401"}
    assert not left_over(server)


def test_a_login_that_may_not_see_templates_is_told_so(server: Sandbox, tmp_path: Path) -> None:
    """Neither make nor list templates: nothing can be tried, and nothing is left unchecked."""
    server.add_fault(Fault("status", path="/templates", code=403, times=None))
    result = probe(server, tmp_path, "default", login="telecom", password="telecom-pass")
    assert "ask for the right" in str(result.failure)
    assert not result.remains


def test_one_free_number_is_enough_for_most(server: Sandbox, tmp_path: Path) -> None:
    """With one number there is one user: what takes two stays open, the rest is found."""
    free = [str(n) for n in (*range(2100, 2200), 2500, *range(2600, 2799))]
    result = probe(server, tmp_path, avoid=tuple(free))
    assert result.findings.number_unique_in_entity is True and result.findings.passwords_survive is True
    assert result.findings.creates_at_once is None and "two free numbers" in result.reasons["creates_at_once"]
    assert result.findings.put_moves_entity is None
    assert not left_over(server)


@pytest.mark.parametrize(
    ("entity", "sql", "avoid", "said"),
    [
        ("nowhere", "", (), "no entity"),
        ("default", "", (), "several entities"),
        ("chirurgie", "UPDATE entities SET intervals = '[]'", (), "no free number"),
        ("chirurgie", "", tuple(map(str, range(2100, 2800))), "no free number"),
        ("chirurgie", "UPDATE xivos SET capacity = 30", (), "no place"),
    ],
)
def test_where_it_cannot_be_tried_nothing_is_written(
    server: Sandbox, tmp_path: Path, entity: str, sql: str, avoid: tuple[str, ...], said: str
) -> None:
    """An unknown or ambiguous entity, no free number, no place on the XiVO: one line, no write."""
    if sql:
        server.world.store.run(sql)
    with pytest.raises(XcuError, match=said):
        probe(server, tmp_path, entity, avoid=avoid)
    assert all(call.method == "GET" for call in server.calls if call.path != "/login")


def test_the_last_place_of_a_xivo_is_not_counted_on_twice(server: Sandbox, tmp_path: Path) -> None:
    """With one place left a refused second user tells nothing about numbers."""
    server.world.store.run("UPDATE xivos SET capacity = 31")
    result = probe(server, tmp_path)
    assert result.findings.number_unique_in_entity is None
    assert "second place" in result.reasons["number_unique_in_entity"]
    assert not left_over(server)


def test_every_write_is_on_record_and_no_secret(server: Sandbox, tmp_path: Path) -> None:
    """The history holds each write with its end, says which run is a probe, and knows no password."""
    probe(server, tmp_path)
    writes = [c for c in server.calls if c.method != "GET" and c.path != "/login"]
    with History.open(tmp_path / "history.sqlite3", now=utc_now) as history:
        (run,) = history.runs()
        calls = history.calls(run.run_id)
    assert (run.status, run.options["probe"]) == ("finished", CHIRURGIE)
    assert sorted(call.intent.method for call in calls) == sorted(c.method for c in writes)
    assert {call.outcome.status for call in calls if call.outcome} == {"done", "refused"}
    assert all(call.outcome for call in calls)
    assert b"Xs1-" not in (tmp_path / "history.sqlite3").read_bytes()


def test_every_manner_of_the_sandbox_is_asked_about() -> None:
    """A new switch of the sandbox is a question that this file must know."""
    asked = {(name, value) for switches, _ in SWITCHES for name, value in switches.items()}
    usual = {(f.name, f.default) for f in fields(Switches)}
    assert {(name, value) for name, values in SWITCH_CHOICES.items() for value in values} <= asked | usual
