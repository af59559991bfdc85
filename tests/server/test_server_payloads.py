"""Cells to request bodies, and edits that keep what they do not touch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from xcu_sheets.model.directory import Directory, Unresolved, make_directory
from xcu_sheets.model.errors import OutcomeUnknown, Refused
from xcu_sheets.model.kinds import BadCell
from xcu_sheets.model.records import Record, Secret
from xcu_sheets.model.resources import ADMINISTRATORS, ENTITIES, TEMPLATES, USERS, XIVOS
from xcu_sheets.sandbox import Fault, Sandbox, SandboxConfig
from xcu_sheets.server import Client, create_payload, edit_record, update_payload

XIVO = {"id": 2, "uuid": "15585b75", "name": "xivo-221", "host": "192.168.29.221", "remainingSlots": 280}
ENTITY = {
    "id": 22,
    "combinedId": "default_analogique@192.168.29.221",
    "name": "default_analogique",
    "displayName": "Analogique",
    "xivo": XIVO,
    "intervals": [{"start": "1700", "end": "1799", "kind": "user"}, {"start": "1961", "end": "", "note": 1}],
    "presentedNumber": "inbNo",
}
TEMPLATE = {
    "id": 1,
    "name": "Modèle 220",
    "peerSipName": "auto",
    "routedInbound": False,
    "callerIdMode": "incomingNo",
    "ringingTime": 30,
    "voiceMailEnabled": False,
    "voiceMailNumberMode": "short_number",
    "xivos": [2],
    "entities": [ENTITY["combinedId"]],
}
USER = {
    "id": 559,
    "entity": ENTITY,
    "firstName": "Sous sol",
    "lastName": "CLF 88:40 P3",
    "internalNumber": "6260",
    "externalNumber": None,
    "mail": None,
    "ctiLogin": None,
    "ctiPassword": None,
    "provisioningNumber": "114133",
}
CID = ENTITY["combinedId"]
PUT_USER = {
    "entityCId": CID,
    "firstName": "Sous sol",
    "lastName": "CLF 88:40 P3",
    "internalNumber": "6260",
    "ctiLogin": None,
}


@pytest.fixture
def directory() -> Directory:
    return make_directory({"xivos": [XIVO], "entities": [ENTITY], "templates": [TEMPLATE]})


def put_user(directory: Directory, live: Record, edits: dict[str, str], **options: Any) -> dict[str, Any]:
    return update_payload(USERS, live, edits, directory, options.get("secrets", {}), options.get("listed"))


# Creates


def test_a_user_to_create(directory: Directory) -> None:
    """References become keys, blank cells and what is not the server's are not sent, the secret stays sealed."""
    cells = {
        "action": "create",
        "id": "",
        "entity": "Analogique",
        "template": "modele 220",
        "first_name": "Alice",
        "last_name": "",
        "internal_number": "0102",
        "external_number": "x",
        "mail": "a@b",
        "cti_login": "alice",
        "cti_password": "must come as a secret",
        "provisioning_number": "123456",
        "their own column": "x",
    }
    secret = Secret("s3cret!")
    assert create_payload(USERS, cells, directory, {"cti_password": secret}) == {
        "entityCId": CID,
        "templateId": 1,
        "firstName": "Alice",
        "internalNumber": "0102",
        "ctiLogin": "alice",
        "ctiPassword": secret,
    }


@pytest.mark.parametrize("secrets", [{}, {"cti_password": Secret("")}])
def test_a_blank_secret_is_not_sent(directory: Directory, secrets: dict[str, Secret]) -> None:
    """Neither a missing nor a blank secret makes a key; a clear on a new row says nothing either."""
    assert create_payload(USERS, {"cti_login": "<clear>"}, directory, secrets) == {}


def test_a_template_to_create(directory: Directory) -> None:
    """Lists of references, booleans, integers and choices get the API's types."""
    cells = {
        "name": "T",
        "xivos": "xivo-221",
        "entities": "Analogique, default_analogique@xivo-221",
        "peer_sip_name": "AUTO",
        "ringing_time": "30",
        "routed_inbound": "oui",
        "voice_mail_send_email": "no",
    }
    assert create_payload(TEMPLATES, cells, directory, {}) == {
        "name": "T",
        "xivos": [2],
        "entities": [CID, CID],
        "peerSipName": "auto",
        "ringingTime": 30,
        "routedInbound": True,
        "voiceMailSendEmail": False,
    }


def test_an_entity_to_create(directory: Directory) -> None:
    """The XiVO becomes its id, intervals the API's objects."""
    cells = {"name": "a", "xivo": "xivo-221", "intervals": "1700-1799, 1961", "combined_id": "never sent"}
    assert create_payload(ENTITIES, cells, directory, {}) == {
        "name": "a",
        "xivoId": 2,
        "intervals": [{"start": "1700", "end": "1799"}, {"start": "1961", "end": ""}],
    }


def test_ids_are_sent_as_integers() -> None:
    """A directory made from text, as a baseline's is, still gives integer ids."""
    directory = make_directory({"templates": [{"id": "7", "name": "T"}]})
    assert create_payload(USERS, {"template": "T"}, directory, {}) == {"templateId": 7}


@pytest.mark.parametrize(
    ("cells", "error"),
    [({"entity": "nobody"}, Unresolved), ({"internal_number": "auto"}, BadCell), ({"internal_number": "x"}, BadCell)],
)
def test_what_validation_refuses_is_not_sent(directory: Directory, cells: dict[str, str], error: type) -> None:
    """A number still to be chosen or an unknown name never becomes a body."""
    with pytest.raises(error):
        create_payload(USERS, cells, directory, {})


def test_what_nobody_writes_has_no_body(directory: Directory) -> None:
    """Sheets that are only read make empty bodies."""
    assert create_payload(ADMINISTRATORS, {"login": "x"}, directory, {}) == {}
    assert create_payload(XIVOS, {"name": "x"}, directory, {}) == {}


# Updates


def test_an_edit_of_the_documents_user(directory: Directory) -> None:
    """Writable members as they were, the edit over them; nulls stay nulls, read-only keys stay home."""
    assert put_user(directory, USER, {"first_name": "Zoé"}) == {**PUT_USER, "firstName": "Zoé"}


def test_unknown_keys_go_back_as_they_came(directory: Directory) -> None:
    """What a newer server added is not lost by an older program, a templateId that it shows included."""
    extra = {"favourite": {"a": [1, None]}, "templateId": 4, "nul": None}
    assert put_user(directory, {**USER, **extra}, {}) == {**PUT_USER, **extra}


def test_a_server_that_shows_the_written_keys(directory: Directory) -> None:
    """An entityCId in the place of the entity, and a templateId, go back."""
    live = {**{k: v for k, v in USER.items() if k != "entity"}, "entityCId": CID, "templateId": None}
    assert put_user(directory, live, {}) == {**PUT_USER, "templateId": None}


def test_blank_edits_change_nothing_and_clear_sends_null(directory: Directory) -> None:
    """Blank leaves, clear empties where the field says how, and a required field cannot be emptied."""
    live = {**USER, "ctiLogin": "bob"}
    assert put_user(directory, live, {"cti_login": ""})["ctiLogin"] == "bob"
    assert put_user(directory, live, {"cti_login": "<clear>"})["ctiLogin"] is None
    with pytest.raises(BadCell):
        put_user(directory, live, {"first_name": "<vider>"})


def test_absent_members_stay_absent(directory: Directory) -> None:
    """A user without a key keeps being without it."""
    live = {key: value for key, value in USER.items() if key != "ctiLogin"}
    assert "ctiLogin" not in put_user(directory, live, {"last_name": "X"})


def test_a_template_keeps_its_absent_keys(directory: Directory) -> None:
    """A PUT without edits is the record without its id; clear leaves the key out."""
    same = {key: value for key, value in TEMPLATE.items() if key != "id"}
    assert update_payload(TEMPLATES, TEMPLATE, {}, directory, {}, None) == same
    edits = {"voice_mail_number_mode": "<clear>", "ringing_time": "35"}
    edited = update_payload(TEMPLATES, TEMPLATE, edits, directory, {}, None)
    assert edited == {k: v for k, v in {**same, "ringingTime": 35}.items() if k != "voiceMailNumberMode"}


@pytest.mark.parametrize("entities", [[CID], [22], ["22"], [ENTITY], [{"id": 22}]])
@pytest.mark.parametrize("xivos", [[2], [XIVO], ["2"]])
def test_references_go_back_in_the_written_form(directory: Directory, entities: list[Any], xivos: list[Any]) -> None:
    """Whether the server shows keys, ids or whole records, a write gets keys."""
    payload = update_payload(TEMPLATES, {**TEMPLATE, "entities": entities, "xivos": xivos}, {}, directory, {}, None)
    assert (payload["entities"], payload["xivos"]) == ([CID], [2])


def test_references_unknown_to_us_go_back_as_they_came(directory: Directory) -> None:
    """A key that this login cannot see is kept; a record without any key cannot be."""
    payload = update_payload(TEMPLATES, {**TEMPLATE, "entities": ["x@y"], "xivos": None}, {}, directory, {}, None)
    assert (payload["entities"], payload["xivos"]) == (["x@y"], None)
    with pytest.raises(Unresolved):
        put_user(directory, {**USER, "entity": {"name": "who?"}}, {})


def test_an_entity_is_put_in_the_written_shape(directory: Directory) -> None:
    """The nested XiVO becomes xivoId; combinedId and id stay home."""
    assert update_payload(ENTITIES, {**ENTITY, "zone": 7}, {"display_name": "Neu"}, directory, {}, None) == {
        "name": "default_analogique",
        "displayName": "Neu",
        "xivoId": 2,
        "intervals": ENTITY["intervals"],
        "presentedNumber": "inbNo",
        "zone": 7,
    }


def test_intervals_that_stay_keep_their_unknown_keys(directory: Directory) -> None:
    """1961 and 1961-1961 are the same interval: the live one is sent, with all it holds."""
    live = {**ENTITY, "intervals": [*ENTITY["intervals"], {"start": "1980", "end": "1980", "x": 2}]}
    edits = {"intervals": "1980, 1961-1961, 1700-1799, 2000-2010"}
    assert update_payload(ENTITIES, live, edits, directory, {}, None)["intervals"] == [
        {"start": "1980", "end": "1980", "x": 2},
        {"start": "1961", "end": "", "note": 1},
        {"start": "1700", "end": "1799", "kind": "user"},
        {"start": "2000", "end": "2010"},
    ]


# Secrets in updates


def with_password(value: str | None) -> Record:
    return {**USER, "ctiPassword": None if value is None else Secret(value)}


@pytest.mark.parametrize(
    ("live", "listed", "kept"),
    [
        ("s3cret!", "s3cret!", True),
        ("s3cret!", None, False),
        ("s3cret!", "other!", False),
        (None, "s3cret!", False),
        ("********", "********", False),
        ("aaaa", "aaaa", False),
        ("abc", "abc", False),
        ("mot de passe", "mot de passe", False),
        ("5f4dcc3b5aa765d61d8327deb882cf99", "5f4dcc3b5aa765d61d8327deb882cf99", False),
        ("$2b$12$abcdefghijklmnopqrstuv", "$2b$12$abcdefghijklmnopqrstuv", False),
        ("x" * 30 + "y" * 30, "x" * 30 + "y" * 30, False),
    ],
)
def test_a_password_goes_back_only_where_it_is_surely_one(
    directory: Directory, live: str | None, listed: str | None, kept: bool
) -> None:
    """List and record must agree, and the value be no mask and no hash."""
    payload = put_user(directory, with_password(live), {}, listed=with_password(listed))
    assert ("ctiPassword" in payload) is kept
    assert not kept or payload["ctiPassword"].reveal() == live


def test_a_given_password_is_sent_and_null_never(directory: Directory) -> None:
    """A new secret wins over the old one; a cell or a clear in its column sends nothing."""
    live = with_password("s3cret!")
    given = put_user(directory, live, {}, secrets={"cti_password": Secret("n3w!")}, listed=live)
    assert given["ctiPassword"].reveal() == "n3w!"
    for text in ("plain", "<clear>"):
        assert "ctiPassword" not in put_user(directory, live, {"cti_password": text})
    assert "ctiPassword" not in put_user(directory, live, {})


# Edits against the sandbox


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(SandboxConfig(users=12)) as running:
        yield running


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[Client]:
    with Client(sandbox.url, "admin", "superpass") as logged_in:
        yield logged_in


def known(client: Client) -> Directory:
    return make_directory({r.name: client.list_records(r) for r in (XIVOS, ENTITIES, TEMPLATES)})


def some_user(client: Client) -> Record:
    users = [u for e in client.list_records(ENTITIES) for u in client.list_records(USERS, e["combinedId"])]
    return next(u for u in users if u["ctiPassword"])


@pytest.mark.parametrize("put_password", ["keeps", "clears"])
def test_an_edit_keeps_all_else(sandbox: Sandbox, client: Client, put_password: str) -> None:
    """Password, template, mail and unknown keys survive the edit of a name, whatever a PUT does with omitted keys."""
    sandbox.set_switches(put_password=put_password)
    listed = some_user(client)
    key = listed["id"]
    sandbox.edit_user(key, extra='{"colour":"red"}')
    before = sandbox.user_row(key)
    directory = known(client)
    seen = {"first_name": listed["firstName"]}
    assert edit_record(client, USERS, str(key), seen, {"first_name": "Zoé"}, directory, {}, listed) == {}
    assert sandbox.user_row(key) == {**before, "first_name": "Zoé"}


def test_a_changed_cell_is_a_conflict_and_nothing_is_sent(sandbox: Sandbox, client: Client) -> None:
    """Somebody was faster: the new text comes back, no PUT goes out."""
    user = some_user(client)
    sandbox.edit_user(user["id"], first_name="Somebody")
    edits = {"first_name": "Zoé", "last_name": "Neu"}
    seen = {"first_name": user["firstName"], "last_name": user["lastName"]}
    directory = known(client)
    assert edit_record(client, USERS, str(user["id"]), seen, edits, directory, {}) == {"first_name": "Somebody"}
    assert "PUT" not in [call.method for call in sandbox.calls]


def test_a_change_elsewhere_is_no_conflict_and_survives(sandbox: Sandbox, client: Client) -> None:
    """Merging is per cell: another's edit of another cell stays."""
    user = some_user(client)
    sandbox.edit_user(user["id"], last_name="Somebody")
    seen = {"first_name": user["firstName"]}
    edit_record(client, USERS, str(user["id"]), seen, {"first_name": "Zoé"}, known(client), {})
    row = sandbox.user_row(user["id"])
    assert row is not None
    assert (row["first_name"], row["last_name"]) == ("Zoé", "Somebody")


def test_cells_the_server_never_shows_are_sent_unseen(sandbox: Sandbox, client: Client) -> None:
    """A template and a password have nothing to be compared with."""
    user, directory = some_user(client), known(client)
    template = directory.labels("templates")[0]
    secrets = {"cti_password": Secret("n3w-one!")}
    assert edit_record(client, USERS, str(user["id"]), {}, {"template": template}, directory, secrets) == {}
    assert sandbox.password_of(user["id"]) == "n3w-one!"


def test_an_entity_and_a_template_are_edited(sandbox: Sandbox, client: Client) -> None:
    """References and intervals are compared as cell texts."""
    directory = known(client)
    entity = client.list_records(ENTITIES)[0]
    seen = {"display_name": entity["displayName"], "xivo": entity["xivo"]["name"]}
    edits = {"display_name": "Neu neu", "xivo": entity["xivo"]["name"]}
    assert edit_record(client, ENTITIES, entity["combinedId"], seen, edits, directory, {}) == {}
    assert client.get_record(ENTITIES, entity["combinedId"]) == {**entity, "displayName": "Neu neu"}
    template = client.list_records(TEMPLATES)[0]
    key = str(template["id"])
    assert edit_record(client, TEMPLATES, key, {"entities": "?"}, {"entities": "x"}, directory, {}).keys() == {
        "entities"
    }
    seen = {"ringing_time": str(template["ringingTime"])}
    assert edit_record(client, TEMPLATES, key, seen, {"ringing_time": "55"}, directory, {}) == {}
    assert client.get_record(TEMPLATES, key) == {**template, "ringingTime": 55}


def test_an_edit_costs_two_calls(sandbox: Sandbox, client: Client) -> None:
    """One GET, one PUT; a record that is gone is a Refused with 404, a dropped PUT is unknown."""
    user, directory = some_user(client), known(client)
    arguments = ({"first_name": user["firstName"]}, {"first_name": "Zoé"}, directory, {})
    sandbox.clear_calls()
    edit_record(client, USERS, str(user["id"]), *arguments)
    assert [call.method for call in sandbox.calls] == ["GET", "PUT"]
    sandbox.edit_user(user["id"], first_name=user["firstName"])
    sandbox.add_fault(Fault("drop_after_commit", method="PUT"))
    with pytest.raises(OutcomeUnknown):
        edit_record(client, USERS, str(user["id"]), *arguments)
    sandbox.delete_user(user["id"])
    with pytest.raises(Refused) as gone:
        edit_record(client, USERS, str(user["id"]), *arguments)
    assert gone.value.status == 404
