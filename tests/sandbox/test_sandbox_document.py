"""The sandbox answers as the API document says and shows."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).with_name("document_example.txt")


def test_the_documents_example_runs(sandbox, api):
    """The Python example runs verbatim but for its address, and makes a template and Alice."""
    text = EXAMPLE.read_text(encoding="utf-8")
    assert "http://192.168.29.103:9001" in text
    code = text.replace("http://192.168.29.103:9001", sandbox.url)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "New user created" in done.stdout
    cid = api.items("/entities")[1]["combinedId"]
    alice = api.items(f"/entities/{cid}/users")[-1]
    assert (alice["firstName"], alice["lastName"]) == ("Alice", "In Wonderland")
    assert api.get("/templates").json()[-1]["name"] == "My line template"


def test_login_gives_a_session_cookie(sandbox, connect):
    """A login is an empty 200 with PLAY_SESSION."""
    answer = connect(sandbox, login=None).login()
    assert (answer.status_code, answer.content) == (200, b"")
    assert "PLAY_SESSION" in answer.cookies


@pytest.mark.parametrize(
    ("login", "password"), [("admin", "wrong"), ("nobody", "x"), ("annuaire", "None"), ("annuaire", "")]
)
def test_a_wrong_login_is_401(sandbox, connect, login, password):
    """A wrong password, a stranger, and an LDAP account are not let in."""
    assert connect(sandbox, login=None).login(login, password).status_code == 401


def test_xivos(api):
    """XiVOs are listed, got by id and created; the sample's keys are all there is."""
    xivos = api.items("/xivo")
    assert [list(xivo) for xivo in xivos] == [["id", "uuid", "name", "host", "remainingSlots"]] * 2
    assert api.get("/xivo/2").json() == xivos[1]
    assert (xivos[0]["name"], xivos[0]["host"]) == ("xivo-220", "192.168.29.220")
    assert api.post("/xivo", {"name": "xivo-9", "host": "xivo.example", "configure": False}).status_code == 201
    assert api.items("/xivo")[2]["host"] == "xivo.example"
    assert "obj.host" in api.post("/xivo", {"name": "b", "host": "xivo.example", "configure": True}).json()


def test_synchronize_is_a_get_that_acts(sandbox, api):
    """Each synchronize_config_files counts."""
    api.get("/xivo/synchronize_config_files")
    api.get("/xivo/synchronize_config_files")
    assert sandbox.syncs == 2


def test_an_entity_has_its_xivo_inside(api):
    """An entity shows the sample's keys, its combinedId is name@host, its XiVO is whole."""
    entity = api.items("/entities")[3]
    assert list(entity) == ["id", "combinedId", "name", "displayName", "xivo", "intervals", "presentedNumber"]
    assert entity["combinedId"] == f"{entity['name']}@{entity['xivo']['host']}"
    assert entity["xivo"] == api.get(f"/xivo/{entity['xivo']['id']}").json()
    assert entity["presentedNumber"] == "inbNo"
    assert api.get(f"/entities/{entity['combinedId']}").json() == entity
    assert api.get(f"/entities/{entity['combinedId'].replace('@', '%40')}").json() == entity


def test_a_single_number_has_an_empty_end(api):
    """One interval of the first entity ends in ""; its number is available as itself."""
    entity = api.items("/entities")[0]
    single = next(interval["start"] for interval in entity["intervals"] if interval["end"] == "")
    assert single in api.items(f"/entities/{entity['combinedId']}/available_numbers")


def test_default_is_ambiguous(api):
    """The name "default" occurs on both XiVOs."""
    assert [e["xivo"]["id"] for e in api.items("/entities") if e["name"] == "default"] == [1, 2]


def test_available_numbers_are_many(api):
    """The analogue entity has nearly its 20,000 numbers free, as strings, none taken."""
    cid = api.items("/entities")[3]["combinedId"]
    free = api.items(f"/entities/{cid}/available_numbers")
    taken = {user["internalNumber"] for user in api.items(f"/entities/{cid}/users")}
    assert len(free) == 20_000 - (len(taken) - 1)
    assert all(isinstance(number, str) for number in free)
    assert not taken.intersection(free)


def test_list_and_get_of_a_user_disagree(api):
    """externalNumber is the quoted name in the list and null by id; all else is the same, without the template."""
    listed = api.items("/entities/default_analogique@192.168.29.221/users")[0]
    shown = api.get(f"/users/{listed['id']}").json()
    assert listed["externalNumber"] == '"Sous sol Logistique CLF 88:40 P3"'
    assert shown["externalNumber"] is None
    assert {**listed, "externalNumber": None} == shown
    keys = "id entity firstName lastName internalNumber externalNumber mail ctiLogin ctiPassword provisioningNumber"
    assert list(shown) == keys.split()
    assert (shown["mail"], shown["ctiLogin"], shown["ctiPassword"]) == (None, None, None)
    assert shown["entity"] == api.get("/entities/default_analogique@192.168.29.221").json()


def test_a_user_may_lie_outside_its_intervals(api):
    """The one that is no person has 6260, in an entity of 7 and 8 digits."""
    user = api.items("/entities/default_analogique@192.168.29.221/users")[0]
    assert user["internalNumber"] == "6260"


def test_templates_are_a_bare_array_without_nulls(api):
    """The list of templates has no "items"; keys that were never set are absent; one key is undocumented."""
    templates = api.get("/templates").json()
    assert isinstance(templates, list)
    assert all(None not in template.values() for template in templates)
    assert "customCallerId" not in templates[0]
    assert templates[2]["customCallerId"]
    assert templates[4]["recordingMode"] == "off"
    assert api.get("/templates/3").json() == templates[2]


def test_administrators_show_blobs_and_entities(api):
    """An administrator shows 64 characters for a password, and whole entities."""
    admin, telecom, ldap = api.items("/administrators")
    assert list(admin) == ["id", "login", "name", "password", "superAdmin", "ldap", "entities"]
    assert len(admin["password"]) == 64
    assert telecom["entities"] == [api.items("/entities")[0]]
    assert (ldap["ldap"], ldap["password"]) == (True, None)
    assert api.get("/administrators/2").json() == telecom


@pytest.mark.parametrize(
    "path", ["/xivo/99", "/users/9999", "/templates/99", "/administrators/99", "/entities/nobody@nowhere", "/users"]
)
def test_what_is_not_there_is_404(api, path):
    """An unknown record or route is a 404 in JSON."""
    answer = api.get(path)
    assert (answer.status_code, list(answer.json())) == (404, ["error"])


def test_broken_bodies_are_refused(api):
    """Broken JSON and an array are 400, another content type is 415."""
    url = api.base + "/users"
    headers = {"Content-Type": "application/json"}
    assert api.session.post(url, data="{", headers=headers, timeout=9).status_code == 400
    assert api.session.post(url, data="[]", headers=headers, timeout=9).status_code == 400
    assert api.session.post(url, data=json.dumps({}), timeout=9).status_code == 415
