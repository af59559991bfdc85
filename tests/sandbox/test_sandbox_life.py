"""A sandbox starts, seeds, serves many at once, and stops without a trace."""

import json
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
import requests

from xcu_sheets.sandbox import Sandbox, SandboxConfig


def everything(api):
    """Return all that the API shows."""
    entities = api.items("/entities")
    users = [api.items(f"/entities/{entity['combinedId']}/users") for entity in entities]
    return [api.items("/xivo"), entities, users, api.get("/templates").json(), api.items("/administrators")]


def ranges(entity):
    """Return the intervals of an entity as (length, first, last)."""
    pairs = [(interval["start"], interval["end"] or interval["start"]) for interval in entity["intervals"]]
    return [(len(start), int(start), int(end)) for start, end in pairs]


def test_the_same_seed_is_the_same_data(start, connect):
    """Two sandboxes of one seed are equal to the last letter, another seed is not."""
    first, second, third = (everything(connect(start(seed=seed))) for seed in (5, 5, 6))
    assert first == second
    assert first != third


def test_the_names_are_tricky(api):
    """Names that spreadsheets spoil are there, and people with and without login and mail."""
    users = [user for per_entity in everything(api)[2] for user in per_entity]
    last_names = {user["lastName"] for user in users}
    assert last_names >= {"NULL", "NA", "TRUE", "=1+1", "O'Brien", "D’Aubigné", "CLF 88:40 P3"}
    assert any('"' in user["firstName"] for user in users)
    for key in ("ctiLogin", "mail"):
        assert {user[key] is None for user in users} == {True, False}
    assert all((user["ctiLogin"] is None) == (user["ctiPassword"] is None) for user in users)
    assert {"labels" in user for user in users} == {True, False}


@pytest.mark.parametrize(("users", "entities", "xivos"), [(60, 4, 2), (2000, 12, 3), (3000, 25, 2), (500, 1, 1)])
def test_the_data_keeps_its_own_rules(start, connect, users, entities, xivos):
    """Numbers lie in intervals (but for one), intervals of one XiVO are apart, codes and people are unique."""
    api = connect(start(users=users, entities=entities, xivos=xivos))
    _, shown, listed, _, _ = everything(api)
    flat = [user for per_entity in listed for user in per_entity]
    outside = [user for user in flat if not _inside(user)]
    assert [user["internalNumber"] for user in outside] == ["6260"]
    assert len({(user["entity"]["xivo"]["id"], user["internalNumber"]) for user in flat}) == users
    assert len({user["provisioningNumber"] for user in flat}) == users
    assert len({(user["firstName"], user["lastName"]) for user in flat}) == users
    for xivo in range(1, xivos + 1):
        spans = sorted(span for entity in shown if entity["xivo"]["id"] == xivo for span in ranges(entity))
        assert all(a[0] < b[0] or a[2] < b[1] for a, b in pairwise(spans))


def _inside(user):
    number = user["internalNumber"]
    return any(size == len(number) and low <= int(number) <= high for size, low, high in ranges(user["entity"]))


def test_a_large_server_is_quick(start, connect):
    """2,000 users in one entity are listed, and 20,000 numbers, in little time."""
    api = connect(start(users=8000, entities=4))
    cid = api.items("/entities")[3]["combinedId"]
    for what, least in (("users", 2000), ("available_numbers", 18_000)):
        began = time.perf_counter()
        answer = api.get(f"/entities/{cid}/{what}")
        assert time.perf_counter() - began < 1
        assert len(answer.json()["items"]) >= least


def test_many_users_are_seeded(start, connect):
    """100,000 users fit, with longer numbers."""
    sandbox = start(users=100_000, entities=60)
    assert sandbox.user_row(100_000)["id"] == 100_000
    assert connect(sandbox).items("/xivo")[0]["remainingSlots"] > 1000


def test_fifty_sandboxes_come_and_go():
    """Starting and stopping is quick and leaves no thread."""
    before = threading.active_count()
    began = time.perf_counter()
    for _ in range(50):
        with Sandbox(SandboxConfig(users=4)):
            pass
    assert time.perf_counter() - began < 15
    assert threading.active_count() == before


def test_stop_does_not_wait_for_a_slow_call(start, connect):
    """A call in a long pause does not hold stop() back, and gets no answer."""
    sandbox = Sandbox(SandboxConfig(latency=30_000))
    sandbox.start()
    stranger = connect(sandbox, login=None)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(stranger.get, "/xivo")
        time.sleep(0.2)
        began = time.perf_counter()
        sandbox.stop()
        assert time.perf_counter() - began < 5
    assert isinstance(answer.exception(), requests.ConnectionError)


def test_eight_clients_at_once(sandbox, connect):
    """Eight keep-alive clients make 80 users with numbers of their own."""
    clients = [connect(sandbox) for _ in range(8)]
    payloads = [clients[0].new_user(1, number) for number in range(80)]

    def work(place):
        return [clients[place].post("/users", payload).status_code for payload in payloads[place::8]]

    with ThreadPoolExecutor(8) as pool:
        assert {status for statuses in pool.map(work, range(8)) for status in statuses} == {201}
    assert len(clients[0].items("/entities/default@192.168.29.221/users")) == 15 + 80


def test_a_file_is_used_as_it_is(start, connect, tmp_path):
    """A second sandbox on the same file sees what the first was told, and seeds nothing."""
    database = str(tmp_path / "xcu.db")
    with Sandbox(SandboxConfig(database=database)) as first:
        connect(first).delete("/users/1")
        shown = everything(connect(first))
    second = start(database=database, users=5, seed=9)
    assert everything(connect(second)) == shown


def test_behind_the_clients_back(api, sandbox):
    """A test may look at, edit and delete users behind the API."""
    sandbox.edit_user(1, last_name="Autre")
    assert api.get("/users/1").json()["lastName"] == "Autre"
    assert sandbox.user_row(1)["cti_password"] == sandbox.password_of(1)
    sandbox.delete_user(1)
    assert sandbox.user_row(1) is None
    with pytest.raises(KeyError):
        sandbox.edit_user(2, colour="red")
    with pytest.raises(KeyError):
        sandbox.password_of(1)


def test_a_stopped_sandbox_says_so():
    """Without a running server there is no address; a second start is an error, a second stop is none."""
    sandbox = Sandbox()
    with pytest.raises(RuntimeError, match="does not run"):
        assert sandbox.url
    with sandbox, pytest.raises(RuntimeError, match="runs already"):
        sandbox.start()
    sandbox.stop()


def test_the_import_is_light():
    """Importing the sandbox loads no pandas and nothing else of the package."""
    code = (
        "import json, sys, xcu_sheets.sandbox;"
        "print(json.dumps([m for m in sys.modules if m == 'pandas' or m.startswith('xcu_sheets')]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert all(name == "xcu_sheets" or name.startswith("xcu_sheets.sandbox") for name in json.loads(done.stdout))


@pytest.mark.parametrize("wrong", [{"users": -1}, {"entities": 0}, {"xivos": 0}, {"xivos": 31}])
def test_an_impossible_size(wrong):
    """Sizes that cannot be seeded are errors."""
    with pytest.raises(ValueError, match="must be"):
        SandboxConfig(**wrong)


def test_a_port_in_use(sandbox, start):
    """A port in use is an OSError that leaves no thread; a freed port can be taken again at once."""
    port = int(sandbox.url.rpartition(":")[2])
    before = threading.active_count()
    with pytest.raises(OSError, match="in use"):
        start(port=port)
    assert threading.active_count() == before
    sandbox.stop()
    assert start(port=port).url.endswith(f":{port}")


def test_serve_forever_ends_with_ctrl_c():
    """serve_forever() blocks until it is interrupted, then ends without a trace."""
    code = (
        "import threading, _thread; from xcu_sheets.sandbox import Sandbox\n"
        "s = Sandbox(); s.start(); print(s.url)\n"
        "threading.Timer(0.3, _thread.interrupt_main).start(); s.serve_forever(); print('ended')"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stderr, done.stdout.split()[-1]) == (0, "", "ended")
