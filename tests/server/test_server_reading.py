"""The whole server into one snapshot: how many calls, what may fail, and how it ends early."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator

import pytest
from test_server_client import login_ok
from test_server_transport import Request, http, raw_server

import xcu_sheets.server
from xcu_sheets.model.errors import LoginFailed, Refused, Unavailable
from xcu_sheets.model.resources import ENTITIES, USERS
from xcu_sheets.sandbox import Fault, Sandbox, SandboxConfig
from xcu_sheets.server import Client, read_snapshot, read_users

NOW = "2026-01-02T03:04:05Z"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(SandboxConfig(users=60, entities=6)) as running:
        yield running


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[Client]:
    with Client(sandbox.url, "admin", "superpass", sleep=lambda _: None) as logged_in:
        yield logged_in


def combined_ids(sandbox: Sandbox) -> list[str]:
    with Client(sandbox.url, "admin", "superpass") as client:
        found = [str(e["combinedId"]) for e in client.list_records(ENTITIES)]
    sandbox.clear_calls()
    return found


def test_an_export_is_five_calls_and_one_per_entity(sandbox: Sandbox, client: Client) -> None:
    """Login, XiVOs, entities, templates, administrators, and one user list per entity: nothing else."""
    cids = combined_ids(sandbox)
    snapshot = read_snapshot(client, taken_at=NOW)
    assert len(sandbox.calls) == 5 + len(cids)
    assert max(Counter((c.method, c.path) for c in sandbox.calls).values()) == 1
    assert not [c.path for c in sandbox.calls if "available" in c.path or "sync" in c.path]
    assert (snapshot.server, snapshot.login, snapshot.taken_at) == (client.origin, "admin", NOW)
    assert {name: len(records) for name, records in snapshot.records.items()} == {
        "xivos": 2,
        "entities": 6,
        "templates": len(snapshot.records["templates"]),
        "administrators": len(snapshot.records["administrators"]),
        "users": 60,
    }
    assert snapshot.unreadable == {}


def test_users_come_in_the_entities_order(sandbox: Sandbox, client: Client) -> None:
    """The order does not depend on which answer is first."""
    cids = combined_ids(sandbox)
    sandbox.add_fault(Fault("latency", path=".*/users", ms=200))
    users = read_snapshot(client, taken_at=NOW, readers=8).records["users"]
    assert list(dict.fromkeys(u["entity"]["combinedId"] for u in users)) == [
        c for c in cids if c in {u["entity"]["combinedId"] for u in users}
    ]


def test_progress_is_told_once_per_entity(sandbox: Sandbox, client: Client) -> None:
    """Progress counts the user lists."""
    told: list[tuple[int, int]] = []
    read_snapshot(client, taken_at=NOW, progress=lambda done, total: told.append((done, total)))
    assert told == [(n, 6) for n in range(1, 7)]


def test_some_entities_only(sandbox: Sandbox, client: Client) -> None:
    """One entity is one user list; one that is not there is said."""
    cids = combined_ids(sandbox)
    snapshot = read_snapshot(client, taken_at=NOW, entities=[cids[1], "no@where"])
    assert [c.path for c in sandbox.calls if c.path.endswith("/users")] == [f"/entities/{cids[1]}/users"]
    assert snapshot.unreadable == {"no@where": "no such entity, or not visible to admin"}
    assert len(snapshot.records["entities"]) == 6


def test_some_resources_only(sandbox: Sandbox, client: Client) -> None:
    """Only what is asked for is read, and what names it."""
    snapshot = read_snapshot(client, taken_at=NOW, resources=["templates"])
    assert set(snapshot.records) == {"xivos", "entities", "templates"}
    assert len(sandbox.calls) == 4


def test_one_unreadable_entity_does_not_stop_the_others(sandbox: Sandbox, client: Client) -> None:
    """A failing entity is reported, with its reason, and the rest is there."""
    cids = combined_ids(sandbox)
    sandbox.add_fault(Fault("status", path=f"/entities/{cids[0]}/users", times=None, code=500, body="SCCP"))
    sandbox.add_fault(Fault("status", path=f"/entities/{cids[1]}/users", times=None, code=403, body="non"))
    snapshot = read_snapshot(client, taken_at=NOW)
    assert snapshot.unreadable == {cids[0]: "500 SCCP", cids[1]: "403 non"}
    assert {u["entity"]["combinedId"] for u in snapshot.records["users"]} <= {*cids[2:]}


@pytest.mark.parametrize("name", ["xivo", "templates", "administrators"])
def test_a_forbidden_list_is_said(sandbox: Sandbox, client: Client, name: str) -> None:
    """What this login may not see is named, not fatal."""
    sandbox.add_fault(Fault("status", path=f"/{name}", times=None, code=403, body="non"))
    snapshot = read_snapshot(client, taken_at=NOW)
    resource = "xivos" if name == "xivo" else name
    assert snapshot.unreadable == {resource: "403 non"}
    assert resource not in snapshot.records
    assert len(snapshot.records["users"]) == 60
    assert snapshot.frames["users"].shape[0] == 60


@pytest.mark.parametrize(
    ("name", "code", "error"),
    [("entities", 403, Refused), ("entities", 500, Unavailable), ("xivo", 500, Unavailable)],
)
def test_without_entities_there_is_nothing(
    sandbox: Sandbox, client: Client, name: str, code: int, error: type[Exception]
) -> None:
    """The lists that all else hangs on end the reading."""
    sandbox.add_fault(Fault("status", path=f"/{name}", times=None, code=code))
    with pytest.raises(error):
        read_snapshot(client, taken_at=NOW)


def test_a_lost_login_ends_the_reading(sandbox: Sandbox, client: Client) -> None:
    """Without a session there is no point in going on."""
    sandbox.add_fault(Fault("expire", path=".*/users", times=None))
    with pytest.raises(LoginFailed):
        read_snapshot(client, taken_at=NOW)


def test_an_unreachable_server_is_said_at_once() -> None:
    """One failed connection, not one per reader."""
    with raw_server(lambda _: b"") as raw:
        pass
    calls: list[object] = []
    with Client(raw.url, "a", "b", on_call=calls.append) as client, pytest.raises(Unavailable, match="cannot reach"):
        read_snapshot(client, taken_at=NOW)
    assert len(calls) == 1


def test_users_are_read_again_for_some_entities(sandbox: Sandbox, client: Client) -> None:
    """The importer's re-list: users by entity, in the order asked for, failures apart."""
    cids = combined_ids(sandbox)
    sandbox.delete_user(client.list_records(USERS, cids[0])[0]["id"])
    users, unreadable = read_users(client, [cids[2], "no@where", cids[0]])
    assert list(users) == [cids[2], cids[0]]
    assert list(unreadable) == ["no@where"]
    assert unreadable["no@where"].status == 404
    assert read_users(client, []) == ({}, {})


def test_ctrl_c_starts_nothing_more() -> None:
    """An interruption leaves at once; lists not yet asked for are never asked for."""
    gate = threading.Event()
    entities = ", ".join(f'{{"id": {n}, "combinedId": "e{n}@x"}}' for n in range(40))

    def answer(request: Request) -> bytes:
        if request.path.endswith("/users") and not request.path.startswith("/entities/e0"):
            gate.wait(5)
        return login_ok(request) or http(200, f"[{entities}]" if request.path == "/entities" else "[]")

    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with raw_server(answer) as raw, Client(raw.url, "a", "b") as client:
        start = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            read_snapshot(client, taken_at=NOW, progress=interrupt)
        assert time.monotonic() - start < 3
        client.close()
        gate.set()
        assert sum(p.endswith("/users") for p in raw.paths()) <= 1 + 5


def test_the_public_names() -> None:
    """What the room offers is what it says it offers."""
    assert sorted(xcu_sheets.server.__all__) == list(xcu_sheets.server.__all__)
    assert all(hasattr(xcu_sheets.server, name) for name in xcu_sheets.server.__all__)
