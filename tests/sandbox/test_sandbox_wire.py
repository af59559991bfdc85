"""Answers that are slow, cut, broken or of the wrong kind: the very bytes, and the state behind."""

import json
import logging
import threading
import time

import pytest
import requests
from wiretap import dial, listen, tap

from xcu_sheets.sandbox import Call, Fault, Sandbox, SandboxConfig

USERS = "/entities/default@192.168.29.220/users"


def truth(api, path):
    """Return the headers and body of an untroubled answer, without its date."""
    heard = tap(api, "GET", path)
    return {**heard.headers, "date": ""}, heard.body


def test_slow_sends_the_true_answer_byte_by_byte(api, sandbox):
    """Every byte, those of the head too, comes by itself after its pause; the connection lives on."""
    headers, body = truth(api, "/users/1")
    sandbox.add_fault(Fault("slow", path="/users/1", ms=2))
    with dial(api, "GET", "/users/1") as wire:
        heard = listen(wire)
        assert ({**heard.headers, "date": ""}, heard.body) == (headers, body)
        assert heard.headers["content-length"] == str(len(body))
        assert heard.times[-1] >= 0.002 * len(heard.raw)
        assert len(heard.times) > 0.8 * len(heard.raw)  # two bytes may meet in one read
        request = f"GET /api/1.0/xivo HTTP/1.1\r\nHost: x\r\nCookie: {cookie(api)}\r\n\r\n"
        wire.sendall(request.encode())
        again = listen(wire)
        assert (again.status, again.times[-1] < 0.5) == (200, True)


def cookie(api):
    """Return the session's cookie as a header's value."""
    return "; ".join(f"{name}={value}" for name, value in api.session.cookies.items())


def test_slow_outlives_a_time_out_per_read(api, sandbox):
    """requests with a time-out of a quarter of a second waits a whole second for an empty answer, work done."""
    payload = api.new_user()
    sandbox.add_fault(Fault("slow", "POST", "/users", ms=15))
    began = time.perf_counter()
    answer = api.session.post(api.base + "/users", json=payload, timeout=0.25)
    assert (answer.status_code, time.perf_counter() - began > 0.9) == (201, True)
    assert sandbox.user_row(61)["internal_number"] == payload["internalNumber"]


def test_slow_ends_with_the_client(api, sandbox):
    """When the client hangs up, the thread that served him is free at once, however long the pause."""
    sandbox.add_fault(Fault("slow", path="/xivo", ms=60_000))
    with dial(api, "GET", "/xivo"):
        until(lambda: busy(sandbox) == 1)
    until(lambda: busy(sandbox) == 0)


def busy(sandbox):
    """Return the number of waitress's threads that serve a call now."""
    return sandbox._server.task_dispatcher.active_count


def until(holds, seconds=2):
    """Wait for a fact, for a little while."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_slow_ends_with_the_sandbox(connect):
    """stop() does not wait for a slow answer, and leaves no thread; the client sees the end."""
    before = threading.active_count()
    sandbox = Sandbox(SandboxConfig())
    sandbox.start()
    api = connect(sandbox)
    sandbox.add_fault(Fault("slow", path="/xivo", ms=100))
    with dial(api, "GET", "/xivo") as wire:
        assert wire.recv(1) == b"H"
        began = time.perf_counter()
        sandbox.stop()
        assert time.perf_counter() - began < 1
        assert listen(wire).closed
    assert threading.active_count() == before


def test_truncated_sends_half_of_the_body(api, sandbox):
    """The head is the true one to the last letter, half of the body comes, then the end."""
    headers, body = truth(api, USERS)
    sandbox.add_fault(Fault("truncated", path=USERS))
    heard = tap(api, "GET", USERS)
    assert {**heard.headers, "date": ""} == headers
    assert heard.closed
    assert heard.body == body[: len(body) // 2]
    assert heard.headers["content-length"] == str(len(body))


def test_truncated_after_the_work_with_an_empty_body(api, sandbox):
    """A creation's 201 announces 64 bytes and sends none; the user is there."""
    sandbox.add_fault(Fault("truncated", "POST", "/users"))
    heard = tap(api, "POST", "/users", api.new_user())
    assert (heard.status, heard.headers["content-length"], heard.body, heard.closed) == (201, "64", b"", True)
    assert sandbox.user_row(61)
    assert sandbox.calls[-1] == Call("POST", "/users", 201)


def test_truncated_makes_a_204_a_200(api, sandbox):
    """A deletion is done, and its answer has a body that does not come."""
    sandbox.add_fault(Fault("truncated", "DELETE"))
    heard = tap(api, "DELETE", "/users/1")
    assert (heard.status, heard.headers["content-length"], heard.body, heard.closed) == (200, "64", b"", True)
    assert sandbox.user_row(1) is None


def test_truncated_is_an_error_to_requests_and_no_line_in_the_log(api, sandbox, caplog):
    """requests notices the cut, and waitress does not complain about it."""
    sandbox.add_fault(Fault("truncated", path="/xivo"))
    with caplog.at_level(logging.WARNING), pytest.raises(requests.exceptions.ChunkedEncodingError):
        api.get("/xivo")
    assert caplog.records == []


@pytest.mark.parametrize(("code", "status"), [(None, 200), (503, 503)])
def test_html_instead_of_the_work(api, sandbox, code, status):
    """A page of 200, or of the status that is given, is the answer, and nothing is done."""
    sandbox.add_fault(Fault("html", "POST", "/users", code=code))
    heard = tap(api, "POST", "/users", api.new_user())
    assert (heard.status, heard.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert heard.body.startswith(b"<!DOCTYPE html>")
    assert heard.is_whole
    assert sandbox.user_row(61) is None


def test_html_after_the_work(api, sandbox):
    """A proxy's own page of 502 comes although the user was made."""
    sandbox.add_fault(Fault("html_after_commit", "POST", "/users", code=502, body="<h1>Bad Gateway</h1>"))
    heard = tap(api, "POST", "/users", api.new_user())
    assert (heard.status, heard.head[0], heard.body) == (502, "HTTP/1.1 502 Bad Gateway", b"<h1>Bad Gateway</h1>")
    assert heard.headers["content-type"].startswith("text/html")
    assert sandbox.user_row(61)


@pytest.mark.parametrize("body", ["", "null,", '{"items": [}'])
def test_malformed_json(api, sandbox, body):
    """True status and application/json, but no JSON parser takes the body; the connection lives on."""
    sandbox.add_fault(Fault("malformed", path=USERS, body=body))
    answer = api.get(USERS)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    assert answer.content
    assert answer.text == (body or answer.text)
    with pytest.raises(json.JSONDecodeError):
        json.loads(answer.text)
    assert api.get(USERS).json()["items"]


@pytest.mark.parametrize(("method", "path", "status"), [("POST", "/users", 201), ("DELETE", "/users/2", 200)])
def test_malformed_after_a_write(api, sandbox, method, path, status):
    """The work is done; what is otherwise empty holds broken JSON, for which a 204 becomes a 200."""
    sandbox.add_fault(Fault("malformed", method))
    heard = tap(api, method, path, api.new_user() if method == "POST" else None)
    assert (heard.status, heard.headers["content-type"]) == (status, "application/json")
    with pytest.raises(json.JSONDecodeError):
        json.loads(heard.body)
    assert (sandbox.user_row(61) is None, sandbox.user_row(2) is None) == (method == "DELETE", method == "DELETE")


def test_a_refusal_can_be_spoilt_too(api, sandbox):
    """A malformed 400 is a 400, and nothing was done."""
    sandbox.add_fault(Fault("malformed", "POST"))
    assert tap(api, "POST", "/users", api.new_user(firstName="")).status == 400
    assert sandbox.user_row(61) is None


DATE = "Wed, 21 Oct 2026 07:28:00 GMT"


@pytest.mark.parametrize("value", [None, "7", DATE, "-5", "1000000000", "soon", "", "7.5", "7, 9"])
def test_too_many_requests(api, sandbox, value):
    """A 429 says Retry-After as it was given, or not at all."""
    headers = {} if value is None else {"retry-after": value}
    sandbox.add_fault(Fault("status", code=429, headers=headers))
    heard = tap(api, "GET", "/xivo")
    assert heard.status == 429
    assert heard.headers.get("retry-after") == value


def test_a_given_date_stands_in_for_ours(api, sandbox):
    """A header of the fault takes the place of the one of the same name, in whatever letters; it occurs once."""
    given = {"DATE": DATE, "content-TYPE": "application/problem+json", "Content-Length": "5"}
    sandbox.add_fault(Fault("status", code=503, body="{}", headers=given))
    heard = tap(api, "GET", "/xivo")
    assert (heard.headers["date"], heard.headers["content-type"]) == (DATE, "application/problem+json")
    assert (heard.headers["content-length"], heard.body) == ("2", b"{}")
    names = [line.partition(":")[0].lower() for line in heard.head[1:]]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_redirects(api, sandbox, code):
    """A redirect goes where Location says, once; nothing is done."""
    sandbox.add_fault(Fault("status", "POST", "/users", code=code, headers={"Location": "https://other.example/x"}))
    heard = tap(api, "POST", "/users", api.new_user())
    assert (heard.status, heard.headers["location"]) == (code, "https://other.example/x")
    assert sandbox.user_row(61) is None


def test_a_redirect_to_the_login_page(api, sandbox):
    """A client that follows comes to a page with a form."""
    sandbox.add_fault(Fault("status", "GET", "/xivo", code=302, headers={"Location": "/login"}))
    answer = api.session.get(api.base + "/xivo", timeout=9)
    assert answer.history[0].status_code == 302
    assert "<form" in answer.text


@pytest.mark.parametrize(
    "wrong",
    [
        {"code": 100},
        {"code": 600},
        {"code": 204, "body": "x"},
        {"code": 304, "kind": "html"},
        {"headers": {"Connection": "close"}},
        {"headers": {"X": "a\r\nY: b"}},
        {"headers": {"X": "€"}},
        {"headers": {"X": 7}},
        {"headers": {"a b": "c"}},
        {"share": 1.5},
        {"ms": -1},
        {"ms": "soon"},
    ],
)
def test_a_fault_that_cannot_be(api, sandbox, wrong):
    """What could not be sent, and shares and times that are none, are refused when the fault is added."""
    answer = api.session.post(sandbox.url + "/sandbox/faults", json={"kind": "status", **wrong}, timeout=9)
    assert answer.status_code == 400
    assert api.get("/xivo").status_code == 200


@pytest.mark.parametrize("code", [204, 304])
def test_statuses_without_body(api, sandbox, code, caplog):
    """A 204 and a 304 are answered without length or body, and without a line in the log."""
    sandbox.add_fault(Fault("status", code=code))
    with caplog.at_level(logging.WARNING):
        answer = api.get("/xivo")
    assert (answer.status_code, answer.content, "Content-Length" in answer.headers) == (code, b"", False)
    assert api.get("/xivo").status_code == 200
    assert caplog.records == []
