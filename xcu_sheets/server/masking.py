"""Secrets cut out of a text in whatever writing they stand there: quoted, escaped, in Base64, one within another."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

MASK = "***"

_ROUNDS = 10  # of escapes within escapes; the end of a text made to have no end
_TELLING = 4  # characters: what is shorter occurs by chance where a text is read in another way
_BYTE = r"(?:%|\\x)"
_UNIT = r"(?:\\u|%u)"
_NEXT = rf"{_BYTE}[89ab][0-9a-f]"
_ESCAPE = re.compile(
    rf"(?P<utf16>{_UNIT}d[89ab][0-9a-f]{{2}}{_UNIT}d[c-f][0-9a-f]{{2}}|{_UNIT}[0-9a-f]{{4}})"
    rf"|(?P<bytes>{_BYTE}[cd][0-9a-f]{_NEXT}|{_BYTE}e[0-9a-f](?:{_NEXT}){{2}}|{_BYTE}f[0-7](?:{_NEXT}){{3}}"
    rf"|{_BYTE}[0-9a-f]{{2}})"
    r"|(?P<slash>\\(?:[bfnrt]|[^a-z0-9]))"
    r"|(?P<html>&\#?[0-9a-z]{1,31};?)"
    r"""|(?P<twice>''|"")""",
    re.IGNORECASE | re.DOTALL,
)
_CONTROLS = dict(zip("bfnrt", "\b\f\n\r\t", strict=True))
_PREFIXES = re.compile(rf"{_UNIT}|{_BYTE}", re.IGNORECASE)
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{6,}")
_STANDARD = str.maketrans("-_", "+/")


@dataclass(frozen=True)
class _Reading:
    """A text read in one way; `spans` tell for each character where in the original it stands."""

    text: str
    spans: Sequence[tuple[int, int]]
    by_chance: bool = False  # most of it means nothing, so that short words occur in it


def mask(text: str, secrets: Iterable[str]) -> str:
    """Return `text` with `***` for each secret, also where it is written in an escaped form, however deep."""
    readings = list(_readings(text))
    found = {
        span
        for secret in secrets
        if secret
        for writing in _writings(secret)
        for reading in readings
        for span in _hits(reading, writing)
    }
    return _cut_out(text, sorted(found)) if found else text


def _cut_out(text: str, spans: Iterable[tuple[int, int]]) -> str:
    parts: list[str] = []
    end = 0
    for start, stop in spans:
        if start > end or not parts:
            parts += [text[end:start], MASK]
        end = max(end, stop)
    return "".join(parts) + text[end:]


def _hits(reading: _Reading, writing: str) -> Iterator[tuple[int, int]]:
    if reading.by_chance and len(writing) < _TELLING:
        return
    yield from _cut_short(reading, writing)
    at = reading.text.find(writing)
    while at >= 0:
        yield reading.spans[at][0], reading.spans[at + len(writing) - 1][1]
        at = reading.text.find(writing, at + 1)


def _cut_short(reading: _Reading, writing: str) -> Iterator[tuple[int, int]]:
    """Yield where more than half of a writing stands, its end left out: a server quotes up to some length."""
    least = max(2 * _TELLING, len(writing) // 2 + 1)
    at = reading.text.find(writing[:least]) if len(writing) > least and not reading.by_chance else -1
    while at >= 0:
        size = least
        while size < len(writing) and reading.text[at + size : at + size + 1] == writing[size]:
            size += 1
        yield reading.spans[at][0], reading.spans[at + size - 1][1]
        at = reading.text.find(writing[:least], at + 1)


def _writings(secret: str) -> Iterable[str]:
    """Return a secret as it may stand in a reading: itself, what looks escaped in it read too, its bytes misread."""
    misread = () if secret.isascii() else _misread(secret)
    others = [r.text for r in _unescaped(_whole(secret))][1:]
    return {secret, *misread, *(o for o in others if o.strip() and len(o) >= min(_TELLING, len(secret)))}


def _misread(secret: str) -> Iterator[str]:
    for written, read in (("latin-1", "utf-8"), ("cp1252", "utf-8"), ("utf-8", "latin-1"), ("utf-8", "cp1252")):
        try:
            yield secret.encode(written).decode(read, "replace")
        except UnicodeEncodeError:
            continue


def _readings(text: str) -> Iterator[_Reading]:
    for reading in _unescaped(_whole(text)):
        yield reading
        yield from _unescaped(_from_base64(reading))


def _whole(text: str) -> _Reading:
    return _Reading(text, [(n, n + 1) for n in range(len(text))])


def _unescaped(reading: _Reading) -> Iterator[_Reading]:
    """Yield a reading, the same without its escapes, without theirs, and so on; at last with `+` for a blank."""
    for now in islice(_rounds(reading), _ROUNDS):
        yield now
    if "+" in now.text:
        yield _Reading(now.text.replace("+", " "), now.spans, now.by_chance)


def _rounds(reading: _Reading) -> Iterator[_Reading]:
    before = None
    while reading != before:
        yield reading
        before, reading = reading, _unescape(reading)


def _unescape(reading: _Reading) -> _Reading:
    parts: list[str] = []
    spans: list[tuple[int, int]] = []
    end = 0
    for escape in _ESCAPE.finditer(reading.text):
        meant, (start, stop) = _meaning(escape), escape.span()
        if meant != escape[0]:
            parts += [reading.text[end:start], meant]
            spans += reading.spans[end:start]
            spans += [(reading.spans[start][0], reading.spans[stop - 1][1])] * len(meant)
            end = stop
    return _Reading("".join(parts) + reading.text[end:], [*spans, *reading.spans[end:]], reading.by_chance)


def _meaning(escape: re.Match[str]) -> str:
    text = escape[0]
    match escape.lastgroup:
        case "utf16":
            return bytes.fromhex(_PREFIXES.sub("", text)).decode("utf-16-be", "surrogatepass")
        case "bytes":
            code = bytes.fromhex(_PREFIXES.sub("", text))
            return code.decode("latin-1" if len(code) == 1 else "utf-8", "replace")
        case "html":
            return html.unescape(text)
        case _:  # a backslash or a quote before what is meant
            return _CONTROLS.get(text[1], text[1])


def _from_base64(reading: _Reading) -> _Reading:
    """Return what every run of Base64 holds, wherever in the run it may begin; each such run counts as a whole."""
    parts: list[str] = []
    spans: list[tuple[int, int]] = []
    for run in _BASE64.finditer(reading.text):
        for first in range(4):
            code = run[0][first:].translate(_STANDARD)
            held = base64.b64decode(code + "A" * (-len(code) % 4)).decode("latin-1") + "\0"
            parts.append(held)
            spans += [(reading.spans[run.start()][0], reading.spans[run.end() - 1][1])] * len(held)
    return _Reading("".join(parts), spans, by_chance=True)
