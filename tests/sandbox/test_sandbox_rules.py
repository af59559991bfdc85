"""The sandbox refuses what a server refuses, and a PUT replaces the whole record."""

from concurrent.futures import ThreadPoolExecutor

import pytest

TEMPLATE = {
    "name": "Essai",
    "xivos": [1],
    "entities": [],
    "peerSipName": "auto",
    "ringingTime": 30,
    "routedInbound": False,
    "callerIdMode": "anonymous",
    "voiceMailEnabled": False,
}
ENTITY = {
    "name": "essai",
    "displayName": "Essai",
    "xivoId": 1,
    "intervals": [{"start": "7000", "end": "7009", "routingMode": "x"}, {"start": "7100", "end": ""}],
    "presentedNumber": "inbNo",
    "colour": "red",
}
ADMINISTRATOR = {
    "login": "new",
    "name": "",
    "ldap": False,
    "password": "first",
    "superAdmin": False,
    "entityIds": [18],
}


def refused(answer, field):
    """Say whether an answer is Play's 400 about one field."""
    return answer.status_code == 400 and answer.json()[f"obj.{field}"][0]["msg"]


@pytest.mark.parametrize("field", ["entityCId", "templateId", "firstName", "lastName", "internalNumber"])
@pytest.mark.parametrize("how", ["absent", "null"])
def test_a_user_needs_its_fields(api, field, how):
    """A compulsory field that is absent or null is error.path.missing."""
    payload = api.new_user(**{field: None})
    if how == "absent":
        del payload[field]
    answer = api.post("/users", payload)
    assert answer.status_code == 400
    assert answer.json()[f"obj.{field}"] == [{"msg": ["error.path.missing"], "args": []}]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("firstName", "  "),
        ("lastName", "x" * 129),
        ("lastName", "a\nb"),
        ("internalNumber", "11a0"),
        ("internalNumber", "٣١٠٠"),
        ("internalNumber", "9999"),
        ("internalNumber", "01150"),
        ("internalNumber", 1150),
        ("internalNumber", "1100"),
        ("ctiLogin", "é.è"),
        ("ctiLogin", "a"),
        ("ctiLogin", "elodie.null1"),
        ("ctiPassword", "abc"),
        ("ctiPassword", "a b c d"),
        ("templateId", 99),
        ("templateId", 6),
        ("templateId", True),
        ("entityCId", "nobody@nowhere"),
    ],
)
def test_a_user_field_that_is_wrong(api, field, value):
    """Wrong, taken, unavailable and unknown values are refused by their field."""
    assert refused(api.post("/users", api.new_user(**{field: value})), field)


def test_everything_wrong_is_said_at_once(api):
    """One answer names every wrong field."""
    answer = api.post("/users", api.new_user(firstName="", ctiLogin="é", templateId=99))
    assert set(answer.json()) == {"obj.firstName", "obj.ctiLogin", "obj.templateId"}


def test_creating_and_deleting_a_user_moves_the_slots(api):
    """A user takes a slot and a number, and gives them back; ids are never used twice."""
    before = api.get("/xivo/1").json()["remainingSlots"]
    payload = api.new_user()
    assert api.post("/users", payload).status_code == 201
    user = api.items(f"/entities/{payload['entityCId']}/users")[-1]
    assert user["id"] == 61
    assert len(user["provisioningNumber"]) == 6
    assert api.get("/xivo/1").json()["remainingSlots"] == before - 1
    assert api.delete(f"/users/{user['id']}").status_code == 204
    assert api.get("/xivo/1").json()["remainingSlots"] == before
    assert payload["internalNumber"] in api.items(f"/entities/{payload['entityCId']}/available_numbers")
    api.post("/users", payload)
    assert api.items(f"/entities/{payload['entityCId']}/users")[-1]["id"] == 62


def test_no_slots_no_user(api, sandbox):
    """A full XiVO takes nobody."""
    payload = api.new_user()
    sandbox.world.store.run("UPDATE xivos SET capacity = 30 WHERE id = 1")
    assert refused(api.post("/users", payload), "entityCId")


def test_the_same_number_on_another_xivo(api):
    """Numbers and logins are unique on one XiVO only."""
    payload = api.new_user(1, internalNumber="1500", ctiLogin="elodie.null1")
    assert api.post("/users", payload).status_code == 201
    assert api.post("/users", {**payload, "entityCId": "default@192.168.29.220"}).status_code == 400


def test_two_posts_at_once_of_one_number(api, sandbox, connect):
    """Of many parallel creations with one number exactly one wins."""
    payload = api.new_user()
    clients = [connect(sandbox) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda client: client.post("/users", payload).status_code, clients))
    assert sorted(statuses) == [201] + [400] * 7


def test_put_of_a_user_replaces_it(api, sandbox):
    """What a PUT omits is cleared: login and unknown keys; mail, code and template stay, for no PUT writes them."""
    before = api.get("/users/1").json()
    assert before["labels"]
    assert before["ctiLogin"]
    payload = api.edit_of(1, lastName="Martin")
    del payload["ctiLogin"]
    assert api.put("/users/1", payload).status_code == 200
    after = api.get("/users/1").json()
    assert (after["lastName"], after["ctiLogin"]) == ("Martin", None)
    assert "labels" not in after
    assert (after["mail"], after["provisioningNumber"]) == (before["mail"], before["provisioningNumber"])
    assert sandbox.template_of(1) == 1


def test_unknown_keys_of_a_user_come_back(api):
    """A key that nobody documents is kept and shown; a known read-only one is not written."""
    api.put("/users/1", api.edit_of(1, floor=3, mail="x@y.z", provisioningNumber="1"))
    user = api.get("/users/1").json()
    assert user["floor"] == 3
    assert (user["mail"], user["provisioningNumber"]) == ("elodie.null@exemple.fr", "218862")


@pytest.mark.parametrize("field", ["entityCId", "firstName", "lastName", "internalNumber"])
def test_put_of_a_user_needs_its_fields(api, field):
    """A PUT without a compulsory field is refused."""
    payload = api.edit_of(1)
    del payload[field]
    assert refused(api.put("/users/1", payload), field)


def test_a_number_outside_may_be_kept(api):
    """The user at 6260 may be renamed; a move to another number outside is refused."""
    assert api.put("/users/4", api.edit_of(4, lastName="P4")).status_code == 200
    assert refused(api.put("/users/4", api.edit_of(4, internalNumber="6261")), "internalNumber")


def test_a_user_stays_on_its_xivo(api):
    """Another entity of the same XiVO is possible with a number of it, another XiVO is not."""
    assert refused(api.put("/users/1", api.edit_of(1, entityCId="default@192.168.29.221")), "entityCId")
    moved = api.edit_of(1, entityCId="chirurgie@192.168.29.220", internalNumber="2500")
    assert api.put("/users/1", moved).status_code == 200


def test_put_names_a_template(api, sandbox):
    """A PUT with templateId applies it, and it must be available."""
    assert api.put("/users/1", api.edit_of(1, templateId=2)).status_code == 200
    assert sandbox.template_of(1) == 2
    assert refused(api.put("/users/1", api.edit_of(1, templateId=6)), "templateId")


@pytest.mark.parametrize(
    "change",
    [
        {"routedInbound": True, "refused": "routedInboundPrefix"},
        {"callerIdMode": "custom", "refused": "customCallerId"},
        {"voiceMailEnabled": True, "refused": "voiceMailNumberMode"},
        {"voiceMailNumberMode": "custom", "refused": "voiceMailCustomNumber"},
        {"voiceMailNumberMode": True, "refused": "voiceMailNumberMode"},
        {"peerSipName": "Auto", "refused": "peerSipName"},
        {"callerIdMode": "none", "refused": "callerIdMode"},
        {"ringingTime": 0, "refused": "ringingTime"},
        {"ringingTime": "30", "refused": "ringingTime"},
        {"routedInbound": "false", "refused": "routedInbound"},
        {"name": " ", "refused": "name"},
        {"xivos": [99], "refused": "xivos"},
        {"xivos": ["1"], "refused": "xivos"},
        {"entities": ["nobody@nowhere"], "refused": "entities"},
        {"voiceMailEnabled": None, "refused": "voiceMailEnabled"},
    ],
)
def test_a_template_that_is_wrong(api, change):
    """Compulsory-if rules, words, types and references are checked."""
    field = change.pop("refused")
    assert refused(api.post("/templates", {**TEMPLATE, **change}), field)


def test_a_template_comes_and_goes(api):
    """Unknown keys survive a PUT that sends them and are lost in one that does not; null is absent."""
    assert api.post("/templates", {**TEMPLATE, "recordingMode": "on", "customCallerId": None}).status_code == 201
    made = api.get("/templates/7").json()
    assert made == {"id": 7, **TEMPLATE, "recordingMode": "on"}
    api.put("/templates/7", {**made, "ringingTime": 35})
    assert api.get("/templates/7").json() == {**made, "ringingTime": 35}
    api.put("/templates/7", TEMPLATE)
    assert "recordingMode" not in api.get("/templates/7").json()
    assert api.delete("/templates/7").status_code == 204
    assert api.get("/templates/7").status_code == 404


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "xivo-switchboard"),
        ("name", "a b"),
        ("name", "default"),
        ("displayName", "ab"),
        ("xivoId", 99),
        ("xivoId", None),
        ("intervals", [{"start": "7000"}]),
        ("intervals", [{"start": "7000", "end": "699"}]),
        ("intervals", [{"start": "7000", "end": "6999"}]),
        ("intervals", [{"start": "7x", "end": ""}]),
        ("intervals", [{"start": "7000", "end": "7010"}, {"start": "7010", "end": ""}]),
        ("intervals", "7000-7010"),
        ("presentedNumber", None),
    ],
)
def test_an_entity_that_is_wrong(api, field, value):
    """Names, references and intervals are checked."""
    assert refused(api.post("/entities", {**ENTITY, field: value}), field)


def test_an_entity_comes_and_goes(api):
    """An entity keeps unknown keys, in its intervals too, until a PUT omits them."""
    assert api.post("/entities", ENTITY).status_code == 201
    made = api.get("/entities/essai@192.168.29.220").json()
    assert (made["intervals"], made["colour"]) == (ENTITY["intervals"], "red")
    plain = {**ENTITY, "intervals": [{"start": "7000", "end": ""}]}
    del plain["colour"]
    assert api.put("/entities/essai@192.168.29.220", plain).status_code == 200
    assert "colour" not in api.get("/entities/essai@192.168.29.220").json()
    assert api.items("/entities/essai@192.168.29.220/available_numbers") == ["7000"]
    assert api.delete("/entities/essai@192.168.29.220").status_code == 204
    assert api.get("/entities/essai@192.168.29.220").status_code == 404


def test_a_renamed_entity_has_another_combined_id(api):
    """A PUT with another name changes combinedId, and templates follow; the XiVO stays."""
    old = "default@192.168.29.220"
    entity = api.get(f"/entities/{old}").json()
    payload = {**ENTITY, "name": "siege", "intervals": entity["intervals"]}
    assert refused(api.put(f"/entities/{old}", {**payload, "xivoId": 2}), "xivoId")
    assert api.put(f"/entities/{old}", payload).status_code == 200
    assert api.get(f"/entities/{old}").status_code == 404
    assert api.get("/entities/siege@192.168.29.220").json()["id"] == entity["id"]
    assert api.get("/templates/2").json()["entities"] == ["siege@192.168.29.220"]


def test_an_entity_with_users_stays(api):
    """An entity with users cannot be deleted."""
    assert api.delete("/entities/default@192.168.29.220").status_code == 400


@pytest.mark.parametrize(
    ("field", "value"), [("password", None), ("login", "admin"), ("entityIds", [99]), ("superAdmin", "no")]
)
def test_an_administrator_that_is_wrong(api, field, value):
    """A password is compulsory without LDAP; logins are unique; entities exist."""
    assert refused(api.post("/administrators", {**ADMINISTRATOR, field: value}), field)


def test_an_administrator_comes_and_goes(api, sandbox, connect):
    """entityIds are written and entities are read; the password works; the blob sent back becomes the password."""
    assert api.post("/administrators", ADMINISTRATOR).status_code == 201
    made = api.get("/administrators/4").json()
    assert [entity["id"] for entity in made["entities"]] == [18]
    other = connect(sandbox, "new", "first")
    api.put("/administrators/4", {**ADMINISTRATOR, "password": made["password"]})
    assert connect(sandbox, login=None).login("new", "first").status_code == 401
    assert connect(sandbox, login=None).login("new", made["password"]).status_code == 200
    assert api.put("/administrators/4", {**ADMINISTRATOR, "password": None}).status_code == 400
    assert api.delete("/administrators/4").status_code == 204
    assert other.get("/entities").status_code == 401


def test_a_restricted_administrator_sees_only_his_own(sandbox, connect):
    """telecom sees the first entity, its XiVO and its templates, and meets 403 everywhere else."""
    telecom = connect(sandbox, "telecom", "telecom-pass")
    assert [entity["id"] for entity in telecom.items("/entities")] == [17]
    assert [xivo["id"] for xivo in telecom.items("/xivo")] == [1]
    assert [template["id"] for template in telecom.get("/templates").json()] == [1, 2, 4, 5]
    assert telecom.post("/users", telecom.new_user()).status_code == 201
    other = "default@192.168.29.221"
    for path in (f"/entities/{other}", f"/entities/{other}/users", "/users/2", "/xivo/2", "/administrators"):
        assert telecom.get(path).status_code == 403
    assert telecom.get("/templates/6").status_code == 403
    assert telecom.get("/xivo/synchronize_config_files").status_code == 403
    assert telecom.post("/users", telecom.new_user(entityCId=other)).status_code == 403
    assert telecom.delete("/users/2").status_code == 403
    assert telecom.post("/entities", ENTITY).status_code == 403
    assert telecom.post("/templates", TEMPLATE).status_code == 403
