"""Work that is done after its answer."""

import threading
import time

import pytest
import requests
from wiretap import dial, tap

from xcu_sheets.sandbox import Call, Fault, Sandbox, SandboxConfig


def test_late_commit(api, sandbox):
    """The connection ends at once without a byte; the user is made later."""
    payload = api.new_user()
    sandbox.add_fault(Fault("late_commit", "POST", "/users", ms=200))
    began = time.perf_counter()
    heard = tap(api, "POST", "/users", payload)
    assert (heard.raw, heard.closed, time.perf_counter() - began < 0.15) == (b"", True, True)
    assert (sandbox.user_row(61), sandbox.late_pending) == (None, 1)
    sandbox.finish_late()
    assert time.perf_counter() - began >= 0.2
    assert sandbox.user_row(61)["internal_number"] == payload["internalNumber"]
    assert sandbox.calls[-1] == Call("POST", "/users", 0)
    assert (sandbox.late_calls, sandbox.late_pending) == ([Call("POST", "/users", 201)], 0)


def test_late_commit_is_a_connection_error(api, sandbox):
    """requests sees what it sees of a drop."""
    sandbox.add_fault(Fault("late_commit", "DELETE", ms=50))
    with pytest.raises(requests.ConnectionError, match="without response"):
        api.delete("/users/1")
    assert sandbox.user_row(1)
    sandbox.finish_late()
    assert sandbox.user_row(1) is None


def test_late_status(api, sandbox):
    """Status, body and headers come at once, the connection lives on; the work is done later."""
    edit = api.edit_of(1, lastName="Später")
    sandbox.add_fault(Fault("late_status", "PUT", ms=100, code=504, body="slow", headers={"Retry-After": "1"}))
    with dial(api, "PUT", "/users/1", edit) as wire:
        head = wire.recv(4096)
        assert head.startswith(b"HTTP/1.1 504 Gateway Timeout\r\n")
        assert b"\r\nRetry-After: 1\r\n" in head
        assert sandbox.user_row(1)["last_name"] != "Später"
        sandbox.finish_late()
    assert sandbox.user_row(1)["last_name"] == "Später"


def test_late_work_meets_the_rules_of_then(api, sandbox):
    """A number that was taken meanwhile is refused to the late creation, as a repeated one is."""
    payload = api.new_user()
    sandbox.add_fault(Fault("late_commit", "POST", "/users", ms=100))
    tap(api, "POST", "/users", payload)
    assert api.post("/users", payload).status_code == 201
    sandbox.finish_late()
    assert sandbox.late_calls == [Call("POST", "/users", 400)]
    assert (bool(sandbox.user_row(61)), sandbox.user_row(62)) == (True, None)


def test_the_late_creation_comes_first(api, sandbox):
    """A second try after the late commit is the one that is refused."""
    payload = api.new_user()
    sandbox.add_fault(Fault("late_status", "POST", "/users", ms=1, code=502))
    assert api.post("/users", payload).status_code == 502
    sandbox.finish_late()
    assert api.post("/users", payload).status_code == 400


def test_late_work_needs_a_session_then(api, sandbox):
    """Without a session nothing is done, early or late."""
    sandbox.add_fault(Fault("late_status", "DELETE"))
    sandbox.add_fault(Fault("expire", "DELETE"))
    api.delete("/users/1")
    sandbox.finish_late()
    assert sandbox.user_row(1)
    assert sandbox.late_calls == [Call("DELETE", "/users/1", 401)]


def test_many_late_creations(api, sandbox):
    """Each of twenty calls keeps its own payload."""
    payloads = [api.new_user(1, number, firstName=f"N{number}") for number in range(20)]
    sandbox.add_fault(Fault("late_status", "POST", "/users", times=None, ms=50))
    assert {api.post("/users", payload).status_code for payload in payloads} == {500}
    sandbox.finish_late()
    rows = [sandbox.user_row(user_id) for user_id in range(61, 81)]
    made = {(row["first_name"], row["internal_number"]) for row in rows}
    assert made == {(payload["firstName"], payload["internalNumber"]) for payload in payloads}


def test_stop_calls_late_work_off(connect, tmp_path):
    """stop() does not wait for late work, leaves no thread, and nothing is done to the file afterwards."""
    before = threading.active_count()
    sandbox = Sandbox(SandboxConfig(database=str(tmp_path / "xcu.db")))
    sandbox.start()
    api = connect(sandbox)
    sandbox.add_fault(Fault("late_status", "DELETE", times=2, ms=300))
    api.delete("/users/1")
    began = time.perf_counter()
    sandbox.stop()
    assert time.perf_counter() - began < 0.25
    assert threading.active_count() == before
    with sandbox:
        time.sleep(0.35)
        assert (sandbox.user_row(1)["id"], sandbox.late_calls) == (1, [])


def test_stopping_amid_late_work(connect):
    """However late work and stop() meet, no error comes up in a thread."""
    for turn in range(8):
        with Sandbox(SandboxConfig()) as sandbox:
            api = connect(sandbox)
            sandbox.add_fault(Fault("late_status", times=None, ms=turn))
            for user_id in range(1, 9):
                api.delete(f"/users/{user_id}")


def test_reset_calls_late_work_off(api, sandbox):
    """Nothing of before a reset is done after it, nor told."""
    sandbox.add_fault(Fault("late_status", "DELETE", ms=100))
    api.delete("/users/1")
    sandbox.reset()
    time.sleep(0.15)
    assert sandbox.user_row(1)
    assert (sandbox.late_calls, sandbox.late_pending) == ([], 0)


def test_late_work_that_takes_too_long(api, sandbox):
    """finish_late() gives up after its time."""
    sandbox.add_fault(Fault("late_status", "DELETE", ms=60_000))
    api.delete("/users/1")
    with pytest.raises(TimeoutError):
        sandbox.finish_late(0.05)


def test_late_work_over_http(api, sandbox):
    """Another process sees how much is to come and what became of it."""
    fault = {"kind": "late_status", "method": "DELETE", "ms": 100, "code": 504}
    assert api.session.post(sandbox.url + "/sandbox/faults", json=fault, timeout=9).status_code == 204
    assert api.delete("/users/1").status_code == 504
    url = sandbox.url + "/sandbox/late"
    assert api.session.get(url, timeout=9).json() == {"pending": 1, "done": []}
    sandbox.finish_late()
    done = [{"method": "DELETE", "path": "/users/1", "status": 204}]
    assert api.session.get(url, timeout=9).json() == {"pending": 0, "done": done}
