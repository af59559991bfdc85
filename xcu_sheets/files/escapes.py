"""What a text must look like in a file so that no program takes it for anything but text, and back again."""

from __future__ import annotations

import re

_NOT_XML = "\x00-\x08\x0b-\x1f\ufffe\uffff"
_CONTROL = re.compile(f"[{_NOT_XML}]")
_LITERAL_ESCAPE = re.compile(f"_x([0-9A-Fa-f]{{4}})(?:(_)|(?=[{_NOT_XML}]))")
_ESCAPE = re.compile(r"_x005[Ff]_(x[0-9A-Fa-f]{4}_)|_x([0-9A-Fa-f]{4})_")

# What spreadsheets show where a formula has no value, in the languages of our people.
_ERRORS_EN = ("#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#SPILL!", "#CALC!", "#GETTING_DATA")
CELL_ERRORS = frozenset({*_ERRORS_EN, "#VALEUR!", "#NOM?", "#NUL!", "#NOMBRE!", "#PROPAGATION!"})

_GUARDS = "'=+-@\t\r\n|%\uff1d\uff0b\uff0d\uff20\uff5c\uff05"
_PLAIN_INTEGER = re.compile(r"(?:0|[1-9][0-9]{0,14})\Z")
# `1700-1799, 1961` is no date and no number for any spreadsheet, and reads better without an apostrophe.
_INTERVALS = re.compile(
    r"[1-9][0-9]{2,}-[1-9][0-9]{2,}\Z|[1-9][0-9]{2,}(?:-[0-9]{3,})?(?:, [0-9]{3,}(?:-[0-9]{3,})?)+\Z"
)
_NUMBER_LIKE = re.compile(r"[\s.,:/()$€£'’-]*\d[\d\s.,:/()$€£%'’+-]*(?:[eE][\d\s+-]+)?[\s%€$£)]*(?:[aApP][mM]?\.?)?\Z")
_MONTHS = "jan|feb|f[eé]v|mar|apr|avr|ma[iy]|jun|jui|jul|aug|ao[uû]|sep|oct|nov|d[eé]c"
_DATE_LIKE = re.compile(
    rf"(?=\D*\d)(?:\d{{1,4}}[\s./,-]*)?(?:{_MONTHS})[a-zéû]*[\s./,-]*(?:\d{{1,4}})?(?:[\s./,-]+[\d:]+)?\Z",
    re.IGNORECASE,
)
_LONGEST = 400  # no spreadsheet makes a number or date of more characters; keeps the patterns' time bounded
_TRUTHS = {"true", "false", "vrai", "faux"}


def escape_xlsx(text: str) -> str:
    """Return `text` as an xlsx part holds it: `_xHHHH_` for what XML cannot carry, `_x005F` before a literal one.

    Where literals touch, the first takes the underscore between them, as LibreOffice and XlsxWriter write it.
    """
    if "_x" in text:
        text = _LITERAL_ESCAPE.sub(_literal, text)
    return _CONTROL.sub(lambda found: f"_x{ord(found[0]):04X}_", text)


def _literal(found: re.Match[str]) -> str:
    """Escape what looks like an escape, or would once the control character behind it is one."""
    return f"_x005F{found[0]}" if found[2] else f"__x0078_{found[1]}"


def unescape_xlsx(text: str) -> str:
    """Return what `escape_xlsx`, Excel, LibreOffice or XlsxWriter wrote: every escape decoded exactly once."""
    return _ESCAPE.sub(_decoded, text) if "_x" in text else text


def _decoded(found: re.Match[str]) -> str:
    return f"_{found[1]}" if found[1] else chr(int(found[2], 16))


def needs_guard(text: str) -> bool:
    """Tell whether a spreadsheet that opens a CSV would take this cell for more than text [TRAPS 6.3].

    Every text that begins with an apostrophe does, which is what makes guarding reversible.
    """
    if not text or _PLAIN_INTEGER.match(text):
        return False
    if text[0] in _GUARDS or text != text.strip() or text in CELL_ERRORS or text.casefold() in _TRUTHS:
        return True
    if len(text) > _LONGEST or _INTERVALS.match(text):
        return False
    return bool(_NUMBER_LIKE.match(text) or _DATE_LIKE.match(text))


def guard(text: str) -> str:
    """Return a cell as a CSV holds it: an apostrophe before what would not stay text."""
    return f"'{text}" if needs_guard(text) else text


def unguard(text: str) -> str:
    """Return the cell that `guard` was given; an apostrophe that guards nothing stays."""
    return text[1:] if text.startswith("'") and needs_guard(text[1:]) else text
