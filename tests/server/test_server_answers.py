"""How a server answers a write, and a caller who never logged in: for the probe."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from xcu_sheets.model.errors import OutcomeUnknown, Refused, Unavailable, XcuError
from xcu_sheets.model.resources import TEMPLATES, XIVOS
from xcu_sheets.sandbox import Fault, Sandbox
from xcu_sheets.server import CallLog, Client, Written

TEMPLATE = {
    "name": "Try",
    "xivos": [1],
    "entities": [],
    "peerSipName": "auto",
    "ringingTime": 30,
    "routedInbound": False,
    "callerIdMode": "anonymous",
    "voiceMailEnabled": False,
}


@pytest.fixture
def client(server: Sandbox) -> Iterator[Client]:
    with Client(server.url, "admin", "superpass", sleep=lambda _: None) as connected:
        yield connected


@pytest.mark.parametrize(
    ("post_answer", "value"), [("nothing", None), ("id", {"id": 7}), ("object", {"id": 7, "name": "Try"})]
)
def test_a_write_tells_its_status_and_body(client: Client, server: Sandbox, post_answer: str, value: Any) -> None:
    """Status and value of a create, an update and a delete, as they came."""
    server.set_switches(post_answer=post_answer)
    made = client.write_record("create", TEMPLATES, payload=TEMPLATE)
    assert made.status == 201 and (made.value == value or made.value.items() >= value.items())
    assert client.write_record("update", TEMPLATES, "7", TEMPLATE).status == 200
    assert client.write_record("delete", TEMPLATES, "7") == Written(204, None)


def test_a_write_that_fails_is_an_error_as_ever(client: Client, server: Sandbox) -> None:
    """Refused, not known, not possible, read-only: nothing is different for who asks how it was answered."""
    with pytest.raises(Refused):
        client.write_record("create", TEMPLATES, payload={})
    with pytest.raises(XcuError, match="cannot delete"):
        client.write_record("delete", XIVOS, "1")
    with pytest.raises(XcuError, match="not the id"):
        client.write_record("delete", TEMPLATES, "../users/1")
    server.add_fault(Fault("drop_after_commit", "POST"))
    with pytest.raises(OutcomeUnknown):
        client.write_record("create", TEMPLATES, payload=TEMPLATE)
    with (
        Client(server.url, "admin", "superpass", read_only=True) as reader,
        pytest.raises(XcuError, match="read-only"),
    ):
        reader.write_record("create", TEMPLATES, payload=TEMPLATE)


@pytest.mark.parametrize(("unauthorised", "status"), [("401", 401), ("redirect", 302), ("html", 200)])
def test_a_caller_without_login(client: Client, server: Sandbox, unauthorised: str, status: int) -> None:
    """The answer comes as it is, and the session of the client itself goes on without another login."""
    server.set_switches(unauthorised=unauthorised)
    client.log_in()
    answer = client.ask_without_login()
    assert (answer.status, answer.is_html and answer.ok) == (status, unauthorised == "html")
    client.list_records(XIVOS)
    assert [c.path for c in server.calls if c.method == "POST"] == ["/login"]


def test_a_caller_without_login_is_told_of_no_answer(server: Sandbox) -> None:
    """No answer is Unavailable; the call is logged like any other."""
    calls: list[CallLog] = []
    server.add_fault(Fault("drop_before_commit", "GET"))
    with Client(server.url, "admin", "superpass", on_call=calls.append) as client:
        with pytest.raises(Unavailable):
            client.ask_without_login()
        client.ask_without_login()
    assert [(call.method, call.path, call.status) for call in calls] == [("GET", "/xivo", 0), ("GET", "/xivo", 401)]
