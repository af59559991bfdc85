"""What the server says, made fit for a person: one short line, no markup, no secret."""

from __future__ import annotations

import html
import json
import math
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from ..model.text import Said, safe_text
from .masking import mask
from .strict import MalformedError, parse_json
from .transport import Answer

DETAIL_LENGTH = 500
MAX_WAIT = 60.0

_LOOKED_AT = 20_000
_LONGEST_WRITING = 40  # characters for one of a secret
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.DOTALL | re.IGNORECASE)
_MARKUP = re.compile(r"<(script|style)\b.*?</\1\s*>|<!--.*?-->|<[^>]*>", re.DOTALL | re.IGNORECASE)
_LOGIN_PATH = re.compile(r"log[-_]?in|log[-_]?on|sign[-_]?in|authenticat|connexion", re.IGNORECASE)
_PASSWORD_INPUT = re.compile(r"<input[^>]*password", re.IGNORECASE)
_WRAPPERS = frozenset({"error", "errors", "message", "messages", "msg", "detail", "details", "obj"})


def is_login_page(answer: Answer) -> bool:
    """Tell whether a page or a redirect asks for a login; only then is a write surely not done."""
    if answer.is_redirect:
        return bool(_LOGIN_PATH.search(urlsplit(answer.location).path))
    return bool(_PASSWORD_INPUT.search(_start(answer)))


def describe(answer: Answer, secrets: Iterable[str]) -> str:
    """Return what an answer says in at most 500 characters, every secret of this run cut out."""
    hidden = [secret for secret in secrets if secret]
    text = _start(answer)
    if len(text) == _LOOKED_AT:  # the end may be half a secret
        text = text[: max(0, _LOOKED_AT - _LONGEST_WRITING * max(map(len, hidden), default=0))]
    # Before markup and JSON are read, for they might take a part of a secret for their own; and after.
    plain = mask(" ".join(_plain(answer, mask(text, hidden)).split()), hidden)
    return safe_text(plain, DETAIL_LENGTH) if plain else _phrase(answer.status)


def wait_of(answer: Answer) -> float | None:
    """Return the seconds that Retry-After asks for, within 0 and 60; None where it says nothing usable.

    A date is measured against the server's own clock.
    """
    wanted = answer.retry_after.strip()
    try:
        if re.fullmatch(r"-?[0-9.]+", wanted):
            seconds = float(wanted)
        else:
            now = parsedate_to_datetime(answer.date) if answer.date else datetime.now(UTC)
            seconds = (parsedate_to_datetime(wanted) - now).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(seconds, 0.0), MAX_WAIT) if math.isfinite(seconds) else None


def _start(answer: Answer) -> str:
    return answer.body[: 4 * _LOOKED_AT].decode("utf-8", "replace")[:_LOOKED_AT]


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return Said("no reason given")


def _plain(answer: Answer, text: str) -> str:
    if answer.is_html:
        title = _TITLE.search(text)
        return html.unescape((title[1] if title else "").strip() or _MARKUP.sub(" ", text))
    try:
        return "; ".join(_flatten(parse_json(text.encode())))
    except MalformedError:
        return text


def _flatten(value: Any) -> list[str]:
    """Return the messages in a JSON error; Play's `{"obj.f": [{"msg": ["m"], "args": []}]}` becomes `f: m`."""
    if isinstance(value, dict):
        return [line for key, inner in value.items() for line in _labelled(key.removeprefix("obj."), inner)]
    if isinstance(value, list):
        return [line for inner in value for line in _flatten(inner)]
    return [] if value is None else [value if isinstance(value, str) else json.dumps(value)]


def _labelled(key: str, inner: Any) -> list[str]:
    lines = _flatten(inner)
    return lines if key in _WRAPPERS or not lines else [f"{key}: {', '.join(lines)}"]
