"""The client: one method per endpoint; paths and bodies from the table, shapes checked, secrets sealed."""

from __future__ import annotations

import json
import os
import random
import re
import threading
from collections.abc import Callable, Mapping
from functools import partial
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

from ..model.errors import Unavailable, XcuError
from ..model.fields import Resource
from ..model.records import Record, Secret, each_once, seal
from ..model.resources import XIVOS
from ..model.text import Said, safe_text
from .retry import Retrier, RetryPolicy, wait_until
from .session import CallLog, Session, Written
from .transport import Answer, Timeouts, Transport

AVAILABLE_NUMBERS = "/entities/{}/available_numbers"
SYNCHRONIZE = "/xivo/synchronize_config_files"

_VERBS = {"create": "POST", "update": "PUT", "delete": "DELETE"}


class Client:
    """An XCU server as one administrator sees it. Threads may share a client.

    Nothing is sent before the first call, which logs in. `on_call` is told of each HTTP call, from the thread that
    makes it. Reads are repeated as `retry` says, writes never: see OutcomeUnknown. A login that was refused is not
    tried again. `sleep` (None: until the client is closed, at the most) and `jitter` (0 to 1) are the time and the
    chance of the waits.
    """

    def __init__(
        self,
        url: str,
        login: str,
        password: str,
        *,
        timeouts: Timeouts = Timeouts(),  # noqa: B008 - frozen
        ca_file: str | os.PathLike[str] | None = None,
        proxy: str | None = None,
        read_only: bool = False,
        on_call: Callable[[CallLog], None] | None = None,
        retry: RetryPolicy = RetryPolicy(),  # noqa: B008 - frozen
        sleep: Callable[[float], None] | None = None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._transport = Transport(url, timeouts=timeouts, ca_file=ca_file, proxy=proxy)
        self.login_name = login
        self.read_only = read_only
        self._closed = threading.Event()
        self.retrier = Retrier(retry, sleep or partial(wait_until, self._closed), jitter)
        self._on_call = on_call
        self._session = Session(self._transport, login, password, on_call=on_call, retrier=self.retrier)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def origin(self) -> str:
        """The server as scheme://host:port."""
        return self._transport.origin

    @property
    def calls(self) -> int:
        """How many HTTP calls this client has made."""
        return self._session.calls

    def close(self) -> None:
        """Close the connections; calls in flight, and those that wait for another attempt, end with an error."""
        self._closed.set()
        self._transport.close()

    # The endpoints

    def log_in(self) -> None:
        """Log in unless that is done; raises LoginFailed, or Unavailable where the server is not reached."""
        self._session.log_in()

    def list_records(self, resource: Resource, parent: str = "") -> list[Record]:
        """Return all records of a resource, secrets sealed; `parent` is the entity where they are listed per entity.

        An answer of another shape is an error, never an empty list.
        """
        if not resource.listing:
            raise XcuError("{name} cannot be listed", name=resource.name)
        path = resource.listing.format(_segment(parent)) if "{}" in resource.listing else resource.listing
        items = self._items(path)
        if not all(_has_key(resource, item) for item in items):
            raise Unavailable(
                "GET",
                path,
                200,
                Said("the answer is no list of {name}: it does not look like an XCU", name=resource.name),
            )
        return each_once(self._seal(resource, item) for item in items)

    def get_record(self, resource: Resource, key: str) -> Record:
        """Return one record, secrets sealed."""
        path = self._record_path(resource, "get", key)
        found = self._session.read(path)
        if not _has_key(resource, found) or str(found[resource.key]) != str(key):
            raise Unavailable(
                "GET", path, 200, Said("the answer is not the record that was asked for: it does not look like an XCU")
            )
        return self._seal(resource, found)

    def create_record(self, resource: Resource, payload: Mapping[str, Any]) -> str:
        """Create a record and return its id as far as the answer shows one, else ""."""
        self._check_method(resource, "create")
        answer = self._session.write("POST", resource.path, self._body(resource, payload))
        found = answer.get("id") if isinstance(answer, dict) else answer
        is_id = isinstance(found, int | str) and not isinstance(found, bool)
        return str(found) if is_id and re.fullmatch(r"[0-9]+", str(found)) else ""

    def update_record(self, resource: Resource, key: str, payload: Mapping[str, Any]) -> None:
        """Replace a record."""
        path = self._record_path(resource, "update", key)
        self._session.write("PUT", path, self._body(resource, payload))

    def delete_record(self, resource: Resource, key: str) -> None:
        """Delete a record; one that is gone already is a Refused with status 404."""
        self._session.write("DELETE", self._record_path(resource, "delete", key))

    def write_record(
        self, method: str, resource: Resource, key: str = "", payload: Mapping[str, Any] | None = None
    ) -> Written:
        """Do what `create_record`, `update_record` or `delete_record` does, and return the answer as it came.

        `method` is `create`, `update` or `delete`: for who asks how a server answers.
        """
        self._check_method(resource, method)
        path = resource.path if method == "create" else self._record_path(resource, method, key)
        return self._session.written(_VERBS[method], path, None if payload is None else self._body(resource, payload))

    def ask_without_login(self) -> Answer:
        """Return what the list of XiVOs is answered to a caller who never logged in; Unavailable where nothing came.

        The call has a connection of its own: this client's session is left alone.
        """
        stranger = self._transport.apart()
        try:
            session = Session(stranger, self.login_name, "", on_call=self._on_call, retrier=self.retrier)
            return session.read_without_login(XIVOS.path)
        finally:
            stranger.close()

    def available_numbers(self, combined_id: str) -> list[str]:
        """Return the numbers that the server offers for an entity, in its order; the list may be capped."""
        path = AVAILABLE_NUMBERS.format(_segment(combined_id))
        items = self._items(path)
        if not all(isinstance(n, str | int) and not isinstance(n, bool) for n in items):
            raise Unavailable("GET", path, 200, Said("the answer is no list of numbers: it does not look like an XCU"))
        return [str(n) for n in items]

    def synchronize_config_files(self) -> None:
        """Have the server synchronise its configuration files: a GET that acts, so treated as a write."""
        self._refuse_if_read_only()
        self._session.write("GET", SYNCHRONIZE)

    # Paths and bodies

    def _record_path(self, resource: Resource, method: str, key: str) -> str:
        self._check_method(resource, method)
        # A number is no endpoint's name: /xivo/synchronize_config_files is not a record (DESIGN rule 15).
        if resource.key == "id" and not re.fullmatch(r"[0-9]+", str(key)):
            raise XcuError("{key} is not the id of a record of {name}", key=safe_text(key), name=resource.name)
        return f"{resource.path}/{_segment(key)}"

    def _check_method(self, resource: Resource, method: str) -> None:
        if method not in resource.methods:
            raise XcuError("this server's interface cannot {method} {name}", method=method, name=resource.name)
        if method != "get":
            self._refuse_if_read_only()

    def _refuse_if_read_only(self) -> None:
        if self.read_only:
            raise XcuError("{origin} is used read-only: nothing may be changed there", origin=self.origin)

    def _body(self, resource: Resource, payload: Mapping[str, Any]) -> bytes:
        for key in {*resource.hidden, *(f.write for f in resource.secrets)}:
            if isinstance(payload.get(key), str):
                self._session.secrets.add(payload[key])
        return json.dumps(dict(payload), default=self._reveal, allow_nan=False).encode()

    def _reveal(self, value: object) -> str:
        if not isinstance(value, Secret):
            raise TypeError(f"{type(value).__name__} cannot be sent")
        self._session.secrets.add(value.reveal())
        return value.reveal()

    def _seal(self, resource: Resource, record: Record) -> Record:
        """Seal a record; a hidden member that no column can write (a password hash) is dropped altogether."""
        sealed = seal(resource, record)
        self._session.secrets.update(v.reveal() for v in sealed.values() if isinstance(v, Secret))
        for key in {*resource.hidden} - {f.write for f in resource.secrets}:
            sealed.pop(key, None)
        return sealed

    def _items(self, path: str) -> list[Any]:
        found = self._session.read(path)
        items = found.get("items") if isinstance(found, dict) else found
        if not isinstance(items, list):
            raise Unavailable("GET", path, 200, Said("the answer is not a list: it does not look like an XCU"))
        return items


def _segment(key: object) -> str:
    """Return a key as one segment of a path: it can never become two, or climb (TRAPS section 1)."""
    text = str(key)
    if text in ("", ".", "..") or key is None:
        raise XcuError("{text} cannot be the key of a record", text=f"{safe_text(text)!r}")
    try:
        return quote(text, safe="@")
    except UnicodeEncodeError:
        raise XcuError("{text} cannot be the key of a record", text=f"{safe_text(text)!r}") from None


def _has_key(resource: Resource, item: object) -> bool:
    key = item.get(resource.key) if isinstance(item, dict) else None
    return isinstance(key, str | int) and not isinstance(key, bool) and key != ""
