"""The session with one server: one login for all threads, one meaning per failure, no write sent twice."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

from ..model.errors import ApiError, LoginFailed, OutcomeUnknown, Refused, Unavailable
from ..model.records import Secret
from ..model.text import Said, safe_text
from .answers import describe, is_login_page, wait_of
from .masking import mask
from .retry import PASSING_STATUSES, Retrier
from .strict import MalformedError, origin_of, parse_json
from .transport import Answer, LostError, NotSentError, Transport

MAX_REPEATS = 5  # of one call whose session keeps ending because of other threads' bad luck
OTHER_PORT = {80: 9001, 9000: 9001, 9001: 9000}
LOGIN = "/login"


@dataclass(frozen=True)
class CallLog:
    """What may be logged of one HTTP call; `status` is 0 where no whole answer came, `bytes` are of the answer."""

    method: str
    path: str
    status: int
    ms: float
    attempt: int
    bytes: int


@dataclass(frozen=True)
class Written:
    """What a write was answered: its status, and the value of its body, None where that holds no JSON."""

    status: int
    value: Any


class Session:
    """A login that is kept alive. Threads may share a session.

    `secrets` are the texts that are cut out of whatever the server says; `calls` counts the HTTP calls made.
    """

    def __init__(
        self,
        transport: Transport,
        login: str,
        password: str,
        *,
        on_call: Callable[[CallLog], None] | None,
        retrier: Retrier,
    ) -> None:
        self.secrets = {password}
        self._transport = transport
        self._login, self._password = login, Secret(password)
        self._on_call, self._retrier = on_call, retrier
        self.calls = 0
        self._lock, self._counting = threading.Lock(), threading.Lock()
        self._generation = 0  # how many times we have logged in
        self._proved = 0  # the last of these logins under which a call passed
        self._login_refused: str = ""  # why logging in is hopeless, so that no thread tries a bad password again

    def read(self, path: str) -> Any:
        """GET what is at a path, tried again where trouble may pass; raises Refused or Unavailable."""
        return self._retrier.run(lambda attempt: self._read_once(path, attempt))

    def _read_once(self, path: str, attempt: int) -> Any:
        try:
            answer = self._authorised("GET", path, None, attempt, write=False)
        except NotSentError as error:
            raise self._not_reached("GET", path, error) from None
        except LostError as error:
            raise Unavailable("GET", path, 0, error.said, passing=error.again) from None
        if not answer.ok:
            raise self._read_failure("GET", path, answer)
        try:
            return parse_json(answer.body)
        except MalformedError as error:
            raise Unavailable("GET", path, answer.status, error.said, passing=True) from None

    def _read_failure(self, method: str, path: str, answer: Answer) -> ApiError:
        detail = describe(answer, self.secrets.copy())
        if 400 <= answer.status < 500 and answer.status != 429:
            return Refused(method, path, answer.status, detail)
        passing = answer.status in PASSING_STATUSES
        return Unavailable(method, path, answer.status, detail, passing=passing, wait=wait_of(answer))

    def write(self, method: str, path: str, body: bytes | None = None) -> Any:
        """Send a write once and return what its answer holds, None where it holds no JSON; raises as `written` does."""
        return self.written(method, path, body).value

    def written(self, method: str, path: str, body: bytes | None = None) -> Written:
        """Send a write once and return what it was answered.

        Raises Refused or Unavailable where it was surely not done, else OutcomeUnknown. Who repeats a write looks at
        this difference: nothing here does.
        """
        try:
            answer = self._authorised(method, path, body, 1, write=True)
        except NotSentError as error:
            raise self._not_reached(method, path, error) from None
        except LostError as error:
            raise OutcomeUnknown(method, path, 0, error.said, passing=error.again) from None
        detail = "" if answer.ok else describe(answer, self.secrets.copy())
        if answer.status == 429:
            raise Unavailable(method, path, 429, detail, passing=True, wait=wait_of(answer))
        if 400 <= answer.status < 500:
            raise Refused(method, path, answer.status, detail)
        if not answer.ok:
            passing = answer.status in PASSING_STATUSES
            raise OutcomeUnknown(method, path, answer.status, detail, passing=passing, wait=wait_of(answer))
        if answer.is_html:
            raise OutcomeUnknown(method, path, answer.status, Said("the answer is a web page"))
        return Written(answer.status, self._value_of(method, path, answer))

    def _value_of(self, method: str, path: str, answer: Answer) -> Any:
        body = answer.body.strip()
        if not body:
            return None
        try:
            return parse_json(body)
        except MalformedError as error:
            if "json" in answer.kind or body[:1] in (b"{", b"["):
                raise OutcomeUnknown(method, path, answer.status, error.said) from None
            return None  # a plain "OK"

    def read_without_login(self, path: str) -> Answer:
        """GET without logging in first, and return the answer as it came; Unavailable where none came."""
        try:
            return self._send("GET", path, None, 1)
        except (NotSentError, LostError) as error:
            raise Unavailable("GET", path, 0, error.said) from None

    def _not_reached(self, method: str, path: str, error: NotSentError) -> Unavailable:
        origin = self._transport.origin
        other = OTHER_PORT.get(urlsplit(origin).port or 0)
        detail = Said("cannot reach {origin} ({why})", origin=origin, why=error.said)
        if error.refused and other:
            detail = Said(
                "cannot reach {origin} ({why}); XCU usually answers on port {port}: try --url {url}",
                origin=origin,
                why=error.said,
                port=other,
                url=f"{origin.rpartition(':')[0]}:{other}",
            )
        return Unavailable(method, path, 0, detail, passing=True)

    def _authorised(self, method: str, path: str, body: bytes | None, attempt: int, *, write: bool) -> Answer:
        """Make a call; where the session is over log in again and repeat it: without a login it did nothing."""
        ours = -1
        for _ in range(MAX_REPEATS):
            generation = self.log_in()
            answer = self._send(method, path, body, attempt)
            if not self._is_session_over(answer, write=write):
                self._proved = max(self._proved, generation)
                return answer
            # Right after our own fresh login, which let no other call pass either, it is not the session.
            if generation == ours and (answer.status == 403 or self._proved < generation):
                break
            ours = self._log_in_again(generation)
        if answer.status == 403:
            return answer
        page = answer.is_html and answer.ok
        raise LoginFailed(
            "{method} {path}: {origin} answers {what} to {who} even after a fresh login; check the "
            "address and this login's rights",
            method=method,
            path=path,
            origin=self._transport.origin,
            what=Said("a web page") if page else Said("status {status}", status=answer.status),
            who=self._who,
        )

    def _is_session_over(self, answer: Answer, *, write: bool) -> bool:
        if answer.status in (401, 403):
            return True
        if answer.is_redirect:
            self._refuse_other_origin(answer)
        if answer.is_redirect or (answer.ok and answer.is_html):
            return not write or is_login_page(answer)
        return False

    def _refuse_other_origin(self, answer: Answer) -> None:
        try:
            target = origin_of(urlsplit(urljoin(self._transport.base + "/", answer.location)))
        except (ValueError, KeyError):
            target = ""
        if target != self._transport.origin:
            shown = safe_text(mask(target, self.secrets.copy()), 200) or Said("an address that makes no sense")
            raise LoginFailed(
                "{origin} sends us to {shown}: use that address as --url if you trust it",
                origin=self._transport.origin,
                shown=shown,
            )

    def log_in(self) -> int:
        """Log in unless that is done; return how many times we have logged in."""
        if not self._generation:
            with self._lock:
                if not self._generation:
                    self._enter()
        return self._generation

    def _log_in_again(self, seen: int) -> int:
        """Log in unless another thread did since generation `seen`; return our own new generation, else -1."""
        with self._lock:
            if self._generation != seen:
                return -1
            self._enter()
            return self._generation

    def _enter(self) -> None:
        if self._login_refused:
            raise LoginFailed(self._login_refused)
        try:
            self._retrier.run(self._enter_once)
        except LoginFailed as error:
            self._login_refused = error.said
            raise
        self._generation += 1

    def _enter_once(self, attempt: int) -> None:
        self._transport.cookies.clear()
        body = json.dumps({"login": self._login, "password": self._password.reveal()}).encode()
        try:
            answer = self._send("POST", LOGIN, body, attempt)
        except NotSentError as error:
            lost = self._not_reached("POST", LOGIN, error)
            lost.passing = self._generation > 0  # at the start nobody wants to wait for a mistyped address
            raise lost from None
        except LostError as error:
            raise Unavailable(
                "POST",
                LOGIN,
                0,
                Said("{origin}: {why}", origin=self._transport.origin, why=error.said),
                passing=error.again,
            ) from None
        self._check_login(answer)

    def _check_login(self, answer: Answer) -> None:
        if answer.is_redirect:
            self._refuse_other_origin(answer)
        if answer.is_redirect or answer.status in (400, 401, 403, 422):
            raise LoginFailed("the server refused login {who}: check the login and password", who=self._who)
        if answer.status == 429 or (answer.status >= 500 and answer.status != 501):
            raise self._read_failure("POST", LOGIN, answer)
        if not answer.ok or answer.is_html or not len(self._transport.cookies):
            status = Said("{status}, a web page", status=answer.status) if answer.is_html else answer.status
            raise LoginFailed(
                "{origin} does not look like an XCU: its answer to a login was {status}, no session; check --url",
                origin=self._transport.origin,
                status=status,
            )

    @property
    def _who(self) -> str:
        return safe_text(self._login)

    def _send(self, method: str, path: str, body: bytes | None, attempt: int) -> Answer:
        start, status, size = time.monotonic(), 0, 0
        try:
            answer = self._transport.call(method, path, body)
            status, size = answer.status, len(answer.body)
            return answer
        finally:
            with self._counting:
                self.calls += 1
            if self._on_call:
                self._on_call(CallLog(method, path, status, 1000 * (time.monotonic() - start), attempt, size))
