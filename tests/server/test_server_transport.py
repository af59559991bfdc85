"""One HTTP call against servers that misbehave byte by byte, and the strict JSON reader."""

from __future__ import annotations

import gzip
import socket
import socketserver
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from xcu_sheets.model.errors import XcuError
from xcu_sheets.server import transport as transport_module
from xcu_sheets.server.strict import MalformedError, parse_json, split_url
from xcu_sheets.server.transport import LostError, NotSentError, Timeouts, Transport


@dataclass(frozen=True)
class Request:
    """What a raw server received; `path` is without /api/1.0."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


Reply = bytes | Iterator[bytes] | None
Answering = Callable[[Request], Reply]


def http(status: int = 200, body: bytes | str = b"", kind: str = "application/json", **headers: str) -> bytes:
    """Return a whole answer that closes its connection."""
    content = body.encode() if isinstance(body, str) else body
    own = {"Content-Type": kind, "Content-Length": str(len(content)), "Connection": "close"}
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in {**own, **headers}.items() if value]
    return (
        f"HTTP/1.1 {status} X\r\n{chr(13) + chr(10)}".encode()[:-2] + "\r\n".join([*lines, "", ""]).encode() + content
    )


@dataclass
class Raw:
    """A server of raw bytes on 127.0.0.1."""

    url: str
    port: int
    requests: list[Request]

    def paths(self) -> list[str]:
        return [f"{r.method} {r.path}" for r in self.requests]


@contextmanager
def raw_server(answer: Answering, tls: ssl.SSLContext | None = None) -> Iterator[Raw]:
    """Run a server that sends whatever `answer` returns or yields, then closes."""
    received: list[Request] = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            line = self.rfile.readline().decode("latin-1").split()
            if len(line) < 3:
                return
            headers = {}
            while text := self.rfile.readline().decode("latin-1").strip():
                name, _, value = text.partition(":")
                headers[name.lower()] = value.strip()
            body = self.rfile.read(int(headers.get("content-length", 0)))
            path = line[1].removeprefix("/api/1.0")
            request = Request(line[0], path, headers, body)
            received.append(request)
            reply = answer(request)
            try:
                for piece in [reply] if isinstance(reply, bytes) else reply or ():
                    self.wfile.write(piece)
                    self.wfile.flush()
            except OSError:
                pass

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        request_queue_size = 64

        def get_request(self) -> tuple[socket.socket, object]:
            sock, address = super().get_request()
            sock.settimeout(5)
            return (tls.wrap_socket(sock, server_side=True) if tls else sock), address

        def handle_error(self, request: object, client_address: object) -> None:
            """Say nothing: a client that hangs up is what these tests are about."""

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        port = server.server_address[1]
        try:
            yield Raw(f"{'https' if tls else 'http'}://127.0.0.1:{port}", port, received)
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def connected(answer: Answering, **timeouts: float) -> Iterator[tuple[Transport, Raw]]:
    """Run a raw server and a transport to it."""
    with raw_server(answer) as raw:
        transport = Transport(raw.url, timeouts=Timeouts(**timeouts))
        try:
            yield transport, raw
        finally:
            transport.close()


def trickle(head: bytes, pieces: bytes = b" " * 200) -> Iterator[bytes]:
    """Send a head at once, then one byte every 50 ms."""
    yield head
    for n in range(len(pieces)):
        time.sleep(0.05)
        yield pieces[n : n + 1]


@pytest.mark.parametrize(
    "url",
    ["http://h:9001", "http://h:9001/", "http://h:9001/api/1.0", "http://h:9001/api/1.0/", " HTTP://H:9001 "],
)
def test_one_address_in_every_spelling(url: str) -> None:
    """The address may end in nothing, a slash or the API's path."""
    assert split_url(url) == ("http://h:9001", "http://h:9001/api/1.0")


@pytest.mark.parametrize(
    ("url", "origin", "base"),
    [
        ("http://h", "http://h:80", "http://h:80/api/1.0"),
        ("https://h", "https://h:443", "https://h:443/api/1.0"),
        ("http://[::1]:9001", "http://[::1]:9001", "http://[::1]:9001/api/1.0"),
        ("https://h/telephony", "https://h:443", "https://h:443/telephony/api/1.0"),
    ],
)
def test_ports_and_prefixes(url: str, origin: str, base: str) -> None:
    """The origin always names its port; a path before the API's is kept."""
    assert (origin, base) == split_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "h:9001",
        "ftp://h",
        "file:///etc/passwd",
        "http://",
        "http://:9001",
        "http://h:99999",
        "http://h:x",
        "http://h/?a=b",
        "http://h/#f",
        "http://h/../x",
        "http://h//x",
        "http://a b/",
        "http://h\\@evil/",
        "http://[::1",
    ],
)
def test_refused_addresses(url: str) -> None:
    """Anything but a plain address is refused in one line."""
    with pytest.raises(XcuError) as caught:
        split_url(url)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["http://bob:hunter2@h:9001", "http://hunter2@h", "http://b:hunter2@h:x?y", "b:hunter2@h"]
)
def test_a_password_in_the_address_is_refused_and_not_repeated(url: str) -> None:
    """A refused address with a password in it is not shown."""
    with pytest.raises(XcuError, match="--login") as caught:
        split_url(url)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nope",
        b"{",
        b"[1,]",
        b'{"a": NaN}',
        b"[Infinity]",
        b"[-Infinity]",
        b"[1e400]",
        b'{"a": 1, "a": 2}',
        b'{"x": {"a": 1, "b": 2, "a": 3}}',
        b'"\\ud83d"',
        b'{"\\uDE00": 1}',
        b'"caf\xe9"',
        b"\xff\xfe[\x00]\x00",
        b"[" * 100_000,
        b"[" * 500 + b"]" * 500,
        b'{"a":' * 70 + b"1" + b"}" * 70,
        b"[" + b"9" * 5000 + b"]",
        b"[" + b"9" * 1000 + b"]",
        b"[1] []",
        b"\xef\xbb\xbf[]",
    ],
    ids=lambda body: repr(body[:16]),
)
def test_bad_json_is_one_error(body: bytes) -> None:
    """Every text that would do harm later is the same error now."""
    with pytest.raises(MalformedError):
        parse_json(body)


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b"null", None),
        (b'"\\ud83d\\ude00"', "\U0001f600"),
        (b'"\\\\ud83d"', "\\ud83d"),
        (b'"\\u0000"', "\0"),
        ('["é"]'.encode(), ["é"]),
        (b"[1.5, -3, 1e3]", [1.5, -3, 1000.0]),
        (b"[" * 60 + b"]" * 60, None),
    ],
)
def test_good_json_is_read(body: bytes, value: object) -> None:
    """Strict does not mean picky: pairs of surrogates, escapes and honest depth pass."""
    assert value == parse_json(body) or value is None


def test_an_answer_is_returned_with_its_headers() -> None:
    """Status, body and the headers that matter come back; 404 is an answer like any other."""
    with connected(lambda _: http(404, "{}", Location="/x", Retry_After="3")) as (transport, raw):
        answer = transport.call("POST", "/x", b"[1]")
        assert (answer.status, answer.body, answer.location, answer.retry_after) == (404, b"{}", "/x", "3")
    assert raw.requests[0].body == b"[1]"
    assert raw.requests[0].headers["content-type"] == "application/json"


def test_nothing_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No proxy and no .netrc that nobody asked for."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login bob password hunter2\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with connected(lambda _: http(200, "[]")) as (transport, raw):
        transport.call("GET", "/x")
    assert "authorization" not in raw.requests[0].headers


def test_a_proxy_is_used_when_asked_for() -> None:
    """With a proxy the call goes there, whole address and all."""
    with raw_server(lambda _: http(200, "[7]")) as raw:
        transport = Transport("http://192.0.2.1:9001", timeouts=Timeouts(), proxy=raw.url)
        assert transport.call("GET", "/x").body == b"[7]"
        transport.close()
    assert raw.requests[0].path == "http://192.0.2.1:9001/api/1.0/x"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(status: int) -> None:
    """A redirect is an answer: one call arrives, and no body goes elsewhere."""
    with connected(lambda _: http(status, "", Location="/api/1.0/elsewhere")) as (transport, raw):
        assert transport.call("POST", "/login", b"{}").is_redirect
    assert raw.paths() == ["POST /login"]


def test_a_slow_body_ends_at_the_deadline() -> None:
    """Bytes that keep coming do not keep the call alive."""
    head = b"HTTP/1.1 200 X\r\nContent-Length: 200\r\n\r\n"
    with connected(lambda _: trickle(head), read=5, total=0.5) as (transport, _):
        start = time.monotonic()
        with pytest.raises(LostError, match=r"within 0\.5 s"):
            transport.call("GET", "/x")
        assert time.monotonic() - start < 1.5


def test_slow_headers_end_at_the_deadline() -> None:
    """A header that comes byte by byte is cut off as well."""
    with connected(lambda _: trickle(b"HTTP/1.1 200 X\r\nX-Slow: "), read=5, total=0.5) as (transport, _):
        start = time.monotonic()
        with pytest.raises(LostError, match=r"within 0\.5 s"):
            transport.call("GET", "/x")
        assert time.monotonic() - start < 1.5


def test_a_body_without_length_that_the_deadline_cut_is_no_answer() -> None:
    """An answer without length looks whole when its socket is shut: it is refused."""
    with (
        connected(lambda _: trickle(b"HTTP/1.1 200 X\r\n\r\n[]"), read=5, total=0.4) as (transport, _),
        pytest.raises(LostError),
    ):
        transport.call("GET", "/x")


def test_silence_ends_at_the_read_timeout() -> None:
    """A server that says nothing is given up after `read` seconds."""

    def silent(_: Request) -> Iterator[bytes]:
        time.sleep(1)
        yield b""

    with connected(silent, read=0.2) as (transport, _), pytest.raises(LostError, match=r"no answer within 0\.2 s"):
        transport.call("GET", "/x")


def test_a_gzip_bomb_is_cut_at_the_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cap counts unpacked bytes."""
    monkeypatch.setattr(transport_module, "MAX_BYTES", 1 << 20)
    bomb = gzip.compress(b" " * (64 << 20))
    with (
        connected(lambda _: http(200, bomb, Content_Encoding="gzip")) as (transport, _),
        pytest.raises(LostError, match="larger than 1 MiB"),
    ):
        transport.call("GET", "/x")


def test_a_redirect_with_a_huge_body_is_cut_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests itself reads the body of a redirect without a bound: ours does not."""
    monkeypatch.setattr(transport_module, "MAX_BYTES", 1 << 16)
    with (
        connected(lambda _: http(302, b" " * (1 << 20), Location="/login")) as (transport, _),
        pytest.raises(LostError, match="larger"),
    ):
        transport.call("GET", "/x")


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        b"garbage\r\n\r\n",
        b"HTTP/1.1 200 X\r\nContent-Length: 10\r\n\r\n[]",
        b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n[",
        b"HTTP/1.1 200 X\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n[]",
        b"HTTP/1.1 200 X\r\n" + b"A: b\r\n" * 300 + b"\r\n",
    ],
    ids=["nothing", "garbage", "short", "chunk", "no-gzip", "headers"],
)
def test_broken_answers_are_lost(reply: bytes) -> None:
    """Whatever breaks after the call was sent leaves its outcome open."""
    with connected(lambda _: reply) as (transport, raw), pytest.raises(LostError):
        transport.call("POST", "/x", b"{}")
    assert len(raw.requests) == 1


def test_a_closed_port_is_surely_not_sent() -> None:
    """Nobody listens: nothing was sent, and that is known at once."""
    with raw_server(lambda _: b"") as raw:
        pass
    transport = Transport(raw.url, timeouts=Timeouts())
    start = time.monotonic()
    with pytest.raises(NotSentError, match="connection refused") as caught:
        transport.call("POST", "/x", b"{}")
    assert caught.value.refused
    assert time.monotonic() - start < 1


def test_a_closed_transport_calls_nobody() -> None:
    """After close there are no calls, and calls in flight end."""
    with connected(lambda _: trickle(b"HTTP/1.1 200 X\r\nX-Slow: "), total=30) as (transport, raw):
        ended: list[Exception] = []

        def call() -> None:
            try:
                transport.call("GET", "/x")
            except LostError as error:
                ended.append(error)

        thread = threading.Thread(target=call)
        thread.start()
        while not raw.requests:
            time.sleep(0.01)
        time.sleep(0.1)
        transport.close()
        thread.join(2)
        assert len(ended) == 1
        with pytest.raises(XcuError, match="closed"):
            transport.call("GET", "/x")


def test_cookies_are_shared_and_connections_reused_between_threads() -> None:
    """A cookie set on one call is sent by the next thread."""
    with connected(lambda _: http(200, "[]", Set_Cookie="S=1; Path=/")) as (transport, raw):
        for _ in range(2):
            thread = threading.Thread(target=transport.call, args=("GET", "/x"))
            thread.start()
            thread.join()
    assert [r.headers.get("cookie") for r in raw.requests] == [None, "S=1"]
