"""A relay before the sandbox: a proxy, or a server, that changes, holds back or invents answers."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import unquote

import requests

PREFIX = "/api/1.0"


@dataclass(frozen=True)
class Call:
    """A call as it came in; its path is decoded, without `/api/1.0`."""

    method: str
    path: str
    body: bytes

    @property
    def what(self) -> tuple[str, str]:
        return self.method, self.path

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Answer:
    """An answer as it goes back."""

    status: int
    body: bytes = b""

    @classmethod
    def of(cls, value: object) -> Self:
        """Return a 200 with JSON."""
        return cls(200, json.dumps(value).encode())

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Relay:
    """Passes calls on to a sandbox. `before` may answer a call itself, `after` may give another answer."""

    def __init__(
        self,
        target: str,
        *,
        before: Callable[[Call], Answer | None] = lambda call: None,
        after: Callable[[Call, Answer], Answer | None] = lambda call, answer: None,
    ) -> None:
        self.target, self.before, self.after = target, before, after
        self.failed: list[Exception] = []

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        assert self.failed == []

    def answer(self, call: Call, path: str, headers: dict[str, str]) -> tuple[Answer, dict[str, str]]:
        """Return what a call is answered with, and the headers that go with it.

        Raises requests.ConnectionError where the sandbox gives no answer.
        """
        own = self._asked(self.before, call)
        if own is not None:
            return own, {}
        answer, back = _pass_on(self.target + path, call, headers)
        return self._asked(self.after, call, answer) or answer, back

    def _asked(self, story: Callable[..., Answer | None], *told: object) -> Answer | None:
        """Return what the test makes of a call; what goes wrong there is told at the relay's end."""
        try:
            return story(*told)
        except Exception as failed:
            self.failed.append(failed)
            raise


class LateLists:
    """Given as `after`: the lists do not show who was made meanwhile, until they have `caught_up`."""

    def __init__(self) -> None:
        self.caught_up, self._made = False, set[str]()

    def __call__(self, call: Call, answer: Answer) -> Answer | None:
        if call.what == ("POST", "/users") and answer.status < 300:
            self._made.add(call.json["internalNumber"])
        if self.caught_up or call.method != "GET" or not call.path.endswith("/users"):
            return None
        return Answer.of({"items": [u for u in answer.json["items"] if u["internalNumber"] not in self._made]})


def _handler_of(relay: Relay) -> type[BaseHTTPRequestHandler]:
    class Passing(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            call = Call(self.command, unquote(self.path).removeprefix(PREFIX), body)
            try:
                answer, headers = relay.answer(call, self.path, dict(self.headers))
            except requests.ConnectionError:
                self.close_connection = True
                return
            self.send_response(answer.status)
            sizes = {} if answer.status == 204 else {"Content-Length": str(len(answer.body))}
            for name, value in {"Content-Type": "application/json", **headers, **sizes}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)

        do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815 - http.server's names

        def log_message(self, *_: object) -> None:
            pass

    return Passing


def _pass_on(url: str, call: Call, headers: dict[str, str]) -> tuple[Answer, dict[str, str]]:
    """Make a call on the sandbox; return its answer and what of its headers goes back."""
    kept = {name: text for name, text in headers.items() if name in ("Cookie", "Content-Type")}
    with requests.Session() as session:
        session.trust_env = False
        found = session.request(call.method, url, data=call.body, headers=kept, allow_redirects=False, timeout=30)
    back = {name: text for name, text in found.headers.items() if name in ("Set-Cookie", "Content-Type")}
    return Answer(found.status_code, found.content), back
