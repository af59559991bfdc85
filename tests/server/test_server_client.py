"""The client against the sandbox: every endpoint, the session, and what each failure means."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from test_server_transport import Answering, Raw, Request, http, raw_server

from xcu_sheets.model.errors import ApiError, LoginFailed, OutcomeUnknown, Refused, Unavailable, XcuError
from xcu_sheets.model.fields import Resource
from xcu_sheets.model.records import Record, Secret
from xcu_sheets.model.resources import ADMINISTRATORS, ENTITIES, NUMBERS, TEMPLATES, USERS, XIVOS
from xcu_sheets.sandbox import Fault, Sandbox, SandboxConfig, Switches
from xcu_sheets.server import CallLog, Client, Timeouts
from xcu_sheets.server.answers import describe, wait_of
from xcu_sheets.server.transport import Answer

PASSWORD = "superpass"
SESSION_ENDS = ("401", "redirect", "html")


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(SandboxConfig(users=20)) as running:
        yield running


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[Client]:
    with Client(sandbox.url, "admin", PASSWORD, sleep=lambda _: None) as logged_in:
        yield logged_in


@contextmanager
def xcu(answer: Answering, **options: object) -> Iterator[tuple[Client, Raw]]:
    """Run a server that takes any login and answers all else by `answer`, and a client to it."""
    options.setdefault("sleep", lambda _: None)
    with (
        raw_server(lambda r: login_ok(r) or answer(r)) as raw,
        Client(raw.url, "a", "login-canary", **options) as client,
    ):
        yield client, raw


def login_ok(request: Request) -> bytes | None:
    """Answer a login as an XCU does, any other call not at all."""
    return http(200, "", Set_Cookie="PLAY_SESSION=x; Path=/; HttpOnly") if request.path == "/login" else None


def whole() -> float:
    """The longest wait that the jitter allows."""
    return 1.0


def raised(kind: type[BaseException], call: Callable[..., object], *arguments: object) -> BaseException:
    """Call, and return the exception of this kind that comes of it."""
    with pytest.raises(kind) as caught:
        call(*arguments)
    return caught.value


def first_entity(client: Client) -> Record:
    return client.list_records(ENTITIES)[0]


def user_body(client: Client, **members: object) -> dict[str, object]:
    entity = first_entity(client)
    return {
        "entityCId": entity["combinedId"],
        "templateId": client.list_records(TEMPLATES)[0]["id"],
        "firstName": "Alice",
        "lastName": "In Wonderland",
        "internalNumber": client.available_numbers(entity["combinedId"])[0],
        **members,
    }


def logins(sandbox: Sandbox) -> int:
    return sum(call.path == "/login" for call in sandbox.calls)


# Every endpoint


@pytest.mark.parametrize("resource", [XIVOS, ENTITIES, TEMPLATES, ADMINISTRATORS], ids=lambda r: r.name)
def test_lists_and_single_records_agree(client: Client, resource: Resource) -> None:
    """Each record of a list can be read again by its key, whether the list is bare or not."""
    records = client.list_records(resource)
    assert records
    assert client.get_record(resource, str(records[0][resource.key])) == records[0]


def test_users_are_listed_by_entity_and_sealed(client: Client) -> None:
    """A user's password arrives sealed; unknown keys and nulls are kept."""
    users = [u for e in client.list_records(ENTITIES) for u in client.list_records(USERS, e["combinedId"])]
    assert len(users) == 20
    assert {type(u["ctiPassword"]) for u in users} == {Secret, type(None)}
    assert client.get_record(USERS, str(users[0]["id"]))["firstName"] == users[0]["firstName"]


def test_administrators_come_without_their_hash(client: Client) -> None:
    """Nobody can send a hash back that nobody has."""
    assert all("password" not in record for record in client.list_records(ADMINISTRATORS))
    assert "password" not in client.get_record(ADMINISTRATORS, "1")


@pytest.mark.parametrize("answer", ["nothing", "id", "object"])
def test_a_user_is_created_edited_and_deleted(sandbox: Sandbox, client: Client, answer: str) -> None:
    """The id is returned where the answer shows one; the record is there in any case."""
    sandbox.set_switches(post_answer=answer)
    body = user_body(client)
    made = client.create_record(USERS, body)
    users = client.list_records(USERS, str(body["entityCId"]))
    alice = next(u for u in users if u["lastName"] == "In Wonderland")
    assert made == ("" if answer == "nothing" else str(alice["id"]))
    client.update_record(USERS, str(alice["id"]), {**body, "firstName": "Alicia"})
    assert client.get_record(USERS, str(alice["id"]))["firstName"] == "Alicia"
    client.delete_record(USERS, str(alice["id"]))
    with pytest.raises(Refused) as gone:
        client.delete_record(USERS, str(alice["id"]))
    assert gone.value.status == 404


def test_an_entity_is_created_edited_and_deleted(client: Client) -> None:
    """Entities go by combinedId."""
    body = {
        "name": "annexe",
        "displayName": "Annexe",
        "xivoId": client.list_records(XIVOS)[0]["id"],
        "intervals": [{"start": "880000", "end": "880009"}],
        "presentedNumber": "inbNo",
    }
    client.create_record(ENTITIES, body)
    cid = next(e["combinedId"] for e in client.list_records(ENTITIES) if e["name"] == "annexe")
    assert client.available_numbers(cid)[0] == "880000"
    client.update_record(ENTITIES, cid, {**body, "displayName": "Annexe 2"})
    assert client.get_record(ENTITIES, cid)["displayName"] == "Annexe 2"
    client.delete_record(ENTITIES, cid)
    assert cid not in [e["combinedId"] for e in client.list_records(ENTITIES)]


def test_a_template_is_created_edited_and_deleted(client: Client) -> None:
    """Templates go by id."""
    seen = client.list_records(TEMPLATES)[0]
    body = {key: value for key, value in seen.items() if key != "id"}
    client.create_record(TEMPLATES, {**body, "name": "Autre"})
    made = next(str(t["id"]) for t in client.list_records(TEMPLATES) if t["name"] == "Autre")
    client.update_record(TEMPLATES, made, {**body, "name": "Encore"})
    assert client.get_record(TEMPLATES, made)["name"] == "Encore"
    client.delete_record(TEMPLATES, made)
    assert made not in [str(t["id"]) for t in client.list_records(TEMPLATES)]


def test_an_administrator_and_a_xivo_are_created(client: Client) -> None:
    """What the API document offers, the client can do; the sheets decide what is done."""
    admin = {"login": "bob", "name": "", "ldap": False, "password": "s3cret!", "superAdmin": False, "entityIds": []}
    client.create_record(ADMINISTRATORS, admin)
    made = next(str(a["id"]) for a in client.list_records(ADMINISTRATORS) if a["login"] == "bob")
    client.update_record(ADMINISTRATORS, made, {**admin, "name": "Bob"})
    client.delete_record(ADMINISTRATORS, made)
    client.create_record(XIVOS, {"name": "xivo-9", "host": "192.168.29.9", "configure": False})
    assert "xivo-9" in [x["name"] for x in client.list_records(XIVOS)]


def test_the_configuration_is_synchronised_on_purpose_only(sandbox: Sandbox, client: Client) -> None:
    """No other method reaches the GET that acts."""
    with pytest.raises(XcuError):
        client.get_record(XIVOS, "synchronize_config_files")
    assert sandbox.syncs == 0
    client.synchronize_config_files()
    assert sandbox.syncs == 1


# What is refused before any call


@pytest.mark.parametrize("key", ["", ".", "..", "\ud83d", "1/2", "0x1", "-1", "synchronize_config_files"])
@pytest.mark.parametrize("resource", [USERS, XIVOS], ids=lambda r: r.name)
def test_odd_ids_are_refused(sandbox: Sandbox, client: Client, resource: Resource, key: str) -> None:
    """What is no number is no id, and makes no call."""
    with pytest.raises(XcuError):
        client.get_record(resource, key)
    assert sandbox.calls == []


@pytest.mark.parametrize("key", ["", ".", "..", "\ud83d"])
def test_odd_combined_ids_are_refused(sandbox: Sandbox, client: Client, key: str) -> None:
    """A combinedId that would climb makes no call."""
    for call in (
        lambda: client.list_records(USERS, key),
        lambda: client.available_numbers(key),
        lambda: client.delete_record(ENTITIES, key),
    ):
        with pytest.raises(XcuError):
            call()
    assert sandbox.calls == []


@pytest.mark.parametrize(
    "key", ["a/../../administrators/1", "a?x=1", "a#b", "a%2Fb", "a b", "é@ü", "a;b", "a\\b", "{}", "../x"]
)
def test_a_combined_id_stays_one_segment(key: str) -> None:
    """Nothing in a key can lead to another path."""
    with xcu(lambda r: http(404, "{}")) as (client, raw):
        raised(Refused, client.delete_record, ENTITIES, key)
    path = raw.requests[-1].path
    assert path.startswith("/entities/")
    assert not set(path.removeprefix("/entities/")) & set("/?#\\ ;")


@pytest.mark.parametrize(
    ("method", "resource"),
    [("update_record", XIVOS), ("delete_record", XIVOS), ("create_record", NUMBERS), ("list_records", NUMBERS)],
)
def test_what_the_api_lacks_makes_no_call(sandbox: Sandbox, client: Client, method: str, resource: Resource) -> None:
    """The table says what there is."""
    arguments = {"update_record": ("1", {}), "delete_record": ("1",), "create_record": ({},), "list_records": ()}
    with pytest.raises(XcuError, match="cannot"):
        getattr(client, method)(resource, *arguments[method])
    assert sandbox.calls == []


def test_read_only_reads_only(sandbox: Sandbox) -> None:
    """A read-only client logs in and reads, and nothing else."""
    with Client(sandbox.url, "admin", PASSWORD, read_only=True) as client:
        for write in (
            lambda: client.create_record(USERS, {}),
            lambda: client.update_record(USERS, "1", {}),
            lambda: client.delete_record(USERS, "1"),
            client.synchronize_config_files,
        ):
            with pytest.raises(XcuError, match="read-only"):
                write()
        assert sandbox.calls == []
        assert client.list_records(XIVOS)


# The session


@pytest.mark.parametrize("ending", SESSION_ENDS)
def test_an_expired_session_is_renewed_for_reads_and_writes(sandbox: Sandbox, client: Client, ending: str) -> None:
    """However the server says it, one more login and one more call heal it."""
    sandbox.set_switches(unauthorised=ending)
    body = user_body(client)
    sandbox.add_fault(Fault("expire", method="POST", path="^/users"))
    client.create_record(USERS, body)
    sandbox.add_fault(Fault("expire", method="GET", path="^/xivo"))
    assert client.list_records(XIVOS)
    assert logins(sandbox) == 3
    created = [u for u in client.list_records(USERS, str(body["entityCId"])) if u["lastName"] == "In Wonderland"]
    assert len(created) == 1


@pytest.mark.parametrize("ending", SESSION_ENDS)
def test_a_session_that_never_holds_is_a_failed_login(sandbox: Sandbox, client: Client, ending: str) -> None:
    """Right after a fresh login it is not the session: two calls, then an end."""
    sandbox.set_switches(unauthorised=ending)
    sandbox.add_fault(Fault("expire", path="^/xivo", times=None))
    with pytest.raises(LoginFailed, match="even after a fresh login"):
        client.list_records(XIVOS)
    assert [c.path for c in sandbox.calls] == ["/login", "/xivo"] * 2


def test_a_lasting_403_is_refused(sandbox: Sandbox, client: Client) -> None:
    """A right that is missing is no session that is over: after one fresh login the row or list is refused."""
    sandbox.add_fault(Fault("status", path="/(users|administrators).*", times=None, code=403, body="pas le droit"))
    for call in (lambda: client.list_records(ADMINISTRATORS), lambda: client.delete_record(USERS, "1")):
        with pytest.raises(Refused, match="pas le droit") as caught:
            call()
        assert caught.value.status == 403
    assert logins(sandbox) == 3


@pytest.mark.parametrize("ending", SESSION_ENDS)
def test_eight_threads_log_in_once(sandbox: Sandbox, client: Client, ending: str) -> None:
    """A session lost under eight threads costs one login, and every call succeeds."""
    sandbox.set_switches(unauthorised=ending)
    client.log_in()
    barrier = threading.Barrier(8)

    def read(_: int) -> int:
        barrier.wait()
        return len(client.list_records(XIVOS))

    sandbox.world.sessions.clear()
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(read, range(8))) == {2}
    assert logins(sandbox) == 2


def test_the_first_login_is_made_once_by_eight_threads(sandbox: Sandbox, client: Client) -> None:
    """Nobody has to log in, and nobody does it twice."""
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: client.list_records(XIVOS), range(8)))
    client.log_in()
    assert logins(sandbox) == 1


def test_a_session_that_keeps_ending_under_eight_threads(sandbox: Sandbox, client: Client) -> None:
    """Sessions that end every few calls cost at most one login each, and nothing is lost or made twice."""
    body = user_body(client)
    numbers = client.available_numbers(str(body["entityCId"]))[:40]
    for nth in range(20, 80, 20):
        sandbox.add_fault(Fault("expire", path="^/users", nth=nth))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: client.create_record(USERS, {**body, "internalNumber": n}), numbers))
    users = client.list_records(USERS, str(body["entityCId"]))
    assert sorted(u["internalNumber"] for u in users if u["lastName"] == "In Wonderland") == sorted(numbers)
    assert logins(sandbox) <= 1 + 3


def test_a_wrong_password_is_said_and_not_shown(sandbox: Sandbox) -> None:
    """The login is named, the password never, and eight threads try it once."""
    with Client(sandbox.url, "admin", "hunter2-wrong") as client:

        def read(_: int) -> str:
            with pytest.raises(LoginFailed) as caught:
                client.list_records(XIVOS)
            return str(caught.value)

        with ThreadPoolExecutor(8) as pool:
            texts = set(pool.map(read, range(8)))
    assert texts == {"the server refused login admin: check the login and password"}
    assert logins(sandbox) == 1


# Redirects and strangers


@pytest.mark.parametrize(
    "location", ["https://127.0.0.1/api/1.0/login", "//evil.example/x", "http://bob:pw@evil.example/"]
)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_elsewhere_is_named_and_never_followed(status: int, location: str) -> None:
    """Neither login, password nor body goes to another address."""
    with (
        raw_server(lambda _: http(status, "", Location=location)) as raw,
        Client(raw.url, "admin", "hunter2") as client,
        pytest.raises(LoginFailed, match="if you trust it") as caught,
    ):
        client.list_records(XIVOS)
    assert raw.paths() == ["POST /login"]
    assert "pw" not in str(caught)
    assert "evil.example:80" in str(caught) or "https://127.0.0.1:443" in str(caught)


def test_a_redirect_elsewhere_during_a_write() -> None:
    """A POST that is sent elsewhere is not repeated there as a GET."""
    with xcu(lambda _: http(302, "", Location="https://h.example/users")) as (client, raw):
        assert "https://h.example:443" in str(raised(LoginFailed, client.create_record, USERS, {}))
    assert raw.paths() == ["POST /login", "POST /users"]


@pytest.mark.parametrize(
    "answer",
    [
        http(303, "", Location="/users/560"),
        http(302, "", Location="/"),
        http(302, ""),
        http(200, "<html><title>Saved by its author: log in</title></html>", kind="text/html"),
        http(200, '{"id": 1'),
        http(200, "{'id': 1}", kind="text/plain"),
        http(200, "[NaN]"),
        http(500, "boom"),
        http(502, "proxy"),
        http(503, "later", Retry_After="1"),
        http(504, "proxy"),
        b"",
        b"HTTP/1.1 200 X\r\nContent-Length: 10\r\n\r\n[]",
    ],
    ids=["redirect", "root", "nowhere", "page", "cut", "quotes", "nan", "500", "502", "503", "504", "dropped", "short"],
)
def test_a_write_without_a_clear_answer_is_unknown_and_sent_once(answer: bytes) -> None:
    """Whatever may have been done is never sent again by the transport."""
    with xcu(lambda r: answer) as (client, raw):
        raised(OutcomeUnknown, client.create_record, USERS, {"firstName": "Alice"})
    assert raw.paths() == ["POST /login", "POST /users"]


def test_a_write_that_times_out_is_unknown() -> None:
    """Silence after a POST says nothing."""
    stop = threading.Event()

    def answer(request: Request) -> bytes:
        return login_ok(request) or (stop.wait(2) and b"") or b""

    with raw_server(answer) as raw, Client(raw.url, "a", "b", timeouts=Timeouts(read=0.2)) as client:
        with pytest.raises(OutcomeUnknown, match=r"0\.2 s"):
            client.delete_record(USERS, "1")
        stop.set()


@pytest.mark.parametrize(
    ("answer", "made"),
    [
        (http(200, ""), ""),
        (http(204, "", kind=""), ""),
        (http(201, '{"id": 7}'), "7"),
        (http(201, '{"id": "7"}'), "7"),
        (http(200, "7"), "7"),
        (http(200, "7", kind="text/plain"), "7"),
        (http(200, '"7"'), "7"),
        (http(200, "OK", kind="text/plain"), ""),
        (http(200, "true"), ""),
        (http(200, "null"), ""),
        (http(200, "[]"), ""),
        (http(200, '{"id": null}'), ""),
        (http(299, '{"user": {}}'), ""),
    ],
)
def test_any_success_is_a_success(answer: bytes, made: str) -> None:
    """The document shows no answer to a POST: any 2xx will do, with an id or without."""
    with xcu(lambda r: answer) as (client, _raw):
        assert client.create_record(USERS, {}) == made


@pytest.mark.parametrize("status", [400, 402, 404, 409, 422, 451])
def test_a_clean_no_is_refused(status: int) -> None:
    """A 4xx is a no: not tried again, for reads and writes."""
    with xcu(lambda r: http(status, "non")) as (client, raw):
        for call in (lambda: client.update_record(USERS, "1", {}), lambda: client.list_records(XIVOS)):
            with pytest.raises(Refused) as caught:
                call()
            assert (caught.value.status, caught.value.detail) == (status, "non")
    assert len(raw.requests) == 3


def test_a_throttled_write_was_not_done() -> None:
    """429 on a write: not done, not repeated here."""
    with xcu(lambda r: http(429, "")) as (client, raw):
        assert "Too Many Requests" in str(raised(Unavailable, client.create_record, USERS, {}))
    assert len(raw.requests) == 2


@pytest.mark.parametrize(
    "answer",
    [
        http(404, "<html><title>Not Found</title></html>", kind="text/html"),
        http(405, ""),
        http(200, "<html>Welcome</html>", kind="text/html"),
        http(200, "{}"),
        http(200, "<html>login</html>", kind="text/html", Set_Cookie="S=1"),
    ],
)
def test_another_server_is_recognised_at_login(answer: bytes) -> None:
    """What is no XCU is called so in one line."""
    with raw_server(lambda _: answer) as raw, Client(raw.url, "a", "hunter2") as client:
        text = str(raised(LoginFailed, client.list_records, XIVOS))
    assert "does not look like an XCU" in text
    assert "\n" not in text


@pytest.mark.parametrize(
    "body",
    [
        "{}",
        "null",
        "7",
        '"x"',
        '{"items": null}',
        '{"items": {}}',
        '{"items": [1]}',
        '[[{"id": 1}]]',
        '[{"name": "no id"}]',
        '[{"id": null}]',
        '[{"id": true}]',
    ],
)
def test_a_wrong_shape_is_never_an_empty_list(body: str) -> None:
    """Lists and single records of another shape are errors."""
    with xcu(lambda r: http(200, body)) as (client, _raw):
        for call in (lambda: client.list_records(TEMPLATES), lambda: client.get_record(TEMPLATES, "1")):
            with pytest.raises(Unavailable, match="does not look like an XCU"):
                call()


@pytest.mark.parametrize("body", ['["1", null]', "[{}]", "[true]", "{}"])
def test_wrong_numbers_are_an_error(body: str) -> None:
    """Free numbers are texts, at worst integers."""
    with xcu(lambda r: http(200, body)) as (client, _raw):
        raised(Unavailable, client.available_numbers, "x@y")


def test_both_list_forms_and_empty_ones_are_read() -> None:
    """A bare array and one in items are the same; empty is empty."""
    bodies = {"/templates": '{"items": []}', "/entities": "[]", "/entities/x@y/available_numbers": '[101, "0102"]'}
    with xcu(lambda r: http(200, bodies[r.path])) as (client, _raw):
        assert client.list_records(TEMPLATES) == client.list_records(ENTITIES) == []
        assert client.available_numbers("x@y") == ["101", "0102"]


def test_another_record_than_asked_for_is_an_error() -> None:
    """An edit must never start from somebody else's record."""
    with xcu(lambda r: http(200, '{"id": 560}')) as (client, _raw):
        assert "not the record" in str(raised(Unavailable, client.get_record, USERS, "559"))


# Not reached, and tried again


@pytest.mark.parametrize(("port", "other"), [(9000, 9001), (9001, 9000)])
def test_a_refused_connection_suggests_the_other_port(port: int, other: int) -> None:
    """The document itself mixes up the two ports."""
    with Client(f"http://127.0.0.1:{port}", "admin", "hunter2") as client, pytest.raises(Unavailable) as caught:
        client.list_records(XIVOS)
    assert f"cannot reach http://127.0.0.1:{port} (connection refused)" in str(caught.value)
    assert f"port {other}: try --url http://127.0.0.1:{other}" in str(caught.value)


def test_another_port_gets_no_hint() -> None:
    """Who chose a port of his own is not second-guessed."""
    with raw_server(lambda _: b"") as raw:
        pass
    with Client(raw.url, "a", "b") as client, pytest.raises(Unavailable, match="refused") as caught:
        client.create_record(USERS, {})
    assert "--url" not in str(caught.value)


@pytest.mark.parametrize("bad", [b"", http(429, ""), http(502, ""), http(503, ""), http(504, ""), http(200, "[NaN]")])
def test_a_read_is_tried_three_times(bad: bytes) -> None:
    """A read heals on the third try; with three bad answers it ends."""
    slept: list[float] = []
    for failures, calls in ((2, 3), (5, 3)):
        left = [bad] * failures
        answer = lambda r, left=left: login_ok(r) or (left.pop() if left else http(200, "[]"))  # noqa: E731
        with raw_server(answer) as raw, Client(raw.url, "a", "b", sleep=slept.append, jitter=whole) as client:
            if failures == 2:
                assert client.list_records(XIVOS) == []
            else:
                with pytest.raises(Unavailable):
                    client.list_records(XIVOS)
        assert len(raw.requests) == 1 + calls
    assert slept == [0.5, 1.0] * 2


@pytest.mark.parametrize("bad", [http(500, "boom"), http(501, "")])
def test_a_broken_read_is_not_repeated(bad: bytes) -> None:
    """A 500 does not pass by waiting."""
    with xcu(lambda r: bad) as (client, raw):
        raised(Unavailable, client.list_records, XIVOS)
    assert len(raw.requests) == 2


def test_a_login_is_tried_again_while_the_server_starts() -> None:
    """A login does no harm twice; a 503 may pass."""
    left = [http(503, "", Retry_After="7")]
    slept: list[float] = []
    answer = lambda r: left.pop() if left else login_ok(r) or http(200, "[]")  # noqa: E731
    with raw_server(answer) as raw, Client(raw.url, "a", "b", sleep=slept.append) as client:
        assert client.list_records(XIVOS) == []
    assert slept == [7.0]
    assert raw.paths() == ["POST /login", "POST /login", "GET /xivo"]


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("5", 5),
        ("0", 0),
        ("-5", 0),
        ("99999999", 60),
        ("1e9", None),
        ("abc", None),
        ("", None),
        ("1.2.3", None),
        ("Wed, 21 Oct 2015 07:28:10 GMT", 10),
        ("Wed, 21 Oct 2015 07:27:00 GMT", 0),
        ("Wed, 21 Oct 2099 07:28:00 GMT", 60),
        ("9" * 400, None),
    ],
)
def test_retry_after_is_clamped(header: str, wait: float | None) -> None:
    """Between 0 and 60 seconds, dates by the server's clock; junk says nothing."""
    assert wait_of(Answer(429, b"", date="Wed, 21 Oct 2015 07:28:00 GMT", retry_after=header)) == wait


# What is shown


@pytest.mark.parametrize(
    ("body", "kind", "shown"),
    [
        (
            '{"obj.internalNumber":[{"msg":["already taken"],"args":[]}]}',
            "application/json",
            "internalNumber: already taken",
        ),
        ('{"error": "Entity x still has users"}', "application/json", "Entity x still has users"),
        ('{"obj":[{"msg":["error.expected.jsobject"],"args":[]}]}', "application/json", "error.expected.jsobject"),
        ('{"a": ["x", "y"], "b": {"c": 3}, "d": null}', "application/json", "a: x, y; b: c: 3"),
        ("<html><head><title> Bad &amp;  worse </title><body>x", "text/html", "Bad & worse"),
        ("<html><script>evil()</script><h1>Oops</h1><p>again", "text/html; charset=utf-8", "Oops again"),
        ("plain\x1b[31m  text\r\nmore", "text/plain", "plain\\x1b[31m text more"),
        ("", "", "Bad Request"),
        ("caf\xe9".encode("latin-1"), "text/plain", "caf\ufffd"),
        ("x" * 1000, "text/plain", "x" * 499 + "…"),
    ],
)
def test_details_are_short_and_readable(body: str | bytes, kind: str, shown: str) -> None:
    """JSON, HTML and plain texts become one line."""
    content = body.encode() if isinstance(body, str) else body
    assert describe(Answer(400, content, kind), ()) == shown


@pytest.mark.parametrize("form", ["plain", "json", "html", "title", "long", "spread"])
def test_a_secret_is_cut_out_of_every_form(form: str) -> None:
    """Escaped, wrapped or cut in half, a secret does not show."""
    secret = 'p&s"wörd  x'
    texts = {
        "plain": f"no {secret}!",
        "json": '{"a": "no p&s\\"w\\u00f6rd  x"}',
        "html": "<p>p&amp;s&quot;wörd  x</p>",
        "title": "<title>p&amp;s&#34;wörd  x</title>",
        "long": " " * (20_000 - 5) + secret,
        "spread": '{"p&s\\"w\\u00f6rd  x',
    }
    kind = {"html": "text/html", "title": "text/html"}.get(form, "application/json")
    shown = describe(Answer(400, texts[form].encode(), kind), {secret, ""})
    assert "p&s" not in shown
    assert "rd" not in shown.replace("Bad Request", "")


def test_no_secret_in_any_error_of_a_server_that_repeats_everything() -> None:
    """Password, new secrets and sealed values are cut out of what the server says."""
    user = '{"id": 1, "ctiPassword": "sealed-canary"}'

    def answer(request: Request) -> bytes | None:
        if request.path == "/users/1" and request.method == "GET":
            return http(200, user)
        return login_ok(request) or http(409, f"login-canary sealed-canary {request.body.decode()}")

    seen: list[CallLog] = []
    with raw_server(answer) as raw, Client(raw.url, "a", "login-canary", on_call=seen.append) as client:
        assert repr(client.get_record(USERS, "1")["ctiPassword"]) == "***"
        for payload in ({"ctiPassword": "plain-canary"}, {"ctiPassword": Secret("secret-canary")}):
            with pytest.raises(ApiError) as caught:
                client.update_record(USERS, "1", payload)
            assert "canary" not in str(caught.value)
            assert caught.value.__cause__ is None
        with pytest.raises(ApiError) as caught:
            client.create_record(ADMINISTRATORS, {"login": "x", "password": "admin-canary"})
        assert "canary" not in f"{caught.value} {client!r} {seen}"
    assert b'"secret-canary"' in raw.requests[-2].body


def test_every_call_is_told_without_bodies(sandbox: Sandbox) -> None:
    """The log names method, path, status, time, try and size."""
    seen: list[CallLog] = []
    with Client(sandbox.url, "admin", PASSWORD, on_call=seen.append, sleep=lambda _: None) as client:
        sandbox.add_fault(Fault("status", path="^/xivo", code=503))
        client.list_records(XIVOS)
    assert [(c.method, c.path, c.status, c.attempt) for c in seen] == [
        ("POST", "/login", seen[0].status, 1),
        ("GET", "/xivo", 503, 1),
        ("GET", "/xivo", 200, 2),
    ]
    assert seen[2].bytes > 100
    assert seen[2].ms > 0


def test_what_cannot_be_sent_is_not_sent(sandbox: Sandbox, client: Client) -> None:
    """A payload with anything but JSON and secrets is a mistake of ours."""
    with pytest.raises(TypeError):
        client.create_record(USERS, {"x": object()})
    assert sandbox.calls == []


def test_a_session_end_of_a_write_page_that_asks_for_a_login() -> None:
    """A login page with a 200 on a write is a session that is over: the write is repeated once logged in."""
    pages = [http(200, "<form><input type='password'></form>", kind="text/html")]
    answer = lambda r: login_ok(r) or (pages.pop() if pages else http(200, "7"))  # noqa: E731
    with raw_server(answer) as raw, Client(raw.url, "a", "b") as client:
        assert client.create_record(USERS, {}) == "7"
    assert raw.paths() == ["POST /login", "POST /users"] * 2


def test_switches_of_the_sandbox_are_the_ones_tested() -> None:
    """A new way to end a session in the sandbox must be tested here."""
    assert Switches().unauthorised == SESSION_ENDS[0]


def test_a_server_that_goes_away_between_login_and_write() -> None:
    """A write that met nobody was not done; a read is tried again first."""
    slept: list[float] = []
    with raw_server(lambda r: login_ok(r) or b"") as raw:
        client = Client(raw.url, "a", "b", sleep=slept.append, jitter=whole)
        client.log_in()
    with client:
        assert "connection refused" in str(raised(Unavailable, client.delete_record, USERS, "1"))
        assert "connection refused" in str(raised(Unavailable, client.list_records, XIVOS))
    assert slept == [0.5, 1.0]


def test_a_closed_client_waits_for_nothing() -> None:
    """A read that was told to come back in half a minute ends when the client is closed, and is not made again."""
    answered, failures = threading.Event(), []

    def on_call(call: CallLog) -> None:
        if call.status == 429:
            answered.set()

    with raw_server(lambda r: login_ok(r) or http(429, "", **{"Retry-After": "30"})) as raw:
        client = Client(raw.url, "a", "b", on_call=on_call)
        reader = threading.Thread(target=lambda: failures.append(raised(XcuError, client.list_records, XIVOS)))
        reader.start()
        assert answered.wait(5)
        client.close()
        reader.join(5)
        assert not reader.is_alive()
    assert "is closed" in str(failures[0])
    assert raw.paths() == ["POST /login", "GET /xivo"]


def test_a_login_without_answer_is_unavailable() -> None:
    """A login that is dropped is tried three times, one that is silent once."""
    with raw_server(lambda _: b"") as raw, Client(raw.url, "a", "b", sleep=lambda _: None) as client:
        raised(Unavailable, client.log_in)
    assert raw.paths() == ["POST /login"] * 3


@pytest.mark.parametrize("location", ["http://[::1", "ftp://x/y", "http://h:99999/"])
def test_a_redirect_to_nonsense_is_said(location: str) -> None:
    """A Location that is no address is an end, not a traceback."""
    with xcu(lambda _: http(302, "", Location=location)) as (client, _):
        assert "makes no sense" in str(raised(LoginFailed, client.list_records, XIVOS))


def test_an_odd_status_is_no_success() -> None:
    """A status that nobody knows is an error with a text."""
    with xcu(lambda _: http(799, "")) as (client, _):
        assert "no reason given" in str(raised(Unavailable, client.list_records, XIVOS))
        raised(OutcomeUnknown, client.delete_record, USERS, "1")


def test_a_session_that_others_keep_losing_ends_too() -> None:
    """Even when every other call passes, one call is not repeated for ever."""
    turns = [0]

    def answer(request: Request) -> bytes:
        if request.path == "/templates":
            other.list_records(XIVOS)
            turns[0] += 1
            return http(401, "")
        return http(200, "[]")

    with xcu(answer) as (client, _):
        other = client
        raised(LoginFailed, client.list_records, TEMPLATES)
    assert turns == [5]
