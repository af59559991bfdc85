"""A sandbox is put back to its beginning while it runs."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from xcu_sheets.sandbox import Fault, Sandbox, SandboxConfig


def state(sandbox):
    """Return every row of every table, the counters of ids included."""
    tables = ("xivos", "entities", "users", "templates", "administrators", "sqlite_sequence")
    return [[tuple(row) for row in sandbox.world.store.all(f"SELECT * FROM {table}")] for table in tables]


def reset(api, sandbox):
    """Reset over HTTP."""
    return api.session.post(sandbox.url + "/sandbox/reset", timeout=9).status_code


def test_reset_puts_everything_back(api, sandbox):
    """Users, templates, entities, administrators, the next ids and the count of syncs are those of the start."""
    before = state(sandbox)
    api.post("/users", api.new_user())
    api.put("/users/2", api.edit_of(2, lastName="Autre"))
    for path in ("/users/1", "/templates/2", "/administrators/3"):
        assert api.delete(path).status_code == 204
    api.get("/xivo/synchronize_config_files")
    assert state(sandbox) != before
    assert reset(api, sandbox) == 204
    assert state(sandbox) == before
    assert sandbox.syncs == 0
    api.post("/users", api.new_user())
    assert sandbox.user_row(61)


def test_reset_forgets_calls_and_faults_and_keeps_sessions_and_switches(api, sandbox):
    """The session works on, no fault strikes, the log is empty, a switch stays as it was set."""
    sandbox.add_fault(Fault("status", times=None))
    sandbox.set_switches(get_password="null")
    api.get("/xivo")
    assert reset(api, sandbox) == 204
    assert sandbox.calls == []
    assert api.get("/users/1").json()["ctiPassword"] is None


def test_the_session_of_a_forgotten_administrator_ends(api, sandbox, connect):
    """An administrator who came after the start is gone, and his session is not the next one's of his id."""
    new = {"login": "new", "name": "", "password": "new-pass", "superAdmin": True, "ldap": False, "entityIds": []}
    api.post("/administrators", new)
    other = connect(sandbox, "new", "new-pass")
    sandbox.reset()
    api.post("/administrators", {**new, "login": "newer"})
    assert other.get("/xivo").status_code == 401


def test_a_file_is_put_back_to_its_state_at_the_start(start, connect, tmp_path):
    """A kept database returns to what it held when the sandbox started, in the file too."""
    database = str(tmp_path / "xcu.db")
    with Sandbox(SandboxConfig(database=database)) as first:
        first.delete_user(1)
    with Sandbox(SandboxConfig(database=database)) as second:
        second.delete_user(2)
        second.reset()
        assert (second.user_row(1), second.user_row(2)["id"]) == (None, 2)
    assert start(database=database).user_row(2)["id"] == 2


def test_a_call_from_before_the_reset_changes_nothing_after_it(api, sandbox):
    """A creation that is still in its pause is dropped, and stands in no log."""
    payload = api.new_user()
    sandbox.add_fault(Fault("latency", "POST", "/users", ms=300))
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(api.post, "/users", payload)
        time.sleep(0.1)
        sandbox.reset()
    assert isinstance(answer.exception(), requests.ConnectionError)
    assert (sandbox.user_row(61), sandbox.calls) == (None, [])


def test_a_call_on_the_brink_of_its_work_changes_nothing_after_a_reset(api, sandbox):
    """A creation that waits for the state while that is put back is a 503, does nothing and stands in no log."""
    payload = api.new_user()
    with ThreadPoolExecutor(1) as pool:
        with sandbox.world.store.within(0):
            answer = pool.submit(api.post, "/users", payload)
            time.sleep(0.2)
            sandbox.reset()
        assert answer.result().status_code == 503
    assert (sandbox.user_row(61), sandbox.calls) == (None, [])


def test_writers_and_resets_at_once(sandbox, connect):
    """After the last of many resets amid eight writers the state is whole, and each answer is a plain one."""
    before = state(sandbox)
    clients = [connect(sandbox) for _ in range(8)]
    payloads = [clients[0].new_user(1, number) for number in range(20)]

    def work(api):
        return {api.post("/users", payload).status_code for payload in payloads}

    with ThreadPoolExecutor(8) as pool:
        running = [pool.submit(work, api) for api in clients]
        while not all(each.done() for each in running):
            sandbox.reset()
            time.sleep(0.01)
    assert {201, 400} <= {status for each in running for status in each.result()} <= {201, 400, 503}
    sandbox.reset()
    assert state(sandbox) == before


@pytest.mark.parametrize("users", [60, 2000])
def test_reset_is_quick(start, connect, users):
    """A hundred resets over HTTP take little time, whatever the size."""
    sandbox = start(users=users)
    api = connect(sandbox)
    began = time.perf_counter()
    assert {reset(api, sandbox) for _ in range(100)} == {204}
    assert time.perf_counter() - began < 2
