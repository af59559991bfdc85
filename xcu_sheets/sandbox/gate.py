"""The gate before the API: what each call meets, whether its work is done, and how the answer leaves."""

import io
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

from waitress.channel import ClientDisconnected

from .answers import DICTATED, SPOILT, Held, plain
from .app import PREFIX, ROUND
from .calls import CallLog
from .desk import Desk
from .rival import take_number
from .settings import Call, Fault
from .state import Restored
from .wire import wire_of
from .world import World

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Wsgi = Callable[[Environ, StartResponse], Iterable[bytes]]

BEFORE_THE_WORK = frozenset(("latency", "expire", "rival"))
WORKED = frozenset((*SPOILT, "status_after_commit", "html_after_commit", "drop_after_commit"))
LATE = frozenset(("late_commit", "late_status"))
BUSY = "Another change is being made: send one at a time."


class Gate:
    """A WSGI application around that of one world; only calls of the API are delayed, troubled and logged."""

    def __init__(self, app: Wsgi, world: World, desk: Desk, wait: Callable[[float], bool]) -> None:
        self._app = app
        self._world = world
        self._desk = desk
        self._wait = wait
        self._writing = threading.Lock()
        self.latency = 0.0

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Serve one call."""
        if not environ["PATH_INFO"].startswith(PREFIX + "/"):
            return self._app(environ, start_response)
        environ[ROUND] = self._world.store.round
        method, path = environ["REQUEST_METHOD"], _decoded_path(environ)
        with self._turn(method, path) as free:
            answer = self._serve(environ, method, path) if free else plain(503, BUSY)
            self._note(self._desk.calls, environ, answer)
        return self._send(environ, start_response, answer)

    @contextmanager
    def _turn(self, method: str, path: str) -> Iterator[bool]:
        """Yield whether a call may be served now: where ``parallel`` is "no", one write at a time may.

        A turn ends before the answer leaves, so that a client who waits for it is never refused the next.
        """
        if method == "GET" or path == "/login" or self._world.switches.parallel == "yes":
            yield True
            return
        mine = self._writing.acquire(blocking=False)
        try:
            yield mine
        finally:
            if mine:
                self._writing.release()

    def _serve(self, environ: Environ, method: str, path: str) -> Held | None:
        """Let a call meet its faults; None is no answer at all."""
        faults = self._desk.faults.due(method, path)
        pause = self.latency + sum(fault.ms for fault in faults if fault.kind == "latency")
        if pause and (self._wait(pause / 1000) or environ[ROUND] != self._world.store.round):
            raise ClientDisconnected  # the sandbox was stopped or put back meanwhile
        for fault in faults:
            if fault.kind == "expire":
                environ["sandbox.expire"] = True
            elif fault.kind == "rival" and (method, path) == ("POST", "/users"):
                take_number(self._world, _body(environ), environ[ROUND], same_names=fault.same_names)
        return self._answer(environ, next((fault for fault in faults if fault.kind not in BEFORE_THE_WORK), None))

    def _answer(self, environ: Environ, fault: Fault | None) -> Held | None:
        """Return the answer, after the work where the fault lets it be done now."""
        if fault is None:
            return self._work(environ)
        if fault.kind in LATE:
            later = {**environ, "wsgi.input": io.BytesIO(_body(environ))}
            self._desk.late.after(fault.ms / 1000, partial(self._work_late, later))
        true = self._work(environ) if fault.kind in WORKED else None
        if true and fault.kind in SPOILT:
            return SPOILT[fault.kind](fault, true)
        return DICTATED[fault.kind](fault) if fault.kind in DICTATED else None

    def _work(self, environ: Environ) -> Held:
        """Let the application do its work and hold its answer back."""
        head: list[Any] = []
        body = self._app(environ, lambda *given: head.extend(given))
        try:
            return Held(head[0], tuple(head[1]), b"".join(body))
        finally:
            getattr(body, "close", lambda: None)()

    def _work_late(self, environ: Environ) -> None:
        self._note(self._desk.late_calls, environ, self._work(environ))

    def _note(self, log: CallLog, environ: Environ, answer: Held | None) -> None:
        """Write a call down, unless the state was put back since it came."""
        with suppress(Restored), self._world.store.within(environ[ROUND]):
            log.add(Call(environ["REQUEST_METHOD"], _raw_path(environ), answer.code if answer else 0))

    def _send(self, environ: Environ, start_response: StartResponse, answer: Held | None) -> Iterable[bytes]:
        """Hand an answer to waitress, which closes the connection as it stands when ClientDisconnected is raised."""
        if answer is None:
            raise ClientDisconnected
        if answer.pace:
            wire_of(environ).drip(answer.pace, self._wait)
        write = start_response(answer.status, list(answer.headers))
        if answer.sent is not None:
            write(answer.body[: answer.sent])  # the head goes before the first write, be it empty
            raise ClientDisconnected
        return [answer.body]


def _body(environ: Environ) -> bytes:
    """Return the body of a call, and leave it to be read again."""
    body: bytes = environ["wsgi.input"].read()
    environ["wsgi.input"] = io.BytesIO(body)
    return body


def _raw_path(environ: Environ) -> str:
    """Return the path after the prefix as it was received, percent signs and all, without the query."""
    return str(environ.get("REQUEST_URI", environ["PATH_INFO"])).partition("?")[0].removeprefix(PREFIX)


def _decoded_path(environ: Environ) -> str:
    """Return the path after the prefix as text: WSGI hands UTF-8 over as Latin-1."""
    return str(environ["PATH_INFO"]).encode("latin-1").decode("utf-8", "replace").removeprefix(PREFIX)
