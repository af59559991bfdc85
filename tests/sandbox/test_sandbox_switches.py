"""Each question that the API document leaves open has a switch."""

import pytest

from xcu_sheets.sandbox import Switches


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
