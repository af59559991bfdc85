"""What comes from outside and is taken strictly or not at all: the server's address and its JSON."""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn
from urllib.parse import SplitResult, urlsplit

from ..model.errors import XcuError
from ..model.text import Said, safe_text

API = "/api/1.0"
DEFAULT_PORTS = {"http": 80, "https": 443}
MAX_DEPTH = 64
MAX_INTEGER_DIGITS = 300

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class MalformedError(ValueError):
    """Bytes that are not the strict JSON we take."""

    def __init__(self, said: Said) -> None:
        super().__init__(said)
        self.said = said


def origin_of(parts: SplitResult) -> str:
    """Return scheme://host:port; raises ValueError for an address without host or with an impossible port."""
    if not parts.hostname:
        raise ValueError("no host")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}:{parts.port or DEFAULT_PORTS[parts.scheme]}"


def split_url(url: str) -> tuple[str, str]:
    """Return (origin, base URL of the API) of the address a person gave, with or without `/api/1.0`.

    Raises XcuError, which never repeats a password written into the address.
    """
    text = url.strip()
    if re.search(r"[\s\\\x00-\x1f\x7f]", text):
        raise XcuError("the server address holds a blank or a backslash")
    if "@" in text:
        raise XcuError("the server address holds a login (user@ or user:password@): give it with --login instead")
    try:
        parts = urlsplit(text)
    except ValueError:
        raise XcuError("the server address has odd brackets: write it as http://HOST:9001") from None
    if parts.scheme not in DEFAULT_PORTS or not parts.netloc:
        raise XcuError("{text} is no server address: write it as http://HOST:9001", text=safe_text(text))
    if "?" in text or "#" in text:
        raise XcuError("the server address holds a ? or #: write it as http://HOST:9001")
    path = parts.path.rstrip("/").removesuffix(API)
    if any(segment in (".", "..", "") for segment in path.split("/")[1:]):
        raise XcuError("the server address holds an odd path: write it as http://HOST:9001")
    try:
        origin = origin_of(parts)
    except ValueError:
        raise XcuError(
            "{text} has no valid host and port: write it as http://HOST:9001", text=safe_text(text)
        ) from None
    return origin, origin + path + API


def parse_json(body: bytes) -> Any:
    """Return the value of a JSON text; raises MalformedError for all that would do harm later.

    Refused: other encodings than UTF-8, NaN, infinities, duplicate keys, lone surrogates, deep nesting, huge integers.
    """
    try:
        text = body.decode("utf-8")
        value = json.loads(
            text, parse_constant=_refuse, parse_float=_finite, parse_int=_bounded, object_pairs_hook=_unique
        )
        if _SURROGATE.search(text):
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError) as error:
        raise MalformedError(Said("the answer is not valid JSON ({kind})", kind=type(error).__name__)) from None
    if _too_deep(value):
        raise MalformedError(Said("the answer is nested too deeply"))
    return value


def _refuse(word: str) -> NoReturn:
    raise ValueError(word)


def _finite(digits: str) -> float:
    value = float(digits)
    return value if math.isfinite(value) else _refuse(digits)


def _bounded(digits: str) -> int:
    return int(digits) if len(digits) <= MAX_INTEGER_DIGITS else _refuse("too long")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    return members if len(members) == len(pairs) else _refuse("duplicate key")


def _too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH):
        nested = (v.values() if isinstance(v, dict) else v for v in level if isinstance(v, dict | list))
        level = [child for children in nested for child in children if isinstance(child, dict | list)]
        if not level:
            return False
    return True
