"""HTTPS, certificates and proxies: the ways to a server other than plain HTTP."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_server_transport import http, raw_server, trickle

from xcu_sheets.model.errors import XcuError
from xcu_sheets.sandbox import Sandbox, SandboxConfig
from xcu_sheets.server.transport import LostError, NotSentError, Timeouts, Transport

# Made for these tests, for 127.0.0.1, valid from 2020 to 2120; the key guards nothing.
PEM = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgIVC4PHiP4ly5LzqH
q38Z1T16ewrX/xDXvs6X+WlMMY2hRANCAAREeE3V96amlk1ABx5GefmMj1D8DPhA
fdzAtI7ju7+iaPgnvp6es0UaL5vlLo9JLOrJ4Kzint+xi1q2gfNxbTE2
-----END PRIVATE KEY-----
-----BEGIN CERTIFICATE-----
MIIBXDCCAQKgAwIBAgIBATAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAkxMjcuMC4w
LjEwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBQxEjAQBgNVBAMM
CTEyNy4wLjAuMTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABER4TdX3pqaWTUAH
HkZ5+YyPUPwM+EB93MC0juO7v6Jo+Ce+np6zRRovm+Uuj0ks6sngrOKe37GLWraB
83FtMTajQzBBMA8GA1UdEQQIMAaHBH8AAAEwDwYDVR0TAQH/BAUwAwEB/zAdBgNV
HQ4EFgQU5p4V0EU51iuwkQhmLcndMSCFukQwCgYIKoZIzj0EAwIDSAAwRQIhAJwi
Fmbr66rggXMgct4pXn08FJg/8bXfj+0IlcPPccv3AiAqfiB3kWCKzBy+28lew+KZ
4JivO3vdYA5qyozqWeWFtg==
-----END CERTIFICATE-----
"""


@pytest.fixture
def pem(tmp_path: Path) -> Path:
    file = tmp_path / "server.pem"
    file.write_text(PEM)
    return file


def call(url: str, *, ca_file: Path | None = None, proxy: str | None = None, total: float = 30) -> bytes:
    transport = Transport(url, timeouts=Timeouts(connect=2, total=total), ca_file=ca_file, proxy=proxy)
    try:
        return transport.call("POST", "/x", b"{}").body
    finally:
        transport.close()


@pytest.fixture
def tls(pem: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


def test_a_ca_file_makes_a_certificate_trusted(pem: Path, tls: ssl.SSLContext) -> None:
    """With its certificate the server is trusted, without it nothing is sent."""
    with raw_server(lambda _: http(200, "[]"), tls) as raw:
        assert call(raw.url, ca_file=pem) == b"[]"
        with pytest.raises(NotSentError, match="--ca-file"):
            call(raw.url)
    assert len(raw.requests) == 1


def test_a_slow_answer_over_tls_ends_at_the_deadline(pem: Path, tls: ssl.SSLContext) -> None:
    """The watchdog bites through TLS too, in headers and in a body without length."""
    for head in (b"HTTP/1.1 200 X\r\nX-Slow: ", b"HTTP/1.1 200 X\r\n\r\n[]"):
        with raw_server(lambda _, head=head: trickle(head), tls) as raw:
            start = time.monotonic()
            with pytest.raises(LostError, match=r"0\.5 s"):
                call(raw.url, ca_file=pem, total=0.5)
            assert time.monotonic() - start < 1.5


def test_https_to_a_plain_server_is_said() -> None:
    """The usual mistake in the address gets its own words."""
    with Sandbox(SandboxConfig(users=0)) as sandbox, pytest.raises(NotSentError, match="is it https"):
        call(sandbox.url.replace("http:", "https:"))


@pytest.mark.parametrize("text", [None, "", "no certificate"])
def test_a_bad_ca_file_is_said_before_any_call(tmp_path: Path, text: str | None) -> None:
    """A file that is missing or holds no certificate is named."""
    file = tmp_path / "ca.pem"
    if text is not None:
        file.write_text(text)
    with pytest.raises(XcuError, match=r"ca\.pem"):
        call("https://127.0.0.1:1", ca_file=file)


def test_a_proxy_that_does_not_answer_is_named() -> None:
    """Who is refused is said: the proxy, not the server."""
    with raw_server(lambda _: b"") as raw:
        pass
    with pytest.raises(NotSentError, match="the proxy: connection refused") as caught:
        call("http://127.0.0.1:9000", proxy=raw.url)
    assert not caught.value.refused


@pytest.fixture(params=["http://a..b:9001", "http://" + "x" * 70 + ":9001"])
def odd_url(request: pytest.FixtureRequest) -> Iterator[str]:
    yield request.param


def test_an_impossible_host_is_surely_not_sent(odd_url: str) -> None:
    """An address that no resolver takes was called by nobody."""
    with pytest.raises(NotSentError):
        call(odd_url)


def test_a_proxy_that_is_no_address_is_surely_not_sent() -> None:
    """A proxy that makes no sense sends nothing."""
    with pytest.raises(NotSentError, match="makes no sense"):
        call("http://127.0.0.1:9001", proxy="socks5://127.0.0.1:1")
