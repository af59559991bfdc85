"""Which server and which login: options, environment, profile file; and what must be settled before a call is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..model.errors import XcuError
from ..server import Client, Timeouts
from ..server.strict import split_url
from .call_log import LogFile
from .known_servers import key_of, read_known
from .passwords import find_password
from .plain_http import settle_plain_http
from .profiles import read_profile

DEFAULT_LOGIN = "admin"


@dataclass(frozen=True)
class ConnectOptions:
    """What `connection_options` let a person say; options.py tells what each means."""

    url: str | None
    login: str | None
    profile: str | None
    password_file: str | None
    ca_file: str | None
    proxy: str | None
    allow_http: bool
    accept_xivos: bool
    read_only: bool
    log: str | None
    connect_timeout: float
    read_timeout: float
    timeout: float


@dataclass(frozen=True)
class Connection:
    """A connected client, the profile it came from, and what is known of that server.

    `key` is where `known_servers.learn` keeps facts about it, `known` what was there when the command began.
    """

    client: Client
    profile: str
    settings: Mapping[str, Any]
    key: str
    known: Mapping[str, Any]
    accept_xivos: bool = False


def connect(*, writes: bool = False, url_default: str = "", login_default: str = "", **options: Any) -> Connection:
    """Return a client that is logged in; `options` are those of ConnectOptions.

    A command that `writes` is refused here where the server is used read-only. The defaults count where neither
    option, environment nor profile gives a value. Raises LoginFailed, Unavailable, or XcuError for a wrong setting.
    """
    asked = ConnectOptions(**options)
    settings = read_profile(asked.profile)
    address = asked.url or settings.get("url") or url_default
    if not address:
        raise XcuError("No server given: use --url http://HOST:9001, XCU_URL, or url in a profile.")
    origin, _ = split_url(address)
    key = key_of(asked.profile, origin)
    known = read_known(key)
    if writes and _is_read_only(asked, settings):
        raise XcuError(
            "{origin} is used read-only: nothing may be changed there; plan and import --dry-run work.", origin=origin
        )
    settle_plain_http(origin, key, allow=asked.allow_http, settings=settings, known=known)
    login = asked.login or settings.get("login") or login_default or DEFAULT_LOGIN
    client = _client(asked, settings, address, login)
    try:
        client.log_in()
    except BaseException:
        client.close()
        raise
    return Connection(client, asked.profile or "", settings, key, known, asked.accept_xivos)


def _client(asked: ConnectOptions, settings: Mapping[str, Any], address: str, login: str) -> Client:
    log = LogFile(Path(asked.log)) if asked.log else None
    return Client(
        address,
        login,
        find_password(asked.password_file, settings, address, login),
        timeouts=Timeouts(asked.connect_timeout, asked.read_timeout, asked.timeout),
        ca_file=asked.ca_file or settings.get("ca_file"),
        proxy=asked.proxy or settings.get("proxy"),
        read_only=_is_read_only(asked, settings),
        on_call=log,
    )


def _is_read_only(asked: ConnectOptions, settings: Mapping[str, Any]) -> bool:
    return asked.read_only or bool(settings.get("read_only"))
