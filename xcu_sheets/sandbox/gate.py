"""The gate before the API: latency, faults and the log of calls."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from waitress.channel import ClientDisconnected

from .app import PREFIX, ROUND
from .calls import CallLog
from .settings import Call, Fault
from .state import Restored
from .switchboard import Switchboard
from .world import World

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Wsgi = Callable[[Environ, StartResponse], Iterable[bytes]]


@dataclass
class Caught:
    """The answer of the application, held back until the gate has decided."""

    status: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: Iterable[bytes] = ()

    def discard(self) -> None:
        """Throw the body away, closing what must be closed."""
        getattr(self.body, "close", lambda: None)()


class Gate:
    """A WSGI application around that of one world; only calls of the API are delayed, troubled and logged."""

    def __init__(
        self, app: Wsgi, world: World, faults: Switchboard, log: CallLog, wait: Callable[[float], bool]
    ) -> None:
        self._app = app
        self._world = world
        self._faults = faults
        self._log = log
        self._wait = wait
        self.latency = 0.0

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Serve one call."""
        if not environ["PATH_INFO"].startswith(PREFIX + "/"):
            return self._app(environ, start_response)
        environ[ROUND] = self._world.store.round
        method, raw = environ["REQUEST_METHOD"], _raw_path(environ).removeprefix(PREFIX)
        faults = self._faults.due(method, _decoded_path(environ).removeprefix(PREFIX))
        pause = self.latency + sum(fault.ms for fault in faults if fault.kind == "latency")
        if pause and (self._wait(pause / 1000) or self._is_over(environ)):
            raise ClientDisconnected  # the sandbox was stopped or put back meanwhile
        if any(fault.kind == "expire" for fault in faults):
            environ["sandbox.expire"] = True
        fault = next((fault for fault in faults if fault.kind not in ("latency", "expire")), None)
        caught = self._answer(environ, fault)
        with suppress(Restored), self._world.store.within(environ[ROUND]):
            self._log.add(Call(method, raw, int(caught.status[:3]) if caught else 0))
        if caught is None:
            # waitress closes the connection without a byte when the application raises this.
            raise ClientDisconnected
        start_response(caught.status, list(caught.headers))
        return caught.body

    def _is_over(self, environ: Environ) -> bool:
        """Say whether the state was put back since the call came."""
        return bool(environ[ROUND] != self._world.store.round)

    def _answer(self, environ: Environ, fault: Fault | None) -> Caught | None:
        """Return the answer, after the work where the fault lets it be done; None is no answer at all."""
        if fault is None:
            return self._work(environ)
        if fault.kind.endswith("after_commit"):
            self._work(environ).discard()
        return _told(fault) if fault.kind.startswith("status") else None

    def _work(self, environ: Environ) -> Caught:
        """Let the application do its work and hold its answer back."""
        caught = Caught()

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> None:
            caught.status, caught.headers = status, tuple(headers)

        caught.body = self._app(environ, start_response)
        return caught


def _told(fault: Fault) -> Caught:
    """Return the answer that a fault dictates."""
    body = fault.body.encode()
    reason = HTTPStatus(fault.code).phrase if fault.code in HTTPStatus._value2member_map_ else "Unknown"
    headers = {"Content-Type": "text/plain; charset=utf-8", **fault.headers, "Content-Length": str(len(body))}
    return Caught(f"{fault.code} {reason}", tuple(headers.items()), (body,))


def _raw_path(environ: Environ) -> str:
    """Return the path as it was received, percent signs and all, without the query."""
    return str(environ.get("REQUEST_URI", environ["PATH_INFO"])).partition("?")[0]


def _decoded_path(environ: Environ) -> str:
    """Return the path as text: WSGI hands UTF-8 over as Latin-1."""
    return str(environ["PATH_INFO"]).encode("latin-1").decode("utf-8", "replace")
