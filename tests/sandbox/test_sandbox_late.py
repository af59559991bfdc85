"""Work that is done late, rivals who are quicker, faults that strike a share of the calls, one write at a time."""

from __future__ import annotations

import threading
import time

import pytest
import requests

from xcu_sheets.sandbox import Call, Fault, Sandbox, Switches


def made(sandbox: Sandbox, id_: int = 61) -> bool:
    return sandbox.user_row(id_) is not None


def test_a_late_commit_comes_after_its_caller_was_left_alone(api, sandbox):
    """No byte of answer; the user is not there at first, and is there later, by the rules of then."""
    payload = api.new_user()
    sandbox.add_fault(Fault("late_commit", "POST", "/users", ms=150))
    with pytest.raises(requests.ConnectionError):
        api.post("/users", payload)
    assert (made(sandbox), sandbox.late_pending) == (False, 1)
    sandbox.finish_late()
    assert made(sandbox)
    assert (sandbox.late_calls, sandbox.calls[-1]) == ([Call("POST", "/users", 201)], Call("POST", "/users", 0))


def test_a_late_commit_is_refused_what_was_taken_meanwhile(api, sandbox):
    """The number that is free when the call comes may be somebody else's when its work is done."""
    payload = api.new_user()
    sandbox.add_fault(Fault("late_commit", "POST", "/users", ms=100))
    with pytest.raises(requests.ConnectionError):
        api.post("/users", payload)
    assert api.post("/users", {**payload, "firstName": "Quick"}).status_code == 201
    sandbox.finish_late()
    assert [call.status for call in sandbox.late_calls] == [400]
    assert sandbox.user_row(61)["first_name"] == "Quick"
    assert not made(sandbox, 62)


def test_a_late_status_is_told_at_once(api, sandbox):
    """A proxy that gives up: its 504 comes now, the work is done later."""
    sandbox.add_fault(Fault("late_status", "POST", "/users", ms=100, code=504, body="gateway"))
    answer = api.post("/users", api.new_user())
    assert (answer.status_code, answer.text, made(sandbox)) == (504, "gateway", False)
    sandbox.finish_late()
    assert made(sandbox)


@pytest.mark.parametrize("end", ["reset", "stop"])
def test_late_work_never_meets_another_state(start, connect, end):
    """What waits is called off when the state is put back, or the sandbox stops."""
    sandbox = start()
    api = connect(sandbox)
    payload = api.new_user()
    sandbox.add_fault(Fault("late_commit", "POST", "/users", ms=60_000))
    with pytest.raises(requests.ConnectionError):
        api.post("/users", payload)
    getattr(sandbox, end)()
    assert sandbox.late_pending == 0


@pytest.mark.parametrize("same_names", [False, True])
def test_a_rival_takes_the_number_at_the_last_moment(api, sandbox, same_names):
    """He has the number before the call is served, which is then refused; by the names of the call if so asked."""
    payload = api.new_user()
    sandbox.add_fault(Fault("rival", "POST", "/users", same_names=same_names))
    assert api.post("/users", payload).status_code == 400
    rival = sandbox.user_row(61)
    names = (payload["firstName"], payload["lastName"]) if same_names else ("Rival", "Rival 1")
    assert (rival["internal_number"], rival["first_name"], rival["last_name"]) == (payload["internalNumber"], *names)
    assert api.post("/users", api.new_user()).status_code == 201


def test_a_rival_elsewhere_does_nothing(api, sandbox):
    """Only a new user has a number to lose."""
    sandbox.add_fault(Fault("rival", times=None))
    api.get("/xivo")
    assert api.put("/users/1", api.edit_of(1)).status_code == 200
    assert not made(sandbox)


def test_a_share_of_the_calls_is_struck_and_the_same_one_for_the_same_seed(start, connect):
    """About a third of 200 calls, chosen by the seed in the order of the calls."""
    struck = []
    for seed in (1, 1, 2):
        sandbox = start(users=1)
        api = connect(sandbox)
        sandbox.add_fault(Fault("status", path="/xivo", times=None, share=0.33, seed=seed, code=503))
        struck.append([api.get("/xivo").status_code == 503 for _ in range(200)])
    assert struck[0] == struck[1] != struck[2]
    assert 45 < sum(struck[0]) < 90


def test_one_write_at_a_time(sandbox, api, connect):
    """With parallel=no a write that comes while another is served is a 503, and nothing is done; reads are served."""
    sandbox.set_switches(parallel="no")
    one, two = api.new_user(number=0), api.new_user(number=1)
    sandbox.add_fault(Fault("latency", "POST", "/users", ms=400))
    statuses = []
    first = threading.Thread(target=lambda: statuses.append(api.post("/users", one).status_code))
    first.start()
    time.sleep(0.15)
    other = connect(sandbox)
    assert other.post("/users", two).status_code == 503
    assert other.get("/xivo").status_code == 200
    first.join()
    assert statuses == [201]
    assert other.post("/users", two).status_code == 201


@pytest.mark.parametrize("wrong", [{"share": 1.5}, {"share": -0.1}, {"ms": -1}])
def test_a_share_is_between_none_and_all(wrong):
    """A fault that cannot be is refused when it is made."""
    with pytest.raises(ValueError, match="share 0 to 1"):
        Fault("status", **wrong)


def test_the_switch_is_one_of_the_words():
    """parallel is yes or no."""
    with pytest.raises(ValueError, match="parallel"):
        Switches(parallel="maybe")
