"""A rival takes the number that a call is about to use."""

import pytest

from xcu_sheets.sandbox import Fault

COLUMNS = ("first_name", "last_name", "internal_number", "entity_id")


def rival(sandbox, **fields):
    """Arm a rival."""
    sandbox.add_fault(Fault("rival", "POST", "/users", **fields))


def shown(sandbox, user_id):
    """Return what matters of a user."""
    row = sandbox.user_row(user_id)
    return row and tuple(row[name] for name in COLUMNS)


def test_the_rival_has_the_number_and_the_call_is_refused(api, sandbox):
    """Another's user of this number is there just before the work, which is refused for it; the next call is not."""
    payload = api.new_user()
    rival(sandbox)
    answer = api.post("/users", payload)
    assert answer.json() == {"obj.internalNumber": [{"msg": ["Numéro de téléphone déjà affecté"], "args": []}]}
    assert shown(sandbox, 61) == ("Rival", "Rival 1", payload["internalNumber"], 17)
    assert sandbox.user_row(62) is None
    assert api.post("/users", api.new_user()).status_code == 201


def test_a_rival_of_the_same_names(api, sandbox):
    """The nasty case: entity, number and names are those of the refused call; login and password are not."""
    payload = api.new_user(ctiLogin="alice.l", ctiPassword="wonderland")
    rival(sandbox, same_names=True)
    assert api.post("/users", payload).status_code == 400
    assert shown(sandbox, 61) == ("Alice", "Liddell", payload["internalNumber"], 17)
    assert sandbox.user_row(61)["cti_login"] is None
    assert sandbox.user_row(62) is None


def test_rivals_are_counted(api, sandbox):
    """Each rival has a name of his own; a reset begins anew."""
    rival(sandbox, times=None)
    payloads = [api.new_user(number=number) for number in range(3)]
    assert [api.post("/users", payload).status_code for payload in payloads] == [400] * 3
    assert [shown(sandbox, user_id)[1] for user_id in (61, 62, 63)] == ["Rival 1", "Rival 2", "Rival 3"]
    sandbox.reset()
    rival(sandbox)
    api.post("/users", payloads[0])
    assert shown(sandbox, 61)[1] == "Rival 1"


def test_where_numbers_are_not_unique_both_are_made(api, sandbox):
    """With number_unique "no" the rival comes first and the work is done as well."""
    sandbox.set_switches(number_unique="no")
    payload = api.new_user()
    rival(sandbox)
    assert api.post("/users", payload).status_code == 201
    assert {shown(sandbox, user_id)[2] for user_id in (61, 62)} == {payload["internalNumber"]}
    assert [shown(sandbox, user_id)[0] for user_id in (61, 62)] == ["Rival", "Alice"]


def test_the_rival_takes_a_template_that_is_offered(api, sandbox):
    """In the analogue entity of this server the first template that is offered to it is taken."""
    api.put("/templates/1", {**api.get("/templates/1").json(), "xivos": [], "entities": []})
    payload = api.new_user(3, templateId=6)
    rival(sandbox)
    assert api.post("/users", payload).status_code == 400
    assert sandbox.template_of(61) == 4


@pytest.mark.parametrize(
    ("kind", "answer"), [("status", 500), ("late_status", 500), ("status_after_commit", 500), ("malformed", 400)]
)
def test_a_rival_beside_another_fault(api, sandbox, kind, answer):
    """The rival comes whatever the answer is, and the work, early or late, is refused or not done."""
    payload = api.new_user()
    sandbox.add_fault(Fault(kind, "POST", "/users"))
    rival(sandbox)
    assert api.post("/users", payload).status_code == answer
    sandbox.finish_late()
    assert shown(sandbox, 61)[0] == "Rival"
    assert sandbox.user_row(62) is None


@pytest.mark.parametrize(
    "fields",
    [
        {"internalNumber": "9999"},
        {"internalNumber": None},
        {"entityCId": "x@y"},
        {"entityCId": ["x"]},
        {"firstName": 5},
    ],
)
def test_a_rival_who_cannot(api, sandbox, fields):
    """Where the rival would be refused himself, nobody is made and the call is refused as ever."""
    rival(sandbox, same_names=True)
    assert api.post("/users", api.new_user(**fields)).status_code == 400
    assert sandbox.user_row(61) is None


@pytest.mark.parametrize("body", ["[]", "{", ""])
def test_a_rival_without_a_payload(api, sandbox, body):
    """A body that is no object rivals nobody."""
    rival(sandbox)
    headers = {"Content-Type": "application/json"}
    assert api.session.post(api.base + "/users", data=body, headers=headers, timeout=9).status_code == 400
    assert sandbox.user_row(61) is None


def test_a_rival_elsewhere_does_nothing(api, sandbox):
    """Only POST /users is rivalled."""
    sandbox.add_fault(Fault("rival", times=None))
    free = api.new_user()["internalNumber"]
    assert api.put("/users/1", api.edit_of(1, internalNumber=free)).status_code == 200
    assert sandbox.user_row(61) is None


def test_a_rival_over_http(api, sandbox):
    """Another process sends rivals too, and the log shows no call of theirs."""
    fault = {"kind": "rival", "method": "POST", "path": "/users", "same_names": True}
    assert api.session.post(sandbox.url + "/sandbox/faults", json=fault, timeout=9).status_code == 204
    payload = api.new_user()
    sandbox.clear_calls()
    api.post("/users", payload)
    assert [call.status for call in sandbox.calls] == [400]
    assert shown(sandbox, 61)[0] == "Alice"
