"""A client on a bare socket, to see the very bytes of an answer and when they came."""

import json
import socket
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Heard:
    """All that came until the server hung up or the answer was whole: ``times`` are seconds, one for each read."""

    raw: bytes
    times: tuple[float, ...]
    closed: bool

    @property
    def head(self):
        return self.raw.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")

    @property
    def status(self):
        return int(self.head[0].split()[1])

    @property
    def headers(self):
        return {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in self.head[1:])}

    @property
    def body(self):
        return self.raw.partition(b"\r\n\r\n")[2]

    @property
    def is_whole(self):
        return b"\r\n\r\n" in self.raw and len(self.body) >= int(self.headers.get("content-length", 0))


def dial(api, method, path, payload=None):
    """Open a connection and send one call with the session of an Api."""
    host, port = api.base.removeprefix("http://").removesuffix("/api/1.0").split(":")
    wire = socket.create_connection((host, int(port)), timeout=20)
    body = b"" if payload is None else json.dumps(payload).encode()
    cookies = "; ".join(f"{name}={value}" for name, value in api.session.cookies.items())
    lines = (
        f"{method} /api/1.0{path} HTTP/1.1",
        f"Host: {host}:{port}",
        f"Cookie: {cookies}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        "",
        "",
    )
    wire.sendall("\r\n".join(lines).encode() + body)
    return wire


def listen(wire, size=65536):
    """Read until the answer is whole and nothing more comes, or the end of the connection."""
    heard, began = Heard(b"", (), closed=False), time.perf_counter()
    while not heard.is_whole:
        piece = wire.recv(size)
        if not piece:
            return Heard(heard.raw, heard.times, closed=True)
        heard = Heard(heard.raw + piece, (*heard.times, time.perf_counter() - began), closed=False)
    return heard


def tap(api, method, path, payload=None):
    """Make one call on a connection of its own and return what was heard."""
    with dial(api, method, path, payload) as wire:
        return listen(wire)
