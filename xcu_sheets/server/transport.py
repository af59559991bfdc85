"""One HTTP call: sessions, a deadline, a size cap, and what a failure to make it means."""

from __future__ import annotations

import os
import socket
import ssl
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.cookies import RequestsCookieJar
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NameResolutionError, NewConnectionError, ProxyError

from ..model.errors import XcuError
from ..model.text import Said, safe_text
from .strict import split_url

MAX_BYTES = 64 * 1024 * 1024

_CHUNK = 64 * 1024
_HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "gzip, deflate",  # no coding whose unpacking is not bounded
    "Content-Type": "application/json",  # the API document wants it on every call
    "User-Agent": "xcu-sheets",
}


@dataclass(frozen=True)
class Timeouts:
    """Seconds: to connect, between two pieces of an answer, and for the whole call."""

    connect: float = 10
    read: float = 120
    total: float = 180


@dataclass(frozen=True)
class Answer:
    """What came back: `location`, `kind` (content type), `date` and `retry_after` are headers, "" where absent."""

    status: int
    body: bytes
    kind: str = ""
    location: str = ""
    date: str = ""
    retry_after: str = ""

    @property
    def ok(self) -> bool:
        """Tell whether the status is a success."""
        return 200 <= self.status < 300

    @property
    def is_redirect(self) -> bool:
        """Tell whether the server points elsewhere; nobody ever follows."""
        return 300 <= self.status < 400

    @property
    def is_html(self) -> bool:
        """Tell whether this is a web page, whatever its header says."""
        return self.kind.startswith("text/html") or self.body.lstrip()[:1] == b"<"


class NotSentError(Exception):
    """No connection was made: the server surely did not see the call. `refused` means nobody listens there."""

    def __init__(self, reason: str, *, refused: bool = False) -> None:
        super().__init__(reason)
        self.said, self.refused = reason, refused


class LostError(Exception):
    """The call may have arrived, and no whole answer came back; `again` tells whether a read is worth repeating."""

    def __init__(self, reason: str, *, again: bool) -> None:
        super().__init__(reason)
        self.said, self.again = reason, again


class _Watchdog:
    """Shuts the socket of one call when its time is over, and knows whether anything was `sent` at all.

    The timeouts of requests are per read: an answer that comes byte by byte, headers or body, would never end.
    """

    def __init__(self, seconds: float) -> None:
        self.fired = False
        self.sent = False
        self._sock: socket.socket | None = None
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self.fire)
        self._timer.daemon = True

    def start(self) -> None:
        self._timer.start()

    def watch(self, sock: socket.socket | None) -> None:
        with self._lock:
            self.sent, self._sock = True, sock
        if self.fired:
            self.fire()

    def fire(self) -> None:
        with self._lock:
            self.fired = True
            if self._sock:
                with suppress(OSError):
                    self._sock.shutdown(socket.SHUT_RDWR)

    def stop(self) -> None:
        self._timer.cancel()
        with self._lock:
            self._sock = None


_WATCHDOG: ContextVar[_Watchdog] = ContextVar("watchdog")  # that of the call which this thread is making


class _Http(HTTPConnection):
    def send(self, data: Any) -> None:
        _send(self, super().send, data)


class _Https(HTTPSConnection):
    def send(self, data: Any) -> None:
        _send(self, super().send, data)


def _send(connection: HTTPConnection, send: Callable[[Any], None], data: Any) -> None:
    if connection.sock is None:
        connection.connect()
    _WATCHDOG.get().watch(connection.sock)  # from here on the server may see something of the call
    send(data)


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _Http


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _Https


def _watched(manager: PoolManager) -> PoolManager:
    manager.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}
    return manager


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        _watched(self.poolmanager)

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        return _watched(super().proxy_manager_for(*args, **kwargs))


class _Jar(RequestsCookieJar):
    """One jar for all threads: requests walks over it without the lock that its writers hold."""

    def __iter__(self) -> Iterator[Any]:
        with self._cookies_lock:  # type: ignore[attr-defined] # CookieJar's own lock
            return iter(list(super().__iter__()))


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        """Find no redirect, so that requests neither follows one nor reads its body without a bound."""


class Transport:
    """The way to one server. Each call in flight has a session of its own; all share one cookie jar."""

    def __init__(
        self, url: str, *, timeouts: Timeouts, ca_file: str | os.PathLike[str] | None = None, proxy: str | None = None
    ) -> None:
        self.origin, self.base = split_url(url)
        if ca_file:
            _check_ca_file(ca_file)
        self.cookies = _Jar()
        self._timeouts = timeouts
        self._ca_file, self._proxy = ca_file, proxy
        self._idle: deque[requests.Session] = deque()
        self._calls: set[_Watchdog] = set()
        self._closed = False

    def apart(self) -> Transport:
        """Return another way to the same server, with no cookie and no connection in common."""
        return Transport(self.base, timeouts=self._timeouts, ca_file=self._ca_file, proxy=self._proxy)

    def _open(self) -> requests.Session:
        session = _Session()
        session.trust_env = False  # no .netrc, no proxy and no CA bundle that nobody asked for
        session.cookies = self.cookies
        session.headers.update(_HEADERS)
        session.verify = os.fspath(self._ca_file) if self._ca_file else True
        if self._proxy:
            session.proxies = {"http": self._proxy, "https": self._proxy}
        for scheme in ("http://", "https://"):
            session.mount(scheme, _Adapter(pool_connections=1, pool_maxsize=1, max_retries=0))
        return session

    def call(self, method: str, path: str, body: bytes | None = None) -> Answer:
        """Make one call and return its answer, whatever its status; raises NotSentError or LostError."""
        if self._closed:
            raise XcuError("the connection to the server is closed")
        try:
            session = self._idle.pop()
        except IndexError:
            session = self._open()
        watchdog = _Watchdog(self._timeouts.total)
        self._calls.add(watchdog)
        token = _WATCHDOG.set(watchdog)
        watchdog.start()
        try:
            answer = self._exchange(session, method, path, body)
        except (requests.RequestException, HTTPError, OSError) as error:
            raise self._reason(error, watchdog) from None
        finally:
            watchdog.stop()
            _WATCHDOG.reset(token)
            self._calls.discard(watchdog)
            self._put_back(session)
        if watchdog.fired:  # an answer without length looks whole when its socket is shut
            raise LostError(self._too_slow(), again=False)
        return answer

    def _put_back(self, session: requests.Session) -> None:
        if self._closed:
            session.close()
        else:
            self._idle.append(session)

    def _exchange(self, session: requests.Session, method: str, path: str, body: bytes | None) -> Answer:
        response = session.request(
            method,
            self.base + path,
            data=body,
            timeout=(self._timeouts.connect, self._timeouts.read),
            allow_redirects=False,
            stream=True,
        )
        try:
            headers = response.headers
            return Answer(
                response.status_code,
                _read(response),
                headers.get("Content-Type", "").strip().lower(),
                headers.get("Location", ""),
                headers.get("Date", ""),
                headers.get("Retry-After", ""),
            )
        finally:
            response.close()

    def _too_slow(self) -> Said:
        return Said("no whole answer within {n} s", n=f"{self._timeouts.total:g}")

    def _reason(self, error: Exception, watchdog: _Watchdog) -> NotSentError | LostError:
        """Tell what a failure means, in words of our own: the libraries' texts are not for people."""
        if not watchdog.sent:
            return self._unconnected(error)
        if watchdog.fired:
            return LostError(self._too_slow(), again=False)
        if isinstance(error, requests.Timeout):
            return LostError(Said("no answer within {n} s", n=f"{self._timeouts.read:g}"), again=False)
        return LostError(Said("the connection was lost before the answer was complete"), again=True)

    def _unconnected(self, error: Exception) -> NotSentError:
        chain = list(_chain(error))
        refused = any(isinstance(e, ConnectionRefusedError) for e in chain)
        proxied = any(isinstance(e, ProxyError) for e in chain)
        secure = self.origin.startswith("https")
        meanings: tuple[tuple[type[Exception], str], ...] = (
            (NameResolutionError, Said("host name not found")),
            (NewConnectionError, _system_word(chain)),
            (ConnectTimeoutError, Said("no connection within {n} s", n=f"{self._timeouts.connect:g}")),
            (ssl.SSLCertVerificationError, Said("its TLS certificate is not trusted: see --ca-file")),
            (ValueError, Said("the address of the server or the proxy makes no sense")),
            (Exception, Said("no TLS: is it https there?") if secure else Said("no connection")),
        )
        words = next(words for kind, words in meanings if any(isinstance(e, kind) for e in chain))
        words = Said("the proxy: {why}", why=words) if proxied else words
        return NotSentError(words, refused=refused and not proxied)

    def close(self) -> None:
        """Close every connection; calls still in flight end at once."""
        self._closed = True
        for watchdog in list(self._calls):
            watchdog.fire()
        while self._idle:
            self._idle.pop().close()


def _check_ca_file(ca_file: str | os.PathLike[str]) -> None:
    try:
        ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise XcuError(
            "{ca_file} holds no certificates ({kind}): see --ca-file",
            ca_file=safe_text(ca_file),
            kind=type(error).__name__,
        ) from None


def _read(response: requests.Response) -> bytes:
    body = bytearray()
    for piece in response.iter_content(_CHUNK):
        body += piece
        if len(body) > MAX_BYTES:
            raise LostError(Said("the answer is larger than {n} MiB", n=MAX_BYTES >> 20), again=False)
    return bytes(body)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Walk down what requests and urllib3 wrap: causes, contexts, `reason`, and exceptions kept as arguments."""
    seen: list[int] = []
    todo: list[Any] = [error]
    while todo:
        found = todo.pop()
        if isinstance(found, BaseException) and id(found) not in seen:
            seen.append(id(found))
            yield found
            todo += [found.__cause__, found.__context__, getattr(found, "reason", None), *found.args]


def _system_word(chain: list[BaseException]) -> str:
    codes = [e.errno for e in chain if isinstance(e, OSError) and e.errno]
    return os.strerror(codes[-1]).lower() if codes else Said("no connection")
