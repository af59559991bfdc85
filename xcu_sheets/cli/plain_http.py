"""Plain http to another machine: passwords travel in clear, so it is allowed once and said aloud (DESIGN rule 16)."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import click

from ..model.errors import XcuError
from ..model.text import Said, safe_text
from ..words import translate
from .known_servers import learn_or_say
from .output import confirm


def settle_plain_http(
    origin: str, key: str, *, allow: bool, settings: Mapping[str, Any], known: Mapping[str, Any]
) -> None:
    """Return where `origin` may be talked to; to be called before anything is sent.

    `allow` is the option's. Raises XcuError where nobody allowed plain http. An allowance holds for this origin only,
    whatever address the same profile is used with later.
    """
    setting, learned = settings.get("allow_http"), known.get("allow_http", [])
    if not travels_in_clear(origin) or setting or (setting is None and origin in learned):
        return
    said = Said("{server} is plain http: passwords travel in clear", server=safe_text(origin))
    if allow:
        click.echo(translate("Note: {danger}.", danger=said), err=True)
    elif setting is None and sys.stdin.isatty():
        if not confirm(translate("{danger}. Go on, and remember that?", danger=said)):
            raise XcuError("{danger}: nothing was sent.", danger=said)
    else:
        raise XcuError("{danger}. Use https, or allow it with --allow-http: nothing was sent.", danger=said)
    if origin not in learned:
        learn_or_say(key, allow_http=[*learned, origin])


def travels_in_clear(origin: str) -> bool:
    """Tell whether calls to `origin` leave this machine unencrypted."""
    parts = urlsplit(origin)
    return parts.scheme == "http" and not _is_loopback(parts.hostname or "")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
