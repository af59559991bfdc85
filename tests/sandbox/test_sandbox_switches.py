"""Each question that the API document leaves open has a switch."""

import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
import requests

from xcu_sheets.sandbox import Fault, Switches
from xcu_sheets.sandbox.state import SCHEMA


def test_put_needs_template(api, sandbox):
    """With the switch a PUT without templateId is refused."""
    assert api.put("/users/1", api.edit_of(1)).status_code == 200
    sandbox.set_switches(put_needs_template=True)
    assert "obj.templateId" in api.put("/users/1", api.edit_of(1)).json()
    assert api.put("/users/1", api.edit_of(1, templateId=1)).status_code == 200


def test_a_put_without_password_keeps_it(api, sandbox):
    """By default an omitted ctiPassword is kept; a null clears it."""
    before = sandbox.password_of(1)
    api.put("/users/1", api.edit_of(1))
    assert sandbox.password_of(1) == before is not None
    api.put("/users/1", api.edit_of(1, ctiPassword=None))
    assert sandbox.password_of(1) is None


def test_a_put_without_password_clears_it(api, sandbox):
    """With the switch an omitted ctiPassword is gone."""
    sandbox.set_switches(put_password="clears")
    api.put("/users/1", api.edit_of(1))
    assert sandbox.password_of(1) is None


@pytest.mark.parametrize(("how", "shown"), [("clear", "Cti-hZVrEBNW"), ("null", None), ("masked", "********")])
def test_how_a_password_is_shown(api, sandbox, how, shown):
    """List and GET show the same: the password, null or stars; null stays null."""
    sandbox.set_switches(get_password=how)
    assert api.get("/users/1").json()["ctiPassword"] == shown
    assert api.items("/entities/default@192.168.29.220/users")[0]["ctiPassword"] == shown
    assert api.get("/users/4").json()["ctiPassword"] is None


def test_stars_that_are_sent_back_become_the_password(api, sandbox):
    """A client that returns the mask sets it."""
    api.put("/users/1", api.edit_of(1, ctiPassword="********"))
    assert sandbox.password_of(1) == "********"


def test_a_write_answers_nothing(api):
    """By default a POST is an empty 201 and a PUT an empty 200."""
    made = api.post("/users", api.new_user())
    assert (made.status_code, made.content) == (201, b"")
    edited = api.put("/users/1", api.edit_of(1))
    assert (edited.status_code, edited.content) == (200, b"")


def test_a_write_answers_the_id(api, sandbox):
    """With the switch a write answers the id."""
    sandbox.set_switches(post_answer="id")
    assert api.post("/users", api.new_user()).json() == {"id": 61}
    assert api.put("/users/1", api.edit_of(1)).json() == {"id": 1}


def test_a_write_answers_the_object(api, sandbox):
    """With the switch a write answers what a GET shows."""
    sandbox.set_switches(post_answer="object")
    assert api.post("/users", api.new_user()).json() == api.get("/users/61").json()
    assert api.put("/users/1", api.edit_of(1)).json() == api.get("/users/1").json()


def test_a_stranger_meets_401(sandbox, connect):
    """By default a call without a session is 401 in JSON."""
    answer = connect(sandbox, login=None).get("/entities")
    assert (answer.status_code, answer.json()) == (401, {"error": "Unauthorized"})


def test_a_stranger_meets_403(sandbox, connect):
    """With the switch a call without a session is 403 in JSON; nothing is done."""
    sandbox.set_switches(unauthorised="403")
    answer = connect(sandbox, login=None).delete("/users/1")
    assert (answer.status_code, answer.json()) == (403, {"error": "Forbidden"})
    assert sandbox.user_row(1)


def test_a_stranger_is_redirected(sandbox, connect):
    """With the switch a call without a session leads to a login page."""
    sandbox.set_switches(unauthorised="redirect")
    stranger = connect(sandbox, login=None)
    answer = stranger.get("/entities")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/login")
    assert "text/html" in stranger.session.get(sandbox.url + "/login", timeout=9).headers["Content-Type"]


def test_a_stranger_meets_a_page(sandbox, connect):
    """With the switch a call without a session is a 200 of HTML."""
    sandbox.set_switches(unauthorised="html")
    answer = connect(sandbox, login=None).get("/entities")
    assert answer.status_code == 200
    assert "<form" in answer.text


def overlapping(api):
    """Let two entities of the first XiVO have one interval in common; return payloads of one number in each."""
    for cid in ("default@192.168.29.220", "chirurgie@192.168.29.220"):
        entity = api.get(f"/entities/{cid}").json()
        intervals = [{"start": "1100", "end": "1199"}]
        fields = {"name": entity["name"], "displayName": entity["displayName"], "presentedNumber": "inbNo"}
        assert api.put(f"/entities/{cid}", {**fields, "xivoId": 1, "intervals": intervals}).status_code == 200
    here = api.new_user(number=0)
    return here, {**here, "entityCId": "chirurgie@192.168.29.220", "firstName": "Bob"}


@pytest.mark.parametrize(("where", "there", "again"), [("xivo", 400, 400), ("entity", 201, 400), ("no", 201, 201)])
def test_where_a_taken_number_is_refused(api, sandbox, where, there, again):
    """A number of another entity of the XiVO, and one of the same entity, are refused to a POST as the switch says."""
    here, elsewhere = overlapping(api)
    assert api.post("/users", here).status_code == 201
    sandbox.set_switches(number_unique=where)
    assert api.post("/users", elsewhere).status_code == there
    assert api.post("/users", {**here, "firstName": "Eve"}).status_code == again
    sandbox.set_switches(number_unique="xivo")
    assert api.post("/users", elsewhere).status_code == 400


@pytest.mark.parametrize(("where", "there", "again"), [("xivo", 400, 400), ("entity", 200, 400), ("no", 200, 200)])
def test_where_a_taken_number_is_refused_on_put(api, sandbox, where, there, again):
    """A PUT meets the same rule as a POST, and the user's own number is never in its way."""
    here, elsewhere = overlapping(api)
    assert api.post("/users", here).status_code == 201
    sandbox.set_switches(number_unique=where)
    assert api.put("/users/1", api.edit_of(1)).status_code == 200
    for user_id, payload, status in ((1, here, again), (3, elsewhere, there)):
        answer = api.put(f"/users/{user_id}", api.edit_of(user_id, internalNumber=payload["internalNumber"]))
        assert answer.status_code == status
        assert (sandbox.user_row(user_id)["internal_number"] == payload["internalNumber"]) == (status == 200)


@pytest.mark.parametrize(("what", "login", "labels"), [("clears", None, None), ("keeps", "elodie.null1", ["b"])])
def test_optional_fields_that_a_put_omits(api, sandbox, what, login, labels):
    """ctiLogin and undocumented keys that a PUT leaves out are emptied or kept; null empties in any case."""
    assert api.put("/users/1", api.edit_of(1, labels=["b"])).status_code == 200
    sandbox.set_switches(put_optional=what)
    payload = api.edit_of(1)
    del payload["ctiLogin"]
    assert api.put("/users/1", payload).status_code == 200
    shown = api.get("/users/1").json()
    assert (shown["ctiLogin"], shown.get("labels")) == (login, labels)
    assert api.put("/users/1", {**payload, "ctiLogin": None, "labels": None}).status_code == 200
    shown = api.get("/users/1").json()
    assert (shown["ctiLogin"], shown.get("labels")) == (None, None)


@pytest.mark.parametrize(("how", "status", "entity"), [("within_xivo", 200, 19), ("never", 400, 17)])
def test_a_put_that_moves_a_user(api, sandbox, how, status, entity):
    """A user changes entity within his XiVO, or never; staying is allowed in any case."""
    sandbox.set_switches(put_entity=how)
    number = api.items("/entities/chirurgie@192.168.29.220/available_numbers")[0]
    moved = api.edit_of(1, entityCId="chirurgie@192.168.29.220", internalNumber=number)
    assert api.put("/users/1", moved).status_code == status
    assert sandbox.user_row(1)["entity_id"] == entity
    assert api.put("/users/1", api.edit_of(1)).status_code == 200


def together(sandbox, connect, works):
    """Begin each call of a client of its own while those before are still being served; return the statuses."""
    clients = [connect(sandbox) for _ in works]
    sandbox.add_fault(Fault("latency", path="/(users|xivo).*", times=None, ms=200))
    with ThreadPoolExecutor(len(works)) as pool:
        running = []
        for work, client in zip(works, clients, strict=True):
            running.append(pool.submit(work, client))
            time.sleep(0.04)
        return [each.result() for each in running]


def test_one_write_at_a_time(sandbox, connect):
    """A write beside another is a 503 of plain text and does nothing; reads and logins are served beside it."""
    sandbox.set_switches(parallel="no")
    works = (
        lambda api: api.delete("/users/1"),
        lambda api: api.delete("/users/2"),
        lambda api: api.get("/xivo"),
        lambda api: api.login(),
    )
    first, second, read, login = together(sandbox, connect, works)
    assert (first.status_code, second.status_code, read.status_code, login.status_code) == (204, 503, 200, 200)
    assert second.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert "one at a time" in second.text
    assert (sandbox.user_row(1), sandbox.user_row(2)["id"]) == (None, 2)


def test_writes_side_by_side(sandbox, connect):
    """By default writes are served beside each other."""
    answers = together(sandbox, connect, [lambda api: api.delete("/users/1"), lambda api: api.delete("/users/2")])
    assert [answer.status_code for answer in answers] == [204, 204]


def test_one_write_after_the_other_is_never_refused(api, sandbox):
    """A client that waits for each answer, or for the end of a dropped connection, meets no 503."""
    sandbox.set_switches(parallel="no")
    sandbox.add_fault(Fault("drop_after_commit", "PUT", nth=10, times=30))
    payload = api.edit_of(1)
    for _ in range(60):
        with suppress(requests.ConnectionError):
            assert api.put("/users/1", payload).status_code == 200
    assert {call.status for call in sandbox.calls if call.method == "PUT"} == {200, 0}


def test_a_busy_server_counts_for_no_fault(sandbox, connect):
    """A write that is refused for another meets no fault, and the next does."""
    sandbox.set_switches(parallel="no")
    sandbox.add_fault(Fault("status", "DELETE", nth=2, code=418))
    works = [lambda api, user=user: api.delete(f"/users/{user}").status_code for user in (1, 2)]
    assert together(sandbox, connect, works) == [204, 503]
    assert works[1](connect(sandbox)) == 418


def test_a_file_of_older_days_takes_a_number_twice(start, connect, tmp_path):
    """A database that was made with unique numbers follows the switch too."""
    with sqlite3.connect(tmp_path / "xcu.db") as old:
        old.executescript(SCHEMA + "CREATE UNIQUE INDEX one_number ON users (xivo_id, internal_number);")
    old.close()
    api = connect(start(database=str(tmp_path / "xcu.db"), switches=Switches(number_unique="no")))
    payload = api.new_user()
    assert [api.post("/users", payload).status_code for _ in range(2)] == [201, 201]


def test_a_switch_that_is_not_there(sandbox):
    """Unknown names and words are errors."""
    with pytest.raises(ValueError, match="get_password"):
        Switches(get_password="hidden")
    with pytest.raises(TypeError):
        sandbox.set_switches(colour="red")


def test_switches_over_http(api, sandbox):
    """POST /sandbox/switches changes them from another process."""
    url = sandbox.url + "/sandbox/switches"
    assert api.session.post(url, json={"get_password": "null"}, timeout=9).status_code == 204
    assert api.get("/users/1").json()["ctiPassword"] is None
    assert api.session.post(url, json={"get_password": "x"}, timeout=9).status_code == 400
