"""Each fault strikes the call it names, over real HTTP."""

import random
import socket
import time

import pytest
import requests

from xcu_sheets.sandbox import Call, Fault


def count(api):
    """Return the number of users of the first entity."""
    return len(api.items("/entities/default@192.168.29.220/users"))


def test_latency(api, sandbox):
    """A call waits its milliseconds, then is done."""
    sandbox.add_fault(Fault("latency", path="/xivo", ms=200))
    began = time.perf_counter()
    assert api.get("/xivo").status_code == 200
    assert time.perf_counter() - began >= 0.2


def test_latency_of_every_call(start, connect):
    """The configuration's latency is added to every call."""
    api = connect(start(latency=100.0))
    began = time.perf_counter()
    api.get("/xivo")
    assert time.perf_counter() - began >= 0.1


def test_status_without_the_work(api, sandbox):
    """A status is answered with its body and headers, and nothing is done."""
    before, payload = count(api), api.new_user()
    sandbox.add_fault(Fault("status", "POST", "/users", code=503, body="later", headers={"Retry-After": "7"}))
    answer = api.post("/users", payload)
    assert (answer.status_code, answer.text, answer.headers["Retry-After"]) == (503, "later", "7")
    assert count(api) == before


def test_status_after_the_work(api, sandbox):
    """A proxy's 504 comes although the user was made."""
    before, payload = count(api), api.new_user()
    sandbox.add_fault(Fault("status_after_commit", "POST", "/users", code=504))
    assert api.post("/users", payload).status_code == 504
    assert count(api) == before + 1


@pytest.mark.parametrize(("kind", "made"), [("drop_before_commit", 0), ("drop_after_commit", 1)])
def test_a_drop_is_a_connection_error(api, sandbox, kind, made):
    """requests sees the connection end without an answer; the work is done or not, as the kind says."""
    before, payload = count(api), api.new_user()
    sandbox.add_fault(Fault(kind, "POST", "/users"))
    with pytest.raises(requests.ConnectionError, match="without response"):
        api.post("/users", payload)
    assert count(api) == before + made
    assert Call("POST", "/users", 0) in sandbox.calls


def test_a_drop_sends_no_byte(api, sandbox):
    """On a bare socket a dropped call is an end of file, nothing before it."""
    sandbox.add_fault(Fault("drop_after_commit"))
    host, port = sandbox.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=9) as wire:
        wire.sendall(b"GET /api/1.0/xivo HTTP/1.1\r\nHost: x\r\n\r\n")
        assert wire.recv(100) == b""


def test_expire(api, sandbox, connect):
    """The caller's session is forgotten, another's lives on; a new login helps."""
    other = connect(sandbox)
    sandbox.add_fault(Fault("expire", path="/xivo"))
    assert api.get("/xivo").status_code == 401
    assert api.get("/xivo").status_code == 401
    assert other.get("/xivo").status_code == 200
    api.login()
    assert api.get("/xivo").status_code == 200


def test_nth_and_times(api, sandbox):
    """A fault strikes from its n-th matching call, so many times; other calls do not count."""
    sandbox.add_fault(Fault("status", "GET", "/users/[0-9]+", nth=2, times=2, code=500))
    api.get("/xivo")
    assert [api.get("/users/1").status_code for _ in range(4)] == [200, 500, 500, 200]


def test_for_ever_until_cleared(api, sandbox):
    """times None never ends, clear_faults ends it."""
    sandbox.add_fault(Fault("status", times=None, code=429))
    assert {api.get("/xivo").status_code for _ in range(3)} == {429}
    sandbox.clear_faults()
    assert api.get("/xivo").status_code == 200


def struck(api, calls=40):
    """Return which of some calls are struck."""
    return [api.get("/xivo").status_code == 418 for _ in range(calls)]


def test_a_share_of_the_calls(api, sandbox):
    """Of the calls that are due only the share is struck, the same ones for the same seed."""
    patterns = []
    for seed in (1, 1, 2):
        sandbox.add_fault(Fault("status", path="/xivo", times=None, code=418, share=0.3, seed=seed))
        patterns.append(struck(api))
        sandbox.clear_faults()
    tosses = random.Random(1)
    assert patterns[0] == patterns[1] == [tosses.random() < 0.3 for _ in range(40)]
    assert patterns[2] != patterns[0]


def test_a_share_of_the_calls_from_the_nth(api, sandbox):
    """nth and times say which calls are due, struck or not; the tosses are those of the due ones."""
    sandbox.add_fault(Fault("status", path="/xivo", nth=3, times=20, code=418, share=0.5, seed=7))
    tosses = random.Random(7)
    assert struck(api) == [False] * 2 + [tosses.random() < 0.5 for _ in range(20)] + [False] * 18


def test_no_share_is_never(api, sandbox):
    """A share of 0 strikes no call."""
    sandbox.add_fault(Fault("status", times=None, code=418, share=0))
    assert not any(struck(api, 20))


def test_the_path_is_matched_whole_and_decoded(api, sandbox):
    """ "/entities" is not "/entities/x/users", and %40 is an @."""
    sandbox.add_fault(Fault("status", path="/entities", code=500))
    sandbox.add_fault(Fault("status", path="/entities/default@192[.]168[.]29[.]220/users", code=502))
    assert api.get("/entities/default%40192.168.29.220/users").status_code == 502
    assert api.get("/entities").status_code == 500


def test_the_log_holds_raw_paths_and_no_bodies(api, sandbox):
    """Method, path as received and status; the control routes are not in it."""
    sandbox.clear_calls()
    api.get("/entities/default%40192.168.29.220?x=1")
    api.login("admin", "secret-word")
    assert sandbox.calls == [Call("GET", "/entities/default%40192.168.29.220", 200), Call("POST", "/login", 401)]


def test_control_over_http(api, sandbox):
    """Faults and calls are reached from another process."""
    control = sandbox.url + "/sandbox"
    fault = {"kind": "status", "path": "/xivo", "times": None, "code": 418, "share": 1, "seed": 3}
    assert api.session.post(control + "/faults", json=fault, timeout=9).status_code == 204
    assert api.session.delete(control + "/calls", timeout=9).status_code == 204
    assert api.get("/xivo").status_code == 418
    shown = api.session.get(control + "/calls", timeout=9).json()
    assert shown == [{"method": "GET", "path": "/xivo", "status": 418}]
    assert api.session.delete(control + "/faults", timeout=9).status_code == 204
    assert api.get("/xivo").status_code == 200


@pytest.mark.parametrize("fault", [{"kind": "x"}, {"kind": "expire", "path": "("}, {"colour": 1}, {"nth": 0}])
def test_a_wrong_fault_over_http_is_400(api, sandbox, fault):
    """Unknown kinds, fields and broken patterns are refused."""
    assert api.session.post(sandbox.url + "/sandbox/faults", json=fault, timeout=9).status_code == 400
