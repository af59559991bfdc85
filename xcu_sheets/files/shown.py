"""A typed value as the text that a person sees, or one that no kind of cell takes for a number by mistake."""

from __future__ import annotations

import re
from datetime import date, datetime, time

_ZEROS = re.compile(r"0+\Z")
_EXACT = 10**15  # Excel keeps 15 digits of a number


def shown(value: object, zeros: int = 0) -> str:
    """Return a cell's value as text; `zeros` is how many digits its number format fills up (612 under 0000: 4)."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return _digits(value, zeros)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "seconds")
    if isinstance(value, time):
        return value.isoformat("seconds")
    return value.isoformat() if isinstance(value, date) else str(value)


def _digits(value: float, zeros: int) -> str:
    if not abs(value) < _EXACT or value != int(value):
        return repr(float(value))
    digits = str(int(value))
    return digits.zfill(zeros) if value >= 0 else digits


def zeros_of(number_format: str) -> int:
    """Return how many digits a number format fills up, 0 for any that is more than zeros."""
    return len(number_format) if _ZEROS.match(number_format) else 0
